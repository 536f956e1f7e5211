"""The form of a typed patient: its fields, and the groups of them that repeat in rows.

Names of fields are `name`, or `group-row-name` in a group that repeats. A choice is a name of the
fact vocabulary, so that what can be typed is what the rules read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from cds_service.workbench.coding import written
from fhir_mappings.fractures import SITES
from fhir_mappings.observed import ANSWERS, NOTES

Kind = Literal["choice", "number", "day", "check"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to type. `choices`: pairs of the value and the name of its words (a term of the vocabulary)."""

    name: str
    kind: Kind
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that repeat in rows. `presets`: what the first field of each first row says to begin with."""

    name: str
    fields: tuple[Field, ...]
    presets: tuple[str, ...]


def _terms(block: str, *names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{block}.{name}") for name in names)


SEX: Final = Field("sex", "choice", (("female", "sex.female"), ("male", "sex.male")), required=True)
#: The concepts of the measured rows, in the order they are offered.
MEASURED: Final = (
    *("egfr", "vitamin_d", "calcium_ionised", "calcium_corrected", "p1np", "ctx", "height_cm", "peak_height_cm"),
    *("weight_kg", "bmi", "alcohol_units_week", "dietary_calcium_mg", "haemoglobin", "leucocytes", "crp"),
    *("creatinine", "sodium", "potassium", "alat", "alp", "tsh", "hba1c", "pth", "testosterone"),
)
DENTAL: Final = tuple(ANSWERS["dental_status"].values())
#: What a doctor may note with yes; whether markers can be ordered is a matter of the practice.
NOTED: Final = tuple(sorted(NOTES - {"markers_available"}))
#: Conditions that have fields of their own.
_ELSEWHERE: Final = frozenset({"fall", "nursing_home_resident", *SITES})
EVERY: Final = ("day", "week", "month", "quarter", "half_year", "year")

SINGLE: Final = (
    SEX,
    Field("age", "number"),
    Field("born", "day"),
    Field("menopause", "choice", _terms("value", "pre", "post")),
    Field("menopause_age", "number"),
    Field("nursing_home", "check"),
    Field("smoking", "choice", _terms("value", "current", "former", "never")),
    Field("family", "choice", (("fracture", "family.fracture"), ("osteoporosis", "family.osteoporosis"))),
    Field("family_age", "number"),
    Field("falls_past_year", "number"),
    Field("dental_status", "choice", _terms("value", *DENTAL)),
    *(Field(note, "check") for note in NOTED),
)


@cache
def groups() -> tuple[Group, ...]:
    """The groups that repeat."""
    conditions = [name for name, kind in written() if kind == "condition" and name not in _ELSEWHERE]
    drugs = [name for name, kind in written() if kind == "medication"]
    named = tuple((n, "concept.swallowing_difficulty" if n == "dysphagia" else f"condition.{n}") for n in conditions)
    sites = _terms("site", "total_hip", "femoral_neck", "lumbar_spine", "forearm")
    return (
        Group(
            "scans",
            (
                Field("site", "choice", sites, True),
                Field("value", "number", required=True),
                Field("on", "day", (), True),
            ),
            ("total_hip", "lumbar_spine"),
        ),
        Group(
            "measures",
            (
                Field("concept", "choice", _terms("concept", *MEASURED), True),
                Field("value", "number", required=True),
                Field("on", "day", required=True),
            ),
            ("egfr", "vitamin_d", "calcium_ionised", "p1np", "p1np"),
        ),
        Group(
            "fractures",
            (
                Field(
                    "site", "choice", tuple((site, f"fracture.{site}") for site in dict.fromkeys(SITES.values())), True
                ),
                Field("on", "day"),
                Field("energy", "choice", (("low", "evidence.low_energy"), ("high", "evidence.high_energy"))),
                Field("compression", "number"),
            ),
            ("",),
        ),
        Group("conditions", (Field("concept", "choice", named, True), Field("on", "day")), ("", "")),
        Group(
            "drugs",
            (
                Field("drug", "choice", _terms("drug", *drugs), True),
                Field("mg", "number"),
                Field("every", "choice", tuple((each, f"every.{each}") for each in EVERY)),
                Field("start", "day", required=True),
                Field("stop", "day"),
            ),
            ("", "", ""),
        ),
        Group(
            "given",
            (
                Field("drug", "choice", _terms("drug", "denosumab", "zoledronate"), True),
                Field("on", "day", required=True),
            ),
            ("",),
        ),
    )
