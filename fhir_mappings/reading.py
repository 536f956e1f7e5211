"""One request, one way through: each reader once, one PatientFacts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Raw

from fhir_mappings.conditions import read_conditions
from fhir_mappings.draft_orders import read_drafts
from fhir_mappings.facts import Issue, PatientFacts
from fhir_mappings.family import read_family
from fhir_mappings.fetched import PrefetchValue
from fhir_mappings.findings import (
    menopause_age,
    newest_findings,
    told_by_allergies,
    told_by_conditions,
    told_by_flags,
    told_by_menopause_age,
    told_by_orders,
)
from fhir_mappings.medications import read_medications, with_drafts
from fhir_mappings.observations import read_observations
from fhir_mappings.orders import read_orders, zoledronate_orders
from fhir_mappings.patient import read_person
from fhir_mappings.prefetch import KEYS, Received
from fhir_mappings.visits import read_visits


class ReadOptions(msgspec.Struct, frozen=True, gc=False):
    """What is agreed with a client.

    `generic_t_score_codes`: LOINC codes it sends T-scores under without meaning their site
    (Synthea: 38265-5). `keys`: the prefetch keys asked for; one that was not sent is MISSING.
    """

    generic_t_score_codes: frozenset[str] = frozenset()
    keys: tuple[str, ...] = tuple(KEYS)


class Reading(msgspec.Struct, frozen=True):
    """The facts, and each draft order as received, by reference (for suggestions that change it)."""

    facts: PatientFacts
    draft_resources: Mapping[str, dict[str, Any]] = msgspec.field(default_factory=dict)


_NOTHING_AGREED = ReadOptions()


def read_facts(
    prefetch: Mapping[str, PrefetchValue],
    *,
    patient_id: str,
    as_of: date,
    draft_orders: Raw | bytes | None = None,
    selections: Sequence[str] | None = None,
    options: ReadOptions = _NOTHING_AGREED,
) -> Reading:
    """The facts of the patient `patient_id` on the day `as_of`.

    `prefetch`: key -> the value as it came, the Bundle it is, or why it could not be had (Failed, Partial).
    `draft_orders`, `selections`: of the order hooks; None on patient-view.
    Raises MissingPrefetchError without a Patient and PatientMismatchError when it is another one; nothing else.
    """
    issues: list[Issue] = []
    received = Received(prefetch, patient_id, issues, options.keys)
    person = read_person(received, as_of, issues)
    observations = read_observations(received, as_of, issues, options.generic_t_score_codes)
    conditions = read_conditions(received, as_of, issues, person.birth_date, observations.compressions)
    family = read_family(received, as_of, issues)
    medications = read_medications(received, as_of, issues, person.sex)
    orders = read_orders(received, as_of, issues)
    placed = [*orders.orders, *zoledronate_orders(medications.courses, medications.administrations, as_of)]
    visits, bookings = read_visits(received, as_of, issues)
    measurements = observations.newest()
    years, measured_age = menopause_age(measurements.pop("menopause_age", ()), conditions, person.birth_date)
    findings = [
        *observations.findings,
        *told_by_conditions(conditions),
        *told_by_menopause_age(measured_age, person.birth_date, as_of),
        *told_by_flags(received, as_of, issues),
        *told_by_allergies(received, as_of, issues),
        *told_by_orders(placed),
    ]
    drafts, draft_resources = read_drafts(draft_orders, selections, received, as_of, issues, person.sex)
    medications, drafts = with_drafts(medications, drafts)
    falls = [*observations.falls, *conditions.falls]
    facts = PatientFacts(
        as_of=as_of,
        patient_id=patient_id,
        sex=person.sex,
        birth_date=person.birth_date,
        deceased=person.deceased,
        menopause_age=years,
        measurements=measurements,
        findings=newest_findings(findings),
        conditions=conditions.diseases,
        fractures=conditions.fractures,
        falls=tuple(sorted(falls, key=lambda fall: (fall.date or date.min, fall.reference), reverse=True)),
        family_history=(*family, *conditions.family, *observations.family),
        courses=medications.courses,
        administrations=medications.administrations,
        dispensings=medications.dispensings,
        orders=tuple(placed),
        visits=visits,
        bookings=bookings,
        declined=tuple(orders.declined),
        overrides=tuple(orders.overrides),
        drafts=drafts,
        sources=received.sources,
        issues=tuple(dict.fromkeys(issues)),
        systems=frozenset(received.systems),
    )
    return Reading(facts, draft_resources)
