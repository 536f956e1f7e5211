"""A typed patient as the FHIR Bundle an EHR would hold: every fact under a standard code (coding.py).

What was not typed is not in the Bundle, and a Bundle is taken for the whole record: diagnoses, drugs
and visits that were left empty count as none, measurements as not known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from cds_service.workbench.coding import UNITS, codeable, quantity
from cds_service.workbench.typed_fields import NOTED
from cds_service.workbench.typed_form import Typed
from fhir_mappings import facts
from fhir_mappings.drafts_medication import REGIMENS
from fhir_mappings.fractures import DUE_TO, SITES
from fhir_mappings.observed import ANSWERS
from hooks.guideline.calendar import add_months
from hooks.language import Language

Resource = dict[str, Any]

PATIENT: Final = "typed"
BASE: Final = "urn:osteo-cds:workbench"
_CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
#: How often a dose is taken -> FHIR's period and its unit.
_EVERY: Final[Mapping[str, tuple[int, str]]] = {
    "day": (1, "d"),
    "week": (1, "wk"),
    "month": (1, "mo"),
    "quarter": (3, "mo"),
    "half_year": (6, "mo"),
    "year": (1, "a"),
}
_FRACTURE: Final = {site: concept for concept, site in reversed(list(SITES.items()))} | {"other": "fracture_any"}
_DENTAL: Final = {value: answer for answer, value in ANSWERS["dental_status"].items()}


def bundle(typed: Typed, today: date, say: Language) -> Resource:
    """The Bundle of what was typed, without problems. Undated answers are as of `today`."""
    patient = _patient(typed.values, today)
    written = [*_person(typed.values, today), *_measured(typed, say), *_history(typed, say), *_drugs(typed, today, say)]
    subject = {"reference": f"Patient/{PATIENT}"}
    entries = [_entry(patient)]
    for number, resource in enumerate(written, 1):
        about = {"patient": subject} if resource["resourceType"] == "FamilyMemberHistory" else {"subject": subject}
        resource.setdefault("id", f"typed-{number}")
        entries.append(
            _entry({"resourceType": resource.pop("resourceType"), "id": resource.pop("id")} | about | resource)
        )
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _entry(resource: Resource) -> Resource:
    return {"resource": resource}


def _patient(values: Mapping[str, Any], today: date) -> Resource:
    # an age is taken as half a year past the birthday, so that it is right for half a year either way
    born = values["born"] or add_months(today, -round(12 * values["age"]) - 6).isoformat()
    return {"resourceType": "Patient", "id": PATIENT, "gender": values["sex"], "birthDate": born}


def _observation(name: str, on: str, **value: Any) -> Resource:
    code = codeable(name, "observation")
    return {"resourceType": "Observation", "status": "final", "code": code, "effectiveDateTime": on, **value}


def _condition(concept: str, on: str | None, text: str = "") -> Resource:
    written: Resource = {
        "resourceType": "Condition",
        "clinicalStatus": {"coding": [{"system": _CLINICAL, "code": "active"}]},
        "verificationStatus": {"coding": [{"system": _VERIFICATION, "code": "confirmed"}]},
        "code": codeable(concept, "condition", text),
    }
    return written | ({"onsetDateTime": on} if on else {})


def _person(values: Mapping[str, Any], today: date) -> Iterator[Resource]:
    """Menopause, smoking, residence, family, falls and notes."""
    on = today.isoformat()
    if values["menopause"]:
        answer = {"pre": "premenopausal", "post": "postmenopausal"}[values["menopause"]]
        yield _observation("menopause_status", on, valueCodeableConcept=codeable(answer, "answer"))
    if values["menopause_age"] is not None:
        yield _observation("menopause_age", on, valueQuantity=quantity(values["menopause_age"], "a"))
    if values["smoking"]:
        status = codeable(f"smoking_{values['smoking']}", "observation")
        yield _observation("smoking_status", on, valueCodeableConcept=status)
    if values["nursing_home"]:
        yield _condition("nursing_home_resident", None)
    if values["family"]:
        yield _relative(values)
    if values["falls_past_year"] is not None:
        yield _observation("falls_past_year", on, valueInteger=int(values["falls_past_year"]))
    if values["dental_status"]:
        teeth = codeable(_DENTAL[values["dental_status"]], "answer")
        yield _observation("dental_status", on, valueCodeableConcept=teeth)
    for note in NOTED:
        if values[note]:
            yield _observation(note, on, valueBoolean=True)


def _relative(values: Mapping[str, Any]) -> Resource:
    name = "fracture_any" if values["family"] == "fracture" else "osteoporosis_coded"
    disease: Resource = {"code": codeable(name, "condition")}
    if values["family_age"] is not None:
        disease["onsetAge"] = quantity(values["family_age"], "a")
    relationship = codeable("first_degree_relative", "family")
    return {
        "resourceType": "FamilyMemberHistory",
        "status": "completed",
        "relationship": relationship,
        "condition": [disease],
    }


def _measured(typed: Typed, say: Language) -> Iterator[Resource]:
    for row in typed.rows["scans"]:
        neck = {"bodySite": codeable("body_site_femoral_neck", "observation")} if row["site"] == "femoral_neck" else {}
        value = quantity(row["value"], UNITS["t_score"])
        yield _observation(f"t_score_{row['site']}", row["on"], **neck, valueQuantity=value)
    for row in typed.rows["measures"]:
        unit = UNITS.get(row["concept"]) or facts.UNITS[row["concept"]]
        written = _observation(row["concept"], row["on"], valueQuantity=quantity(row["value"], unit))
        written["code"]["text"] = say.term(f"concept.{row['concept']}")
        yield written


def _history(typed: Typed, say: Language) -> Iterator[Resource]:
    """Fractures with their cause and compression, and the other diagnoses."""
    for number, row in enumerate(typed.rows["fractures"], 1):
        fracture = _condition(_FRACTURE[row["site"]], row["on"], say.term(f"fracture.{row['site']}"))
        fracture["id"] = f"fracture-{number}"
        if row["energy"]:
            cause = codeable(f"{row['energy']}_energy_trauma", "cause")
            fracture["extension"] = [{"url": DUE_TO, "valueCodeableConcept": cause}]
        yield fracture
        if row["compression"] is not None:
            about = [{"reference": f"Condition/fracture-{number}"}]
            value = quantity(row["compression"], "%")
            compression = _observation("vertebral_compression", row["on"] or "", focus=about, valueQuantity=value)
            yield compression if row["on"] else {k: v for k, v in compression.items() if k != "effectiveDateTime"}
    for row in typed.rows["conditions"]:
        name = "concept.swallowing_difficulty" if row["concept"] == "dysphagia" else f"condition.{row['concept']}"
        yield _condition(row["concept"], row["on"], say.term(name))


def _drugs(typed: Typed, today: date, say: Language) -> Iterator[Resource]:
    for row in typed.rows["drugs"]:
        ended = row["stop"] is not None and row["stop"] < today.isoformat()
        yield {
            "resourceType": "MedicationRequest",
            "status": "completed" if ended else "active",
            "intent": "order",
            "medicationCodeableConcept": codeable(row["drug"], "medication", say.term(f"drug.{row['drug']}")),
            "authoredOn": row["start"],
            "dosageInstruction": [dosage(row["mg"], row["every"], period(row["start"], row["stop"]))],
        }
    for row in typed.rows["given"]:
        regimen = REGIMENS[row["drug"]]
        assert regimen.amount is not None
        yield {
            "resourceType": "MedicationAdministration",
            "status": "completed",
            "medicationCodeableConcept": codeable(row["drug"], "medication", say.term(f"drug.{row['drug']}")),
            "effectiveDateTime": row["on"],
            "dosage": {"dose": quantity(regimen.amount, regimen.unit)},
        }


def period(start: str, stop: str | None) -> Resource:
    """The bounds of a course: `stop` is its last day, as in FHIR."""
    return {"boundsPeriod": {"start": start} | ({"end": stop} if stop else {})}


def dosage(mg: float | None, every: str | None, bounds: Resource) -> Resource:
    """How much, how often and how long; a dose without an interval is daily."""
    if mg is None:
        return {"timing": {"repeat": bounds}}
    length, unit = _EVERY[every or "day"]
    repeat = {"frequency": 1, "period": length, "periodUnit": unit} | bounds
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": quantity(mg, "mg")}]}
