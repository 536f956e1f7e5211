"""What the timeline draws, as plain data: the facts put in panels and lanes with the rules' own limits.

Nothing here is worded or drawn. Every number is the guideline's (thresholds.py), and where a rule has
worked something out (the marker before the start, an overdue injection), its answer is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from cds_service.workbench.timeline.lanes import DAY, Course, Given, Lane, lanes
from fhir_mappings.facts import Fracture, Measurement, MedicationCourse, PatientFacts, SourceState
from hooks.guideline.calendar import add_months
from hooks.guideline.case import INJECTIONS, MEDICATIONS, PATIENT_VIEW, Case
from hooks.guideline.logic import TOLERANCE
from hooks.guideline.marker_response import followed_from
from hooks.guideline.markers import ANALYTES
from hooks.guideline.tablets import oral_courses
from hooks.guideline.thresholds import (
    EGFR_LIMIT,
    MARKER_FALL,
    T_OSTEOPENIA,
    T_OSTEOPOROSIS,
    VITD_START,
    VITD_TARGET_HIGH,
    VITD_TARGET_LOW,
)

#: Sites in the order of the key; the rules read the first four.
SITES = ("lumbar_spine", "femoral_neck", "total_hip", "unstated", "forearm", "other")
#: What the timeline is made of. Dispensings only add: a record without them is common and complete.
SOURCES = ("observations", "conditions", *MEDICATIONS, *INJECTIONS)
#: A stretch of so many months without anything ends the axis: what lies before stands at its edge.
EMPTY_STRETCH = 120
#: The axis is at least so many months long, and goes so many beyond today at most.
SHORTEST, AHEAD = 12, 12
#: An axis longer than this begins with a year.
WHOLE_YEARS = 36


@dataclass(frozen=True, slots=True)
class Point:
    """One result. `series`: the site of a T-score, else the concept."""

    series: str
    fact: Measurement

    @property
    def day(self) -> date:
        return self.fact.date


@dataclass(frozen=True, slots=True)
class Limit:
    """A line at `value`, all along (no dates) or on the days from `start` to `end`.

    `ground`: the result it was worked out from.
    """

    name: str
    value: float
    start: date | None = None
    end: date | None = None
    ground: Measurement | None = None


@dataclass(frozen=True, slots=True)
class Band:
    """Values from `low` to `high`, both wanted."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Panel:
    """Results of one scale, oldest first, with their limits.

    `series`: the names met, in the order of the key. `uncompared`: a marker was measured on
    tablets and there is no value before their start that its fall could be counted from.
    """

    name: str
    series: tuple[str, ...]
    points: tuple[Point, ...]
    limits: tuple[Limit, ...] = ()
    band: Band | None = None
    uncompared: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A fracture with a date."""

    fact: Fracture
    day: date


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything of one patient the picture and the table show.

    `begin`, `end`: the days the axis spans. What is dated before `begin` is drawn at its edge;
    `early`: there is such a thing.
    `undated`: what has no date to be drawn at; it stands in the table alone.
    `incomplete`: prefetch keys not delivered whole, so that something may be missing here.
    `left_out`: how many pieces of received data could not be read, of any kind.
    """

    as_of: date
    begin: date
    end: date
    panels: tuple[Panel, ...]
    lanes: tuple[Lane, ...]
    fractures: tuple[Break, ...]
    undated: tuple[Fracture | MedicationCourse, ...]
    early: bool = False
    incomplete: tuple[str, ...] = ()
    left_out: int = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.panels or self.lanes or self.fractures)

    def marks(self) -> Iterator[Point | Break | Course | Given]:
        """Every fact that is drawn, once."""
        yield from self.fractures
        for lane in self.lanes:
            yield from lane.courses
            yield from lane.given
        for panel in self.panels:
            yield from panel.points


