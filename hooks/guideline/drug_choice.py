"""Which drug: what speaks against tablets, and courses of infusions and anabolics left open (§9.2)."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Fact
from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import INJECTIONS, MEDICATIONS, Case, absent, predicate
from hooks.guideline.courses import courses
from hooks.guideline.drafted import ANABOLICS
from hooks.guideline.injections import infusions, injections, zol_last
from hooks.guideline.logic import NO, Answer, all_of, any_of, exists, no, yes_if
from hooks.guideline.tablets import Course, joined_courses
from hooks.guideline.thresholds import (
    COURSE_ZOLEDRONATE,
    FOLLOW_ON_ASKED,
    FOLLOW_ON_BEFORE,
    ROMOSOZUMAB_MAX,
    TERIPARATIDE_MAX,
    ZOLEDRONATE_ASKED,
    ZOLEDRONATE_INTERVAL,
)
from hooks.guideline.treatment import antiresorptive_after, on_anabolic

LONGEST_ANABOLIC = {"teriparatide": TERIPARATIDE_MAX, "romosozumab": ROMOSOZUMAB_MAX}


@predicate
def zoledronate_course_open(case: Case) -> Answer:
    """One or two infusions, the last 12 to 36 months ago, no denosumab before them and no antiresorptive after."""
    last = zol_last(case)
    if last is None:
        return absent(case, *INJECTIONS)
    due, asked = add_months(last, ZOLEDRONATE_INTERVAL), add_months(last, ZOLEDRONATE_ASKED)
    return all_of(
        yes_if(len(infusions(case)) < COURSE_ZOLEDRONATE and due <= case.today <= asked, *infusions(case)),
        yes_if(not any(given.date < last for given in injections(case))),
        no(antiresorptive_after(case, last)),
    )


@predicate
def ended_anabolic(case: Case) -> Course | None:
    """The anabolic course that ended last, while none is running."""
    found = [c for drug in sorted(ANABOLICS) for c in joined_courses(case, (drug,))]
    if any(c.running for c in found):
        return None
    ended = [c for c in found if c.stop is not None and c.stop <= case.today]
    return max(ended, key=lambda c: c.stop or date.min, default=None)


@predicate
def anabolic_left_open(case: Case) -> Answer:
    """An anabolic course ended in the last 24 months and nothing followed, from 90 days before its end onwards."""
    course = ended_anabolic(case)
    if course is None or course.stop is None:
        return absent(case, *MEDICATIONS)
    asked = case.today <= add_months(course.stop, FOLLOW_ON_ASKED)
    before = add_days(course.stop, -FOLLOW_ON_BEFORE - 1)
    return all_of(
        yes_if(asked, *course.evidence),
        no(any_of(antiresorptive_after(case, before), _denosumab_ordered_after(case, before))),
    )


def _denosumab_ordered_after(case: Case, day: date) -> Answer:
    return exists(c for c in courses(case, ("denosumab",)) if c.start is not None and c.start > day)


@predicate
def anabolic_too_long(case: Case) -> Answer:
    """Teriparatide has run for more than 24 months, or romosozumab for more than 12. Start unknown: silent."""
    found: list[Fact] = []
    for drug, months in LONGEST_ANABOLIC.items():
        for course in joined_courses(case, (drug,)):
            if course.running and course.start is not None and case.today > add_months(course.start, months):
                found.extend(course.evidence)
    return all_of(on_anabolic(case), exists(found, otherwise=NO))
