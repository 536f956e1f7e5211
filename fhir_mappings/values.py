"""The value of an Observation, or of one component: a number in the fact's unit, with its range.

A value that cannot be used is an Issue and then as if not measured: an unknown unit, an
impossible value, no value without a reason why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

from fhir_mappings.codes import concepts_of
from fhir_mappings.facts import Issue
from fhir_mappings.r4.clinical import Observation, ObservationComponent, ObservationReferenceRange
from fhir_mappings.r4.datatypes import CodeableConcept, Quantity
from fhir_mappings.units import convert, convert_value, implausible, unit_of, unit_problem

Observed = Observation | ObservationComponent
Comparator = Literal["<", "<=", ">=", ">"]

#: What a fact is called in an issue, where its name alone would not do.
NAMES = {
    "t_score": "T-score",
    "z_score": "Z-score",
    "bmd": "BMD",
    "egfr": "eGFR",
    "calcium_ionised": "ionised calcium",
    "calcium_corrected": "albumin-corrected calcium",
    "vitamin_d": "25-OH vitamin D",
    "p1np": "P1NP",
    "ctx": "CTX",
    "crp": "CRP",
    "alat": "ALAT",
    "alp": "ALP",
    "tsh": "TSH",
    "hba1c": "HbA1c",
    "pth": "PTH",
    "height_cm": "height",
    "peak_height_cm": "highest height",
    "weight_kg": "weight",
    "bmi": "BMI",
    "dietary_calcium_mg": "dietary calcium",
    "alcohol_units_week": "alcohol per week",
    "alcohol_units_day": "alcohol per day",
    "menopause_age": "age at menopause",
}

#: A number as text: `>90`, `-2,5`, `> 90 mL/min`.
_NUMBER = re.compile(r"\s*(<=|>=|[<>≤≥])?\s*([+-−]?\s?\d+(?:[.,]\d+)?)\s*(\S.*?)?\s*")
_COMPARATORS: dict[str, Comparator] = {"<": "<", "≤": "<=", "<=": "<=", ">": ">", "≥": ">=", ">=": ">="}
#: Facts whose value says its unit by itself, when it is sent as text without one.
_UNIT_OF_TEXT = {"egfr": "mL/min/{1.73_m2}"}
_RANGE_MEANING_NORMAL = "normal"


class Number(NamedTuple):
    """A converted value; with a comparator it is the limit."""

    value: float
    comparator: str
    low: float | None = None
    high: float | None = None
    geometric_mean: float | None = None


def name_of(concept: str) -> str:
    """What a fact is called in an issue."""
    return NAMES.get(concept, concept.replace("_", " "))


def read_number(
    part: Observed, concept: str, reference: str, issues: list[Issue], *, unit_free: bool = False
) -> Number | None:
    """The value in the concept's unit, with its reference range; None with an issue when it cannot be used.

    `unit_free`: a count, whose unit is not looked at. None without issue when the value is
    absent for a stated reason (dataAbsentReason) or the part only holds components.
    """
    quantity = quantity_of(part)
    if quantity is None or quantity.value is None:
        if not explains_absence(part):
            issues.append(Issue(reference, f"{name_of(concept)} has no number as its value"))
        return None
    if quantity.unit is None and quantity.code is None and part.valueString and concept in _UNIT_OF_TEXT:
        value: float | None = convert_value(concept, quantity.value, _UNIT_OF_TEXT[concept])
    else:
        value = quantity.value if unit_free else convert(concept, quantity)
    if value is None:
        issues.append(Issue(reference, unit_problem(concept, name_of(concept), quantity)))
        return None
    limits = implausible(concept, value)
    if limits is not None:
        found = f"{quantity.value:g} {unit_of(quantity)}".strip()
        expected = f"expected {limits.low:g} to {limits.high:g}"
        issues.append(Issue(reference, f"{name_of(concept)} {found} is not possible, {expected}"))
        return None
    if not part.referenceRange:
        return Number(value, quantity.comparator or "")
    low, high = normal_range(part.referenceRange, concept, quantity, reference, issues)
    return Number(
        value,
        quantity.comparator or "",
        low,
        high,
        premenopausal_mean(part.referenceRange, concept, quantity, reference, issues),
    )


def quantity_of(part: Observed) -> Quantity | None:
    """The number of an Observation, however it is sent: Quantity, integer, or text such as `>90`."""
    if part.valueQuantity is not None:
        return part.valueQuantity
    if part.valueInteger is not None:
        return Quantity(value=float(part.valueInteger))
    match = _NUMBER.fullmatch(part.valueString or "")
    if match is None:
        return None
    comparator, digits, unit = match.groups()
    number = float(digits.replace("−", "-").replace(" ", "").replace(",", "."))
    return Quantity(value=number, comparator=_COMPARATORS[comparator] if comparator else None, unit=unit)


def explains_absence(part: Observed) -> bool:
    """Whether it is said why there is no value, or the values are elsewhere (panels)."""
    if part.dataAbsentReason is not None:
        return True
    return isinstance(part, Observation) and bool(part.component or part.hasMember)


def normal_range(
    ranges: Iterable[ObservationReferenceRange],
    concept: str,
    value: Quantity,
    reference: str,
    issues: list[Issue],
) -> tuple[float | None, float | None]:
    """Low and high of the normal range: one for everybody rather than for some."""
    normal = [each for each in ranges if _is_normal(each.type)]
    if not normal:
        return None, None
    chosen = next((each for each in normal if not each.appliesTo and each.age is None), normal[0])
    return (
        _limit(chosen.low, concept, value, reference, issues),
        _limit(chosen.high, concept, value, reference, issues),
    )


def premenopausal_mean(
    ranges: Iterable[ObservationReferenceRange],
    concept: str,
    value: Quantity,
    reference: str,
    issues: list[Issue],
) -> float | None:
    """The geometric mean of premenopausal women, sent as a range of its own type."""
    for each in ranges:
        if each.type and "geometric_mean_premenopausal" in concepts_of(each.type.coding, "answer"):
            return _limit(each.high, concept, value, reference, issues)
    return None


def _is_normal(kind: CodeableConcept | None) -> bool:
    return kind is None or any(coding.code == _RANGE_MEANING_NORMAL for coding in kind.coding)


def _limit(limit: Quantity | None, concept: str, value: Quantity, reference: str, issues: list[Issue]) -> float | None:
    """A limit of a reference range in the concept's unit; without unit of its own it has the value's."""
    if limit is None or limit.value is None:
        return None
    converted = convert_value(concept, limit.value, unit_of(limit) or unit_of(value))
    if converted is None:
        problem = unit_problem(concept, f"reference range of {name_of(concept)}", limit)
        issues.append(Issue(reference, problem))
    return converted