def timeline(facts: PatientFacts) -> Timeline:
    """The timeline of these facts as of their day."""
    case = Case(facts, PATIENT_VIEW)
    panels = tuple(panel for panel in _panels(case) if panel.points)
    drawn = lanes(case, add_months(facts.as_of, AHEAD))
    dated = sorted((Break(f, f.date) for f in facts.fractures if f.date is not None), key=_order)
    fractures = tuple(dated)
    undated: tuple[Fracture | MedicationCourse, ...] = (
        *(f for f in facts.fractures if f.date is None),
        *drawn.undated,
    )
    occupied = sorted(_occupied(panels, drawn.lanes, fractures))
    begin = min(_begin(occupied), add_months(facts.as_of, -SHORTEST))
    if begin < add_months(facts.as_of, -WHOLE_YEARS):
        begin = date(begin.year, 1, 1)
    end = max([facts.as_of, *(last for _, last in occupied)])
    incomplete = tuple(key for key in SOURCES if facts.state(key) is not SourceState.COMPLETE)
    return Timeline(
        as_of=facts.as_of,
        begin=begin,
        end=end,
        panels=panels,
        lanes=drawn.lanes,
        fractures=fractures,
        undated=undated,
        early=bool(occupied) and occupied[0][0] < begin,
        incomplete=incomplete,
        left_out=len(facts.issues),
    )


def _order(mark: Break | Point) -> tuple[date, str]:
    return mark.day, mark.fact.reference


def _panels(case: Case) -> Iterator[Panel]:
    yield _t_scores(case.facts)
    for analyte in ANALYTES:
        yield _marker(case, analyte)
    start = Limit("vitamin_d.start", VITD_START)
    target = Band("vitamin_d.target", VITD_TARGET_LOW, VITD_TARGET_HIGH)
    yield Panel("vitamin_d", ("vitamin_d",), _points(case.facts, "vitamin_d"), (start,), target)
    yield Panel("egfr", ("egfr",), _points(case.facts, "egfr"), (Limit("egfr.limit", EGFR_LIMIT),))


def _points(facts: PatientFacts, concept: str) -> tuple[Point, ...]:
    found = (
        Point(m.site or "unstated" if concept == "t_score" else concept, m) for m in facts.measurements.get(concept, ())
    )
    return tuple(sorted(found, key=_order))


def _t_scores(facts: PatientFacts) -> Panel:
    points = _points(facts, "t_score")
    met = {point.series for point in points}
    limits = (Limit("t_score.osteopenia", T_OSTEOPENIA), Limit("t_score.osteoporosis", T_OSTEOPOROSIS))
    return Panel("t_score", tuple(site for site in SITES if site in met), points, limits)


def _marker(case: Case, analyte: str) -> Panel:
    limits = tuple(_marker_limits(case, analyte))
    found = [followed_from(case, analyte, c.start) for c in oral_courses(case) if c.start is not None]
    uncompared = not limits and any(one.treated for one in found)
    return Panel(analyte, (analyte,), _points(case.facts, analyte), limits, uncompared=uncompared)


def _marker_limits(case: Case, analyte: str) -> Iterator[Limit]:
    """30 % below the value before the start, from the start of each tablet course to its end (§7)."""
    for course in oral_courses(case):
        if course.start is None:
            continue
        base = followed_from(case, analyte, course.start).base
        if base is not None and base.value > TOLERANCE:
            value = base.value * (1 - MARKER_FALL / 100)
            end = case.today if course.running or course.stop is None else course.stop - DAY
            yield Limit("marker.fall", value, course.start, end, base)


def _occupied(
    panels: Iterable[Panel], drawn: Iterable[Lane], fractures: Iterable[Break]
) -> Iterator[tuple[date, date]]:
    """The stretches of days on which something is drawn."""
    for fracture in fractures:
        yield fracture.day, fracture.day
    for panel in panels:
        yield from ((point.day, point.day) for point in panel.points)
    for lane in drawn:
        yield from ((course.start, course.end) for course in lane.courses)
        yield from ((given.day, given.limit or given.day) for given in lane.given)


def _begin(occupied: list[tuple[date, date]]) -> date:
    """The first day after the last empty stretch; `occupied` sorted by its first days."""
    if not occupied:
        return date.max
    begin, reached = occupied[0]
    for (_, earlier), (first, _) in pairwise(occupied):
        reached = max(reached, earlier)
        if first > add_months(reached, EMPTY_STRETCH):
            begin = first
    return begin
