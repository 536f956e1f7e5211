"""Reads the decision tables of tests/guideline/*.md; the notation is described in its README.

A row becomes a vignette (part 0.9 of the catalogue), so that tables and vignettes speak of the same facts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from hooks.guideline.calendar import add_months

TODAY = date(2025, 3, 15)
FOLDER = Path(__file__).parent / "guideline"

_ID = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)+")
_SHIFT = re.compile(r"([+-])(\d+)([dmy])")
_RANGE = re.compile(r"\[([\d.]*)\.\.([\d.]*)\]")
#: Column headings that fill a list of the vignette with items of the common notation.
_LISTS = {
    "conditions": "conditions",
    "fractures": "conditions",
    "falls": "conditions",
    "family": "conditions",
    "medications": "medications",
    "administrations": "administrations",
    "dispensings": "dispensings",
    "encounters": "encounters",
    "orders": "orders",
    "appointments": "appointments",
    "declined": "declined",
    "overrides": "overrides",
    "draft": "draft_orders",
}
_PATIENT = {"sex": "sex", "age": "age", "menopause": "menopause_status", "residence": "residence"}


@dataclass(slots=True)
class Row:
    """One patient of a table: the vignette, the sources not delivered, and the answers expected by id."""

    table: str
    name: str
    vignette: dict[str, Any]
    missing: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)


def rows(folder: Path = FOLDER) -> Iterator[Row]:
    """Every row of every part_NN.md."""
    for path in sorted(folder.glob("part_*.md")):
        yield from _rows_of(path)


def _rows_of(path: Path) -> Iterator[Row]:
    heading: list[str] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.startswith("|"):
            heading = None
            continue
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if heading is None:
            heading = cells
        elif not set("".join(cells)) <= set("-: "):
            if len(cells) != len(heading):
                raise ValueError(f"{path.name}:{number}: {len(cells)} cells under {len(heading)} headings")
            try:
                yield table_row(dict(zip(heading, cells, strict=True)), path.stem)
            except Exception as problem:
                raise ValueError(f"{path.name}:{number}: {problem}") from problem


def table_row(given: dict[str, str], table: str = "") -> Row:
    """A row from its cells by heading."""
    today = _day(given.get("today") or TODAY.isoformat(), TODAY)
    person: dict[str, Any] = {"sex": given.get("sex") or "female"}
    vignette: dict[str, Any] = {"id": "row", "today": today, "patient": person, "observations": [], "notes": {}}
    row = Row(table, given.get("patient", ""), vignette)
    for column, cell in given.items():
        if _ID.fullmatch(column):
            if cell:
                row.answers[column] = cell
        elif cell and column not in ("patient", "today", "sex"):
            _fill(row, column, cell, today)
    person.setdefault("age", 70)
    if person["sex"] == "female" and "menopause_status" not in person:
        person["menopause_status"] = "post"
    if person.get("menopause_status") == "unknown":
        del person["menopause_status"]
    vignette["hook"] = given.get("hook") or ("order-sign" if vignette.get("draft_orders") else "patient-view")
    return row


def _fill(row: Row, column: str, cell: str, today: date) -> None:
    vignette, person = row.vignette, row.vignette["patient"]
    first, _, rest = column.partition(" ")
    if column == "hook":
        return
    if column == "missing":
        row.missing = tuple(key.strip() for key in cell.split(";"))
    elif column in _PATIENT:
        person[_PATIENT[column]] = _scalar(cell)
    elif column == "menopause age":
        person["menopause_age"] = _scalar(cell)
    elif column == "born":
        person["birth_date"] = _day(cell, today)
    elif column == "notes":
        for item in cell.split(";"):
            name, _, value = item.strip().partition("=")
            vignette["notes"][name] = _note(value, today)
    elif column in _LISTS:
        for item in cell.split(";"):
            vignette.setdefault(_LISTS[column], []).append(_item(column, item.split(), today))
    elif first in ("condition", "note") and rest:
        _flag(vignette, first, rest, cell, today)
    else:
        for item in cell.split(";"):
            vignette["observations"].append(_observation(first, rest, item.strip(), today))


def _flag(vignette: dict[str, Any], kind: str, name: str, cell: str, today: date) -> None:
    """A column of its own for one condition or note: yes, no, or the day it began."""
    if cell == "no":
        return
    if kind == "note":
        vignette["notes"][name] = True if cell == "yes" else _note(cell, today)
    else:
        dated = {} if cell == "yes" else {"date": _day(cell, today)}
        vignette.setdefault("conditions", []).append({"concept": name, **dated})


def _note(value: str, today: date) -> Any:
    if not value:
        return True
    return _day(value, today) if value[0] in "+-" or value[:1].isdigit() else _scalar(value)


def _observation(concept: str, site: str, cell: str, today: date) -> dict[str, Any]:
    name = {"t": "t_score", "z": "z_score"}.get(concept, concept)
    value, _, when = cell.partition("@")
    found: dict[str, Any] = {"concept": name, "date": _day(when.strip() or "today", today)}
    if site:
        found["site"] = site
    bounds = _RANGE.search(value)
    if bounds:
        value = value.replace(bounds.group(0), "")
        found |= {
            k: float(v) for k, v in zip(("ref_low", "ref_high"), (bounds.group(1), bounds.group(2)), strict=True) if v
        }
    words = value.split()
    if "gm" in words:
        found["geometric_mean_premenopausal"] = float(words[words.index("gm") + 1])
    found["value"] = _scalar(words[0])
    return found


def _item(column: str, words: list[str], today: date) -> dict[str, Any]:
    """One item: name, then words, key=value, `@ day` and `to day` in any order."""
    item = _start(column, words)
    steps: list[dict[str, Any]] = []
    until = "end" if column in ("conditions", "fractures") else "stop"
    begin = "start" if column in ("medications", "draft") else "date"
    rest = iter(words)
    for word in rest:
        if word == "@":
            item[begin] = _day(next(rest), today)
        elif word == "to":
            item[until] = _day(next(rest), today)
        elif word == "for":
            item["days"] = int(next(rest).removesuffix("d"))
        elif word == "then":
            steps.append({"dose_mg": item.pop("dose_mg"), "days": item.pop("days")})
        elif word.endswith("mg"):
            item["dose_mg"] = float(word.removesuffix("mg"))
        elif word.endswith("%"):
            item["compression_pct"] = word.removesuffix("%") if "-" in word else float(word.removesuffix("%"))
        elif "=" in word:
            key, _, value = word.partition("=")
            item[key] = _scalar(value)
        else:
            item |= _WORDS[word]
    if steps:
        item["steps"] = [*steps, {"dose_mg": item.pop("dose_mg"), "days": item.pop("days")}]
    return _completed(column, item, today)


_WORDS: dict[str, dict[str, Any]] = {
    "low": {"low_energy": True},
    "high": {"low_energy": False},
    "pathological": {"pathological": True},
    "vfa": {"source": "vfa"},
    "prn": {"prn": True},
    "replaces": {"replaces_previous": True},
    "active": {"status": "active"},
    "completed": {"status": "completed"},
    "yes": {},
}


def _start(column: str, words: list[str]) -> dict[str, Any]:
    """The item's name under the vignette's key for it; takes the name's words off the list."""
    if column == "falls":
        return {"concept": "fall"}
    if column == "family":
        return {"concept": "family_history_osteoporosis"}
    name = words.pop(0)
    if column == "fractures":
        return {"concept": "fracture", "site": name}
    if column == "draft":
        if name == "stop":
            return {"kind": "stop", "drug": words.pop(0)}
        if name in ("refer", "order"):
            return {"kind": "referral" if name == "refer" else "service", "concept": words.pop(0)}
        return {"kind": "medication", "drug": name}
    if column in ("medications", "administrations", "dispensings"):
        return {"drug": name}
    return {{"declined": "topic", "overrides": "rec"}.get(column, "concept"): name}


def _completed(column: str, item: dict[str, Any], today: date) -> dict[str, Any]:
    if column == "medications":
        item.setdefault("start", add_months(today, -12))
    elif column not in ("conditions", "fractures", "falls", "family", "draft"):
        item.setdefault("date", today)
    if item.get("prn") and "dose_mg" in item:
        item["dispensed_mg"] = item.pop("dose_mg")
    return item


def _scalar(text: str) -> Any:
    """A number, yes/no, or the word itself."""
    return yaml.safe_load(text)


def _day(text: str, today: date) -> date:
    """A date, `today`, or a distance from today: -6m, +1y, -36m-1d."""
    if text == "today":
        return today
    shifts = _SHIFT.findall(text)
    if not shifts:
        return date.fromisoformat(text)
    if "".join("".join(shift) for shift in shifts) != text:
        raise ValueError(f"{text!r} is no day: expected a date, today, or a distance such as -6m or -36m-1d")
    day = today
    for sign, count, unit in shifts:
        amount = int(count) * (-1 if sign == "-" else 1)
        if unit == "d":
            day += timedelta(days=amount)
        else:
            day = add_months(day, amount * (12 if unit == "y" else 1))
    return day
