"""Units -> the one unit of each fact (facts.UNITS), by terminology/units.csv.

`code` decides when it is UCUM, else the `unit` as text. An unknown unit makes a value
unknown, never another value. Converted values are rounded to six decimals, so that a limit
met exactly before is met exactly after; a value already in the unit stays as it is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fhir_mappings.codes import canonical, table_rows
from fhir_mappings.facts import UNITS
from fhir_mappings.r4.datatypes import Quantity
from fhir_mappings.vocabulary import VOCABULARY

UCUM = "http://unitsofmeasure.org"
_DECIMALS = 6

#: Facts measured in the units of another concept of the table.
_SAME_UNITS_AS = {"peak_height_cm": "height_cm"}
#: Units the table does not list.
_MORE_UNITS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "dietary_calcium_mg": {"mg/d": 1, "mg/day": 1, "mg/(24.h)": 1, "mg/24h": 1, "g/d": 1000},
        "alcohol_units_week": {"{#}/wk": 1, "{#}/d": 7},  # UCUM in LOINC; braces are text
        "alcohol_units_day": {"{#}/d": 7, "{drinks}/d": 7, "/d": 7, "{drinks}/wk": 1, "/wk": 1},
        "vertebral_compression": {"%": 1},
    }
)
#: Facts whose unit text is not in facts.UNITS because rules never see the number itself.
_OTHER_UNITS = {"menopause_age": "years", "vertebral_compression": "%", "alcohol_units_day": "drinks/week"}


@dataclass(frozen=True, slots=True)
class Plausible:
    """What a value can be at all, both ends included. Wide on purpose: it finds slips, not disease."""

    low: float
    high: float
    reason: str


#: Outside these a value is a slip of unit, decimal point or field, and is left out with an issue.
PLAUSIBLE: Mapping[str, Plausible] = MappingProxyType(
    {
        "t_score": Plausible(-10, 10, "ten standard deviations either way"),
        "z_score": Plausible(-10, 10, "ten standard deviations either way"),
        "bmd": Plausible(0.05, 3, "DXA gives 0.2 to 2 g/cm2"),
        "egfr": Plausible(1, 250, "0 is no measurement; hyperfiltration ends near 200"),
        "calcium_ionised": Plausible(0.3, 4, "not compatible with life outside"),
        "calcium_corrected": Plausible(0.8, 6, "not compatible with life outside"),
        "vitamin_d": Plausible(1, 1500, "below any method's limit; above the worst intoxication"),
        "p1np": Plausible(0.5, 5000, "bone disease of children and metastasis included"),
        "ctx": Plausible(1, 20000, "methods start at 10 ng/L"),
        "haemoglobin": Plausible(1, 16, "1.6 to 26 g/dL"),
        "leucocytes": Plausible(0, 1500, "agranulocytosis to leukaemia"),
        "crp": Plausible(0, 1000, "reported below 0.5 as 0"),
        "creatinine": Plausible(5, 5000, "infants to untreated uraemia"),
        "sodium": Plausible(80, 220, "not compatible with life outside"),
        "potassium": Plausible(0.8, 15, "haemolysis included"),
        "alat": Plausible(0, 50000, "acute liver failure included"),
        "alp": Plausible(0, 20000, "Paget's disease and metastasis included"),
        "tsh": Plausible(0, 2000, "suppressed to untreated myxoedema"),
        "hba1c": Plausible(5, 250, "2.6 to 25 %"),
        "pth": Plausible(0, 1000, "renal hyperparathyroidism included"),
        "testosterone": Plausible(0, 500, "0 in castration; injections included"),
        "height_cm": Plausible(30, 260, "newborn to the tallest; 17 is a slip of unit"),
        "peak_height_cm": Plausible(30, 260, "newborn to the tallest; 17 is a slip of unit"),
        "weight_kg": Plausible(0.5, 500, "newborn to the heaviest"),
        "bmi": Plausible(7, 130, "lowest and highest ever reported"),
        "dietary_calcium_mg": Plausible(0, 10000, "ten litres of milk"),
        "alcohol_units_week": Plausible(0, 400, "a bottle of spirits a day is 140"),
        "menopause_age": Plausible(8, 65, "earlier is no menopause, later is a slip"),
        "vertebral_compression": Plausible(0, 100, "a percentage of the height"),
        "falls_past_year": Plausible(0, 1000, "a count"),
    }
)

#: The litre, with its prefix, as a unit of its own: not the l of mol.
_LITRE = re.compile(r"(?<![A-Za-z])[mud]?l(?![A-Za-z])")

Convert = Callable[[float], float]


def convert(concept: str, quantity: Quantity) -> float | None:
    """The quantity's value in the concept's unit, None when its unit is not one of the concept's."""
    if quantity.value is None:
        return None
    return convert_value(concept, quantity.value, unit_of(quantity))


