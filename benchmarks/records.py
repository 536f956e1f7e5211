"""Synthetic prefetches of any size for the benchmarks: one patient, the mix a general practice record has.

Of ten resources three are results the rules may read, two are other results (many servers do
not filter by code), two conditions and two prescriptions, most of which concern no rule, and
one is a visit. A long record has more past in it, not more running prescriptions.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

LOINC = "http://loinc.org"
NPU = "http://npu-terminology.org"
SNOMED = "http://snomed.info/sct"
ATC = "http://www.whocc.no/atc"
UCUM = "http://unitsofmeasure.org"
PATIENT = {"reference": "Patient/bench"}
TODAY = date(2025, 3, 10)
#: Prescriptions with a lower number still run: some eight, however long the record is.
_RUNNING = 40

Resource = dict[str, Any]

#: code, system, value, unit, category, and the prefetch key it comes under.
RESULTS = (
    ("DNK35302", NPU, 62.0, "mL/min", "laboratory", "observations"),
    ("NPU10267", NPU, 71.0, "nmol/L", "laboratory", "observations"),
    ("NPU04144", NPU, 1.24, "mmol/L", "laboratory", "observations"),
    ("8302-2", LOINC, 164.0, "cm", "vital-signs", "observations"),
    ("29463-7", LOINC, 68.0, "kg", "vital-signs", "observations"),
    ("39156-5", LOINC, 25.3, "kg/m2", "vital-signs", "observations"),
    ("NPU18016", NPU, 70.0, "umol/L", "laboratory", "screening"),
    ("NPU02319", NPU, 8.4, "mmol/L", "laboratory", "screening"),
    ("NPU03429", NPU, 140.0, "mmol/L", "laboratory", "screening"),
    ("NPU03230", NPU, 4.1, "mmol/L", "laboratory", "screening"),
)
#: Blood pressure, pulse, glucose, cholesterol: what a server sends that does not filter by code.
OTHER_RESULTS = (
    ("85354-9", LOINC, 132.0, "mm[Hg]", "vital-signs", "observations"),
    ("8867-4", LOINC, 71.0, "/min", "vital-signs", "observations"),
    ("2339-0", LOINC, 95.0, "mg/dL", "laboratory", "observations"),
    ("2093-3", LOINC, 180.0, "mg/dL", "laboratory", "observations"),
)
#: A practice's everyday diagnoses; hypertension and hyperlipidaemia are the ones a rule reads.
OTHER_CONDITIONS = (
    *("38341003", "55822004", "444814009", "10509002", "195662009", "235595009", "396275006", "35489007"),
    *("40055000", "43878008", "195967001", "239873007", "162864005", "68496003", "59621000", "36971009"),
)
OTHER_DRUGS = ("C09AA02", "C10AA01", "B01AC06", "N02BE01", "A02BC01", "H03AA01", "C07AB02")


def prefetch(resources: int) -> dict[str, Any]:
    """A prefetch of `resources` resources in all, every key present."""
    left = resources - 1
    keys: dict[str, list[Resource]] = {
        "conditions": [_fracture()],
        "observations": _scan(),
        "screening": [],
        "medicationRequests": [_prescription(0, "H02AB06")],
        "medicationStatements": [],
        "medicationAdministrations": [],
        "medicationDispenses": [],
        "serviceRequests": [],
        "appointments": [],
        "familyHistory": [],
        "encounters": [],
    }
    left -= sum(map(len, keys.values()))
    for number in range(max(left, 0)):
        kind = number % 10
        if kind < 5:
            place = number // 10 * 3 % 8 + kind if kind < 3 else number // 10 % 4
            code, system, value, unit, category, key = (RESULTS if kind < 3 else OTHER_RESULTS)[place]
            day = TODAY - timedelta(days=7 + number * 5)
            keys[key].append(_result(number, code, system, value, unit, category, day))
        elif kind < 7:
            keys["conditions"].append(_condition(number))
        elif kind < 9:
            keys["medicationRequests"].append(_prescription(number, OTHER_DRUGS[number % len(OTHER_DRUGS)]))
        else:
            keys["encounters"].append(_encounter(number))
    return {"patient": _patient(), **{key: _bundle(found) for key, found in keys.items()}}


def request(resources: int) -> dict[str, Any]:
    """A patient-view call with such a prefetch."""
    return {
        "hook": "patient-view",
        "hookInstance": "6bfbd5f0-41c6-4dbe-9f22-0a8a1d3a4a5b",
        "context": {"userId": "Practitioner/bench", "patientId": "bench"},
        "prefetch": prefetch(resources),
    }


def _patient() -> Resource:
    return {"resourceType": "Patient", "id": "bench", "gender": "female", "birthDate": "1951-06-01"}


def _bundle(resources: list[Resource]) -> Resource:
    entries = [{"fullUrl": f"https://ehr.example/fhir/{r['resourceType']}/{r['id']}", "resource": r} for r in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


def _meta(day: date) -> Resource:
    return {"versionId": "1", "lastUpdated": f"{day.isoformat()}T10:00:00+01:00"}


def _result(number: int, code: str, system: str, value: float, unit: str, category: str, day: date) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "meta": _meta(day),
        "status": "final",
        "category": [
            {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": category}]}
        ],
        "code": {"coding": [{"system": system, "code": code, "display": f"{code} as sent"}], "text": f"{code} as sent"},
        "subject": PATIENT,
        "encounter": {"reference": f"Encounter/e{number}"},
        "effectiveDateTime": f"{day.isoformat()}T08:30:00+01:00",
        "issued": f"{day.isoformat()}T12:00:00.000+01:00",
        "valueQuantity": {"value": value + number % 5 * 0.01, "unit": unit, "system": UCUM, "code": unit},
    }


def _scan() -> list[Resource]:
    found = []
    for number, (code, value) in enumerate((("38267-1", -2.7), ("38264-8", -2.2))):
        result = _result(number, code, LOINC, value, "{T-score}", "imaging", date(2025, 2, 3))
        result["id"] = f"t{number}"
        found.append(result)
    return found


def _condition(number: int, code: str | None = None) -> Resource:
    day = TODAY - timedelta(days=30 + number * 3)
    return {
        "resourceType": "Condition",
        "id": f"c{number}",
        "meta": _meta(day),
        "clinicalStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}]
        },
        "verificationStatus": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}]
        },
        "code": {
            "coding": [{"system": SNOMED, "code": code or OTHER_CONDITIONS[number % len(OTHER_CONDITIONS)]}],
            "text": "as recorded",
        },
        "subject": PATIENT,
        "onsetDateTime": day.isoformat(),
        "recordedDate": day.isoformat(),
    }


def _fracture() -> Resource:
    fracture = _condition(1, "263102004")
    fracture["id"] = "fracture"
    return fracture


def _prescription(number: int, atc: str) -> Resource:
    day = TODAY - timedelta(days=20 + number)
    return {
        "resourceType": "MedicationRequest",
        "id": f"m{number}",
        "meta": _meta(day),
        "status": "active" if number < _RUNNING else "completed",
        "intent": "order",
        "medicationCodeableConcept": {"coding": [{"system": ATC, "code": atc}], "text": f"{atc} tablet 5 mg"},
        "subject": PATIENT,
        "authoredOn": day.isoformat(),
        "dosageInstruction": [
            {
                "sequence": 1,
                "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
                "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg", "system": UCUM, "code": "mg"}}],
            }
        ],
    }


def _encounter(number: int) -> Resource:
    day = TODAY - timedelta(days=10 + number * 2)
    return {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "meta": _meta(day),
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "type": [{"coding": [{"system": SNOMED, "code": "185349003"}], "text": "check-up"}],
        "subject": PATIENT,
        "period": {"start": f"{day.isoformat()}T09:00:00+01:00", "end": f"{day.isoformat()}T09:15:00+01:00"},
    }
