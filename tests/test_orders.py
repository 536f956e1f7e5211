"""ServiceRequest -> orders, refusals, overrides; and what else says done or declined."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Declined, Order, Override
from tests.fhir import ATC, LOINC, NPU, SNOMED, SUBJECT, Resource, coded, facts, own, problems, service_request

DXA = coded(SNOMED, "312681000")
REFUSED = [coded(SNOMED, "105480006")]
RECOMMENDATION = "https://osteo-cds.org/fhir/CodeSystem/recommendation"
SKS_PROCEDURES = "urn:oid:1.2.208.176.2.4"


def orders(*resources: Resource) -> tuple[Order, ...]:
    found = facts(*resources)
    assert not found.issues, problems(found)
    return found.orders


def declined(*resources: Resource) -> tuple[Declined, ...]:
    found = facts(*resources)
    assert not found.issues, problems(found)
    return found.declined


def do_not(code: Resource, **elements: Any) -> Resource:
    return service_request(code, doNotPerform=True, **elements)


# --- orders -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "concepts"),
    [
        (DXA, {"dxa"}),
        (coded(LOINC, "38268-9"), {"dxa"}),
        (coded(LOINC, "24701-5"), {"dxa"}),  # the density itself: ordered as a scan
        (coded(LOINC, "83051-3"), {"vfa"}),
        (coded(LOINC, "83014-1"), {"dxa", "vfa"}),
        (coded(LOINC, "24984-7"), {"spine_xray"}),
        (coded(NPU, "NPU19893"), {"p1np"}),
        (coded(NPU, "NPU04144"), {"calcium"}),
        (coded(NPU, "NPU04169"), {"calcium"}),
        (coded(LOINC, "2160-0"), {"creatinine"}),
        (coded(SKS_PROCEDURES, "BWHB40A"), {"zoledronate"}),
        (own("zoledronate-infusion"), {"zoledronate"}),
        (coded(SNOMED, "412717001"), {"bone_specialist"}),
        (coded(SNOMED, "306278007"), {"bone_specialist"}),
        (coded(SNOMED, "225323000"), {"smoking_cessation"}),
        (own("municipal-offer"), {"municipal_offer"}),
        (own("fall-assessment"), {"fall_assessment"}),
        (coded(SNOMED, "247541000000106"), {"fall_assessment"}),
    ],
)
def test_an_order_is_read_with_what_it_asks_for(code: Resource, concepts: set[str]) -> None:
    assert orders(service_request(code)) == (Order(frozenset(concepts), date(2025, 2, 1), True, "ServiceRequest/1"),)


def test_a_dxa_with_vfa_as_its_detail_is_both() -> None:
    assert orders(service_request(DXA, orderDetail=[coded(LOINC, "83051-3")]))[0].concepts == {"dxa", "vfa"}


def test_a_panel_is_what_its_members_are() -> None:
    code = {"coding": [coded(NPU, each)["coding"][0] for each in ("NPU18016", "NPU03429")]}
    assert orders(service_request(code))[0].concepts == {"creatinine", "sodium"}
    details = [coded(NPU, "NPU10267")]
    assert orders(service_request(coded(NPU, "NPU18016"), orderDetail=details))[0].concepts == {
        "creatinine",
        "vitamin_d",
    }


@pytest.mark.parametrize(("status", "pending"), [("active", True), ("on-hold", True), ("completed", False)])
def test_an_order_is_pending_until_it_is_completed(status: str, pending: bool) -> None:
    assert orders(service_request(DXA, status=status))[0].pending is pending


@pytest.mark.parametrize(
    "elements",
    [
        {"status": "draft"},
        {"status": "revoked"},
        {"status": "entered-in-error"},
        {"status": "unknown"},
        {"intent": "plan"},
        {"intent": "proposal"},
        {"authoredOn": "2025-03-11"},
    ],
)
def test_what_is_no_order_is_not_read(elements: Resource) -> None:
    assert orders(service_request(DXA, **elements)) == ()


def test_an_order_keeps_the_day_it_is_for_and_may_be_undated() -> None:
    assert orders(service_request(DXA, occurrenceDateTime="2025-06-01"))[0].planned == date(2025, 6, 1)
    assert orders(service_request(DXA, occurrencePeriod={"start": "2025-06"}))[0].planned == date(2025, 6, 1)
    undated = {key: value for key, value in service_request(DXA).items() if key != "authoredOn"}
    assert orders(undated)[0].date is None


def test_orders_nobody_asks_about_are_ignored() -> None:
    assert orders(service_request(coded(SNOMED, "1")), service_request({"text": "DXA"}, "2")) == ()


def test_an_order_for_somebody_else_is_reported() -> None:
    found = facts(service_request(DXA, subject={"reference": "Patient/q"}))
    assert not found.orders
    assert problems(found) == ["ServiceRequest/1: subject is another patient"]


def test_a_scan_done_may_come_as_a_procedure_or_a_report() -> None:
    procedure = {
        "resourceType": "Procedure",
        "id": "1",
        "status": "completed",
        "code": DXA,
        "subject": SUBJECT,
        "performedPeriod": {"start": "2024-05-01"},
    }
    report = {
        "resourceType": "DiagnosticReport",
        "id": "2",
        "status": "final",
        "code": coded(LOINC, "83014-1"),
        "subject": SUBJECT,
        "effectiveDateTime": "2024-06-01",
    }
    assert orders(procedure, report) == (
        Order(frozenset({"dxa", "vfa"}), date(2024, 6, 1), False, "DiagnosticReport/2"),
        Order(frozenset({"dxa"}), date(2024, 5, 1), False, "Procedure/1"),
    )
    assert orders(procedure | {"status": "preparation"}, report | {"status": "preliminary"}) == ()


def prescription(**elements: Any) -> Resource:
    return {
        "resourceType": "MedicationRequest",
        "id": "1",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": coded(ATC, "M05BA08"),
        "subject": SUBJECT,
        "authoredOn": "2025-02-01",
        **elements,
    }


def infusion(day: str) -> Resource:
    return {
        "resourceType": "MedicationAdministration",
        "id": "2",
        "status": "completed",
        "medicationCodeableConcept": coded(ATC, "M05BA08"),
        "subject": SUBJECT,
        "effectiveDateTime": day,
        "dosage": {"dose": {"value": 5, "unit": "mg"}},
    }


def test_a_prescription_of_zoledronate_is_an_order_until_it_is_given() -> None:
    assert [order.concepts for order in orders(prescription())] == [{"zoledronate"}]
    assert [order.concepts for order in orders(prescription(), infusion("2024-02-01"))] == [{"zoledronate"}]
    assert orders(prescription(), infusion("2025-02-10")) == ()


def test_an_ordered_infusion_is_the_plan_after_denosumab() -> None:
    found = facts(service_request(own("zoledronate-infusion")))
    assert found.findings["den_bp_plan"].value is True
    assert "den_bp_plan" not in facts(service_request(own("zoledronate-infusion"), status="completed")).findings


# --- declined and overridden ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "topic"),
    [
        (own("osteoporosis-treatment"), "treatment"),
        (DXA, "dxa"),
        (own("denosumab-treatment"), "denosumab"),
        (own("bone-markers"), "markers"),
        (own("fall-prevention"), "fall_prevention"),
    ],
)
def test_a_refusal_is_read_with_its_topic(code: Resource, topic: str) -> None:
    expected = (Declined(topic, date(2025, 2, 1), "ServiceRequest/1"),)
    assert declined(do_not(code, reasonCode=REFUSED)) == expected
    assert orders(do_not(code, reasonCode=REFUSED)) == ()


def test_not_to_be_done_for_another_reason_is_no_refusal() -> None:
    assert declined(do_not(DXA, reasonCode=[coded(SNOMED, "77386006")])) == ()  # pregnant
    assert len(declined(do_not(DXA, reasonCode=[{"text": "ønsker ikke"}]))) == 1
    assert len(declined(do_not(DXA))) == 1


@pytest.mark.parametrize(
    "elements", [{"status": "entered-in-error"}, {"status": "revoked"}, {"authoredOn": "2025-03-11"}]
)
def test_a_refusal_that_does_not_stand_is_not_read(elements: Resource) -> None:
    assert declined(do_not(DXA, reasonCode=REFUSED, **elements)) == ()


def test_a_bone_drug_not_to_be_given_declines_treatment() -> None:
    refusal = prescription(doNotPerform=True, medicationCodeableConcept=coded(ATC, "M05BA04"))
    found = facts(refusal)
    assert found.declined == (Declined("treatment", date(2025, 2, 1), "MedicationRequest/1"),)
    assert not any(course.active for course in found.courses)
    other = prescription(doNotPerform=True, medicationCodeableConcept=coded(ATC, "N02BE01"))
    assert facts(other).declined == ()


def task(**elements: Any) -> Resource:
    return {
        "resourceType": "Task",
        "id": "1",
        "status": "rejected",
        "intent": "order",
        "code": own("bone-markers"),
        "for": SUBJECT,
        "authoredOn": "2025-01-01",
        "lastModified": "2025-02-01T10:00:00+01:00",
        **elements,
    }


def test_a_rejected_task_is_a_refusal() -> None:
    assert declined(task()) == (Declined("markers", date(2025, 2, 1), "Task/1"),)
    assert declined(task(status="completed")) == ()
    assert problems(facts(task(**{"for": {"reference": "Patient/q"}}))) == ["Task/1: for is another patient"]


def test_an_override_names_the_recommendation() -> None:
    found = facts(do_not(coded(RECOMMENDATION, "TX-IND-1")))
    assert found.overrides == (Override("TX-IND-1", date(2025, 2, 1), "ServiceRequest/1"),)
    assert not found.declined
