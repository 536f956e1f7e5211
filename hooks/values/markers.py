"""Values of part 9, bone markers: which one, how far it fell or rose, and why it cannot be read."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings.facts import Fact, Measurement
from hooks.guideline.calendar import add_months
from hooks.guideline.case import Case
from hooks.guideline.duration import marker_rise_after_stop
from hooks.guideline.glucocorticoid import gc_active
from hooks.guideline.logic import Answer, Yes, evident
from hooks.guideline.marker_response import (
    followed,
    marker_fell,
    marker_fell_too_little,
    marker_fell_too_little_twice,
    marker_rising,
    marker_without_base,
)
from hooks.guideline.markers import (
    fractured_before,
    marker_to_order,
    marker_unusable,
    obstacle_ends,
    very_low_vitamin_d_before,
)
from hooks.guideline.scope import condition
from hooks.guideline.tablets import bp_start
from hooks.guideline.thresholds import MARKER_FALL, MARKER_LATE
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import measured, rounded

_NAME = "ikke registreret"
_VALUES = "P1NP 123,45 µg/l (31.12.2025), 101,25 µg/l (31.12.2025) og 99,95 µg/l (31.12.2025)"
_PERCENT = "ikke registreret"
_OBSTACLES = (
    "severe_acute_illness",
    "acute_immobilisation",
    "primary_hyperparathyroidism",
    "secondary_hyperparathyroidism",
)


def markers_in(answers: Iterable[Answer]) -> list[Measurement]:
    """The marker values the answers rest on, oldest first."""
    facts: tuple[Fact, ...] = evident(answers)
    found = [f for f in facts if isinstance(f, Measurement) and f.concept in ("p1np", "ctx")]
    return sorted(found, key=lambda m: m.date)


def _name(found: list[Measurement], say: Language) -> str:
    return say.term(f"concept.{found[0].concept}") if found else say.term("not_recorded")


def _values(found: list[Measurement], say: Language) -> str:
    """P1NP 60 µg/l (1 May), 40 µg/l (3 August)."""
    if not found:
        return say.term("not_recorded")
    unit = say.term(f"unit.{found[0].concept}")
    return f"{_name(found, say)} {say.list(f'{measured(m, say, unit)} ({say.day(m.date)})' for m in found)}"


def _change(found: list[Measurement], say: Language) -> str:
    """How many percent the last value lies from the first."""
    if len(found) < 2 or not found[0].value:
        return say.term("not_recorded")
    return rounded(abs(found[-1].value - found[0].value) / found[0].value * 100, MARKER_FALL, say)


def _poor(case: Case) -> list[Measurement]:
    return markers_in((marker_fell_too_little_twice(case),)) or markers_in((marker_fell_too_little(case),))


@value("marker_to_order", "P1NP")
def _(case: Case, say: Language) -> str:
    return say.term(f"concept.{marker_to_order(case)}")


@value("marker_name", _NAME)
def _(case: Case, say: Language) -> str:
    return _name(markers_in((marker_fell(case),)), say)


@value("marker_fall", _PERCENT)
def _(case: Case, say: Language) -> str:
    return _change(markers_in((marker_fell(case),)), say)


@value("marker_values", _VALUES)
def _(case: Case, say: Language) -> str:
    return _values(markers_in((marker_fell(case),)), say)


@value("poor_marker_name", _NAME)
def _(case: Case, say: Language) -> str:
    return _name(_poor(case), say)


@value("poor_marker_change", "ikke registreret")
def _(case: Case, say: Language) -> str:
    found = _poor(case)
    if len(found) < 2:
        return say.term("not_recorded")
    word = "marker.risen" if found[-1].value > found[0].value else "marker.fallen"
    return say.term(word).format(percent=_change(found, say))


@value("poor_marker_values", _VALUES)
def _(case: Case, say: Language) -> str:
    return _values(_poor(case), say)


@value("single_marker_values", _VALUES)
def _(case: Case, say: Language) -> str:
    return _values(markers_in((marker_without_base(case),)), say)


@value("geometric_mean", "ikke registreret")
def _(case: Case, say: Language) -> str:
    means = [m.geometric_mean for m in markers_in((marker_without_base(case),)) if m.geometric_mean is not None]
    return say.number(means[0]) if means else say.term("not_recorded")


@value("rising_marker_name", _NAME)
def _(case: Case, say: Language) -> str:
    return _name(markers_in((marker_rising(case),)), say)


@value("rising_marker_change", _PERCENT)
def _(case: Case, say: Language) -> str:
    return _change(markers_in((marker_rising(case),)), say)


@value("rising_marker_values", _VALUES)
def _(case: Case, say: Language) -> str:
    return _values(markers_in((marker_rising(case),)), say)


@value("pause_marker_name", _NAME)
def _(case: Case, say: Language) -> str:
    return _name(markers_in((marker_rise_after_stop(case),)), say)


@value("pause_marker_change", _PERCENT)
def _(case: Case, say: Language) -> str:
    return _change(markers_in((marker_rise_after_stop(case),)), say)


@value("pause_marker_values", _VALUES)
def _(case: Case, say: Language) -> str:
    return _values(markers_in((marker_rise_after_stop(case),)), say)


@value("marker_obstacles", "brud inden for seks måneder, svær akut sygdom, akut immobilisering og D-vitamin under 25")
def _(case: Case, say: Language) -> str:
    found = ["marker.obstacle.fracture"] if isinstance(fractured_before(case, case.today), Yes) else []
    found += [f"condition.{c}" for c in _OBSTACLES if isinstance(condition(case, c), Yes)]
    if isinstance(very_low_vitamin_d_before(case, case.today), Yes):
        found.append("marker.obstacle.vitamin_d")
    return say.list(say.term(name) for name in found) or say.term("none")


@value("late_marker_day", "ikke registreret")
def _(case: Case, say: Language) -> str:
    start = bp_start(case)
    days = [add_months(start, MARKER_LATE) if start is not None else None, obstacle_ends(case)]
    return say.day(max((day for day in days if day is not None), default=None))


@when("late_marker_now")
def _(case: Case) -> bool:
    """A year on tablets is over, and a marker can be read."""
    start = bp_start(case)
    year = start is not None and case.today >= add_months(start, MARKER_LATE)
    return year and not isinstance(marker_unusable(case), Yes)


@when("late_marker_waits")
def _(case: Case) -> bool:
    """It is too early, or something keeps the marker from being read."""
    start = bp_start(case)
    year = start is not None and case.today >= add_months(start, MARKER_LATE)
    return not year or isinstance(marker_unusable(case), Yes)


@when("no_marker_before_start")
def _(case: Case) -> bool:
    return not any(found.base is not None for found in followed(case))


@when("takes_glucocorticoid")
def _(case: Case) -> bool:
    return isinstance(gc_active(case), Yes)
