"""Whose a resource is: this patient's, however its subject refers to the patient."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from fhir_mappings.resources import BAD_DATA, Item

_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Za-z]+/[A-Za-z0-9.-]{1,255})(?:/_history/[^/]*)?$")


class _Identifier(msgspec.Struct, frozen=True):
    system: str | None = None
    value: str | None = None


class _Reference(msgspec.Struct):
    reference: str | None = None
    identifier: _Identifier | None = None


class _Identified(msgspec.Struct):
    identifier: list[_Identifier] | None = None


def type_and_id(reference: str) -> str:
    """`Type/id` of a relative, absolute or versioned reference; empty when it has neither."""
    match = _TYPE_AND_ID.search(reference)
    return match[1] if match else ""


class Identity(dict[bytes, str]):
    """The patient: by `Patient/id`, by the fullUrl of its entry, or by an identifier (CPR).

    `identity[subject]` says of a subject as JSON why it is not this patient; empty when it is. Each is judged once.
    """

    def __init__(self, patient: Item, urls: Iterable[str]) -> None:
        super().__init__()
        self._reference = patient.reference
        self._urls = frozenset({f"urn:uuid:{patient.id}", *urls})
        self._identifiers = _identifiers(patient)

    def __missing__(self, subject: bytes) -> str:
        problem = self[subject] = self._judge(subject)
        return problem

    def _judge(self, written: bytes) -> str:
        if not written or written == b"null":
            return "subject is missing, expected a reference to the patient"
        try:
            subject = msgspec.json.decode(written, type=_Reference)
        except BAD_DATA:
            return "subject is no reference"
        if subject.reference is None:
            same = subject.identifier is not None and subject.identifier in self._identifiers
            return "" if same else "subject has no reference to the patient"
        if subject.reference in self._urls or type_and_id(subject.reference) == self._reference:
            return ""
        return "subject is another patient"


def _identifiers(patient: Item) -> frozenset[_Identifier]:
    try:
        found = msgspec.json.decode(patient.raw, type=_Identified).identifier or ()
    except BAD_DATA:
        return frozenset()
    return frozenset(each for each in found if each.system and each.value)
