"""Diseases of a worked patient (facts-to-fhir 3)."""

from __future__ import annotations

from datetime import date
from typing import Final

from tests.vignette_codes import CONDITIONS, DYSPHAGIA, HYPERCALCAEMIA, SUSPECTED
from tests.vignette_record import Fact, Record, Resource, check_keys, extension, known

DUE_TO: Final = "http://hl7.org/fhir/StructureDefinition/condition-dueTo"
CLINICAL: Final = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION: Final = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def add_disease(record: Record, fact: Fact) -> None:
    """A disease or state under the code of the dialect."""
    check_keys(fact, ("concept",), ("date", "end"))
    codes = known(fact["concept"], CONDITIONS, "condition")
    condition = add_condition(record, record.concept(fact["concept"], codes), fact.get("date"))
    end_condition(record, condition, fact.get("end"))


def add_condition(record: Record, code: Resource, day: date | None, status: str = "active") -> Resource:
    """A confirmed Condition with its onset."""
    return record.add(
        "Condition",
        clinicalStatus={"coding": [{"system": CLINICAL, "code": status}]},
        verificationStatus={"coding": [{"system": VERIFICATION, "code": "confirmed"}]},
        code=code,
        onsetDateTime=day.isoformat() if day else None,
    )


def end_condition(record: Record, condition: Resource, end: date | None) -> None:
    """The abatement. FHIR allows none on an active Condition, so a planned end goes without status."""
    if end is None:
        return
    condition["abatementDateTime"] = end.isoformat()
    if end <= record.today:
        condition["clinicalStatus"] = {"coding": [{"system": CLINICAL, "code": "resolved"}]}
    else:
        del condition["clinicalStatus"]


def add_suspicion(record: Record, fact: Fact) -> None:
    """The own code; abroad at times the disease itself, not yet confirmed."""
    name = fact["concept"]
    if not record.sometimes(name):
        add_disease(record, fact)
        return
    check_keys(fact, ("concept",), ("date", "end"))
    condition = add_condition(record, record.concept(name, SUSPECTED[name]), fact.get("date"))
    status = record.choose(f"{name} status", ("provisional", "differential", "unconfirmed"))
    condition["verificationStatus"] = {"coding": [{"system": VERIFICATION, "code": status}]}
    end_condition(record, condition, fact.get("end"))


def add_malignant_hypercalcaemia(record: Record, fact: Fact) -> None:
    """The own code; abroad at times hypercalcaemia due to a malignancy."""
    add_disease(record, fact)
    if record.sometimes("hypercalcaemia"):
        condition = record.resources[-1]
        condition["code"] = record.concept("hypercalcaemia", HYPERCALCAEMIA)
        cause = record.concept("malignancy", CONDITIONS["bone_metastasis"])
        condition["extension"] = [extension(DUE_TO, cause)]


def add_swallowing_difficulty(record: Record) -> None:
    """The note is an active diagnosis without date."""
    add_condition(record, record.concept("dysphagia", DYSPHAGIA), None)
