"""Changes to drafted orders: one thing changes, the rest stays as it was sent, and the draft stays valid."""

from __future__ import annotations

import pytest

from fhir_mappings.codes import ATC
from fhir_mappings.draft_changes import CHANGES, ChangeText, changed
from tests.test_drafts import DANISH, LATER, coded, valid

WORDS = ChangeText("Ord", "Alendronat 70 mg tablet", "1 tablet ugentligt", "Fastende")

PRESCRIPTION = {
    "resourceType": "MedicationRequest",
    "id": "draft1",
    "status": "draft",
    "intent": "order",
    "medicationReference": {"reference": "Medication/1"},
    "subject": {"reference": "Patient/123"},
    "note": [{"text": "Fra lægen"}],
    "dosageInstruction": [
        {
            "text": "1000 mg 1 gang dagligt",
            "timing": {
                "repeat": {
                    "boundsPeriod": {"start": "2026-01-10"},
                    "frequency": 1,
                    "period": 1,
                    "periodUnit": "d",
                    "when": ["MORN"],
                }
            },
            "doseAndRate": [{"doseQuantity": {"value": 1000, "unit": "mg"}}],
        }
    ],
}
SCAN = {
    "resourceType": "ServiceRequest",
    "id": "draft2",
    "status": "draft",
    "intent": "order",
    "code": {"text": "DXA"},
    "subject": {"reference": "Patient/123"},
    "occurrencePeriod": {"start": "2026-01-10"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_keeps_what_was_written_and_stays_valid(change: str) -> None:
    made = [changed(draft, change, DANISH, WORDS, LATER) for draft in (PRESCRIPTION, SCAN)]
    fitting = [resource for resource in made if resource is not None]
    assert fitting, "a change fits one kind of draft at least"
    for resource in fitting:
        valid(resource)
        assert resource["id"].startswith("draft")
        assert resource["subject"] == {"reference": "Patient/123"}
        if resource["resourceType"] == "MedicationRequest":
            assert resource["note"][0] == {"text": "Fra lægen"}


def test_the_draft_received_is_left_as_it_is() -> None:
    before = repr(PRESCRIPTION)
    changed(PRESCRIPTION, "split_doses", DANISH, WORDS)
    assert repr(PRESCRIPTION) == before


def test_a_daily_dose_is_split_in_two_of_the_same_sum() -> None:
    resource = changed(PRESCRIPTION, "split_doses", DANISH, WORDS)
    assert resource is not None
    (dosage,) = resource["dosageInstruction"]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 500
    assert dosage["timing"]["repeat"] == {
        "boundsPeriod": {"start": "2026-01-10"},
        "frequency": 2,
        "period": 1,
        "periodUnit": "d",
    }
    assert "1000 mg 1 gang" not in dosage["text"], "a text that says otherwise would be dangerous"


def test_a_dose_in_words_is_not_guessed_at() -> None:
    written = {**PRESCRIPTION, "dosageInstruction": [{"text": "1 tablet dagligt"}]}
    resource = changed(written, "split_doses", DANISH, WORDS)
    assert resource is not None
    assert resource["dosageInstruction"] == [{"text": "1 tablet dagligt", "patientInstruction": "Ord"}]


def test_another_drug_replaces_product_and_dosage() -> None:
    resource = changed(PRESCRIPTION, "to_alendronate", DANISH, WORDS)
    assert resource is not None
    assert "medicationReference" not in resource
    assert coded(resource, "medicationCodeableConcept") == [(ATC, "M05BA04")]
    assert len(resource["dosageInstruction"]) == 1


def test_a_scan_is_moved_to_its_new_day() -> None:
    resource = changed(SCAN, "postpone", DANISH, WORDS, LATER)
    assert resource is not None
    assert resource["occurrenceDateTime"] == "2026-07-10"
    assert "occurrencePeriod" not in resource


@pytest.mark.parametrize("change", ["to_ctx", "add_vfa"])
def test_a_change_that_does_not_fit_is_not_made(change: str) -> None:
    assert changed(PRESCRIPTION, change, DANISH, WORDS, LATER) is None


@pytest.mark.parametrize("change", ["postpone", "end_date"])
def test_a_date_is_not_set_without_one(change: str) -> None:
    assert changed(PRESCRIPTION, change, DANISH, WORDS, None) is None
