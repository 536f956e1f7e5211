"""What was typed of a patient, read: what cannot be read has a problem beside its field, with the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from cds_service.workbench.typed_fields import SINGLE, Field, Group, groups
from fhir_mappings.units import PLAUSIBLE

#: More rows of a group than these are not offered.
MOST_ROWS: Final = 40
_OLDEST: Final = 120
_DAY: Final = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})|(?:(\d{1,2})[./-])?(\d{4})|(\d{4})-(\d{2})(?:-(\d{2}))?")
_NUMBER: Final = re.compile(r"[-−]?\d{1,6}(?:[.,]\d{1,4})?")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a field cannot be read: the name of a text, and what it mentions."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed, read: single values by name, rows by group; and the problems by name of field."""

    values: Mapping[str, Any]
    rows: Mapping[str, list[dict[str, Any]]]
    problems: Mapping[str, Problem]


def read(form: Mapping[str, str], today: date) -> Typed:
    """What was typed. A row with nothing but its preset in it is empty, and left out."""
    problems: dict[str, Problem] = {}
    values = {each.name: _read(each, form.get(each.name, ""), each.name, today, problems) for each in SINGLE}
    _check_person(values, problems)
    rows = {group.name: list(_rows(group, form, today, problems)) for group in groups()}
    _check_rows(rows, problems)
    return Typed(values, rows, problems)


def rows_shown(group: Group, form: Mapping[str, str]) -> int:
    """How many rows of a group are on the page: as many as were, one more when that was asked for."""
    sent = {int(match[1]) for name in form if (match := re.match(rf"{group.name}-(\d{{1,2}})-", name))}
    shown = max([len(group.presets), *(number + 1 for number in sent)])
    return min(shown + (form.get("more") == group.name), MOST_ROWS)


def _rows(group: Group, form: Mapping[str, str], today: date, problems: dict[str, Problem]) -> Iterator[dict[str, Any]]:
    for number in range(rows_shown(group, form)):
        names = {each.name: f"{group.name}-{number}-{each.name}" for each in group.fields}
        given = {each.name: form.get(names[each.name], "").strip() for each in group.fields}
        preset = group.presets[number] if number < len(group.presets) else ""
        first = group.fields[0].name
        if not any(text for name, text in given.items() if name != first or (text and text != preset)):
            continue
        row = {each.name: _read(each, given[each.name], names[each.name], today, problems) for each in group.fields}
        yield row | {"names": names}


def _read(asked: Field, text: str, name: str, today: date, problems: dict[str, Problem]) -> Any:
    """The value of a field; None when it is empty or has a problem."""
    text = text.strip()
    if not text:
        if asked.required:
            problems[name] = Problem("required")
        return False if asked.kind == "check" else None
    match asked.kind:
        case "check":
            return True
        case "choice":
            if text in {value for value, _ in asked.choices}:
                return text
            problems[name] = Problem("choice")
        case "number":
            if _NUMBER.fullmatch(text):
                return float(text.replace(",", ".").replace("−", "-"))
            problems[name] = Problem("number")
        case "day":
            return _day(text, name, today, problems)
    return None


def _day(text: str, name: str, today: date, problems: dict[str, Problem]) -> str | None:
    """A date as FHIR writes it, whole or only month or year."""
    match = _DAY.fullmatch(text)
    if match is None:
        problems[name] = Problem("day")
        return None
    day, month, year = (match[1] or match[8], match[2] or match[4] or match[7], match[3] or match[5] or match[6])
    parts = [year, *(f"{int(part):02}" for part in (month, day) if part)]
    try:
        first = date.fromisoformat("-".join([*parts, "01", "01"][:3]))
    except ValueError:
        problems[name] = Problem("day")
        return None
    if first > today:
        problems[name] = Problem("future")
        return None
    if first.year < today.year - _OLDEST:
        problems[name] = Problem("day")  # before anybody alive was born: mistyped
        return None
    return "-".join(parts)


def _check_person(values: dict[str, Any], problems: dict[str, Problem]) -> None:
    if values["age"] is None and values["born"] is None and "age" not in problems and "born" not in problems:
        problems["age"] = Problem("age_or_born")
    for name, low, high in (("age", 0, _OLDEST), ("family_age", 0, _OLDEST)):
        _check_range(values[name], name, low, high, problems)
    for name in ("menopause_age", "falls_past_year"):
        _check_range(values[name], name, PLAUSIBLE[name].low, PLAUSIBLE[name].high, problems)


def _check_rows(rows: Mapping[str, list[dict[str, Any]]], problems: dict[str, Problem]) -> None:
    measured = [(row, "value", "t_score") for row in rows["scans"]]
    measured += [(row, "value", row["concept"] or "") for row in rows["measures"]]
    measured += [(row, "compression", "vertebral_compression") for row in rows["fractures"]]
    for row, name, concept in measured:
        plausible = PLAUSIBLE.get(concept)
        if plausible is not None:
            _check_range(row[name], row["names"][name], plausible.low, plausible.high, problems)
    for row in rows["drugs"]:
        if row["mg"] is not None and row["mg"] <= 0:
            problems[row["names"]["mg"]] = Problem("above_zero")
        if row["start"] and row["stop"] and row["stop"] < row["start"]:
            problems[row["names"]["stop"]] = Problem("before_start")


def _check_range(value: float | None, name: str, low: float, high: float, problems: dict[str, Problem]) -> None:
    if value is not None and not low <= value <= high:
        problems[name] = Problem("range", {"low": f"{low:g}", "high": f"{high:g}"})
