"""Dates: partial, without moving between time zones, impossible."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings.dates import at_age, completed_years, day, day_after, day_or_none, first_day, last_day
from fhir_mappings.r4.datatypes import Period


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-05-17", date(2024, 5, 17)),
        ("2024-05", date(2024, 5, 1)),
        ("2024", date(2024, 1, 1)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2024-05-17T23:30:00-05:00", date(2024, 5, 17)),
        ("2024-05-17T00:30:00+02:00", date(2024, 5, 17)),
        ("2024-05-17T22:30:00Z", date(2024, 5, 17)),
    ],
)
def test_the_day_is_the_one_that_was_written(written: str, expected: date) -> None:
    assert day(written) == expected


@pytest.mark.parametrize("written", ["2023-02-29", "2024-13-01", "24-05-17", "", "soon", "2024-5", None])
def test_what_is_no_day_gives_none(written: str | None) -> None:
    assert day_or_none(written) is None


def test_a_period_ends_on_its_last_day_and_the_day_after_is_without() -> None:
    period = Period(start="2024-01-01", end="2024-01-31")
    assert (first_day(period), last_day(period)) == (date(2024, 1, 1), date(2024, 1, 31))
    assert day_after(last_day(period)) == date(2024, 2, 1)
    assert day_after(None) is None
    assert day_after(date.max) is None
    assert first_day(None) is None


def test_age_is_completed_years() -> None:
    born = date(1950, 6, 15)
    assert completed_years(born, date(2025, 6, 14)) == 74
    assert completed_years(born, date(2025, 6, 15)) == 75


def test_born_on_29_february_turns_a_year_older_on_the_28th() -> None:
    born = date(1952, 2, 29)
    assert completed_years(born, date(2025, 2, 27)) == 72
    assert completed_years(born, date(2025, 2, 28)) == 73


def test_an_age_stands_for_the_birthday_and_a_part_of_a_year_for_days() -> None:
    born = date(1950, 6, 15)
    assert at_age(born, 51) == date(2001, 6, 15)
    assert at_age(born, 51.5) == date(2001, 12, 15)
    assert at_age(born, 1e9) is None
    assert at_age(born, -3000) is None
