"""One answer before the workers are forked, so that none of them reads texts and compiles rules in its first call.

The patient is made up, and nothing is recorded of it.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from cds_service.answer import answer
from cds_service.settings import Settings
from cds_service.wire import encode, read_envelope, read_request
from fhir_mappings import ReadOptions
from hooks.services import SERVICES

_SUBJECT: Final = {"reference": "Patient/warm-up"}
_DAY: Final = date(2025, 1, 1)


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


_RECORD: Final[dict[str, list[dict[str, Any]]]] = {
    "conditions": [
        {
            "resourceType": "Condition",
            "id": "hip",
            "subject": _SUBJECT,
            "code": _coded("urn:oid:1.2.208.176.2.4.12", "DS720"),
            "onsetDateTime": "2024-11-01",
        }
    ],
    "observations": [
        {
            "resourceType": "Observation",
            "id": "scan",
            "status": "final",
            "subject": _SUBJECT,
            "code": _coded("http://loinc.org", "38267-1"),
            "effectiveDateTime": "2024-12-01",
            "valueQuantity": {"value": -2.7, "unit": "{T-score}"},
        }
    ],
    "medicationRequests": [
        {
            "resourceType": "MedicationRequest",
            "id": "prednisolone",
            "status": "active",
            "intent": "order",
            "subject": _SUBJECT,
            "authoredOn": "2024-12-01",
            "medicationCodeableConcept": _coded("http://www.whocc.no/atc", "H02AB06"),
            "dosageInstruction": [
                {
                    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                    "doseAndRate": [{"doseQuantity": {"value": 7.5, "unit": "mg"}}],
                }
            ],
        }
    ],
}


def warm_up(settings: Settings) -> int:
    """Answer about the made-up patient in the service's language; how many cards it gave."""
    service = SERVICES[0]
    prefetch: dict[str, Any] = {key: {"resourceType": "Bundle", "entry": []} for key in service.prefetch}
    prefetch |= {
        key: {"resourceType": "Bundle", "entry": [{"resource": each} for each in found]}
        for key, found in _RECORD.items()
    }
    prefetch["patient"] = {
        "resourceType": "Patient",
        "id": "warm-up",
        "gender": "female",
        "birthDate": "1950-01-01",
    }
    body = encode(
        {
            "hook": service.hook,
            "hookInstance": "00000000-0000-4000-8000-000000000000",
            "context": {"userId": "Practitioner/warm-up", "patientId": "warm-up"},
            "prefetch": prefetch,
        }
    )
    answered = answer(
        read_request(read_envelope(body), service.hook),
        service.hook,
        as_of=_DAY,
        language=settings.language,
        options=ReadOptions(),
        content=settings.content,
    )
    encode(answered.body)
    return len(answered.body["cards"])
