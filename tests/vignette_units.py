"""Values in the units they travel in, so exact that converting back gives the vignette's value."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from functools import cache

from tests.vignette_codes import TEXT_UNITS, UCUM
from tests.vignette_record import TERMINOLOGY, Resource, UnknownFactError


def quantity(value: float, unit: str) -> Resource:
    """A Quantity: UCUM code and unit; the unit alone where it is text; no unit for "-"."""
    if unit == "-":
        return {"value": value}
    if unit in TEXT_UNITS:
        return {"value": value, "unit": unit}
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def converted(value: float, table: str, unit: str) -> float:
    """The value in `unit`. `table` is the concept of units.csv; none: the unit is already right."""
    if table == "hba1c" and unit == "%":
        return value / 10.929 + 2.15  # the only conversion that is a formula, see units.csv
    if not table:
        return value
    if (table, unit) not in factors():
        raise UnknownFactError(f"{table} in {unit!r}: no such unit in units.csv.")
    factor = factors()[table, unit]
    return value if factor == 1 else exact_quotient(value, factor)


def exact_quotient(value: float, factor: float) -> float:
    """The number which times `factor` is `value` again; the nearest one where no such float exists."""
    quotient = value / factor
    neighbours = (quotient, math.nextafter(quotient, math.inf), math.nextafter(quotient, -math.inf))
    return next((near for near in neighbours if near * factor == value), quotient)


@cache
def factors() -> Mapping[tuple[str, str], float]:
    """units.csv: what a value in an accepted unit is multiplied with."""
    with (TERMINOLOGY / "units.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["factor_to_canonical"]]
    return {(row["concept"], row["accepted_unit"]): float(row["factor_to_canonical"]) for row in rows}
