"""Patient -> sex, birth date, deceased; and whose record it is."""

from __future__ import annotations

from datetime import date

import pytest

from fhir_mappings import MissingPrefetchError, PatientMismatchError
from tests.fhir import PATIENT, TODAY, Resource, bundle, facts, facts_of_prefetch, prefetch_of, problems, raw


def test_sex_and_birth_date_are_read() -> None:
    found = facts()
    assert (found.sex, found.birth_date, found.deceased) == ("female", date(1950, 6, 15), False)
    assert facts(patient=PATIENT | {"gender": "male"}).sex == "male"


@pytest.mark.parametrize("gender", ["other", "unknown", None])
def test_a_gender_that_is_neither_is_not_known(gender: str | None) -> None:
    patient = {key: value for key, value in (PATIENT | {"gender": gender}).items() if value}
    assert facts(patient=patient).sex is None


@pytest.mark.parametrize(("written", "born"), [("1950", date(1950, 1, 1)), ("1950-06", date(1950, 6, 1))])
def test_a_partial_birth_date_is_its_first_day(written: str, born: date) -> None:
    assert facts(patient=PATIENT | {"birthDate": written}).birth_date == born


def test_a_birth_date_in_the_future_is_not_known() -> None:
    found = facts(patient=PATIENT | {"birthDate": "2031-01-01"})
    assert found.birth_date is None
    assert problems(found) == ["Patient/p: birthDate 2031-01-01 is after 2025-03-10"]


@pytest.mark.parametrize(
    ("death", "deceased"),
    [
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": False}, False),
        ({"deceasedDateTime": "2025-03-09"}, True),
        ({"deceasedDateTime": "2025-03-11T10:00:00+01:00"}, False),
    ],
)
def test_death_counts_from_its_day(death: Resource, deceased: bool) -> None:
    assert facts(patient=PATIENT | death).deceased is deceased


def test_an_invalid_patient_is_reported_and_nothing_is_known_of_the_person() -> None:
    found = facts(patient=PATIENT | {"birthDate": "15.06.1950"})
    assert (found.sex, found.birth_date) == (None, None)
    assert problems(found) == ['Patient/p: birthDate "15.06.1950": Date value string does not match spec regex.']


def test_what_a_danish_patient_carries_is_read_without_the_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir_mappings.judge.judged", None)
    patient = PATIENT | {
        "meta": {"profile": ["http://hl7.dk/fhir/core/StructureDefinition/dk-core-patient"]},
        "text": {"status": "generated", "div": '<div xmlns="http://www.w3.org/1999/xhtml">Ærø</div>'},
        "identifier": [{"use": "official", "system": "urn:oid:1.2.208.176.1.2", "value": "1506504994"}],
        "name": [{"use": "official", "family": "Østergård", "given": ["Åse", "Kirstine"]}],
        "telecom": [{"system": "phone", "value": "+4512345678", "use": "mobile"}],
        "address": [{"line": ["Møllevej 3"], "city": "Sæby", "postalCode": "9300", "country": "DK"}],
        "maritalStatus": {"text": "gift"},
        "generalPractitioner": [{"reference": "Organization/gp"}],
        "extension": [
            {
                "url": "http://hl7.dk/fhir/core/StructureDefinition/municipalityCodes",
                "valueCodeableConcept": {"coding": [{"system": "urn:oid:1.2.208.176.1.1", "code": "0813"}]},
            }
        ],
    }
    assert facts(patient=patient).sex == "female"


def test_another_patient_than_the_one_asked_about_ends_the_reading() -> None:
    with pytest.raises(PatientMismatchError, match="Patient/q, expected Patient/p"):
        facts(patient=PATIENT | {"id": "q"})


def test_a_patient_without_id_ends_the_reading() -> None:
    with pytest.raises(PatientMismatchError, match="without id"):
        facts(patient={"resourceType": "Patient", "gender": "female"})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no Patient received"),
        (bundle(), "no Patient received"),
        ({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]}, "not-found"),
        ("garbage", "no FHIR resource"),
    ],
)
def test_without_patient_the_key_that_is_missing_is_named(value: object, reason: str) -> None:
    prefetch = prefetch_of() | {"patient": raw(value)}
    with pytest.raises(MissingPrefetchError, match=reason) as missing:
        facts_of_prefetch(prefetch)
    assert missing.value.key == "patient"


def test_a_patient_key_that_was_not_sent_is_named() -> None:
    with pytest.raises(MissingPrefetchError, match="not sent"):
        facts_of_prefetch({})


def test_the_patient_may_come_in_a_bundle() -> None:
    assert facts_of_prefetch(prefetch_of() | {"patient": raw(bundle(PATIENT))}, TODAY).sex == "female"
