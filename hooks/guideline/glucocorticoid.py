"""Glucocorticoid arithmetic (0.10): day series in mg prednisolone, 365-day windows, thresholds.

Only systemic courses count. The equivalents are standard pharmacology, not from the guideline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from fhir_mappings.facts import Fact, MedicationCourse
from hooks.guideline.calendar import add_days, add_months, within_months
from hooks.guideline.case import MEDICATIONS, Case, absent, on_order_hook, predicate
from hooks.guideline.drafted import draft_glucocorticoid
from hooks.guideline.logic import (
    NO,
    TOLERANCE,
    YES,
    Answer,
    No,
    Unknown,
    Yes,
    all_of,
    any_of,
    exists,
    no,
    yes_if,
)
from hooks.guideline.scope import condition
from hooks.guideline.thresholds import (
    EQUIVALENT_OF_5_MG_PREDNISOLONE,
    GAP_ORAL,
    GC_DAILY,
    GC_DAYS,
    GC_SUM,
    GC_WINDOW,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days with one prednisolone-equivalent dose per day; `end` exclusive."""

    start: date
    end: date
    mg: float


@dataclass(frozen=True, slots=True)
class Series:
    """The counted systemic glucocorticoid of a patient.

    `single`: mg of as-needed courses by the day they were dispensed; they never count as days.
    `unreadable`: courses of the last 12 months or drafts whose dose or duration cannot be read.
    `assumed`: open-ended courses taken to run on (P_GC_OPENENDED).
    """

    stretches: tuple[Stretch, ...]
    single: tuple[tuple[date, float], ...]
    counted: tuple[MedicationCourse, ...]
    unreadable: tuple[MedicationCourse, ...]
    assumed: tuple[MedicationCourse, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """One 365-day window that contains today: its first day, the sum in mg and the days at 5 mg or more."""

    start: date
    total: float
    days: int


@predicate
def glucocorticoids(case: Case) -> tuple[MedicationCourse, ...]:
    """Systemic courses on record and, on the order hooks, in the drafts; replacement therapy left out."""
    found = [c for c in case.facts.courses if c.systemic]
    if on_order_hook(case):
        found += [d.course for d in case.facts.drafts.medications if d.course.systemic]
    replaced = condition(case, "addison")
    if isinstance(replaced, Yes):
        found = [c for c in found if "hydrocortisone" not in c.drugs]
    return tuple(found)


def factor(course: MedicationCourse) -> float:
    """mg prednisolone per mg of the drug, as 5 divided by its equivalent; 1 for a drug without one."""
    mg = next((EQUIVALENT_OF_5_MG_PREDNISOLONE[d] for d in sorted(course.drugs) if d in _KNOWN), 5.0)
    return 5.0 / mg


_KNOWN = frozenset(EQUIVALENT_OF_5_MG_PREDNISOLONE)


def _equivalent(course: MedicationCourse, mg: float) -> float:
    name = next((d for d in sorted(course.drugs) if d in _KNOWN), "prednisolone")
    return mg * 5.0 / EQUIVALENT_OF_5_MG_PREDNISOLONE[name]


@predicate
def series(case: Case) -> Series:
    """The day series D of the catalogue and what could not be counted."""
    horizon = add_days(case.today, case.defaults.gc_openended + 1)
    stretches: list[Stretch] = []
    single: list[tuple[date, float]] = []
    counted: list[MedicationCourse] = []
    unreadable: list[MedicationCourse] = []
    assumed: list[MedicationCourse] = []
    for course in glucocorticoids(case):
        if course.prn:
            if course.prn_mg:
                single.append((course.start or case.today, _equivalent(course, course.prn_mg)))
                counted.append(course)
            continue
        if not course.dose_known:
            if _recent(case, course):
                unreadable.append(course)
            continue
        counted.append(course)
        for step in course.steps:
            end = step.end
            if end is None:
                end = horizon
                assumed.append(course)
            if end > step.start:
                stretches.append(Stretch(step.start, end, _equivalent(course, step.mg_per_day)))
    return Series(tuple(stretches), tuple(single), tuple(counted), tuple(unreadable), tuple(assumed))


def _recent(case: Case, course: MedicationCourse) -> bool:
    """Active within the last 12 months, or planned."""
    return course.stop is None or course.stop > add_months(case.today, -12)


def daily(stretches: Iterable[Stretch], first: date, days: int) -> list[float]:
    """D(day) for `days` days from `first`."""
    dose = [0.0] * days
    for stretch in stretches:
        begin = max((stretch.start - first).days, 0)
        for index in range(begin, min((stretch.end - first).days, days)):
            dose[index] += stretch.mg
    return dose


def best_windows(case: Case, first: date, last: date) -> tuple[Window, Window] | None:
    """The windows starting from `first` to `last` with the highest sum and with most days; None without any dose."""
    counted = series(case)
    if not counted.stretches and not counted.single:
        return None
    width = int(GC_WINDOW)
    span = (last - first).days + width
    dose = daily(counted.stretches, first, span)
    extra = [0.0] * span
    for day, mg in counted.single:
        index = (day - first).days
        if 0 <= index < span:
            extra[index] += mg
    at_limit = [d >= GC_DAILY - TOLERANCE for d in dose]
    total = sum(dose[:width]) + sum(extra[:width])
    days = sum(at_limit[:width])
    highest = longest = Window(first, total, days)
    for shift in range(1, span - width + 1):
        out, into = shift - 1, shift + width - 1
        total += dose[into] + extra[into] - dose[out] - extra[out]
        days += at_limit[into] - at_limit[out]
        if total > highest.total + TOLERANCE:
            highest = Window(first + timedelta(days=shift), total, days)
        if days > longest.days:
            longest = Window(first + timedelta(days=shift), total, days)
    return highest, longest


@predicate
def windows(case: Case) -> tuple[Window, Window] | None:
    """Highest sum and most days among the 365-day windows that contain today."""
    return best_windows(case, add_days(case.today, 1 - GC_WINDOW), case.today)


def reaches(best: tuple[Window, Window] | None) -> bool:
    """450 mg or more in a window, or 90 days or more at 5 mg."""
    if best is None:
        return False
    highest, longest = best
    return highest.total >= GC_SUM - 1e-6 or longest.days >= GC_DAYS


@predicate
def gc_threshold(case: Case) -> Answer:
    """A 365-day window that contains today reaches 90 days at 5 mg, or 450 mg (C-05).

    Unknown when an unreadable course could make up for what lacks.
    """
    counted = series(case)
    if reaches(windows(case)):
        return Yes(counted.counted)
    if counted.unreadable:
        return Unknown(("glucocorticoid_dose",))
    return absent(case, *MEDICATIONS)


@predicate
def gc_active(case: Case) -> Answer:
    """A systemic glucocorticoid is taken today, or is drafted."""
    counted = series(case)
    today = [s for s in counted.stretches if s.start <= case.today < s.end and s.mg > 0]
    taken = counted.counted if today else tuple(c for c in counted.unreadable if c.active)
    return any_of(draft_glucocorticoid(case), exists(taken, otherwise=absent(case, *MEDICATIONS)))


@predicate
def last_day(case: Case) -> date | None:
    """The last day up to today with D > 0."""
    ends = [min(s.end - timedelta(days=1), case.today) for s in series(case).stretches if _past(case, s)]
    return max(ends, default=None)


def _past(case: Case, stretch: Stretch) -> bool:
    return stretch.mg > 0 and stretch.start <= case.today


@predicate
def gc_current(case: Case) -> Answer:
    """Active, or the last day with a dose lies within P_GC_RECENT."""
    recent = within_months(last_day(case), case.today, case.defaults.gc_recent)
    return any_of(gc_active(case), yes_if(recent, *series(case).counted) if recent else absent(case, *MEDICATIONS))


@predicate
def gc_exposed(case: Case) -> Answer:
    """gc_threshold and gc_current."""
    return all_of(gc_threshold(case), gc_current(case))


@predicate
def gc_start(case: Case) -> date | None:
    """First day of the current course: stretches joined over gaps of up to 90 days; today for a bare draft."""
    begin: date | None = None
    for stretch in sorted((s for s in series(case).stretches if s.mg > 0), key=lambda s: s.start, reverse=True):
        if stretch.end <= add_months(case.today, -case.defaults.gc_recent) and begin is None:
            break
        if begin is None or stretch.end >= add_days(begin, -GAP_ORAL):
            begin = stretch.start if begin is None else min(begin, stretch.start)
    if begin is None and isinstance(gc_active(case), Yes):
        starts = [c.start for c in glucocorticoids(case) if c.start is not None]
        begin = min(starts, default=case.today)
    return begin


@predicate
def gc_end(case: Case) -> date | None:
    """Day after the last day with D > 0, within 36 months; None while active or without a course."""
    if isinstance(gc_active(case), Yes):
        return None
    last = last_day(case)
    return last + timedelta(days=1) if within_months(last, case.today, 36) and last else None


@predicate
def past_course_start(case: Case) -> date | None:
    """First day of the course that ended on gc_end."""
    end = gc_end(case)
    if end is None:
        return None
    begin: date | None = None
    for stretch in sorted((s for s in series(case).stretches if _past(case, s)), key=lambda s: s.end, reverse=True):
        if begin is None or stretch.end >= add_days(begin, -GAP_ORAL):
            begin = stretch.start if begin is None else min(begin, stretch.start)
    return begin


@predicate
def past_course_at_threshold(case: Case) -> Answer:
    """The course was at threshold in some 365-day window of the last 36 months (and the year before)."""
    counted = series(case)
    if not counted.stretches:
        return Unknown(("glucocorticoid_dose",)) if counted.unreadable else absent(case, *MEDICATIONS)
    first = add_days(add_months(case.today, -36), -GC_WINDOW)
    if reaches(best_windows(case, first, case.today)):
        return Yes(counted.counted)
    return Unknown(("glucocorticoid_dose",)) if counted.unreadable else NO


def ended_within(case: Case, months: float) -> Answer:
    """A course at threshold ended within the last `months` (and none is taken now)."""
    end = gc_end(case)
    if end is None or case.today >= add_months(end, months):
        return no(no(absent(case, *MEDICATIONS))) if not series(case).unreadable else Unknown(("glucocorticoid_dose",))
    return past_course_at_threshold(case)


def past_sum(case: Case) -> float:
    """mg prednisolone in the 365 days up to and with today."""
    first = add_days(case.today, 1 - GC_WINDOW)
    return _total(case, first, case.today)


def planned_sum(case: Case) -> float:
    """mg prednisolone planned in the 364 days after today."""
    return _total(case, add_days(case.today, 1), add_days(case.today, GC_WINDOW - 1))


def _total(case: Case, first: date, last: date) -> float:
    counted = series(case)
    days = (last - first).days + 1
    once = sum(mg for day, mg in counted.single if first <= day <= last)
    return sum(daily(counted.stretches, first, days)) + once


@predicate
def local_only(case: Case) -> Answer:
    """A local glucocorticoid within 12 months and no systemic one (GLU-LOCAL-1)."""
    local = [c for c in case.facts.courses if c.local and (c.active or _recent(case, c)) and _begun(case, c)]
    systemic: list[Fact] = [c for c in glucocorticoids(case) if _recent(case, c)]
    return all_of(
        exists(local, otherwise=absent(case, *MEDICATIONS)),
        NO if systemic else YES,
    )


def _begun(case: Case, course: MedicationCourse) -> bool:
    return course.start is None or course.start <= case.today


@predicate
def dose_unreadable(case: Case) -> Answer:
    """A systemic glucocorticoid of the last 12 months, or a draft, without a readable dose (GLU-DOSE-2)."""
    found = series(case).unreadable
    return Yes(found) if found else absent(case, *MEDICATIONS)


def below_threshold(case: Case) -> bool:
    """Whether the threshold is known not to be reached."""
    return isinstance(gc_threshold(case), No)
