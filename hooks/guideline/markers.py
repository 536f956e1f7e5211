"""Bone markers (P1NP, CTX): when they can be read, and when they are due (§7). What they show: marker_response.py."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Condition, Fracture, Measurement
from hooks.guideline.calendar import add_days, add_months, within_months
from hooks.guideline.case import CONDITIONS, OBSERVATIONS, Case, absent, predicate, recorded
from hooks.guideline.fractures import any_fracture, fractures
from hooks.guideline.glucocorticoid import gc_active
from hooks.guideline.laboratory import values
from hooks.guideline.logic import Answer, Known, Unknown, Yes, any_of, below, exists
from hooks.guideline.prednisolone import taken_on
from hooks.guideline.scope import any_condition
from hooks.guideline.tablets import bp_start
from hooks.guideline.thresholds import MARKER_FRACTURE, VITD_VERY_LOW

ANALYTES = ("p1np", "ctx")


def fractured_before(case: Case, day: date | None) -> Answer:
    """A fracture, whatever its cause, within the six months up to `day`, both ends included (C-12)."""

    def near(fracture: Fracture) -> bool:
        return day is not None and within_months(fracture.date, day, MARKER_FRACTURE)

    return any_fracture(case, near)


def _present_on(case: Case, day: date, *concepts: str) -> Answer:
    """The condition was there on `day`; undated counts as there."""

    def there(found: Condition) -> bool:
        return (found.onset is None or found.onset <= day) and (found.end is None or found.end > day)

    found = [c for concept in concepts for c in case.facts.conditions.get(concept, ()) if there(c)]
    return exists(found, otherwise=absent(case, *CONDITIONS))


def very_low_vitamin_d_before(case: Case, day: date) -> Answer:
    """The last vitamin D up to `day` was very low. Never measured is not."""
    earlier = [m for m in values(case, "vitamin_d") if m.date <= day]
    level = Known(earlier[0].value, (earlier[0],)) if earlier else Unknown(("vitamin_d",))
    return recorded(case, below(level, VITD_VERY_LOW), *OBSERVATIONS)


def other_obstacle(case: Case, day: date) -> Answer:
    """What, apart from a fracture, keeps markers from being read: illness, immobility, untreated bone disease."""
    return any_of(
        _present_on(case, day, "severe_acute_illness", "acute_immobilisation"),
        any_condition(case, "primary_hyperparathyroidism", "secondary_hyperparathyroidism"),
        very_low_vitamin_d_before(case, day),
    )


def marker_unusable_on(case: Case, day: date) -> Answer:
    """marker_unusable(day) of the catalogue."""
    return any_of(fractured_before(case, day), other_obstacle(case, day))


@predicate
def marker_unusable(case: Case) -> Answer:
    """A marker taken today could not be read."""
    return marker_unusable_on(case, case.today)


@predicate
def other_obstacle_today(case: Case) -> Answer:
    """A marker taken today could not be read, for another reason than a fracture."""
    return other_obstacle(case, case.today)


def readable(case: Case, marker: Measurement) -> bool:
    """valid: nothing kept it from being read on its day; P1NP not during glucocorticoid."""
    if marker.concept == "p1np" and taken_on(case, marker.date):
        return False
    return not isinstance(marker_unusable_on(case, marker.date), Yes)


@predicate
def usable_marker_within_base(case: Case) -> Answer:
    """A readable marker at most P_MARKER_BASE old; P1NP does not count while glucocorticoid is taken."""
    wanted = ("ctx",) if isinstance(gc_active(case), Yes) else ANALYTES
    recent = [m for m in values(case, *wanted) if within_months(m.date, case.today, case.defaults.marker_base)]
    return exists([m for m in recent if readable(case, m)], otherwise=absent(case, *OBSERVATIONS))


def marker_to_order(case: Case) -> str:
    """P1NP, or CTX while a glucocorticoid is taken."""
    return "ctx" if isinstance(gc_active(case), Yes) else "p1np"


def marker_since(case: Case, day: date | None) -> Answer:
    """Any marker dated on or after `day`, readable or not."""
    found = [m for m in values(case, *ANALYTES) if day is not None and m.date >= day]
    return exists(found, otherwise=absent(case, *OBSERVATIONS))


def marker_since_treated(case: Case, months: float) -> Answer:
    """Any marker from `months` after the start of the tablet; up to 14 days earlier is accepted (P_MARKER_TOL)."""
    return marker_since(case, treated_day(case, months))


def treated_day(case: Case, months: float) -> date | None:
    """The first day on which a marker `months` after the start of the tablet is accepted."""
    start = bp_start(case)
    return None if start is None else add_days(add_months(start, months), -case.defaults.marker_tol)


@predicate
def fracture_at_start(case: Case) -> Answer:
    """fx_start: a fracture within the six months up to the start of the tablet."""
    return fractured_before(case, bp_start(case))


@predicate
def fracture_near(case: Case) -> Answer:
    """fx_near: a fracture within six months before the start of the tablet, or before today."""
    return any_of(fracture_at_start(case), fractured_before(case, case.today))


def obstacle_ends(case: Case) -> date | None:
    """The day after the six months of the latest fracture that blocks today; None without one."""
    near = fractures(case, lambda f: within_months(f.date, case.today, MARKER_FRACTURE))
    return max((add_days(add_months(f.date, MARKER_FRACTURE), 1) for f in near if f.date), default=None)
