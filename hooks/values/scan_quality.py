"""Scans in texts: the Z-score, the spine value, vitamin D around the scan, other sites."""

from __future__ import annotations

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import (
    DIAGNOSTIC,
    dxa_older_than,
    latest_study,
    osteoporosis_by_code_alone,
    osteoporosis_ever,
    studies,
)
from hooks.guideline.calendar import add_months
from hooks.guideline.case import Case
from hooks.guideline.investigation import xray_wanted
from hooks.guideline.laboratory import newest, values
from hooks.guideline.logic import Yes
from hooks.guideline.thresholds import VITD_SCAN_AFTER, VITD_SCAN_BEFORE
from hooks.guideline.treatment import on_antiosteo, post_course
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import day_of, measured, t_text

_DAY = "ikke registreret"  # longer than any date


@value("t_spine", "ikke registreret")
def _(case: Case, say: Language) -> str:
    study = latest_study(case)
    return t_text(study.t.get("lumbar_spine") if study else None, say)


@value("t_elsewhere", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return t_text(_elsewhere(case), say)


@value("t_elsewhere_site", "område ikke angivet")
def _(case: Case, say: Language) -> str:
    found = _elsewhere(case)
    return say.term(f"site.{found.site or 'other'}") if found is not None else say.term("not_recorded")


def _elsewhere(case: Case) -> Measurement | None:
    return next((m for m in values(case, "t_score") if m.site not in DIAGNOSTIC), None)


@value("z_score", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return t_text(newest(case, "z_score"), say)


@value("z_date", _DAY)
def _(case: Case, say: Language) -> str:
    return day_of(newest(case, "z_score"), say)


@value("vitamin_d_at_scan", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return measured(_vitamin_d_at_scan(case), say)


@value("vitamin_d_at_scan_date", _DAY)
def _(case: Case, say: Language) -> str:
    return day_of(_vitamin_d_at_scan(case), say)


def _vitamin_d_at_scan(case: Case) -> Measurement | None:
    """The lowest vitamin D around the latest scan."""
    study = latest_study(case)
    if study is None:
        return None
    first, last = add_months(study.date, -VITD_SCAN_BEFORE), add_months(study.date, VITD_SCAN_AFTER)
    near = [m for m in values(case, "vitamin_d") if first <= m.date <= last]
    return min(near, key=lambda m: m.value, default=None)


@value("newest_scan_date", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(studies(case)[0].date if studies(case) else None)


@value("earlier_scan_date", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(studies(case)[1].date if len(studies(case)) > 1 else None)


@when("scanned")
def _(case: Case) -> bool:
    """A valid T-score is on record."""
    return latest_study(case) is not None


@when("z_score_known")
def _(case: Case) -> bool:
    """A Z-score is on record."""
    return newest(case, "z_score") is not None


@when("dxa_old")
def _(case: Case) -> bool:
    """The latest DXA is older than P_DXA_AGE_NOTE."""
    return isinstance(dxa_older_than(case, case.defaults.dxa_age_note), Yes)


def _value_only(case: Case) -> bool:
    known = (on_antiosteo(case), post_course(case), osteoporosis_ever(case))
    return any(isinstance(answer, Yes) for answer in known)


@when("osteopenia_after_worse")
def _(case: Case) -> bool:
    """On treatment, after a completed course, or with an earlier T-score of -2.5 or lower: only the value is shown."""
    return _value_only(case)


@when("osteopenia_alone")
def _(case: Case) -> bool:
    """Neither treated nor ever -2.5 or lower."""
    return not _value_only(case)


@when("osteoporosis_by_code_alone")
def _(case: Case) -> bool:
    """The diagnosis is coded, without T-score or qualifying fracture."""
    return isinstance(osteoporosis_by_code_alone(case), Yes)


@when("xray_wanted")
def _(case: Case) -> bool:
    """Another entry asks for an X-ray of the spine."""
    return isinstance(xray_wanted(case), Yes)
