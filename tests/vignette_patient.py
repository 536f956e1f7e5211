"""The Patient, and menopause and residence of a worked patient (facts-to-fhir 2)."""

from __future__ import annotations

from datetime import date
from typing import Final

from tests.vignette_codes import AGE_AT_MENOPAUSE, EARLY_MENOPAUSE, NURSING_HOME, POSTMENOPAUSAL, both
from tests.vignette_diseases import add_condition
from tests.vignette_record import Fact, Record, Resource, UnknownFactError, add_months, check_keys
from tests.vignette_units import quantity

PATIENT_KEYS: Final = ("birth_date", "deceased", "menopause_age", "menopause_status", "residence")


def add_patient(record: Record) -> None:
    """The Patient, and what the vignette says of the patient that FHIR keeps elsewhere."""
    patient: Fact = record.vignette["patient"]
    check_keys(patient, ("sex", "age"), PATIENT_KEYS)
    if patient["sex"] not in ("female", "male"):
        raise UnknownFactError(f"sex {patient['sex']!r}: expected female or male.")
    record.patient = {
        "resourceType": "Patient",
        "id": f"pat-{record.id}",
        "gender": patient["sex"],
        "birthDate": record.birth_date.isoformat(),
    } | deceased(patient)
    add_menopause(record, patient)
    if "residence" in patient:
        add_residence(record, patient["residence"])


def deceased(patient: Fact) -> Resource:
    """`deceased`: true, or the day of death."""
    died = patient.get("deceased")
    if died is None:
        return {}
    return {"deceasedDateTime": died.isoformat()} if isinstance(died, date) else {"deceasedBoolean": died}


def add_residence(record: Record, residence: str) -> None:
    """A home of one's own is not written: absence means it."""
    if residence not in ("home", "nursing_home"):
        raise UnknownFactError(f"residence {residence!r}: expected home or nursing_home.")
    if residence == "nursing_home":
        add_condition(record, record.concept("nursing home", NURSING_HOME), None)


def add_menopause(record: Record, patient: Fact) -> None:
    """Status and age at menopause; abroad both may be one Condition with the age as its onset."""
    status, age = patient.get("menopause_status"), patient.get("menopause_age")
    if status not in (None, "pre", "post"):
        raise UnknownFactError(f"menopause_status {status!r}: expected pre or post.")
    if status == "post" and age is not None and record.sometimes("menopause"):
        codes = EARLY_MENOPAUSE if age < 45 else POSTMENOPAUSAL
        add_condition(record, record.concept("menopause", codes), None)["onsetAge"] = quantity(age, "a")
        return
    day = record.today if age is None else min(record.today, add_months(record.birth_date, 12 * age))
    if age is not None:
        concept = record.concept("menopause age", AGE_AT_MENOPAUSE)
        record.observe(concept, day, valueQuantity=quantity(age, "a"))
    if status is not None:
        add_menopause_status(record, status, day)


def add_menopause_status(record: Record, status: str, day: date) -> None:
    """A diagnosis or an own Observation, both canonical; before the menopause only the latter exists."""
    if status == "post" and record.choose("menopause status", ("diagnosis", "observation")) == "diagnosis":
        add_condition(record, record.concept("menopause", POSTMENOPAUSAL), None)
        return
    value = record.concept("menopause value", both(f"own:{status}menopausal"))
    concept = record.concept("menopause status", both("own:menopausal-status"))
    record.observe(concept, day, valueCodeableConcept=value)
