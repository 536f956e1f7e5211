"""Elements of plain resources, read at a glance: a subset of what FHIR allows, the rest is read strictly.

ValueError: it takes a closer look.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

import msgspec

from fhir_mappings.r4.datatypes import CodeableConcept
from fhir_mappings.resources import BAD_DATA, Item, may_be_blank

_CLOCK = r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"
#: Whether there is such a day is found out by reading it.
_moment = re.compile(rf"[12]\d{{3}}-\d\d-\d\d(?:{_CLOCK})?", re.ASCII).fullmatch
_instant = re.compile(rf"[12]\d{{3}}-\d\d-\d\d{_CLOCK}", re.ASCII).fullmatch
_id = re.compile(r"[A-Za-z0-9.-]{1,64}").fullmatch
_date = date.fromisoformat

_concept = msgspec.json.Decoder(CodeableConcept).decode
_concepts = msgspec.json.Decoder(tuple[CodeableConcept, ...]).decode


def day_of(written: str) -> date:
    """The day of a dateTime that is at least a whole day."""
    if _moment(written) is None:
        raise ValueError
    return _date(written[:10])


def day_of_result(effective: str | None, issued: str | None) -> date:
    """The day of a result that is issued at an instant, or at none that is told."""
    if effective is None or _moment(effective) is None:
        raise ValueError
    written = effective[:10]
    if issued:
        if _instant(issued) is None:
            raise ValueError
        if issued[:10] != written:
            _date(issued[:10])
    return _date(written)


def check_plain(item: Item) -> None:
    """Whether the id is one, and no string is blank."""
    name = item.head.id
    if name is None or _id(name) is None or may_be_blank(bytes(item.raw)):
        raise ValueError


@lru_cache(maxsize=8192)
def is_concept(written: bytes) -> bool:
    """Whether JSON is a CodeableConcept."""
    try:
        _concept(written)
    except BAD_DATA:
        return False
    return True


@lru_cache(maxsize=1024)
def are_concepts(written: bytes) -> bool:
    """Whether JSON is a list of CodeableConcepts; nothing at all is."""
    try:
        return not written or _concepts(written) is not None
    except BAD_DATA:
        return False


@lru_cache(maxsize=1024)
def first_code(written: bytes) -> str:
    """The first code of a CodeableConcept whose codes are FHIR's own; empty without one. One of BAD_DATA."""
    return next((coding.code for coding in _concept(written).coding if coding.code), "") if written else ""
