"""Follow-up of treatment: visits, scans, kidney risk, dispensings (§11)."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Dispensing
from hooks.guideline.bone_density import dxa_since
from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import OBSERVATIONS, Case, predicate, recorded
from hooks.guideline.drafted import ORAL_BISPHOSPHONATES
from hooks.guideline.laboratory import egfr
from hooks.guideline.logic import NO, Answer, Unknown, any_of, below, no, yes_if
from hooks.guideline.orders import booked, visited
from hooks.guideline.scope import any_condition
from hooks.guideline.tablets import bp_start, on_oral_bp
from hooks.guideline.thresholds import EGFR_REDUCED
from hooks.guideline.treatment import on_zol

STATUS_VISITS = ("bone_status_visit", "physician_bone_review")
#: Diseases in which kidney function is at risk of falling (a default).
KIDNEY_DISEASES = ("ckd", "diabetes_type1", "diabetes_type2", "hypertension", "heart_failure")


def _day_of_course(case: Case, months: float) -> date:
    """`months` into the tablet course; today when no start is known (the rules then answer unknown)."""
    start = bp_start(case)
    return case.today if start is None else add_months(start, months)


def seen_from(case: Case, months: float) -> Answer:
    """A status visit or doctor's review from `months` into the course; a month earlier counts (P_VISIT_TOL)."""
    return visited(case, *STATUS_VISITS, since=_day_of_course(case, months - case.defaults.visit_tol))


def reviewed_from(case: Case, months: float) -> Answer:
    """A doctor's review from `months` into the course; a month earlier counts (P_VISIT_TOL)."""
    return visited(case, "physician_bone_review", since=_day_of_course(case, months - case.defaults.visit_tol))


@predicate
def visit_booked(case: Case) -> Answer:
    """A status visit or doctor's review is booked."""
    return any_of(*(booked(case, kind, since=case.today) for kind in STATUS_VISITS))


@predicate
def review_booked(case: Case) -> Answer:
    """A doctor's review is booked."""
    return booked(case, "physician_bone_review", since=case.today)


def not_scanned_from(case: Case, months: float) -> Answer:
    """No DXA from `months` into the tablet course."""
    start = bp_start(case)
    return Unknown(("treatment_start",)) if start is None else no(dxa_since(case, add_months(start, months)))


@predicate
def on_bisphosphonate(case: Case) -> Answer:
    """On tablets or zoledronate."""
    return any_of(on_oral_bp(case), on_zol(case))


@predicate
def kidney_risk(case: Case) -> Answer:
    """At risk of falling kidney function: eGFR below 60, kidney disease, diabetes, hypertension, heart failure."""
    return any_of(
        recorded(case, below(egfr(case), EGFR_REDUCED), *OBSERVATIONS),
        any_condition(case, *KIDNEY_DISEASES),
    )


def covered_until(dispensing: Dispensing) -> date | None:
    """The day after the last one the dispensing covers; None when its days are not known."""
    days = dispensing.days_supply
    return None if days is None else add_days(dispensing.date, days)


@predicate
def last_tablets(case: Case) -> Dispensing | None:
    """The last dispensing of tablets whose cover reaches into the running course."""
    start = bp_start(case)
    found = [d for d in case.facts.dispensings if d.drugs & ORAL_BISPHOSPHONATES and _reaches(d, start)]
    return max(found, key=lambda d: (d.date, d.days_supply or 0), default=None)


def _reaches(dispensing: Dispensing, start: date | None) -> bool:
    until = covered_until(dispensing)
    return start is None or (until or dispensing.date) >= start


@predicate
def dispensing_gap(case: Case) -> Answer:
    """The last dispensing covered until more than P_GAP days ago. No dispensings on record: not known, silent."""
    last = last_tablets(case)
    if last is None:
        return NO
    until = covered_until(last)
    if until is None:
        return Unknown(("days_supply",))
    return yes_if(case.today > add_days(until, case.defaults.gap), last)
