"""Treatment as lanes of the timeline: periods with their doses, what was given, and how long it lasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from fhir_mappings.facts import Administration, Booking, Dispensing, MedicationCourse
from hooks.guideline.calendar import add_months
from hooks.guideline.case import Case
from hooks.guideline.drafted import BONE_DRUGS, GLUCOCORTICOIDS, SUPPLEMENTS
from hooks.guideline.injections import injections
from hooks.guideline.logic import Yes
from hooks.guideline.thresholds import DENOSUMAB_MAX
from hooks.guideline.treatment import overdue

Kind = Literal["bone", "glucocorticoid", "supplement"]
KINDS: tuple[Kind, ...] = ("bone", "glucocorticoid", "supplement")
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Dose:
    """Days with one dose of a period; mg of the drug itself per day, None when not known."""

    start: date
    end: date
    mg: float | None


@dataclass(frozen=True, slots=True)
class Course:
    """A period of a drug on the axis. `end`: the first day without, today while it runs on.

    `open`: it goes on beyond `end`. `end_unknown`: it has ended on a day nobody recorded.
    """

    fact: MedicationCourse
    start: date
    end: date
    doses: tuple[Dose, ...]
    open: bool = False
    end_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A dose given, handed out or booked. `limit`: the last day the next one is in time (denosumab)."""

    fact: Administration | Dispensing | Booking
    day: date
    limit: date | None = None
    booked: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Days beyond the limit of an injection. `end`: the next one, or today where it is overdue."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Lane:
    """One drug. `most`: its highest daily dose, None when no dose is known."""

    drug: str
    kind: Kind
    courses: tuple[Course, ...]
    given: tuple[Given, ...]
    gaps: tuple[Gap, ...]

    @property
    def most(self) -> float | None:
        return max((dose.mg for c in self.courses for dose in c.doses if dose.mg is not None), default=None)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The lanes, and the courses without a start to draw them from."""

    lanes: tuple[Lane, ...]
    undated: tuple[MedicationCourse, ...]


def lanes(case: Case, horizon: date) -> Drawn:
    """Bone drugs, systemic glucocorticoid and supplements of the patient; planned days up to `horizon`."""
    courses: dict[tuple[Kind, str], list[Course]] = {}
    undated = []
    for course in case.facts.courses:
        key = lane_of(course)
        if key is None:
            continue
        if course.start is None:
            undated.append(course)
            continue
        courses.setdefault(key, []).append(_laid_out(course, course.start, case.today, horizon))
    given: dict[tuple[Kind, str], list[Given]] = {}
    for drug, mark in _given(case):
        given.setdefault(("bone", drug), []).append(mark)
    found = [
        Lane(
            key[1],
            key[0],
            tuple(sorted(courses.get(key, ()), key=lambda c: (c.start, c.end, c.fact.reference))),
            tuple(sorted(given.get(key, ()), key=lambda g: (g.day, g.fact.reference))),
            tuple(_gaps(case)) if key == ("bone", "denosumab") else (),
        )
        for key in {**courses, **given}
    ]
    found.sort(key=lambda lane: (KINDS.index(lane.kind), _first(lane), lane.drug))
    return Drawn(tuple(found), tuple(undated))


def _first(lane: Lane) -> date:
    return min([c.start for c in lane.courses] + [g.day for g in lane.given])


def lane_of(course: MedicationCourse) -> tuple[Kind, str] | None:
    """The lane of a course; None for drugs the timeline does not show."""
    kinds: tuple[tuple[Kind, frozenset[str]], ...] = (("bone", BONE_DRUGS), ("supplement", SUPPLEMENTS))
    for kind, shown in kinds:
        names = sorted(course.drugs & shown)
        if names:
            return kind, "calcium_vitd" if "calcium_vitd" in names else names[0]
    if course.systemic:
        return "glucocorticoid", next(iter(sorted(course.drugs & GLUCOCORTICOIDS)), "glucocorticoid")
    return None


def _laid_out(course: MedicationCourse, start: date, today: date, horizon: date) -> Course:
    """The course on the axis; an end nobody knows leaves the day of its start."""
    end_unknown = course.stop is None and not course.active and start <= today
    if course.stop is not None:
        end = course.stop
    elif end_unknown or start > today:
        end = start + DAY
    else:
        end = today
    runs_on = course.stop is None and not end_unknown
    end = max(end, start + DAY)
    shown = max(min(end, horizon), start + DAY)
    return Course(course, start, shown, tuple(_doses(course, start, shown)), runs_on or shown < end, end_unknown)


def _doses(course: MedicationCourse, start: date, end: date) -> Iterator[Dose]:
    if not course.steps:
        yield Dose(start, end, course.daily_mg)
    for step in course.steps:
        first, last = max(step.start, start), min(step.end or end, end)
        if first < last:
            yield Dose(first, last, step.mg_per_day)


def _given(case: Case) -> Iterator[tuple[str, Given]]:
    """Injections with their limit, infusions, cancer products (without limit), and what is booked."""
    followed = injections(case)
    for injection in followed:
        yield "denosumab", Given(injection, injection.date, add_months(injection.date, DENOSUMAB_MAX))
    for other in case.facts.administrations:
        if other not in followed:
            yield other.drug, Given(other, other.date)
    for booking in case.facts.bookings:
        if booking.concept == "denosumab_injection":
            yield "denosumab", Given(booking, booking.date, booked=True)


def _gaps(case: Case) -> Iterator[Gap]:
    """Where an injection came after the limit of the one before, or has not come (§9.2, C-30)."""
    limits = [(given.date, add_months(given.date, DENOSUMAB_MAX)) for given in injections(case)]
    yield from _late(limits)
    if limits and isinstance(overdue(case), Yes):
        yield Gap(limits[-1][1], case.today)


def _late(limits: Iterable[tuple[date, date]]) -> Iterator[Gap]:
    for (_, limit), (following, _) in pairwise(limits):
        if following > limit:
            yield Gap(limit, following)