def convert_value(concept: str, value: float, unit: str) -> float | None:
    """A value of a known unit text ("" for none) in the concept's unit, None when the unit is unknown."""
    units = _CONVERSIONS.get(_SAME_UNITS_AS.get(concept, concept), {})
    into = units.get(unit) or units.get(_plain(unit)) or units.get(_as_typed(unit))
    return None if into is None else into(value)


def unit_of(quantity: Quantity) -> str:
    """The unit that decides: a UCUM code, else the text, else a code of another or no system."""
    if quantity.code and (not quantity.system or quantity.system == UCUM or canonical(quantity.system) == UCUM):
        return quantity.code
    return quantity.unit or quantity.code or ""


def unit_problem(concept: str, name: str, quantity: Quantity) -> str:
    """Says that a unit is unknown: `eGFR in "mg", expected mL/min/1.73 m2`."""
    unit = unit_of(quantity)[:20]
    found = f'in "{unit}"' if unit else "without unit"
    return f"{name} {found}, expected {expected_unit(concept)}"


def expected_unit(concept: str) -> str:
    """The unit of a concept in words."""
    return UNITS.get(concept) or _OTHER_UNITS.get(concept, "a number")


def implausible(concept: str, value: float) -> Plausible | None:
    """The range a value lies outside of, None when it is possible."""
    limits = PLAUSIBLE.get(concept)
    if limits is None or (math.isfinite(value) and limits.low <= value <= limits.high):
        return None
    return limits


def _hba1c_from_percent(percent: float) -> float:
    """NGSP percent to IFCC mmol/mol, the master equation."""
    return round((percent - 2.15) * 10.929, _DECIMALS)


def _plain(unit: str) -> str:
    """A unit text without blanks around it, the micro signs as u."""
    return unit.strip().replace("µ", "u").replace("μ", "u")


def _as_typed(unit: str) -> str:
    """A unit as people and laboratories type it, in one spelling: `ml/min/1,73 m²` is `mL/min/1.73m2`.

    Upper and lower case stay apart but for the litre, which UCUM spells both ways.
    """
    text = "".join(unicodedata.normalize("NFKC", unit).split()).replace("μ", "u").replace(",", ".")
    return _LITRE.sub(lambda litre: litre[0].replace("l", "L"), text)


def _times(factor: float) -> Convert:
    if factor == 1:
        return lambda value: value
    return lambda value: round(value * factor, _DECIMALS)


def _load() -> Mapping[str, Mapping[str, Convert]]:
    table: dict[str, dict[str, Convert]] = defaultdict(dict)
    for concept, _, unit, factor, _, _ in table_rows("units.csv"):
        name = VOCABULARY.get(concept, concept)
        if factor:
            table[name][_plain(unit)] = _times(float(factor))
        elif (name, unit) == ("hba1c", "%"):
            table[name][unit] = _hba1c_from_percent
    for name, units in _MORE_UNITS.items():
        table[name].update({_plain(unit): _times(factor) for unit, factor in units.items()})
    for known in table.values():
        for unit, into in list(known.items()):
            known.setdefault(_as_typed(unit), into)
    return table


_CONVERSIONS = _load()
