"""FHIR Timing -> how often a dose is taken, and for how many days.

Section 6 of facts-to-fhir. What is not understood is None: never guessed, never zero. Where
a range is given the safe side is taken: the higher daily dose, the longer duration.
"""

from __future__ import annotations

from datetime import date
from math import ceil, isfinite
from types import MappingProxyType

import msgspec

from fhir_mappings.dates import day_after, first_day, last_day
from fhir_mappings.r4.datatypes import Quantity, Timing, TimingRepeat

#: Days of a period unit; a month and a year are the mean ones.
UNIT_DAYS = MappingProxyType(
    {"d": 1.0, "wk": 7.0, "mo": 30.4375, "a": 365.25, "h": 1 / 24, "min": 1 / 1440, "s": 1 / 86400}
)
#: Units of a duration as they are written where no code is sent.
_WRITTEN = MappingProxyType(
    {
        **dict.fromkeys(("d", "day", "days", "dag", "dage", "døgn"), 1.0),
        **dict.fromkeys(("wk", "week", "weeks", "uge", "uger"), 7.0),
        **dict.fromkeys(("mo", "month", "months", "måned", "måneder"), 30.4375),
        **dict.fromkeys(("a", "year", "years", "år"), 365.25),
        **dict.fromkeys(("h", "hour", "hours", "time", "timer"), 1 / 24),
    }
)
#: timing.code: times in so many days (v3 GTSAbbreviation).
_CODES = MappingProxyType(
    {
        "QD": (1.0, 1.0),
        "BID": (2.0, 1.0),
        "TID": (3.0, 1.0),
        "QID": (4.0, 1.0),
        "QOD": (1.0, 2.0),
        "AM": (1.0, 1.0),
        "PM": (1.0, 1.0),
        "BED": (1.0, 1.0),
        "WK": (1.0, 7.0),
        "MO": (1.0, 30.4375),
        "Q4H": (6.0, 1.0),
        "Q6H": (4.0, 1.0),
        "Q8H": (3.0, 1.0),
    }
)
#: "With meals" does not say how many meals.
_MEALS = frozenset({"C", "AC", "PC"})
#: A century: a longer bound is a mistake.
_LONGEST_DAYS = 36525


class Rhythm(msgspec.Struct, frozen=True, gc=False):
    """So many `times` in so many `days`."""

    times: float
    days: float

    @property
    def per_day(self) -> float:
        return self.times / self.days


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """When a dosage begins and ends. `end`: the first day without. `days`: its length without dates.

    All None: not bounded. `readable` False: bounded in a way that is not understood.
    """

    start: date | None = None
    end: date | None = None
    days: int | None = None
    readable: bool = True


UNBOUNDED = Bounds()
_NOT_UNDERSTOOD = Bounds(readable=False)


def rhythm(timing: Timing | None) -> Rhythm | None:
    """How often; None where it is not said or not understood.

    A known `code` is the whole statement; else `repeat`. `when` and `timeOfDay` count by
    their number. Days of the week count per week: weekly doses are spread evenly.
    """
    if timing is None or timing.modifierExtension or timing.event:
        return None
    for coding in timing.code.coding if timing.code else ():
        known = _CODES.get(coding.code or "")
        if known is not None:
            return Rhythm(*known)
    return _of_repeat(timing.repeat) if timing.repeat else None


def _of_repeat(repeat: TimingRepeat) -> Rhythm | None:
    within = max(len(repeat.when), len(repeat.timeOfDay))
    if repeat.frequency is None and repeat.frequencyMax is None and _MEALS & set(repeat.when):
        return None
    times = max(repeat.frequency or 1, repeat.frequencyMax or 1, within)
    days = _period_days(repeat)
    if days is None and repeat.period is None and (within or repeat.dayOfWeek):
        days = 1.0
    if days is None:
        return None
    if repeat.dayOfWeek:
        return _on_weekdays(len(set(repeat.dayOfWeek)), times, max(within, 1), days)
    return Rhythm(times, days)


def _period_days(repeat: TimingRepeat) -> float | None:
    if repeat.period is None or repeat.periodUnit is None or not isfinite(repeat.period):
        return None
    days = repeat.period * UNIT_DAYS[repeat.periodUnit]
    return days if 1e-3 <= days <= _LONGEST_DAYS else None


def _on_weekdays(weekdays: int, times: float, within: int, days: float) -> Rhythm | None:
    """On some weekdays: `times` on each of them, or, where the period is weeks, in that period."""
    if days == 1:
        return Rhythm(times * weekdays, 7.0)
    return Rhythm(max(times, weekdays * within), days) if days % 7 == 0 else None


def bounds(timing: Timing | None) -> Bounds:
    """How long; of several limits the one that ends first.

    A period's end is its last day. `count` repetitions last `count` periods.
    """
    repeat = timing.repeat if timing is not None else None
    if timing is None or repeat is None:
        return UNBOUNDED
    limits: list[int] = []
    start = end = None
    if repeat.boundsPeriod is not None:
        start, end = first_day(repeat.boundsPeriod), day_after(last_day(repeat.boundsPeriod))
        if start is not None and end is not None and end <= start:
            return _NOT_UNDERSTOOD
    high = repeat.boundsRange.high if repeat.boundsRange is not None else repeat.boundsDuration
    if repeat.boundsRange is not None or repeat.boundsDuration is not None:
        length = _length(high)
        if length is None:
            return _NOT_UNDERSTOOD
        limits.append(length)
    if repeat.count is not None:
        every = rhythm(timing)
        length = _whole(max(repeat.count, repeat.countMax or 0) * every.days) if every is not None else None
        if length is None:
            return _NOT_UNDERSTOOD
        limits.append(length)
    return Bounds(start, end, min(limits, default=None))


def days_in(quantity: Quantity | None, unstated: str = "") -> float | None:
    """A duration in days; None without a value or with a unit that is not understood.

    `unstated`: the unit where none was sent.
    """
    if quantity is None or quantity.value is None or quantity.comparator is not None:
        return None
    unit = quantity.code or quantity.unit or unstated
    factor = UNIT_DAYS.get(unit) or _WRITTEN.get((quantity.unit or unit).lower())
    if factor is None or not 0 < quantity.value * factor <= _LONGEST_DAYS:
        return None
    return quantity.value * factor


def _length(quantity: Quantity | None) -> int | None:
    days = days_in(quantity)
    return None if days is None else _whole(days)


def _whole(days: float) -> int | None:
    """Whole days; one that has begun counts."""
    return max(1, ceil(days - 1e-6)) if 0 < days <= _LONGEST_DAYS else None
