"""Small medication records for tests: orders, statements, supplies of one patient, and how they are read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from fhir_mappings.facts import Issue, MedicationCourse, Sex
from fhir_mappings.medications import Medications, read_medications
from fhir_mappings.prefetch import Received
from tests.examples import PATIENT_ID, TODAY, bundle, patient

Resource = dict[str, Any]

KEYS = {
    "MedicationRequest": "medicationRequests",
    "MedicationStatement": "medicationStatements",
    "MedicationAdministration": "medicationAdministrations",
    "MedicationDispense": "medicationDispenses",
    "Medication": "medicationRequests",
    "Procedure": "medicationAdministrations",
}
ATC = "http://www.whocc.no/atc"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
ORAL, INTRAVENOUS, INHALED, INTRAMUSCULAR = "26643006", "47625008", "447694001", "78421000"


def concept(code: str = "", text: str = "", system: str = ATC) -> Resource:
    """A CodeableConcept."""
    return ({"coding": [{"system": system, "code": code}]} if code else {}) | ({"text": text} if text else {})


def drug(code: str = "H02AB06", text: str = "", system: str = ATC) -> Resource:
    """medicationCodeableConcept, prednisolone unless another code is given."""
    return {"medicationCodeableConcept": concept(code, text, system)}


def quantity(value: float, unit: str = "mg") -> Resource:
    return {"value": value, "unit": unit} | ({"code": unit} if unit in ("mg", "d", "wk") else {})


def daily(mg: float, route: str = "", **repeat: Any) -> Resource:
    """A Dosage of so many mg once a day."""
    given = {"route": concept(route, system=SNOMED)} if route else {}
    timing = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"} | repeat}
    return given | {"timing": timing, "doseAndRate": [{"doseQuantity": quantity(mg)}]}


def for_days(number: int) -> Resource:
    return {"boundsDuration": quantity(number, "d")}


def period(start: str = "", end: str = "") -> Resource:
    return {"boundsPeriod": ({"start": start} if start else {}) | ({"end": end} if end else {})}


def resource(kind: str, number: int | str, **elements: Any) -> Resource:
    subject = {} if kind == "Medication" else {"subject": {"reference": f"Patient/{PATIENT_ID}"}}
    return {"resourceType": kind, "id": str(number)} | subject | elements


def order(number: int | str, authored: str = "2025-01-01", *dosages: Resource, **elements: Any) -> Resource:
    """An active order, of prednisolone unless said otherwise."""
    product = {} if "medicationReference" in elements else drug()
    given = {"dosageInstruction": list(dosages)} if dosages else {}
    base = resource("MedicationRequest", number, status="active", intent="order", authoredOn=authored)
    return base | product | given | elements


def statement(number: int | str, start: str = "", end: str = "", *dosages: Resource, **elements: Any) -> Resource:
    """What the patient takes, prednisolone unless said otherwise."""
    taken = ({"start": start} if start else {}) | ({"end": end} if end else {})
    when = {"effectivePeriod": taken} if taken else {}
    given = {"dosage": list(dosages)} if dosages else {}
    return resource("MedicationStatement", number, status="active") | drug() | when | given | elements


def dispense(number: int | str, day: str, amount: Resource | None, **elements: Any) -> Resource:
    """A dispensing, of prednisolone unless said otherwise."""
    handed = {"whenHandedOver": day} | ({"quantity": amount} if amount else {})
    return resource("MedicationDispense", number, status="completed") | drug() | handed | elements


def administration(number: int | str, day: str, code: str, mg: float | None = None, **elements: Any) -> Resource:
    """A dose given."""
    dose = {"dosage": {"dose": quantity(mg)}} if mg is not None else {}
    base = resource("MedicationAdministration", number, status="completed", effectiveDateTime=day)
    return base | drug(code) | dose | elements


def of(kind: str, number: int | str) -> Resource:
    """A reference."""
    return {"reference": f"{kind}/{number}"}


def received(*resources: Resource, issues: list[Issue] | None = None, person: Resource | None = None) -> Received:
    """The resources as they arrive, each under its prefetch key."""
    prefetch: dict[str, Resource] = {key: bundle() for key in KEYS.values()}
    for key in dict.fromkeys(KEYS.values()):
        prefetch[key] = bundle(*(each for each in resources if KEYS[each["resourceType"]] == key))
    prefetch["patient"] = person or patient()
    sent = {key: msgspec.json.encode(value) for key, value in prefetch.items()}
    return Received(sent, PATIENT_ID, [] if issues is None else issues)


def read(
    *resources: Resource, today: date = TODAY, sex: Sex = "female", issues: list[Issue] | None = None
) -> Medications:
    """The medication read; without `issues` none may come up."""
    found: list[Issue] = [] if issues is None else issues
    medications = read_medications(received(*resources, issues=found), today, found, sex)
    assert issues is not None or not found, found
    return medications


def only(medications: Medications) -> MedicationCourse:
    """The one course."""
    (course,) = medications.courses
    return course


def doses(course: MedicationCourse) -> str:
    """The steps in words: `2025-01-01 10 x 30, 2025-01-31 5 x open`, or unknown."""
    if not course.dose_known:
        return "unknown"
    return ", ".join(
        f"{s.start} {round(s.mg_per_day, 3):g} x {(s.end - s.start).days if s.end else 'open'}" for s in course.steps
    )


def days_ago(number: int) -> str:
    return (TODAY - timedelta(days=number)).isoformat()
