"""Appointment and Encounter -> visits that took place, and bookings."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Booking, Visit
from tests.fhir import SNOMED, SUBJECT, Resource, coded, facts, own, problems

STATUS_VISIT = own("bone-status-visit")
ATTENDER = coded("http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "ATND")


def appointment(day: str, status: str, kind: Resource = STATUS_VISIT, **elements: Any) -> Resource:
    return {
        "resourceType": "Appointment",
        "id": "1",
        "status": status,
        "serviceType": [kind],
        "start": f"{day}T09:00:00+01:00",
        "end": f"{day}T09:30:00+01:00",
        "participant": [{"actor": SUBJECT, "status": "accepted"}],
        **elements,
    }


def encounter(day: str = "2024-06-01", status: str = "finished", **elements: Any) -> Resource:
    return {
        "resourceType": "Encounter",
        "id": "2",
        "status": status,
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": SUBJECT,
        "period": {"start": f"{day}T09:00:00+01:00"},
        **elements,
    }


@pytest.mark.parametrize("status", ["fulfilled", "arrived", "checked-in"])
def test_an_appointment_that_was_kept_is_a_visit(status: str) -> None:
    found = facts(appointment("2024-06-01", status))
    assert found.visits == (Visit("bone_status_visit", date(2024, 6, 1), "Appointment/1"),)
    assert not found.bookings


@pytest.mark.parametrize("status", ["booked", "pending", "proposed"])
def test_an_appointment_to_come_is_a_booking(status: str) -> None:
    found = facts(appointment("2025-09-01", status, own("denosumab-injection")))
    assert found.bookings == (Booking("denosumab_injection", date(2025, 9, 1), "Appointment/1"),)
    assert not found.visits


def test_a_booking_for_today_is_one_and_a_booking_in_the_past_is_nothing() -> None:
    assert len(facts(appointment("2025-03-10", "booked")).bookings) == 1
    past = facts(appointment("2025-03-09", "booked"))
    assert (past.visits, past.bookings) == ((), ())


@pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error", "waitlist"])
def test_what_did_not_take_place_is_neither(status: str) -> None:
    found = facts(appointment("2024-06-01", status))
    assert (found.visits, found.bookings, found.issues) == ((), (), ())


def test_a_visit_kept_twice_is_one() -> None:
    found = facts(appointment("2024-06-01", "fulfilled"), encounter(type=[STATUS_VISIT]))
    assert [visit.reference for visit in found.visits] == ["Appointment/1"]


@pytest.mark.parametrize(
    ("code", "concept"),
    [
        ("physician-bone-review", "physician_bone_review"),
        ("dental-visit", "dental_visit"),
        ("municipal-offer", "municipal_offer"),
        ("denosumab-injection", "denosumab_injection"),
        ("chronic-annual-review", "chronic_annual_review"),
    ],
)
def test_the_kind_of_visit_is_the_type_of_the_encounter(code: str, concept: str) -> None:
    assert [visit.concept for visit in facts(encounter(type=[own(code)])).visits] == [concept]


def test_an_encounter_counts_when_it_began_and_not_after_today() -> None:
    assert len(facts(encounter("2025-03-10", "in-progress", type=[STATUS_VISIT])).visits) == 1
    assert not facts(encounter("2025-03-11", type=[STATUS_VISIT])).visits
    assert not facts(encounter(status="planned", type=[STATUS_VISIT])).visits


def test_an_encounter_because_of_osteoporosis_is_a_status_visit() -> None:
    reason = [coded(SNOMED, "64859006")]
    assert [visit.concept for visit in facts(encounter(reasonCode=reason)).visits] == ["bone_status_visit"]
    assert not facts(encounter(reasonCode=[coded(SNOMED, "38341003")])).visits


@pytest.mark.parametrize("role", [ATTENDER, coded(SNOMED, "309343006")])
def test_with_a_doctor_it_is_a_doctors_review_too(role: Resource) -> None:
    participant = [{"type": [role], "individual": {"reference": "Practitioner/1"}}]
    found = facts(encounter(reasonCode=[coded(SNOMED, "64859006")], participant=participant))
    assert {visit.concept for visit in found.visits} == {"bone_status_visit", "physician_bone_review"}


def test_other_visits_are_ignored_without_issue() -> None:
    found = facts(encounter(type=[coded(SNOMED, "162673000")]), appointment("2024-06-01", "fulfilled", {"text": "x"}))
    assert (found.visits, found.issues) == ((), ())


@pytest.mark.parametrize(
    ("participants", "problem"),
    [
        ([{"actor": {"reference": "Patient/q"}, "status": "accepted"}], "participant is another patient"),
        ([{"actor": {"reference": "Practitioner/1"}, "status": "accepted"}], "no participant is the patient"),
        ([{"status": "accepted"}], "no participant is the patient"),
    ],
)
def test_an_appointment_of_somebody_else_is_reported(participants: list[Resource], problem: str) -> None:
    found = facts(appointment("2024-06-01", "fulfilled", participant=participants))
    assert not found.visits
    assert problems(found) == [f"Appointment/1: {problem}"]


def test_the_doctor_beside_the_patient_does_no_harm() -> None:
    participants = [
        {"actor": {"reference": "Practitioner/1"}, "status": "accepted"},
        {"actor": {"reference": "https://ehr.example.org/fhir/Patient/p"}, "status": "accepted"},
    ]
    assert len(facts(appointment("2024-06-01", "fulfilled", participant=participants)).visits) == 1


def test_an_encounter_of_another_edition_is_reported() -> None:
    r5 = encounter(type=[STATUS_VISIT], actualPeriod={"start": "2024-06-01"})
    del r5["period"]
    found = facts(r5)
    assert not found.visits
    assert problems(found) == ["Encounter/2: actualPeriod is no element of Encounter in FHIR R4"]
