"""Patient -> sex, birth date, whether deceased (facts-to-fhir 2)."""

from __future__ import annotations

from datetime import date

import msgspec

from fhir_mappings.dates import day_or_none
from fhir_mappings.facts import Issue, Sex
from fhir_mappings.prefetch import Received
from fhir_mappings.query import Query
from fhir_mappings.r4.person import Patient
from fhir_mappings.resources import read

READS = (Query("patient", "Patient"),)


class Person(msgspec.Struct, frozen=True, gc=False):
    """Who the patient is. `sex` and `birth_date` None: not recorded, or neither female nor male."""

    sex: Sex | None = None
    birth_date: date | None = None
    deceased: bool = False


def read_person(received: Received, as_of: date, issues: list[Issue]) -> Person:
    """The person on the day `as_of`: a death after it is not seen, a birth after it is an issue."""
    patient = read(received.patient, Patient, issues)
    if patient is None:
        return Person()
    birth_date = day_or_none(patient.birthDate)
    if birth_date is not None and birth_date > as_of:
        issues.append(Issue(received.patient.reference, f"birthDate {birth_date} is after {as_of}"))
        birth_date = None
    return Person(
        "female" if patient.gender == "female" else "male" if patient.gender == "male" else None,
        birth_date,
        _deceased(patient, as_of),
    )


def _deceased(patient: Patient, as_of: date) -> bool:
    died = day_or_none(patient.deceasedDateTime)
    return patient.deceasedBoolean is True or (died is not None and died <= as_of)
