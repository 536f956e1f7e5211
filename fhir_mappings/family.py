"""FamilyMemberHistory -> osteoporosis and fractures of first-degree relatives (facts-to-fhir 5).

Absent: none known. A relative with neither is no family history.
"""

from __future__ import annotations

import re
from datetime import date

from fhir_mappings.codes import concepts_of
from fhir_mappings.conditions import years
from fhir_mappings.dates import day_or_none
from fhir_mappings.facts import FamilyHistory, Issue
from fhir_mappings.fractures import FRACTURES
from fhir_mappings.prefetch import Received
from fhir_mappings.query import Query
from fhir_mappings.r4.clinical import FamilyMemberHistory, FamilyMemberHistoryCondition

READS = (Query("familyHistory", "FamilyMemberHistory", 50),)

_OSTEOPOROSIS = frozenset({"osteoporosis_coded", "osteoporosis_with_fracture"})
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_OLDEST = 125


def read_family(received: Received, as_of: date, issues: list[Issue]) -> list[FamilyHistory]:
    """The relatives with osteoporosis or a fracture, as recorded up to the day `as_of`."""
    found = []
    for item in received.items("FamilyMemberHistory"):
        relative = received.read(item, FamilyMemberHistory, issues)
        if relative is None or relative.status not in ("completed", "partial"):
            continue
        recorded = day_or_none(relative.date)
        if recorded is not None and recorded > as_of:
            continue
        if "first_degree_relative" in concepts_of(relative.relationship.coding, "family"):
            history = _history(relative, recorded, item.reference)
            if history is not None:
                found.append(history)
    return found


def _history(relative: FamilyMemberHistory, recorded: date | None, reference: str) -> FamilyHistory | None:
    fractures, diagnoses = [], []
    for condition in relative.condition:
        concepts = concepts_of(condition.code.coding, "condition")
        if concepts & FRACTURES:
            fractures.append(_onset(condition))
        if concepts & _OSTEOPOROSIS:
            diagnoses.append(_onset(condition))
    if not fractures and not diagnoses:
        return None
    complete = relative.status == "completed"
    return FamilyHistory(
        reference,
        relative_fracture=True if fractures else False if complete else None,
        relative_fracture_age=_earliest(fractures),
        relative_dx_age=_earliest(diagnoses),
        date=recorded,
    )


def _earliest(ages: list[float | None]) -> float | None:
    return min((age for age in ages if age is not None), default=None)


def _onset(condition: FamilyMemberHistoryCondition) -> float | None:
    """The relative's age in years when it began: onsetAge, the low end of a range, or a number as text."""
    if condition.onsetAge is not None:
        age = years(condition.onsetAge)
    elif condition.onsetRange is not None and condition.onsetRange.low is not None:
        age = years(condition.onsetRange.low)
    else:
        numbers = _NUMBER.findall(condition.onsetString or "")
        age = float(numbers[0].replace(",", ".")) if len(numbers) == 1 else None
    return age if age is not None and 0 <= age <= _OLDEST else None
