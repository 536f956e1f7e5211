"""What the service understood of a record: names of facts and how many, never one of their values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cds_service.doctor.check import Check, failed, ok, warning
from cds_service.doctor.fhir import Examined, resources
from cds_service.doctor.unknown import Unknown, units_and_problems, unknown_codes
from fhir_mappings import MissingPrefetchError, PatientMismatchError, ReadOptions, read_facts
from fhir_mappings.facts import Measurement, PatientFacts, SourceState
from hooks.services import Service

#: Codes shown of each list, the most frequent first.
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Understood:
    """Of a record: facts by kind and name; what was not known; sources that were not had whole."""

    checks: list[Check]
    facts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    unknown: Unknown = field(default_factory=Unknown)
    units: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)
    sources: Mapping[str, str] = field(default_factory=dict)


def understand(examined: Examined, service: Service, patient_id: str, today: date) -> Understood:
    """Read what came as the service reads it."""
    agreed = examined.client.generic_t_score_codes if examined.client else frozenset[str]()
    raws = [raw for key, value in examined.values.items() for raw in resources(key, value)]
    unknown = unknown_codes(dict.fromkeys(raws))
    try:
        facts = read_facts(
            examined.values,
            patient_id=patient_id,
            as_of=today,
            options=ReadOptions(agreed, tuple(service.prefetch)),
        ).facts
    except MissingPrefetchError:
        check = failed("record", "the Patient did not come: the service answers 412", "see the template patient")
        return Understood([check], unknown=unknown)
    except PatientMismatchError:
        check = failed(
            "record", "another Patient came than was asked for: the service refuses it", "see to the FHIR server"
        )
        return Understood([check], unknown=unknown)
    units, problems = units_and_problems(facts.issues)
    sources = {key: each.state.value for key, each in facts.sources.items() if each.state is not SourceState.COMPLETE}
    return Understood(
        [*_checks(facts, unknown, units, problems, sources)], counted(facts), unknown, units, problems, sources
    )


def counted(facts: PatientFacts) -> dict[str, dict[str, int]]:
    """How many facts of each name, by kind; kinds without any are left out."""
    found: dict[str, Counter[str]] = {
        "patient": Counter(name for name, value in (("sex", facts.sex), ("birth date", facts.birth_date)) if value),
        "measurements": Counter(_measured(each) for group in facts.measurements.values() for each in group),
        "findings": Counter(name for name in facts.findings),
        "conditions": Counter({name: len(each) for name, each in facts.conditions.items()}),
        "fractures": Counter("fracture" for _ in facts.fractures),
        "falls": Counter("fall" for _ in facts.falls),
        "family history": Counter("family history" for _ in facts.family_history),
        "medication courses": _names(each.drugs for each in facts.courses),
        "administrations": Counter(each.drug for each in facts.administrations),
        "dispensings": _names(each.drugs for each in facts.dispensings),
        "orders": _names(each.concepts for each in facts.orders),
        "visits": Counter(each.concept for each in facts.visits),
        "bookings": Counter(each.concept for each in facts.bookings),
        "declined": Counter(each.topic for each in facts.declined),
        "overrides": Counter("override" for _ in facts.overrides),
    }
    if facts.menopause_age is not None:
        found["findings"]["menopause_age"] += 1
    return {kind: dict(sorted(names.items())) for kind, names in found.items() if names}


def _measured(measurement: Measurement) -> str:
    """The concept, and of bone density where: a T-score of an unknown site decides otherwise than one of the hip."""
    return f"{measurement.concept} ({measurement.site})" if measurement.site else measurement.concept


def _names(groups: Iterable[Iterable[str]]) -> Counter[str]:
    """Each name as often as it occurs; what has none is counted as other."""
    return Counter(name for group in groups for name in (sorted(group) or ["other"]))


def _checks(
    facts: PatientFacts,
    unknown: Unknown,
    units: Mapping[tuple[str, str, str], int],
    problems: Mapping[tuple[str, str], int],
    sources: Mapping[str, str],
) -> Iterable[Check]:
    lacking = [name for name, value in (("sex", facts.sex), ("birth date", facts.birth_date)) if value is None]
    if lacking:
        yield warning("record", f"not known of the patient: {', '.join(lacking)}; no card is made then", "see Patient")
    else:
        yield ok("record", "read as the service reads it")
    if unknown.systems:
        text = f"{len(unknown.systems)} code system(s) no table knows; {len(unknown.codes)} code(s) of no known meaning"
        yield warning("codes", text, "see below: map local codes to national or international ones, or ask for a table")
    else:
        yield ok("codes", f"{unknown.coded} coded concepts; {len(unknown.codes)} code(s) of no known meaning")
    if units:
        text = f"{sum(units.values())} value(s) left out for their unit"
        yield warning("units", text, "see below: send the expected unit in UCUM, or add it to units.csv")
    else:
        yield ok("units", "all known")
    if problems:
        yield warning(
            "resources", f"{sum(problems.values())} left out for other reasons", "see below, and correct the sender"
        )
    if sources:
        text = ", ".join(f"{key} {state}" for key, state in sources.items())
        yield warning("sources", f"not had whole, so what is not in them is not known: {text}", "see the templates")
    else:
        yield ok("sources", "all whole: what is not in them is known not to be recorded")
