"""Calcium and vitamin D: who belongs to which group of the supplement table, and how much calcium is taken."""

from __future__ import annotations

from fhir_mappings.facts import MedicationCourse
from hooks.guideline.bone_density import osteopenia, osteoporosis
from hooks.guideline.case import MEDICATIONS, Case, absent, predicate
from hooks.guideline.courses import active, courses
from hooks.guideline.drafted import draft_medications
from hooks.guideline.glucocorticoid import gc_exposed
from hooks.guideline.laboratory import recent_value
from hooks.guideline.logic import (
    NO,
    Answer,
    Known,
    Unknown,
    Value,
    Yes,
    above,
    all_of,
    any_of,
    at_least,
    below,
    exists,
    no,
    yes_if,
)
from hooks.guideline.risk_factors import any_factor, register
from hooks.guideline.scope import age, any_condition, in_scope, nursing_home
from hooks.guideline.thresholds import (
    AGE_SUPPLEMENT,
    CALCIUM_SINGLE_DOSE,
    CALCIUM_TARGET,
    CALCIUM_TARGET_RISK,
    DIET_AGE,
)

CALCIUM_PRODUCTS = frozenset({"calcium", "calcium_vitd"})
BOX_Q = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q7", "Q8", "Q9")
#: The winter half-year (§3), and "winter and early spring", the lowest season of vitamin D (default).
WINTER_HALF = frozenset({10, 11, 12, 1, 2, 3, 4})
LOW_SEASON = frozenset({12, 1, 2, 3, 4})


@predicate
def winter_half(case: Case) -> Answer:
    """October to April."""
    return yes_if(case.today.month in WINTER_HALF)


@predicate
def low_season(case: Case) -> Answer:
    """December to April: winter and early spring."""
    return yes_if(case.today.month in LOW_SEASON)


@predicate
def full_supplement_group(case: Case) -> Answer:
    """20 µg vitamin D and calcium all year: from 70, nursing home, or at increased risk (C-09, C-25)."""
    return any_of(
        at_least(age(case), AGE_SUPPLEMENT),
        nursing_home(case),
        all_of(in_scope(case), any_of(osteoporosis(case), osteopenia(case), any_factor(case, BOX_Q))),
    )


@predicate
def little_sun(case: Case) -> Answer:
    """10 µg all year: dark skin, covering dress, or seldom outdoors."""
    return any_condition(case, "dark_skin", "covering_dress", "not_outdoors")


@predicate
def takes_calcium(case: Case) -> Answer:
    """A calcium supplement is on the medicine list; over-the-counter use is often not recorded."""
    return active(case, *sorted(CALCIUM_PRODUCTS))


@predicate
def takes_vitamin_d(case: Case) -> Answer:
    """A vitamin D supplement is on the medicine list; over-the-counter use is often not recorded."""
    return active(case, "vitamin_d", "calcium_vitd")


@predicate
def supplement_incomplete(case: Case) -> Answer:
    """Calcium, or vitamin D, or both are not on the medicine list."""
    return any_of(no(takes_calcium(case)), no(takes_vitamin_d(case)))


@predicate
def calcium_drafted(case: Case) -> Answer:
    """A calcium product is drafted."""
    return exists(draft_medications(case, CALCIUM_PRODUCTS))


@predicate
def raised_calcium_need(case: Case) -> Answer:
    """Osteoporosis, osteopenia, any risk factor but deficiency itself, or glucocorticoid at threshold."""
    return any_of(
        osteoporosis(case),
        osteopenia(case),
        any_factor(case, (number for number in register(case) if number != "R4")),
        gc_exposed(case),
    )


@predicate
def calcium_supplement(case: Case) -> Value[float]:
    """Calcium from tablets, mg/day: what is taken, and what is drafted; a drafted renewal takes its place."""
    drafted = [d.course for d in draft_medications(case, CALCIUM_PRODUCTS)]
    renewed = {course.product for course in drafted}
    taken = [c for c in courses(case, CALCIUM_PRODUCTS) if c.active and c.product not in renewed]
    counted: list[MedicationCourse] = [*taken, *drafted]
    if any(course.daily_mg is None for course in counted):
        return Unknown(("calcium_dose",))
    if not counted:
        none = absent(case, *MEDICATIONS)
        return none if isinstance(none, Unknown) else Known(0.0)
    return Known(sum(course.daily_mg or 0.0 for course in counted), tuple(counted))


@predicate
def calcium_intake(case: Case) -> Value[float]:
    """Calcium from food (at most 24 months old) and tablets, mg/day."""
    diet, tablets = recent_value(case, "dietary_calcium_mg", DIET_AGE), calcium_supplement(case)
    if isinstance(diet, Unknown):
        return diet
    if isinstance(tablets, Unknown):
        return tablets
    return Known(diet.value + tablets.value, (*diet.evidence, *tablets.evidence))


@predicate
def calcium_target(case: Case) -> float:
    """The advised minimum, mg/day (C-24)."""
    return CALCIUM_TARGET_RISK if isinstance(raised_calcium_need(case), Yes) else CALCIUM_TARGET


@predicate
def calcium_below_target(case: Case) -> Answer:
    """The intake is below 800 mg, or below 1000 mg with osteoporosis or increased risk; the target is enough."""
    intake = calcium_intake(case)
    return any_of(
        below(intake, CALCIUM_TARGET),
        all_of(below(intake, CALCIUM_TARGET_RISK), raised_calcium_need(case)),
    )


@predicate
def large_single_dose(case: Case) -> Answer:
    """A drafted calcium product of more than 500 mg a day in one intake; no timing is one intake."""
    drafts = draft_medications(case, CALCIUM_PRODUCTS)
    if not drafts:
        return NO
    once = [d for d in drafts if d.course.intakes_per_day is None or d.course.intakes_per_day <= 1]
    known = [d for d in once if d.course.daily_mg is not None]
    found = exists(d for d in known if above(Known(d.course.daily_mg or 0.0), CALCIUM_SINGLE_DOSE))
    return any_of(found, Unknown(("calcium_dose",)) if len(known) < len(once) else NO)
