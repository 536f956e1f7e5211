"""Observation -> measured values, findings, falls, vertebral compressions (facts-to-fhir 4 and 9).

Only final, amended and corrected results count. Absent: never measured, or not sent.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter

import msgspec

from fhir_mappings.codes import Meaning, meaning
from fhir_mappings.facts import Issue
from fhir_mappings.heads import ResultHead
from fhir_mappings.observed import DENSITY, PAST, READ
from fhir_mappings.observing import Observations, Observer
from fhir_mappings.prefetch import Received
from fhir_mappings.resources import BAD_DATA, Item
from fhir_mappings.results import plain_concept, plain_result

_NONE: frozenset[str] = frozenset()
#: No month is longer, so that a horizon in days is never too near.
_LONGEST_MONTH = 31
_LENGTH_OF_DAY = len("2025-01-31")

_order = attrgetter("order")


class _Code(msgspec.Struct, frozen=True, gc=False):
    """What the code of an Observation says.

    `wanted`: something the rules read. `plain`: the one concept of a plain result. `test`: the one
    concept of which not the whole past is looked at. Both are wanted.
    """

    about: Meaning
    systems: frozenset[str]
    wanted: bool
    plain: str
    test: str


def read_observations(
    received: Received, as_of: date, issues: list[Issue], generic_t_scores: frozenset[str] = frozenset()
) -> Observations:
    """The Observations up to the day `as_of`.

    `generic_t_scores`: LOINC codes by which this client sends T-scores without site (Synthea:
    38265-5, by name the forearm). Results older than any rule looks at (observed.PAST) are not
    read, while there is a newer one; nothing is lost by it, so none of them is reported.
    """
    reader = Observer(received, as_of, issues, generic_t_scores)
    tests: dict[str, dict[str, list[tuple[Item, str]]]] = defaultdict(lambda: defaultdict(list))
    others: list[Item] = []
    systems = received.systems
    for item in received.of("Observation"):
        head = item.head
        code = _code(bytes(head.code))
        if code is None:
            others.append(item)
            continue
        if not code.systems <= systems:
            received.note_systems(code.about, head.subject)
        if not code.wanted:
            if head.value_codeable_concept and _tells(bytes(head.value_codeable_concept)):
                others.append(item)
        elif code.test and (day := _day_written(item)):
            tests[code.test][day].append((item, code.plain))
        elif not (code.plain and _read_plain(reader, item, code.plain)):
            others.append(item)
    for item in sorted(others, key=_order):
        reader.read(item)
    for test in sorted(tests):
        _read_test(reader, test, tests[test])
    reader.name_scanners()
    return reader.found


def _read_test(reader: Observer, test: str, by_day: dict[str, list[tuple[Item, str]]]) -> None:
    """The results of one test, newest first, as far back as rules look, and until one can be used."""
    try:
        first = (reader.as_of - timedelta(days=PAST[test] * _LONGEST_MONTH)).isoformat()
    except OverflowError:
        first = ""
    measured = reader.found.measured[test]
    before = len(measured)  # from panels and results without a whole date
    for day in sorted(by_day, reverse=True):
        if len(measured) > before and (day < first or not PAST[test]):
            break
        others = [item for item, plain in by_day[day] if not (plain and _read_plain(reader, item, plain))]
        for item in sorted(others, key=_order):
            reader.read(item)


def _read_plain(reader: Observer, item: Item, concept: str) -> bool:
    """Keep a plain result; False when the Observer has to read it."""
    if reader.received.problems[bytes(item.head.subject)] or (reader.generic_t_scores and concept in DENSITY):
        return False
    found = plain_result(item, concept, reader.as_of)
    if found is None:
        return False
    if found != "later":
        reader.found.measured[found.concept].append(found)
    return True


@lru_cache(maxsize=2048)
def _code(written: bytes) -> _Code | None:
    """What an Observation's code says, the JSON cached as it stands; None when it cannot be read."""
    about = meaning(written)
    if about is None:
        return None
    concepts = about.concepts.get("observation", _NONE)
    only = next(iter(concepts)) if len(concepts) == 1 else ""
    wanted = not READ.isdisjoint(concepts) or "family" in about.concepts
    return _Code(about, about.systems, wanted, plain_concept(written), only if only in PAST else "")


@lru_cache(maxsize=2048)
def _tells(written: bytes) -> bool:
    """Whether a coded value says something whatever the code is: family history, residence."""
    value = meaning(written)
    return value is not None and (
        "family" in value.concepts or "nursing_home_resident" in value.concepts.get("answer", _NONE)
    )


def _day_written(item: Item) -> str:
    """The day of an Observation as it is written; empty when undated, partial or no day at a glance."""
    head = item.head
    written = head.effective_date_time if isinstance(head, ResultHead) else _written_in(item)
    if not written:
        return ""
    day = written[:_LENGTH_OF_DAY]
    return day if day[4::3] == "--" and len(day) == _LENGTH_OF_DAY and day[:4].isdecimal() else ""


class _Dated(msgspec.Struct, rename="camel"):
    effective_date_time: str | None = None


def _written_in(item: Item) -> str | None:
    try:
        return msgspec.json.decode(item.raw, type=_Dated).effective_date_time
    except BAD_DATA:
        return None
