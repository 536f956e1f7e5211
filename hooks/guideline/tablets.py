"""Tablets (0.5): courses joined over short gaps, and what is running."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from fhir_mappings.facts import Fact, MedicationCourse
from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import MEDICATIONS, Case, absent, predicate
from hooks.guideline.courses import courses
from hooks.guideline.drafted import ORAL_BISPHOSPHONATES
from hooks.guideline.injections import infusions, injections
from hooks.guideline.logic import NO, Answer, Unknown, Yes, all_of, yes_if
from hooks.guideline.thresholds import GAP_ORAL


@dataclass(frozen=True, slots=True)
class Course:
    """Orders of one kind of drug joined to a course: gaps of up to 90 days do not restart it."""

    start: date | None
    stop: date | None
    running: bool
    evidence: tuple[Fact, ...]


def _injection_days(case: Case) -> tuple[date, ...]:
    return tuple(sorted(given.date for given in (*injections(case), *infusions(case))))


def _last_dispensed(case: Case, drugs: frozenset[str]) -> date | None:
    return max((d.date for d in case.facts.dispensings if d.drugs & drugs), default=None)


def _ended_by_injection(case: Case, course: MedicationCourse) -> date | None:
    """The day a later injection or infusion replaced a tablet order that was never closed."""
    dispensed = _last_dispensed(case, course.drugs & ORAL_BISPHOSPHONATES)
    for day in _injection_days(case):
        if course.start is not None and course.start < day and (dispensed is None or dispensed <= day):
            return day
    return None


@predicate
def oral_courses(case: Case) -> tuple[Course, ...]:
    """The oral bisphosphonate courses up to today, oldest first; the last may be running."""
    return joined_courses(case, ORAL_BISPHOSPHONATES)


def joined_courses(case: Case, drugs: Iterable[str]) -> tuple[Course, ...]:
    """The courses of these drugs up to today, oldest first; an injection ends an open order for tablets."""
    joined: list[Course] = []
    found = [c for c in courses(case, drugs) if c.start is None or c.start <= case.today]
    if not found:
        return ()
    found.sort(key=lambda c: (c.start or date.min, c.stop or date.max, c.reference))
    for order in found:
        replaced = _ended_by_injection(case, order) if order.drugs & ORAL_BISPHOSPHONATES else None
        running = order.active and replaced is None
        stop = None if running else min((d for d in (order.stop, replaced) if d is not None), default=None)
        course = Course(order.start, stop, running, (order,))
        last = joined[-1] if joined else None
        if last is not None and _continues(last, course):
            joined[-1] = _joined(last, course)
        else:
            joined.append(course)
    return tuple(joined)


def _continues(last: Course, following: Course) -> bool:
    if last.start is None or following.start is None:
        return last.running and following.running
    if last.running:
        return True
    return last.stop is not None and following.start <= add_days(last.stop, GAP_ORAL)


def _joined(last: Course, following: Course) -> Course:
    running = last.running or following.running
    stops = [d for d in (last.stop, following.stop) if d is not None]
    start = last.start or following.start
    return Course(start, None if running or not stops else max(stops), running, last.evidence + following.evidence)


@predicate
def oral_course(case: Case) -> Course | None:
    """The running oral course."""
    return next((c for c in oral_courses(case) if c.running), None)


@predicate
def on_oral_bp(case: Case) -> Answer:
    """An oral bisphosphonate is being taken."""
    course = oral_course(case)
    return Yes(course.evidence) if course is not None else absent(case, *MEDICATIONS)


@predicate
def bp_start(case: Case) -> date | None:
    """Start of the running oral course; None when none runs or its start is not recorded."""
    course = oral_course(case)
    return course.start if course is not None else None


def months_on_oral(case: Case, months: float) -> Answer:
    """On tablets for at least `months`; unknown when the start is not recorded."""
    return all_of(on_oral_bp(case), begun(case, bp_start(case), months))


def begun(case: Case, start: date | None, months: float) -> Answer:
    """A treatment began at least `months` ago; unknown while tablets run whose start is not recorded."""
    if start is None:
        return Unknown(("treatment_start",)) if isinstance(on_oral_bp(case), Yes) else NO
    return yes_if(case.today >= add_months(start, months))


def oral_between(case: Case, months: float, until: float) -> Answer:
    """On tablets for at least `months` and less than `until`; unknown when the start is not recorded."""
    start = bp_start(case)
    early = yes_if(start is not None and case.today < add_months(start, until))
    return all_of(months_on_oral(case, months), early)
