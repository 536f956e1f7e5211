"""The built-in patients: our own, synthetic, one for each of the guideline's main stories.

A file of examples/ holds the patient's FHIR Bundle, the hook and the order that belong to the story,
and the recommendations it must show (a test asks). Days are distances from today (`today-5m+2d`), so
that a story stays true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Final

import orjson

from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import Hook

#: In the order of the page.
IDS: Final = (
    "hip-fracture",
    "copd-prednisolone",
    "p1np-three-months",
    "alendronate-five-years",
    "denosumab-overdue",
    "egfr-alendronate",
    "osteopenia",
    "man-58",
)
_DAY: Final = re.compile(r"today(?:[+-]\d+[ymd])*")
_STEP: Final = re.compile(r"([+-]\d+)([ymd])")


@dataclass(frozen=True, slots=True)
class Example:
    """A built-in patient on a day. `order`: the fields of the order form; `expects`: what the cards must say."""

    id: str
    hook: Hook
    order: Mapping[str, str]
    expects: tuple[str, ...]
    record: bytes


def example(name: str, today: date) -> Example:
    """The example of a name, its days counted from `today`. KeyError for no example."""
    if name not in IDS:
        raise KeyError(name)
    written = orjson.loads((files("cds_service.workbench") / "examples" / f"{name}.json").read_bytes())
    record = orjson.dumps(_dated(written["record"], today))
    return Example(name, written["hook"], written["order"], tuple(written["expects"]), record)


def _dated(value: Any, today: date) -> Any:
    """The same with every distance from today as a date."""
    if isinstance(value, dict):
        return {name: _dated(each, today) for name, each in value.items()}
    if isinstance(value, list):
        return [_dated(each, today) for each in value]
    if isinstance(value, str) and _DAY.fullmatch(value):
        return day(value, today).isoformat()
    return value


def day(distance: str, today: date) -> date:
    """`today-5y-1m+3d`: the years and months first, then the days."""
    steps = _STEP.findall(distance)
    months = sum(int(number) * (12 if unit == "y" else 1) for number, unit in steps if unit != "d")
    return add_days(add_months(today, months), sum(int(number) for number, unit in steps if unit == "d"))
