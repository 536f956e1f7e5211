"""Values of part 18: the booked review, and what stands on the recall lists."""

from __future__ import annotations

from hooks.guideline.case import Case
from hooks.guideline.firing import fires
from hooks.guideline.logic import Yes
from hooks.guideline.prednisolone import past_sum, planned_sum
from hooks.guideline.tablets import bp_start
from hooks.language import Language
from hooks.values import value
from hooks.values.intervals import completed_months

#: What a recall list can name as due, in the order of the guideline.
DUE = ("MON-MARK-5", "MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3", "MON-ADH-1", "GLU-DXA-1", "DUR-2", "DUR-7", "DUR-8")
_STATUS_VISITS = ("bone_status_visit", "physician_bone_review", "denosumab_injection")


@value("review_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    days = [b.date for b in case.facts.bookings if b.concept == "chronic_annual_review"]
    return say.day(min(days, default=None))


@value("recall_due", "tremånedersmarkør, tremånederskontrol, gennemgang af udlevering og femårsvurdering")
def _(case: Case, say: Language) -> str:
    return say.list(say.term(f"recall.{id_}") for id_ in DUE if isinstance(fires(case, id_), Yes)) or say.term("none")


@value("tablet_months", "ikke registreret")
def _(case: Case, say: Language) -> str:
    start = bp_start(case)
    return say.term("not_recorded") if start is None else str(completed_months(start, case.today))


@value("last_status_visit", "ikke registreret")
def _(case: Case, say: Language) -> str:
    days = [v.date for v in case.facts.visits if v.concept in _STATUS_VISITS]
    return say.day(max(days, default=None))


@value("recall_past_mg", "12345")
def _(case: Case, say: Language) -> str:
    return say.number(past_sum(case), 0)


@value("recall_planned_mg", "12345")
def _(case: Case, say: Language) -> str:
    return say.number(planned_sum(case), 0)
