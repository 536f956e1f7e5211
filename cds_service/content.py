"""The defaults of the content (catalogue 0.3) as a deployment changes them: the table [content] of the TOML file.

    [content]
    P_ALCOHOL = 14
    P_MARKERS_AVAILABLE = false

Names are those of the catalogue; an unknown name or an impossible value stops the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from hooks.guideline.defaults import Defaults

PREFIX = "P_"


def read_content(table: object) -> Defaults:
    """The defaults with the table's values in their place; ValueError names what cannot be."""
    if not isinstance(table, Mapping):
        raise ValueError("expected a table of names and numbers")
    known = {PREFIX + field.name.upper(): field for field in fields(Defaults)}
    changed: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise ValueError(f"{name!r} is no default of the content: docs/guideline.md lists them")
        field = known[name]
        changed[field.name] = _checked(name, value, field.default, field.metadata)
    content = replace(Defaults(), **changed)
    _refuse_crossed(content)
    return content


def _checked(name: str, value: object, default: object, metadata: Mapping[str, Any]) -> float | bool:
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}: expected true or false")
        return value
    low, high, unit = metadata["minimum"], metadata["maximum"], metadata["unit"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name} is {value!r}: expected a number from {low:g} to {high:g} {unit}")
    if unit in ("months", "days", "years") and value != int(value):
        raise ValueError(f"{name} is {value!r}: expected whole {unit}")
    return value


#: Pairs of which the first may not be above the second.
_ORDERED = (
    ("pre_assume_age", "post_assume_age"),
    ("low_bmi", "low_normal_bmi"),
    ("post_due", "post_max"),
)


def _refuse_crossed(content: Defaults) -> None:
    for low, high in _ORDERED:
        if getattr(content, low) > getattr(content, high):
            raise ValueError(f"{PREFIX}{low.upper()} is above {PREFIX}{high.upper()}")


def overrides(content: Defaults) -> list[dict[str, Any]]:
    """What a deployment has changed, for the answer's extension: name, its value, the default."""
    return [
        {"name": PREFIX + field.name.upper(), "value": getattr(content, field.name), "default": field.default}
        for field in fields(Defaults)
        if getattr(content, field.name) != field.default
    ]
