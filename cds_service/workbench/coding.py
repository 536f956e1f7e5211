"""Clinical names -> the code a Danish record would hold: codes.csv, one visible choice per concept.

Diagnoses in ICPC-2 or SKS, results in NPU, drugs in ATC; LOINC, SNOMED CT or the project's own code
where Denmark has none. Every code is one the terminology tables read back as its concept (a test keeps it so).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

#: UCUM, and the units that differ from the name the facts give them.
UCUM: Final = "http://unitsofmeasure.org"
UNITS: Final[Mapping[str, str]] = {
    "t_score": "{T-score}",
    "egfr": "mL/min/{1.73_m2}",
    "alcohol_units_week": "{drinks}/wk",
    "dietary_calcium_mg": "mg/d",
}


@cache
def written() -> Mapping[tuple[str, str], Mapping[str, str]]:
    """(concept, kind) -> the Coding to write."""
    text = (files("cds_service.workbench") / "codes.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        coding = {"system": row["system"], "code": row["code"]}
        found[row["concept"], row["kind"]] = coding | ({"display": row["display"]} if row["display"] else {})
    return found


def codeable(concept: str, kind: str, text: str = "") -> dict[str, Any]:
    """A CodeableConcept, with its name in words where there is one. KeyError for a concept without code."""
    return {"coding": [dict(written()[concept, kind])]} | ({"text": text} if text else {})


def quantity(value: float, unit: str) -> dict[str, Any]:
    """A UCUM quantity."""
    return {"value": int(value) if value == int(value) else value, "unit": unit, "system": UCUM, "code": unit}
