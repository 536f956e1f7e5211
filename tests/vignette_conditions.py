"""The conditions of a worked patient, each by its writer, and family history (facts-to-fhir 3, 5)."""

from __future__ import annotations

from tests.vignette_codes import CONDITIONS, FAMILY_OSTEOPOROSIS, FRACTURES, RELATIVES
from tests.vignette_diseases import (
    add_condition,
    add_disease,
    add_malignant_hypercalcaemia,
    add_suspicion,
)
from tests.vignette_fractures import add_fall, add_fracture
from tests.vignette_record import Fact, Record, Resource, UnknownFactError, check_keys
from tests.vignette_units import quantity


def add_conditions(record: Record) -> None:
    """Every condition of the vignette; swallowing difficulty is a note there, a diagnosis in FHIR."""
    writers = {
        "fall": add_fall,
        "family_history_osteoporosis": add_family_history,
        "fracture": add_fracture,
        "hypercalcaemia_malignancy": add_malignant_hypercalcaemia,
        "malignancy_suspected_spine": add_suspicion,
        "suspected_vertebral_collapse": add_suspicion,
    }
    for fact in record.facts("conditions"):
        writers.get(fact.get("concept", ""), add_disease)(record, fact)


def add_family_history(record: Record, fact: Fact) -> None:
    """A relative's osteoporosis and fracture; a bare family history may abroad be a diagnosis."""
    check_keys(fact, ("concept",), ("date", "relative_fracture", "relative_fracture_age", "relative_dx_age"))
    if set(fact) <= {"concept", "date"} and record.sometimes("family"):
        add_condition(record, record.concept("family", FAMILY_OSTEOPOROSIS), fact.get("date"))
        return
    diagnoses = [relative_disease(record, "osteoporosis_coded", fact.get("relative_dx_age"))]
    if fact.get("relative_fracture"):
        diagnoses.append(relative_disease(record, "fracture", fact.get("relative_fracture_age")))
    elif "relative_fracture_age" in fact:
        raise UnknownFactError(f"{dict(fact)}: an age at fracture without relative_fracture.")
    record.add(
        "FamilyMemberHistory",
        # "completed" says that what is not listed did not happen, "partial" that nobody knows
        status="completed" if "relative_fracture" in fact else "partial",
        date=fact["date"].isoformat() if "date" in fact else None,
        relationship=record.concept(f"relative {len(record.resources)}", RELATIVES),
        condition=diagnoses,
    )


def relative_disease(record: Record, name: str, age: int | None) -> Resource:
    """A disease of the relative with its age at onset, abroad at times written as a string."""
    codes = FRACTURES["hip"] if name == "fracture" else CONDITIONS[name]
    disease: Resource = {"code": record.concept(f"relative {name}", codes)}
    if age is None:
        return disease
    as_text = record.sometimes("relative age")
    return disease | ({"onsetString": str(age)} if as_text else {"onsetAge": quantity(age, "a")})
