"""Codes -> the names of the fact vocabulary (recommendations 0.9).

The tables are terminology/codes.csv and systems.csv as delivered, and supplement.csv: the
codes facts-to-fhir names beyond them (its sections 2, 3, 6, 7, 11 and 12). Rows noted BROAD
and unverified ones prove nothing and are not loaded. Free text proves nothing either.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import msgspec

from fhir_mappings.resources import BAD_DATA
from fhir_mappings.vocabulary import GIVES_WAY, REREAD, VOCABULARY

TABLES = Path(__file__).with_name("terminology")

LOINC = "http://loinc.org"
NPU = "http://npu-terminology.org"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
ICD10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
ICPC = "urn:oid:1.2.208.176.2.31"
SKS_DIAGNOSES = "urn:oid:1.2.208.176.2.4.12"
SKS = "urn:oid:1.2.208.176.2.4"
FACTS = "https://osteo-cds.org/fhir/CodeSystem/facts"
RECOMMENDATIONS = "https://osteo-cds.org/fhir/CodeSystem/recommendation"
#: The Danish letters after an ICD-10 code; in practice they come under either system.
_ICD10_DANISH = "http://hl7.dk/fhir/core/CodeSystem/icd10-danish-extensions"


class Coded(Protocol):
    """A Coding: whatever has a system and a code."""

    @property
    def system(self) -> str | None: ...

    @property
    def code(self) -> str | None: ...


class Code(msgspec.Struct, frozen=True, gc=False):
    """One row of the tables. `prefix`: the code starts with `code`."""

    system: str
    code: str
    display: str
    prefix: bool


class Meaning(msgspec.Struct, frozen=True, gc=False):
    """What a CodeableConcept means: concepts by kind, and the code systems it used."""

    concepts: Mapping[str, frozenset[str]]
    systems: frozenset[str]


class _Terms:
    """The tables, loaded once."""

    def __init__(self) -> None:
        self.systems = dict(_alias_pairs())
        self.exact: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.prefix: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.rows: dict[tuple[str, str], list[tuple[str, str, str, str]]] = {}
        for name in ("codes.csv", "supplement.csv"):
            for concept, kind, uri, code, display, match, note, evidence in table_rows(name):
                if not code or note.startswith("BROAD") or evidence == "unverified":
                    continue
                if kind == "medication" and note.startswith("broad"):
                    continue
                meant = REREAD.get((concept, code), VOCABULARY.get(concept, concept))
                if meant is None:
                    continue
                system = self.systems.get(uri, uri)
                index = self.prefix if match == "prefix" else self.exact
                index.setdefault((system, _bare(system, code)), []).append((kind, meant))
                self.rows.setdefault((meant, kind), []).append((system, code, display, match))


def canonical(system: str) -> str:
    """The canonical URI of a code system; an unknown one unchanged, without trailing slash."""
    system = system.rstrip("/")
    if system.startswith(SNOMED + "/"):
        return SNOMED
    return _TERMS.systems.get(system, system)


def known_systems() -> frozenset[str]:
    """The canonical URIs of the code systems the tables know."""
    return frozenset(_TERMS.systems.values())


@lru_cache(maxsize=16_384)
def lookup(system: str, code: str) -> frozenset[tuple[str, str]]:
    """What one code means, as (kind, concept); empty for a code no table knows."""
    uri, bare = _normal(system, code)
    found = set(_TERMS.exact.get((uri, bare), ()))
    for end in range(1, len(bare) + 1):
        found.update(_TERMS.prefix.get((uri, bare[:end]), ()))
    return frozenset(found)


def concepts_of(codings: Iterable[Coded], kind: str) -> frozenset[str]:
    """The concepts of a kind that any of the codings names; the most specific only."""
    found = {
        concept
        for coding in codings
        if coding.system and coding.code
        for of_kind, concept in lookup(coding.system, coding.code)
        if of_kind == kind
    }
    return most_specific(found)


def most_specific(concepts: Iterable[str]) -> frozenset[str]:
    """The concepts without those that give way to another of them."""
    found = frozenset(concepts)
    return frozenset(name for name in found if not (name in GIVES_WAY and GIVES_WAY[name] & found))


def codes_for(concept: str, kind: str) -> tuple[Code, ...]:
    """The codes of a concept, in the order of the tables; none when the tables have no such concept."""
    rows = _TERMS.rows.get((concept, kind), ())
    return tuple(Code(system, code, display, match == "prefix") for system, code, display, match in rows)


def has_code(codings: Iterable[Coded], system: str, codes: Iterable[str]) -> bool:
    """Whether one of the codings is one of `codes` in that system."""
    wanted = frozenset(codes)
    return any(coding.code in wanted and canonical(coding.system) == system for coding in codings if coding.system)


@lru_cache(maxsize=8_192)
def meaning(concept: bytes) -> Meaning | None:
    """What a CodeableConcept, or a list of them, means; the JSON is cached as it stands.

    None when it is no CodeableConcept, so that its resource is judged and reported.
    """
    if not concept:
        return _NOTHING
    try:
        found = _decode(concept)
    except BAD_DATA:
        return None
    codings = [
        coding
        for each in (found if isinstance(found, list) else [found])
        for coding in each.coding or ()
        if coding.system and coding.code
    ]
    by_kind: dict[str, set[str]] = defaultdict(set)
    for coding in codings:
        for kind, name in lookup(coding.system or "", coding.code or ""):
            by_kind[kind].add(name)
    return Meaning(
        {kind: most_specific(names) for kind, names in by_kind.items()},
        frozenset(_normal(coding.system or "", coding.code or "")[0] for coding in codings),
    )


class _Coding(msgspec.Struct):
    system: str | None = None
    code: str | None = None


class _CodeableConcept(msgspec.Struct):
    coding: list[_Coding] | None = None


_NOTHING = Meaning(MappingProxyType({}), frozenset())
_decode: Callable[[bytes], _CodeableConcept | list[_CodeableConcept]] = msgspec.json.Decoder(
    _CodeableConcept | list[_CodeableConcept]
).decode


def _normal(system: str, code: str) -> tuple[str, str]:
    """System and code as the tables have them."""
    uri = canonical(system)
    for mark in "+|:":  # SKS additional codes, SNOMED display and expressions
        code = code.partition(mark)[0]
    code = code.strip()
    if uri == SKS:
        if code[:1] == "D" and code[1:2].isalpha() and code[2:4].isdigit():
            uri = SKS_DIAGNOSES
        elif code[:1] == "M" and code[1:2].isalpha() and code[2:4].isdigit():
            uri, code = ATC, code[1:]
    return uri, _bare(uri, code.upper() if uri == ATC else code)


def _bare(system: str, code: str) -> str:
    """ICD-10 codes come with and without dot; everything else stays as it is."""
    return code.replace(".", "") if system in (ICD10, ICD10_CM) else code


def table_rows(name: str) -> Iterator[list[str]]:
    """The rows of a table in terminology/, without its header."""
    with (TABLES / name).open(encoding="utf-8", newline="") as table:
        rows = csv.reader(table)
        next(rows)
        yield from rows


def _alias_pairs() -> Iterable[tuple[str, str]]:
    for _, uri, aliases, _, _ in table_rows("systems.csv"):
        target = ICD10 if uri == _ICD10_DANISH else uri
        for alias in (uri, *filter(None, aliases.split(";"))):
            yield alias.rstrip("/"), target


_TERMS = _Terms()
