"""FHIR dates -> calendar dates: as written, without moving them between time zones.

`2024-05` and `2024` stand for their first day.
"""

from __future__ import annotations

from datetime import date, timedelta

from fhir_mappings.r4.datatypes import Period

_FIRST = "0000-01-01"


def day(written: str) -> date:
    """The calendar date of a FHIR date, dateTime or instant. ValueError when there is no such day."""
    text = written[:10]
    return date.fromisoformat(text if len(text) == 10 else text + _FIRST[len(text) :])


def day_or_none(written: str | None) -> date | None:
    """The calendar date, None when nothing is written or there is no such day."""
    if not written:
        return None
    try:
        return day(written)
    except ValueError:
        return None


def first_day(period: Period | None) -> date | None:
    """The day a period starts."""
    return day_or_none(period.start) if period else None


def last_day(period: Period | None) -> date | None:
    """The last day of a period; a partial date stands for its first day."""
    return day_or_none(period.end) if period else None


def day_after(last: date | None) -> date | None:
    """The first day without, of something whose last day is given (`end` of a FHIR Period)."""
    return None if last is None or last == date.max else last + timedelta(days=1)


def at_age(birth_date: date, years: float) -> date | None:
    """The day a person reaches an age; the date of what is recorded as an age. None out of range."""
    whole = int(years)
    try:
        birthday = _anniversary(birth_date, birth_date.year + whole)
        return birthday + timedelta(days=round((years - whole) * 365.25))
    except (ValueError, OverflowError):
        return None


def completed_years(birth_date: date, on: date) -> int:
    """Age in completed years on a day."""
    years = on.year - birth_date.year
    return years - (on < _anniversary(birth_date, on.year))


def _anniversary(birth_date: date, year: int) -> date:
    """The birthday in a year; 29 February is kept on 28 February in common years (0.2)."""
    try:
        return birth_date.replace(year=year)
    except ValueError:
        if (birth_date.month, birth_date.day) != (2, 29) or not 1 <= year <= 9999:
            raise
        return birth_date.replace(year=year, day=28)
