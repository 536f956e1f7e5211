"""Small FHIR resources for tests of the readers, and the way from them to facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec

from fhir_mappings import ReadOptions, read_facts
from fhir_mappings.facts import PatientFacts
from fhir_mappings.prefetch import KEYS

Resource = dict[str, Any]

TODAY = date(2025, 3, 10)
LOINC = "http://loinc.org"
NPU = "http://npu-terminology.org"
SNOMED = "http://snomed.info/sct"
ICD10 = "http://hl7.org/fhir/sid/icd-10"
SKS = "urn:oid:1.2.208.176.2.4.12"
ICPC = "urn:oid:1.2.208.176.2.31"
ATC = "http://www.whocc.no/atc"
FACTS = "https://osteo-cds.org/fhir/CodeSystem/facts"
UCUM = "http://unitsofmeasure.org"
DUE_TO = "http://hl7.org/fhir/StructureDefinition/condition-dueTo"

NOTHING_AGREED = ReadOptions()
SUBJECT = {"reference": "Patient/p"}
PATIENT: Resource = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1950-06-15"}


def coded(system: str, code: str) -> Resource:
    """A CodeableConcept."""
    return {"coding": [{"system": system, "code": code}]}


def own(code: str) -> Resource:
    """A CodeableConcept of the project's own system."""
    return coded(FACTS, code)


def quantity(value: float, unit: str) -> Resource:
    """A Quantity with a UCUM code."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def observation(code: Resource, number: str = "1", day: str | None = "2025-01-10", **elements: Any) -> Resource:
    """A final Observation."""
    when = {"effectiveDateTime": day} if day else {}
    return {
        "resourceType": "Observation",
        "id": number,
        "status": "final",
        "code": code,
        "subject": SUBJECT,
        **when,
        **elements,
    }


def egfr(value: float, number: str = "1", day: str | None = "2025-01-10", **elements: Any) -> Resource:
    """An eGFR as a Danish laboratory sends it."""
    elements.setdefault("valueQuantity", {"value": value, "unit": "mL/min"})
    return observation(elements.pop("code", coded(NPU, "DNK35302")), number, day, **elements)


def t_score(value: float, code: str = "38264-8", number: str = "1", **elements: Any) -> Resource:
    """A T-score, of the total hip unless the code says otherwise."""
    elements.setdefault("valueQuantity", quantity(value, "{T-score}"))
    return observation(coded(LOINC, code), number, **elements)


def condition(code: Resource, number: str = "1", onset: str | None = "2020-05-01", **elements: Any) -> Resource:
    """A confirmed, active Condition."""
    clinical = "http://terminology.hl7.org/CodeSystem/condition-clinical"
    verification = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
    return {
        "resourceType": "Condition",
        "id": number,
        "clinicalStatus": coded(clinical, "active"),
        "verificationStatus": coded(verification, "confirmed"),
        "code": code,
        "subject": SUBJECT,
        **({"onsetDateTime": onset} if onset else {}),
        **elements,
    }


def service_request(code: Resource, number: str = "1", **elements: Any) -> Resource:
    """An active order."""
    return {
        "resourceType": "ServiceRequest",
        "id": number,
        "status": "active",
        "intent": "order",
        "code": code,
        "subject": SUBJECT,
        "authoredOn": "2025-02-01",
        **elements,
    }


def bundle(*resources: Resource, **elements: Any) -> Resource:
    """A search result."""
    entries = [
        {"fullUrl": f"https://ehr.example.org/{r['resourceType']}/{r.get('id')}", "resource": r} for r in resources
    ]
    return {"resourceType": "Bundle", "type": "searchset", **({"entry": entries} if entries else {}), **elements}


def raw(value: object) -> msgspec.Raw:
    """JSON as it comes from a request."""
    return msgspec.Raw(msgspec.json.encode(value))


def prefetch_of(*resources: Resource, patient: Resource = PATIENT) -> dict[str, msgspec.Raw]:
    """A prefetch in which every key was sent and the resources stand under the key of their type."""
    keys = {resource_type: key for key, resource_type in reversed(list(KEYS.items()))}
    found: dict[str, list[Resource]] = {key: [] for key in KEYS if key != "patient"}
    for resource in resources:
        found[keys.get(resource["resourceType"], "conditions")].append(resource)
    return {"patient": raw(patient)} | {key: raw(bundle(*held)) for key, held in found.items()}


def facts_of_prefetch(
    prefetch: Mapping[str, msgspec.Raw | None], as_of: date = TODAY, options: ReadOptions = NOTHING_AGREED
) -> PatientFacts:
    """The facts read from a prefetch of the patient `p`."""
    return read_facts(prefetch, patient_id="p", as_of=as_of, options=options).facts


def facts(
    *resources: Resource,
    patient: Resource = PATIENT,
    as_of: date = TODAY,
    options: ReadOptions = NOTHING_AGREED,
) -> PatientFacts:
    """The facts read from the resources of the patient `p`."""
    return facts_of_prefetch(prefetch_of(*resources, patient=patient), as_of, options)


def problems(found: PatientFacts) -> list[str]:
    """What was left out and why, one line each."""
    return [f"{issue.reference}: {issue.problem}" for issue in found.issues]
