"""Glucocorticoid arithmetic (0.10): day series in mg prednisolone, and the 365-day windows over it.

Only systemic courses count. The equivalents are standard pharmacology, not from the guideline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from fhir_mappings.facts import MedicationCourse
from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import Case, predicate
from hooks.guideline.drafted import drafted_glucocorticoids, is_replacement
from hooks.guideline.logic import TOLERANCE
from hooks.guideline.thresholds import (
    EQUIVALENT_OF_5_MG_PREDNISOLONE,
    GAP_ORAL,
    GC_DAILY,
    GC_DAYS,
    GC_LOOKBACK,
    GC_SUM,
    GC_WINDOW,
)

WIDTH = int(GC_WINDOW)
#: A sum of several hundred days differs from the written total by less than this many mg.
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days of one course with one dose: mg prednisolone per day, `end` exclusive.

    `once`: the whole amount of an as-needed course on the day it was dispensed; it counts
    in sums and as a day of treatment, never as a day with 5 mg or more (0.10 item 3).
    """

    start: date
    end: date
    mg: float
    course: MedicationCourse
    once: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """The systemic glucocorticoid of a patient, recorded and (order hooks) drafted.

    `unreadable`: courses active within the last 12 months or drafted whose dose or duration
    is not known. `assumed`: open-ended courses taken to run on (P_GC_OPENENDED).
    `uncounted`: as-needed courses without a dispensed or prescribed amount.
    """

    stretches: tuple[Stretch, ...]
    unreadable: tuple[MedicationCourse, ...]
    assumed: tuple[MedicationCourse, ...]
    uncounted: tuple[MedicationCourse, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """365 days: the first, the sum in mg and the days at 5 mg or more."""

    start: date
    total: float
    days: int


@dataclass(frozen=True, slots=True)
class Run:
    """Days on glucocorticoid joined over gaps of up to 90 days; `end` is the day after the last."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Share:
    """What one course adds: mg prednisolone of the past 365 days and of the 364 to come."""

    course: MedicationCourse
    past: float
    planned: float


@predicate
def glucocorticoids(case: Case) -> tuple[MedicationCourse, ...]:
    """Systemic courses on record and, on the order hooks, in the drafts; replacement therapy left out."""
    recorded = [c for c in case.facts.courses if c.systemic and not is_replacement(case, c)]
    return (*recorded, *[d.course for d in drafted_glucocorticoids(case)])


def equivalent(course: MedicationCourse) -> float:
    """The mg of this drug that equal 5 mg prednisolone; 5 for a drug that is not in the table."""
    known = sorted([drug for drug in course.drugs if drug in EQUIVALENT_OF_5_MG_PREDNISOLONE])
    return EQUIVALENT_OF_5_MG_PREDNISOLONE[known[0]] if known else 5.0


def _prednisolone(course: MedicationCourse, mg: float) -> float:
    return mg * 5.0 / equivalent(course)


@predicate
def series(case: Case) -> Series:
    """The day series D of the catalogue, and what could not be counted."""
    stretches: list[Stretch] = []
    unreadable: list[MedicationCourse] = []
    assumed: list[MedicationCourse] = []
    uncounted: list[MedicationCourse] = []
    for course in glucocorticoids(case):
        if course.prn:
            if course.prn_mg:
                stretches.append(_dispensed(course, course.prn_mg, course.start or case.today))
            else:
                uncounted.append(course)
        elif not course.dose_known:
            if active_within_a_year(case, course):
                unreadable.append(course)
        else:
            laid, open_ended = _laid_out(case, course)
            stretches += laid
            if open_ended:
                assumed.append(course)
    return Series(tuple(stretches), tuple(unreadable), tuple(assumed), tuple(uncounted))


def _dispensed(course: MedicationCourse, mg: float, day: date) -> Stretch:
    return Stretch(day, day + timedelta(days=1), _prednisolone(course, mg), course, once=True)


def _laid_out(case: Case, course: MedicationCourse) -> tuple[list[Stretch], bool]:
    """The course's days with a dose, and whether an open end was assumed."""
    horizon = add_days(case.today, case.defaults.gc_openended + 1)
    laid: list[Stretch] = []
    assumed = False
    for step in course.steps:
        end = step.end if step.end is not None else course.stop
        assumed = assumed or end is None
        end = end or horizon
        if end > step.start and step.mg_per_day > 0:
            laid.append(Stretch(step.start, end, _prednisolone(course, step.mg_per_day), course))
    return laid, assumed


def active_within_a_year(case: Case, course: MedicationCourse) -> bool:
    """Whether the course is active, paused, planned, or was active within the last 12 months.

    One that has ended on a day nobody knows counts by its start.
    """
    if course.active or course.paused:
        return True
    since = course.stop or course.start
    return since is None or since > add_months(case.today, -12)


@dataclass(frozen=True, slots=True)
class Segment:
    """Days (ordinals, `end` exclusive) with one summed dose; `enough`: 5 mg or more of regular dosing."""

    start: int
    end: int
    mg: float
    enough: bool


def segments(stretches: Sequence[Stretch]) -> list[Segment]:
    """The day series D as stretches of equal days: the sum of all courses between their starts and ends."""
    spans = [(s.start.toordinal(), s.end.toordinal(), s) for s in stretches]
    bounds = sorted({day for first, last, _ in spans for day in (first, last)})
    found = []
    for start, end in pairwise(bounds):
        here = [s for first, last, s in spans if first <= start and end <= last]
        if here:
            regular = sum([s.mg for s in here if not s.once])
            found.append(Segment(start, end, sum([s.mg for s in here]), regular >= GC_DAILY - TOLERANCE))
    return found


def dose_between(stretches: Iterable[Stretch], first: date, days: int) -> float:
    """mg prednisolone on the `days` days from `first`."""
    begin = first.toordinal()
    return sum(s.mg * max(min(s.end.toordinal(), begin + days) - max(s.start.toordinal(), begin), 0) for s in stretches)


def best_windows(counted: Series, first: date, last: date) -> tuple[Window, Window] | None:
    """The windows starting from `first` to `last` with the highest sum, and with most days at 5 mg.

    None without any dose. Of equal ones the earliest. Between the days on which a window's edge
    meets the edge of a dose both grow or shrink evenly, so only those days can be the best.
    """
    if not counted.stretches or last < first:
        return None
    laid = segments(counted.stretches)
    edges = {edge for segment in laid for edge in (segment.start, segment.end)}
    low, high = first.toordinal(), last.toordinal()
    days = {low, high} | {day for edge in edges for day in (edge, edge - WIDTH) if low <= day <= high}
    highest = longest = (low, *_window(laid, low))
    for day in sorted(days)[1:]:
        total, enough = _window(laid, day)
        if total > highest[1] + SUM_TOLERANCE:
            highest = (day, total, enough)
        if enough > longest[2]:
            longest = (day, total, enough)
    return _dated(*highest), _dated(*longest)


def _dated(day: int, mg: float, days: int) -> Window:
    return Window(date.fromordinal(day), mg, days)


def _window(laid: Iterable[Segment], start: int) -> tuple[float, int]:
    """The sum in mg, and the days at 5 mg or more, of the 365 days from this one."""
    mg, days, end = 0.0, 0, start + WIDTH
    for segment in laid:
        first = segment.start if segment.start > start else start
        last = segment.end if segment.end < end else end
        if last > first:
            mg += segment.mg * (last - first)
            days += last - first if segment.enough else 0
    return mg, days


@predicate
def windows(case: Case) -> tuple[Window, Window] | None:
    """Highest sum and most days among the 365-day windows that contain today."""
    return best_windows(series(case), add_days(case.today, 1 - WIDTH), case.today)


def reaches(best: tuple[Window, Window] | None) -> bool:
    """450 mg or more in a window, or 5 mg or more on 90 days or more."""
    if best is None:
        return False
    highest, longest = best
    return highest.total >= GC_SUM - SUM_TOLERANCE or longest.days >= GC_DAYS


def given_in(counted: Series, best: tuple[Window, Window] | None) -> tuple[MedicationCourse, ...]:
    """The courses with a dose in these windows."""
    found: list[MedicationCourse] = []
    for window in best or ():
        end = add_days(window.start, WIDTH)
        found += [s.course for s in counted.stretches if s.start < end and s.end > window.start]
    return each_once(found)


def each_once(courses: Sequence[MedicationCourse]) -> tuple[MedicationCourse, ...]:
    """The courses in order, each once."""
    first = courses[0] if courses else None
    if all(course is first for course in courses):  # most often there is one: equal ones need not be looked for
        return tuple(courses[:1])
    return tuple(dict.fromkeys(courses))


def taken_on(case: Case, day: date) -> tuple[MedicationCourse, ...]:
    """The courses taken on a day up to today.

    One without a readable dose counts from its start while it runs; one that is paused or has
    ended on a day nobody knows counts before today, not today.
    """
    dosed = [s.course for s in series(case).stretches if s.start <= day < s.end]
    unread = [c for c in series(case).unreadable if (c.start or date.min) <= day and _still_taken(case, c, day)]
    return each_once(dosed + unread)


def _still_taken(case: Case, course: MedicationCourse, day: date) -> bool:
    if course.stop is not None:
        return day < course.stop
    return course.active or day < case.today


@predicate
def runs(case: Case) -> tuple[Run, ...]:
    """All runs, oldest first."""
    joined: list[Run] = []
    for stretch in sorted(series(case).stretches, key=lambda s: (s.start, s.end)):
        last = joined[-1] if joined else None
        if last is not None and stretch.start <= add_days(last.end, GAP_ORAL):
            joined[-1] = Run(last.start, max(last.end, stretch.end))
        else:
            joined.append(Run(stretch.start, stretch.end))
    return tuple(joined)


@predicate
def last_day(case: Case) -> date | None:
    """The last day up to today with a dose; None when there never was one."""
    ends = [min(s.end - timedelta(days=1), case.today) for s in series(case).stretches if s.start <= case.today]
    return max(ends, default=None)


@predicate
def latest_run(case: Case) -> Run | None:
    """The run of the last day with a dose, up to today."""
    last = last_day(case)
    return None if last is None else next(run for run in runs(case) if run.start <= last < run.end)


def run_at_threshold(case: Case, run: Run) -> bool:
    """Whether a 365-day window that overlaps the run (its last 36 months) reaches the threshold."""
    begin = max(run.start, add_months(case.today, -GC_LOOKBACK))
    last = min(add_days(run.end, -1), case.today)
    return reaches(best_windows(series(case), add_days(begin, 1 - WIDTH), last))


def total(case: Case, first: date, last: date) -> float:
    """mg prednisolone from `first` to `last`, both included."""
    return dose_between(series(case).stretches, first, (last - first).days + 1)


def past_sum(case: Case) -> float:
    """mg prednisolone in the 365 days up to and with today."""
    return total(case, add_days(case.today, 1 - WIDTH), case.today)


def planned_sum(case: Case) -> float:
    """mg prednisolone planned in the 364 days after today."""
    return total(case, add_days(case.today, 1), add_days(case.today, WIDTH - 1))


@predicate
def shares(case: Case) -> tuple[Share, ...]:
    """What each counted course adds to the past and the planned sum, oldest first."""
    found: dict[MedicationCourse, Share] = {}
    past, planned = add_days(case.today, 1 - WIDTH), add_days(case.today, 1)
    for stretch in sorted(series(case).stretches, key=lambda s: (s.start, s.course.reference)):
        course = stretch.course
        before = found.get(course, Share(course, 0.0, 0.0))
        found[course] = Share(
            course,
            before.past + dose_between((stretch,), past, WIDTH),
            before.planned + dose_between((stretch,), planned, WIDTH - 1),
        )
    return tuple(share for share in found.values() if share.past + share.planned > 0)
