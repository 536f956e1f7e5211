"""Draft resources: valid FHIR R4, in the caller's code systems, with no code the tables do not have."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir_mappings.codes import ATC, FACTS, LOINC, NPU, RXNORM, SNOMED, codes_for
from fhir_mappings.drafts import (
    PREFERRED,
    DraftContext,
    Resource,
    Step,
    appointment,
    care_plan,
    codings,
    document,
    message,
    task,
)
from fhir_mappings.drafts_medication import REGIMENS, medication_request
from fhir_mappings.drafts_service import referral, service_request

TODAY = date(2026, 1, 10)
LATER = date(2026, 7, 10)
DANISH = DraftContext("123", TODAY, frozenset({NPU, ATC}))
AMERICAN = DraftContext("123", TODAY, frozenset({LOINC, RXNORM, SNOMED}), "en")
UNKNOWN = DraftContext("123", TODAY)

SERVICES = (
    *("dxa", "vfa", "dxa_vfa", "spine_xray", "p1np", "ctx", "zoledronate", "smoking_cessation", "municipal_offer"),
    *("fall_assessment", "physiotherapy", "egfr", "calcium", "vitamin_d", "pth", "magnesium", "testosterone"),
    *("haemoglobin", "leucocytes", "crp", "creatinine", "sodium", "potassium", "alat", "alp", "tsh", "hba1c"),
)


def valid(resource: Resource) -> Resource:
    """The resource, which fhir.resources (R4B) must accept."""
    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return resource


def coded(resource: Resource, element: str = "code") -> list[tuple[str, str]]:
    """System and code of every coding of an element."""
    return [(coding["system"], coding["code"]) for coding in resource[element].get("coding", ())]


def drafts(context: DraftContext) -> Iterator[Resource]:
    """One of every kind of draft."""
    for concept in SERVICES:
        yield service_request(context, concept, "Tekst", LATER, reason="Grund", instruction="Fastende")
    for receiver in ("bone_specialist", "endocrinology", "nephrology", "specialist"):
        yield referral(context, receiver, "Vurdering")
    for drug in ("teriparatide", "romosozumab", "zoledronate", "anabolic"):
        yield referral(context, "bone_specialist", "Vurdering", drug, "lægemidlet")
    for regimen in REGIMENS:
        yield medication_request(context, regimen, "Produkt", "Dosering", "Vejledning")
    yield task(context, "Opgave", "Tekst", LATER)
    yield message(context, "Tekst")
    yield appointment(context, "denosumab_injection", "Injektion", LATER)
    yield care_plan(context, "Plan", "Tekst", [Step(LATER, "Kontrol")])
    yield care_plan(context, "Plan", "Tekst")
    yield document(context, "Notat", "Æblegrød")


@pytest.mark.parametrize("context", [DANISH, AMERICAN, UNKNOWN], ids=["danish", "american", "unknown"])
def test_every_draft_is_valid_and_about_the_patient(context: DraftContext) -> None:
    for resource in drafts(context):
        valid(resource)
        assert "Patient/123" in str(resource), resource
        assert resource["status"] in ("draft", "proposed", "current")
        assert "id" not in resource, "the server of the caller gives the id"


def test_every_code_of_a_draft_stands_in_the_tables() -> None:
    kinds = ("observation", "order", "medication", "visit", "order_detail", "route")
    concepts = (*SERVICES, *REGIMENS, "calcium_ionised", "bone_specialist", "oral", "intravenous", "subcutaneous")
    more = ("referral_physiotherapy", "denosumab_injection", "anabolic_treatment", "teriparatide", "romosozumab")
    known = {(c.system, c.code) for kind in kinds for name in (*concepts, *more) for c in codes_for(name, kind)}
    for context in (DANISH, AMERICAN, UNKNOWN):
        for resource in drafts(context):
            for system, code in _all_codings(resource):
                assert (system, code) in known


def _all_codings(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        if "coding" in part:
            yield from ((coding["system"], coding["code"]) for coding in part["coding"])
        for value in part.values():
            yield from _all_codings(value)
    elif isinstance(part, list):
        for value in part:
            yield from _all_codings(value)


def test_the_preferred_codes_stand_in_the_tables() -> None:
    for (concept, system), code in PREFERRED.items():
        found = [c for kind in ("observation", "order", "medication") for c in codes_for(concept, kind)]
        assert (system, code) in {(c.system, c.code) for c in found}


def test_codes_are_written_in_the_systems_of_the_caller() -> None:
    assert coded(service_request(DANISH, "egfr", "eGFR")) == [(NPU, "DNK35302")]
    assert coded(service_request(AMERICAN, "egfr", "eGFR")) == [(LOINC, "62238-1")]
    assert coded(service_request(UNKNOWN, "egfr", "eGFR")) == [(NPU, "DNK35302")], "Danish practice first"
    both = DraftContext("123", TODAY, frozenset({NPU, LOINC}))
    assert coded(service_request(both, "egfr", "eGFR")) == [(NPU, "DNK35302"), (LOINC, "62238-1")]


def test_what_danish_systems_do_not_name_is_written_internationally() -> None:
    assert coded(service_request(DANISH, "dxa", "DXA")) == [(LOINC, "38268-9")]
    assert coded(referral(DANISH, "bone_specialist", "Vurdering")) == [(SNOMED, "412717001")]


def test_what_no_table_names_is_text_alone_or_our_own_code() -> None:
    assert referral(DANISH, "nephrology", "Nefrolog")["code"] == {"text": "Nefrolog"}
    assert coded(service_request(DANISH, "zoledronate", "Zoledronat")) == [(FACTS, "zoledronate-infusion")]
    assert codings(frozenset(), "no_such_concept", "order") == []


def test_a_calcium_is_the_ionised_one() -> None:
    assert coded(service_request(DANISH, "calcium", "Calcium")) == [(NPU, "NPU04144")]


def test_a_scan_with_vfa_is_one_order() -> None:
    order = service_request(DANISH, "dxa_vfa", "DXA med VFA")
    assert coded(order) == [(LOINC, "38268-9")]
    assert [coding["code"] for coding in order["orderDetail"][0]["coding"]] == ["83051-3"]


def test_only_a_later_day_is_written() -> None:
    assert service_request(DANISH, "dxa", "DXA", LATER)["occurrenceDateTime"] == "2026-07-10"
    assert "occurrenceDateTime" not in service_request(DANISH, "dxa", "DXA", date(2025, 1, 1))
    assert appointment(DANISH, "dental_visit", "x", date(2025, 1, 1))["requestedPeriod"] == [{"start": "2026-01-10"}]


def test_alendronate_is_seventy_milligrams_once_a_week() -> None:
    resource = valid(medication_request(DANISH, "alendronate", "Alendronat 70 mg tablet", "1 tablet", "Fastende"))
    assert (resource["status"], resource["intent"]) == ("draft", "order")
    assert coded(resource, "medicationCodeableConcept") == [(ATC, "M05BA04")]
    (dosage,) = resource["dosageInstruction"]
    assert dosage["timing"] == {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}}
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 70
    assert dosage["doseAndRate"][0]["doseQuantity"]["code"] == "mg"
    assert dosage["patientInstruction"] == "Fastende"
    assert [coding["code"] for coding in dosage["route"]["coding"]] == ["26643006"]
    american = medication_request(AMERICAN, "alendronate", "Alendronate 70 mg tablet", "1 tablet")
    assert (RXNORM, "904431") in coded(american, "medicationCodeableConcept")


@pytest.mark.parametrize(
    ("regimen", "mg", "repeat"),
    [
        ("zoledronate", 5, {"frequency": 1, "period": 1, "periodUnit": "a"}),
        ("denosumab", 60, {"frequency": 1, "period": 6, "periodUnit": "mo"}),
        ("calcium_vitd", 400, {"frequency": 2, "period": 1, "periodUnit": "d"}),
        ("vitamin_d_10ug", 10, {"frequency": 1, "period": 1, "periodUnit": "d"}),
    ],
)
def test_doses_are_those_the_catalogue_allows(regimen: str, mg: float, repeat: dict[str, Any]) -> None:
    (dosage,) = medication_request(DANISH, regimen, "x", "x")["dosageInstruction"]
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == mg
    assert dosage["timing"]["repeat"] == repeat


@pytest.mark.parametrize("regimen", ["vitamin_d", "calcium"])
def test_correction_and_calcium_by_diet_carry_no_dose(regimen: str) -> None:
    (dosage,) = medication_request(DANISH, regimen, "x", "Dosis vælges")["dosageInstruction"]
    assert "doseAndRate" not in dosage
    assert dosage["text"] == "Dosis vælges"


def test_a_note_is_plain_text() -> None:
    attachment = document(DANISH, "Notat", "Æblegrød\nlinje 2")["content"][0]["attachment"]
    assert b64decode(attachment["data"]).decode() == "Æblegrød\nlinje 2"
    assert attachment["contentType"].startswith("text/plain")
