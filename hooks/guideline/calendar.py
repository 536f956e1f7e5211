"""Calendar arithmetic of the catalogue (0.2). Dates are calendar dates, months clamp to their end."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

#: Days up to this one exist in every month.
_IN_EVERY_MONTH = 28


def add_months(day: date, months: float) -> date:
    """The same day `months` later (or earlier); 31 August + 6 months is 28 or 29 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + int(months), 12)
    number = day.day
    if number > _IN_EVERY_MONTH:
        number = min(number, monthrange(year, month + 1)[1])
    return date(year, month + 1, number)


def add_days(day: date, days: float) -> date:
    """`days` later (or earlier)."""
    return day + timedelta(days=int(days))


def completed_years(since: date, until: date) -> int:
    """Completed years; somebody born on 29 February turns a year older on 1 March."""
    return until.year - since.year - ((until.month, until.day) < (since.month, since.day))


def within_months(day: date | None, today: date, months: float) -> bool:
    """Whether `day` lies in the last `months`, both ends included. Undated is never within."""
    if day is None or day > today:
        return False
    # The same as add_months(today, -months) <= day, which day alone decides in the month that it falls in.
    between = (today.year - day.year) * 12 + today.month - day.month
    if between != int(months):
        return between < int(months)
    return day.day >= today.day or day.day == monthrange(day.year, day.month)[1]


def within_days(day: date | None, today: date, days: float) -> bool:
    """Whether `day` lies in the last `days`, both ends included. Undated is never within."""
    return day is not None and add_days(today, -days) <= day <= today
