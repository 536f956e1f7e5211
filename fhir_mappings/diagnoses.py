"""A plain diagnosis, read from its head: a disease with its dates and status, as records send most of them.

A shortcut beside conditions.py, for time alone: whatever is not understood at a glance is read
strictly there. A test holds the two together.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import msgspec

from fhir_mappings.codes import Meaning, meaning
from fhir_mappings.fractures import FRACTURES
from fhir_mappings.heads import DiagnosisHead
from fhir_mappings.plain import are_concepts, check_plain, day_of, first_code, is_concept
from fhir_mappings.resources import BAD_DATA, Item

#: Concepts of which more is read than when they were there: the fracture, its cause, the fall.
_READ_CLOSELY = FRACTURES | {"fall", "fall_history", "hypercalcaemia"}
_NONE: frozenset[str] = frozenset()


class DiagnosisCode(msgspec.Struct, frozen=True, gc=False):
    """What the code of a Condition says. `plain`: diseases and states, of which only dates and status are read."""

    about: Meaning
    concepts: frozenset[str]
    wanted: bool
    plain: bool


class PlainDiagnosis(msgspec.Struct, frozen=True, gc=False):
    """The dates and the status of a diagnosis; None and "" where not told."""

    onset: date | None
    recorded: date | None
    end: date | None
    clinical_status: str
    verification_status: str


@lru_cache(maxsize=2048)
def diagnosis_code(written: bytes) -> DiagnosisCode | None:
    """What a Condition's code says, the JSON cached as it stands; None when it cannot be read."""
    about = meaning(written)
    if about is None:
        return None
    concepts, family = about.concepts.get("condition", _NONE), "family" in about.concepts
    plain = not family and concepts.isdisjoint(_READ_CLOSELY) and is_concept(written)
    return DiagnosisCode(about, concepts, family or "condition" in about.concepts, plain)


def plain_diagnosis(item: Item) -> PlainDiagnosis | None:
    """What a plain Condition says; None when it takes more to read it. Whose it is, is not looked at."""
    head = item.head
    if not isinstance(head, DiagnosisHead) or head.body_site or (head.category and head.onset_date_time is None):
        return None  # without onset the category says whether the day it was recorded counts
    began, recorded, end = head.onset_date_time, head.recorded_date, head.abatement_date_time
    try:
        check_plain(item)
        onset = None if began is None else day_of(began)
        found = PlainDiagnosis(
            onset,
            onset if recorded == began else None if recorded is None else day_of(recorded),
            None if end is None else day_of(end),
            first_code(bytes(head.clinical_status)),
            first_code(bytes(head.verification_status)),
        )
    except BAD_DATA:
        return None
    return found if not head.category or are_concepts(bytes(head.category)) else None
