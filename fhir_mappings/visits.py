"""Appointment and Encounter -> visits that took place, and bookings (facts-to-fhir 8). Absent: none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import msgspec

from fhir_mappings.codes import concepts_of, has_code, meaning
from fhir_mappings.dates import day_or_none, first_day
from fhir_mappings.facts import Booking, Issue, Visit
from fhir_mappings.prefetch import Received
from fhir_mappings.query import Query
from fhir_mappings.r4.datatypes import CodeableConcept
from fhir_mappings.r4.workflow import Appointment, Encounter, EncounterParticipant
from fhir_mappings.resources import Item, read

#: Visits are in Appointment, in Encounter, or in both.
READS = (
    Query("appointments", "Appointment", 200, "-date"),
    Query("encounters", "Encounter", 200, "-date"),
)

_TOOK_PLACE = frozenset({"fulfilled", "arrived", "checked-in"})
_BOOKED = frozenset({"booked", "pending", "proposed"})
_VISITED = frozenset({"finished", "in-progress"})

PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
#: The attender of an Encounter is a doctor by definition.
_ATTENDER = frozenset({"ATND"})


def read_visits(received: Received, as_of: date, issues: list[Issue]) -> tuple[tuple[Visit, ...], tuple[Booking, ...]]:
    """Visits up to the day `as_of`, newest first, and bookings from it on, soonest first.

    A booking in the past is neither. A visit kept both as Appointment and as Encounter is one.
    """
    visits: dict[tuple[str, date], Visit] = {}
    bookings: dict[tuple[str, date], Booking] = {}
    for item in received.items("Appointment", _is_ours_to_read):
        appointment = _read_appointment(received, item, issues)
        start = day_or_none(appointment.start) if appointment else None
        if appointment is None or start is None:
            continue
        for concept in _kinds(appointment.serviceType):
            if appointment.status in _TOOK_PLACE and start <= as_of:
                visits.setdefault((concept, start), Visit(concept, start, item.reference))
            elif appointment.status in _BOOKED and start >= as_of:
                bookings.setdefault((concept, start), Booking(concept, start, item.reference))
    for item in received.items("Encounter", _is_ours_to_read):
        encounter = received.read(item, Encounter, issues)
        start = first_day(encounter.period) if encounter else None
        if encounter is None or start is None or start > as_of or encounter.status not in _VISITED:
            continue
        for concept in _kinds(encounter.type) | _reason_kinds(encounter):
            visits.setdefault((concept, start), Visit(concept, start, item.reference))
    return (
        tuple(sorted(visits.values(), key=lambda each: (each.date, each.concept), reverse=True)),
        tuple(sorted(bookings.values(), key=lambda each: (each.date, each.concept))),
    )


def _is_ours_to_read(item: Item) -> bool:
    """Whether an Encounter or Appointment is of a kind the rules know."""
    head = item.head
    if item.type == "Appointment":
        return _names_visit(bytes(head.service_type))
    return _names_visit(bytes(head.type)) or (bool(head.reason_code) and _names_osteoporosis(bytes(head.reason_code)))


@lru_cache(maxsize=1024)
def _names_visit(concepts: bytes) -> bool:
    """Whether concepts name a kind of visit, or cannot be read; the JSON is cached as it stands."""
    about = meaning(concepts)
    return about is None or "visit" in about.concepts


@lru_cache(maxsize=1024)
def _names_osteoporosis(concepts: bytes) -> bool:
    """Whether concepts name osteoporosis, or cannot be read; the JSON is cached as it stands."""
    about = meaning(concepts)
    return about is None or "osteoporosis_coded" in about.concepts.get("condition", ())


def _read_appointment(received: Received, item: Item, issues: list[Issue]) -> Appointment | None:
    """An Appointment; its patient is one of the participants."""
    appointment = read(item, Appointment, issues)
    if appointment is None:
        return None
    actors = [each.actor for each in appointment.participant if each.actor is not None]
    problems = [received.not_ours(msgspec.json.encode(actor)) for actor in actors]
    if "" in problems:
        return appointment
    patients = [actor for actor in actors if "Patient/" in (actor.reference or "")]
    problem = "participant is another patient" if patients else "no participant is the patient"
    issues.append(Issue(item.reference, problem))
    return None


def _kinds(concepts: Iterable[CodeableConcept]) -> frozenset[str]:
    return concepts_of((coding for concept in concepts for coding in concept.coding), "visit")


def _reason_kinds(encounter: Encounter) -> frozenset[str]:
    """A visit because of osteoporosis is a status visit, with a doctor also a doctor's review."""
    codings = (coding for concept in encounter.reasonCode for coding in concept.coding)
    if "osteoporosis_coded" not in concepts_of(codings, "condition"):
        return frozenset()
    if any(_is_doctor(participant) for participant in encounter.participant):
        return frozenset({"bone_status_visit", "physician_bone_review"})
    return frozenset({"bone_status_visit"})


def _is_doctor(participant: EncounterParticipant) -> bool:
    codings = [coding for concept in participant.type for coding in concept.coding]
    return has_code(codings, PARTICIPATION, _ATTENDER) or "doctor" in concepts_of(codings, "role")
