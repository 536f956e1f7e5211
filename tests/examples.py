"""A small patient and the requests an EHR makes about her."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any

TODAY = date(2025, 3, 10)
PATIENT_ID = "pat-1"
SERVER = "https://ehr.example.org/fhir"
KEYS = (
    "conditions",
    "observations",
    "screening",
    "medicationRequests",
    "medicationStatements",
    "medicationAdministrations",
    "medicationDispenses",
    "serviceRequests",
    "appointments",
    "encounters",
    "familyHistory",
)

CLIENT = """
[[client]]
name = "sandbox"
iss = "https://sandbox.example.org"
jwks_file = "sandbox-jwks.json"
algorithms = ["ES384"]
fhir_servers = ["http://127.0.0.1:8085/fhir/"]
language = "en"
development = true
generic_t_score_codes = ["38265-5"]
"""


def patient(patient_id: str = PATIENT_ID, birth_date: str = "1957-06-01") -> dict[str, Any]:
    """A woman of 67."""
    return {"resourceType": "Patient", "id": patient_id, "gender": "female", "birthDate": birth_date}


def t_score(
    value: float = -2.8, number: int = 1, code: str = "80948-3", patient_id: str = PATIENT_ID
) -> dict[str, Any]:
    """A T-score of the hip, three weeks old."""
    return {
        "resourceType": "Observation",
        "id": f"t-{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": "2025-02-20",
        "valueQuantity": {"value": value, "code": "{T-score}", "system": "http://unitsofmeasure.org"},
    }


def egfr(value: float = 28) -> dict[str, Any]:
    """An eGFR, two weeks old."""
    return t_score() | {
        "id": "egfr",
        "code": {"coding": [{"system": "http://loinc.org", "code": "62238-1"}]},
        "effectiveDateTime": "2025-02-24",
        "valueQuantity": {"value": value, "code": "mL/min/{1.73_m2}", "system": "http://unitsofmeasure.org"},
    }


def smoker(patient_id: str = PATIENT_ID) -> dict[str, Any]:
    """She smokes."""
    return {
        "resourceType": "Observation",
        "id": "smoking",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "72166-2"}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": "2025-01-15",
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "449868002"}]},
    }


def prednisolone(status: str = "draft") -> dict[str, Any]:
    """A draft of 10 mg prednisolone daily for half a year."""
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": status,
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationCodeableConcept": {
            "coding": [{"system": "http://www.whocc.no/atc", "code": "H02AB06"}],
            "text": "Prednisolon 5 mg",
        },
        "dosageInstruction": [
            {
                "timing": {
                    "repeat": {
                        "frequency": 1,
                        "period": 1,
                        "periodUnit": "d",
                        "boundsDuration": {"value": 180, "unit": "d", "code": "d"},
                    }
                },
                "doseAndRate": [{"doseQuantity": {"value": 10, "unit": "mg", "code": "mg"}}],
            }
        ],
    }


def alendronate() -> dict[str, Any]:
    """A draft of 70 mg alendronate weekly."""
    return {
        "resourceType": "MedicationRequest",
        "id": "draft-1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "medicationCodeableConcept": {"coding": [{"system": "http://www.whocc.no/atc", "code": "M05BA04"}]},
        "dosageInstruction": [
            {
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}},
                "doseAndRate": [{"doseQuantity": {"value": 70, "unit": "mg", "code": "mg"}}],
            }
        ],
    }


def bundle(*resources: dict[str, Any], kind: str = "searchset") -> dict[str, Any]:
    """A Bundle of the resources; without any it says "searched, none found"."""
    entries = [{"fullUrl": f"{SERVER}/{r['resourceType']}/{r['id']}", "resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": kind} | ({"entry": entries} if entries else {})


def request(hook: str = "patient-view") -> dict[str, Any]:
    """A call about a woman of 67 who smokes and has a T-score of -2.8.

    On order-select alendronate is drafted and her eGFR is 28; on order-sign prednisolone is drafted.
    """
    prefetch: dict[str, Any] = {key: bundle() for key in KEYS}
    prefetch["patient"] = patient()
    prefetch["observations"] = bundle(t_score(), smoker())
    context: dict[str, Any] = {"userId": "Practitioner/gp-1", "patientId": PATIENT_ID}
    if hook == "order-sign":
        context["draftOrders"] = bundle(prednisolone(), kind="collection")
    if hook == "order-select":
        prefetch["observations"] = bundle(t_score(), smoker(), egfr())
        context["draftOrders"] = bundle(alendronate(), kind="collection")
        context["selections"] = ["MedicationRequest/draft-1"]
    return {
        "hook": hook,
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "context": context,
        "prefetch": prefetch,
    }


def changed(body: dict[str, Any], path: str, *value: Any) -> dict[str, Any]:
    """A copy with the member at a dotted path set to `value`, or taken out when none is given."""
    copy = deepcopy(body)
    *parents, name = path.split(".")
    at = copy
    for parent in parents:
        at = at[parent]
    if value:
        at[name] = value[0]
    else:
        del at[name]
    return copy
