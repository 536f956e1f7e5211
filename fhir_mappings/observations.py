"""Observation -> measured values, findings, falls, vertebral compressions (facts-to-fhir 4 and 9).

Only final, amended and corrected results count. Absent: never measured, or not sent.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import lru_cache

from fhir_mappings.codes import Meaning, meaning
from fhir_mappings.facts import Issue
from fhir_mappings.observed import READ, SCREENING
from fhir_mappings.observing import Observations, Observer
from fhir_mappings.prefetch import Received
from fhir_mappings.resources import Item

_NONE: frozenset[str] = frozenset()


def read_observations(
    received: Received, as_of: date, issues: list[Issue], generic_t_scores: frozenset[str] = frozenset()
) -> Observations:
    """The Observations up to the day `as_of`.

    `generic_t_scores`: LOINC codes by which this client sends T-scores without site (Synthea:
    38265-5, by name the forearm). Of the screening tests only the newest result is read: no
    rule looks at older ones.
    """
    reader = Observer(received, as_of, issues, generic_t_scores)
    screening: dict[str, list[tuple[str, Item]]] = defaultdict(list)
    for item in received.coded("Observation", _wanted):
        test, day = _screening_test(item)
        if test and day:
            screening[test].append((day, item))
        else:
            reader.read(item)
    for test, results in screening.items():
        results.sort(key=lambda result: result[0], reverse=True)
        newest = ""
        for day, item in results:
            if newest and day != newest:
                break
            reader.read(item)
            if reader.found.measured.get(test):
                newest = day
    reader.name_scanners()
    return reader.found


def _wanted(about: Meaning, item: Item) -> bool:
    """Whether an Observation says something the rules read, by its code or by its coded value."""
    concepts = about.concepts
    if concepts and (not READ.isdisjoint(concepts.get("observation", _NONE)) or "family" in concepts):
        return True
    if not item.head.value_codeable_concept:
        return False
    value = meaning(bytes(item.head.value_codeable_concept))
    return value is not None and (
        "family" in value.concepts or "nursing_home_resident" in value.concepts.get("answer", _NONE)
    )


def _screening_test(item: Item) -> tuple[str, str]:
    """The screening test an Observation is a result of, and its day as written; empty when not one, or undated."""
    test = _screening_concept(bytes(item.head.code))
    if not test:
        return "", ""
    written = bytes(item.head.effective_date_time)[1:11]
    if written.count(b"-") != 2 or not written.isascii():
        return "", ""
    return test, written.decode()


@lru_cache(maxsize=1024)
def _screening_concept(code: bytes) -> str:
    about = meaning(code)
    concepts = about.concepts.get("observation", _NONE) if about else _NONE
    return next(iter(concepts)) if len(concepts) == 1 and not concepts.isdisjoint(SCREENING) else ""
