"""Values of part 5: what the panel lacks, and how long vitamin D has been at the recommended level."""

from __future__ import annotations

from hooks.guideline.case import Case
from hooks.guideline.secondary import PANEL_ITEMS, normal_since, panel_to_order
from hooks.language import Language
from hooks.values import value
from hooks.values.intervals import completed_months


@value(
    "panel_missing",
    "hæmoglobin, leukocytter, CRP, kreatinin, natrium, kalium, calcium, ALAT, basisk fosfatase, TSH, HbA1c, "
    "25-OH-D-vitamin og parathyroideahormon",
)
def _(case: Case, say: Language) -> str:
    return say.list(say.term(f"concept.{item}") for item in panel_to_order(case)) or say.term("none")


@value("panel_count", "13")
def _(case: Case, _say: Language) -> str:
    return str(len(panel_to_order(case)))


@value("panel_size", "13")
def _(_case: Case, _say: Language) -> str:
    return str(len(PANEL_ITEMS))


@value("level_since", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return say.day(normal_since(case))


@value("level_months", "ikke registreret")
def _(case: Case, say: Language) -> str:
    since = normal_since(case)
    return say.term("not_recorded") if since is None else str(completed_months(since, case.today))
