"""Prefetch values: which sources are complete, whose resources they hold, each resource once."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Issue, SourceState
from fhir_mappings.prefetch import KEYS, Received
from tests.fhir import (
    LOINC,
    PATIENT,
    Resource,
    bundle,
    coded,
    condition,
    egfr,
    facts,
    facts_of_prefetch,
    observation,
    prefetch_of,
    problems,
    raw,
    t_score,
)

DRUG = {"resourceType": "Medication", "id": "m"}
OUTCOME = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "timeout", "diagnostics": "Nancy Ann, 1506504994"}],
}


def state_of(value: object) -> tuple[SourceState, str]:
    source = facts_of_prefetch(prefetch_of() | {"observations": raw(value)}).sources["observations"]
    return source.state, source.reason


# --- complete, partial, missing ---------------------------------------------------------


def test_null_means_searched_and_none_found() -> None:
    assert state_of(None) == (SourceState.COMPLETE, "")
    prefetch: dict[str, msgspec.Raw | None] = prefetch_of() | {"observations": None}
    assert facts_of_prefetch(prefetch).sources["observations"].state is SourceState.COMPLETE


@pytest.mark.parametrize("value", [bundle(), bundle() | {"entry": []}, bundle() | {"entry": None}])
def test_an_empty_bundle_means_searched_and_none_found(value: Resource) -> None:
    assert state_of(value) == (SourceState.COMPLETE, "")


def test_a_next_link_means_that_more_may_exist() -> None:
    links = [{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}]
    assert state_of(bundle(egfr(70), link=links)) == (SourceState.PARTIAL, "more pages exist")
    assert state_of(bundle(egfr(70), link=links[:1])) == (SourceState.COMPLETE, "")


def test_a_total_above_the_entries_means_that_some_are_lacking() -> None:
    """A client may send the first page without its links; `_summary=count` sends no entry at all."""
    short = (SourceState.PARTIAL, "fewer entries than its total")
    assert state_of(bundle(egfr(70)) | {"total": 2}) == short
    assert state_of(bundle() | {"total": 1}) == short
    assert (
        state_of({"total": 2} | bundle(egfr(70)) | {"entry": [{"resource": egfr(70)}, 5, 6]})[0] is SourceState.COMPLETE
    )
    assert state_of({"total": 9} | bundle(egfr(70)) | {"entry": [{"resource": egfr(70)}, 5]}) == short


def test_what_came_along_does_not_make_up_for_what_is_lacking() -> None:
    """A total counts what was searched for: an included resource or an outcome is beside it."""
    found = [{"resource": egfr(70), "search": {"mode": "match"}}, {"resource": DRUG, "search": {"mode": "include"}}]
    assert state_of(bundle() | {"entry": found, "total": 2}) == (SourceState.PARTIAL, "fewer entries than its total")
    assert state_of(bundle() | {"entry": found, "total": 1}) == (SourceState.COMPLETE, "")


@pytest.mark.parametrize("total", [0, 1, None, "2", 1.5, -3, [], 10**20])
def test_a_total_that_is_no_count_or_low_says_nothing(total: object) -> None:
    assert state_of(bundle(egfr(70)) | {"total": total}) == (SourceState.COMPLETE, "")


def test_an_operation_outcome_means_not_known_and_tells_no_patient_data() -> None:
    assert state_of(OUTCOME) == (SourceState.MISSING, "OperationOutcome: timeout")


@pytest.mark.parametrize("value", ["garbage", 5, [], {}, {"resourceType": 5}, {"entry": []}])
def test_garbage_means_not_known(value: object) -> None:
    assert state_of(value) == (SourceState.MISSING, "no FHIR resource")


def test_json_that_is_none_means_not_known() -> None:
    found = facts_of_prefetch(prefetch_of() | {"observations": msgspec.Raw(b"{")})
    assert found.sources["observations"].state is SourceState.MISSING


def test_a_bundle_whose_entries_are_no_list_means_not_known() -> None:
    assert state_of(bundle() | {"entry": "x"})[0] is SourceState.MISSING


def test_a_resource_of_another_type_means_not_known() -> None:
    assert state_of(PATIENT) == (SourceState.MISSING, "Patient, expected a Bundle")


def test_a_key_that_was_not_sent_is_not_known() -> None:
    found = facts_of_prefetch({"patient": raw(PATIENT)})
    assert found.sources.keys() == KEYS.keys()
    assert found.state("observations") is SourceState.MISSING
    assert found.sources["observations"].reason == "not sent"
    assert found.state("patient") is SourceState.COMPLETE


def test_a_key_nobody_asked_for_is_reported_and_not_read() -> None:
    found = facts_of_prefetch(prefetch_of() | {"labs": raw(bundle(egfr(30)))})
    assert not found.measurements
    assert problems(found) == ["labs: unknown prefetch key, not read"]


def test_a_single_resource_in_place_of_a_bundle_is_one_result() -> None:
    found = facts_of_prefetch(prefetch_of() | {"observations": raw(egfr(62))})
    assert found.measurements["egfr"][0].value == 62
    assert found.sources["observations"].state is SourceState.COMPLETE


def test_an_outcome_inside_a_bundle_is_reported_and_makes_it_partial() -> None:
    entry = {"resource": OUTCOME, "search": {"mode": "outcome"}}
    value = bundle(egfr(62))
    value["entry"].append(entry)
    found = facts_of_prefetch(prefetch_of() | {"observations": raw(value)})
    assert found.measurements["egfr"][0].value == 62
    assert found.sources["observations"].state is SourceState.PARTIAL
    assert problems(found) == ["observations[1]: OperationOutcome: timeout"]


def test_a_mere_warning_inside_a_bundle_leaves_it_complete() -> None:
    value = bundle(egfr(62))
    value["entry"].append({"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}})
    found = facts_of_prefetch(prefetch_of() | {"observations": raw(value)})
    assert found.sources["observations"].state is SourceState.COMPLETE


# --- one bad entry costs that entry -----------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"fullUrl": "urn:x"}, "entry is no FHIR resource"),
        ({"resource": "x"}, "entry is no FHIR resource"),
        ({"resource": {"id": "1"}}, "entry is no FHIR resource"),
        ({"resource": {"resourceType": "Observation", "id": 7}}, "entry is no FHIR resource"),
        ({"fullUrl": 5, "resource": PATIENT}, "entry is malformed"),
        ("x", "entry is malformed"),
        (None, "entry is malformed"),
    ],
)
def test_a_bad_entry_is_reported_and_the_others_are_read(entry: object, problem: str) -> None:
    value = bundle(egfr(62))
    value["entry"].append(entry)
    found = facts_of_prefetch(prefetch_of() | {"observations": raw(value)})
    assert found.measurements["egfr"][0].value == 62
    assert [issue.problem for issue in found.issues] == [problem]


def test_an_invalid_resource_costs_that_resource() -> None:
    found = facts(egfr(62, "1"), egfr(70, "2", status="finished"))
    assert [m.reference for m in found.measurements["egfr"]] == ["Observation/1"]
    assert problems(found) == ["Observation/2: status: Invalid enum value 'finished'"]


def test_resources_nobody_reads_may_be_anything() -> None:
    claim = {"resourceType": "Claim", "id": "1", "nonsense": True}
    odd = observation(coded(LOINC, "8480-6"), "2", nonsense=True)
    assert not facts(claim, odd).issues


# --- whose --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p",
        "https://ehr.example.org/fhir/Patient/p",
        "Patient/p/_history/3",
        "urn:uuid:p",
    ],
)
def test_the_patient_is_recognised_however_referred_to(reference: str) -> None:
    found = facts(egfr(62, subject={"reference": reference}))
    assert found.measurements["egfr"]
    assert not found.issues


def test_the_patient_is_recognised_by_the_full_url_of_its_entry() -> None:
    entry = {"fullUrl": "urn:uuid:0b5c-77", "resource": PATIENT}
    value = bundle(condition(coded("http://snomed.info/sct", "64859006"), subject={"reference": "urn:uuid:0b5c-77"}))
    value["entry"].append(entry)
    found = facts_of_prefetch(prefetch_of() | {"conditions": raw(value)})
    assert "osteoporosis_coded" in found.conditions
    assert not found.issues


def test_the_patient_is_recognised_by_the_civil_registration_number() -> None:
    number = {"system": "urn:oid:1.2.208.176.1.2", "value": "1506504994"}
    patient = PATIENT | {"identifier": [number]}
    assert facts(egfr(62, subject={"identifier": number}), patient=patient).measurements["egfr"]
    other = number | {"value": "0101010101"}
    found = facts(egfr(62, subject={"identifier": other}), patient=patient)
    assert problems(found) == ["Observation/1: subject has no reference to the patient"]


@pytest.mark.parametrize(
    ("subject", "problem"),
    [
        ({"reference": "Patient/q"}, "subject is another patient"),
        ({"reference": "Patient/pp"}, "subject is another patient"),
        ({"reference": "https://ehr.example.org/fhir/Patient/q"}, "subject is another patient"),
        ({"reference": "Group/p"}, "subject is another patient"),
        ({"reference": "#p"}, "subject is another patient"),
        ({"display": "Nancy"}, "subject has no reference to the patient"),
        ({}, "subject has no reference to the patient"),
        (None, "subject is missing, expected a reference to the patient"),
        ("Patient/p", "subject is no reference"),
    ],
)
def test_a_resource_of_somebody_else_is_left_out_and_reported(subject: object, problem: str) -> None:
    found = facts(egfr(20, subject=subject))
    assert not found.measurements
    assert problems(found) == [f"Observation/1: {problem}"]


def test_another_patient_in_a_bundle_is_reported() -> None:
    found = facts_of_prefetch(prefetch_of() | {"conditions": raw(bundle(PATIENT | {"id": "q"}))})
    assert problems(found) == ["Patient/q: another patient"]


@settings(max_examples=60, deadline=None)
@given(value=st.floats(1, 200), code=st.sampled_from(["DNK35302", "NPU10267", "NPU04144"]))
def test_a_resource_of_another_patient_never_changes_the_facts(value: float, code: str) -> None:
    other = egfr(value, "99", subject={"reference": "Patient/q"}, code=coded("http://npu-terminology.org", code))
    alone, together = facts(egfr(62)), facts(egfr(62), other)
    assert together.measurements == alone.measurements
    assert [issue.reference for issue in together.issues] == ["Observation/99"]


# --- once -----------------------------------------------------------------------------------


def test_the_same_resource_in_two_bundles_is_one() -> None:
    prefetch = prefetch_of() | {"observations": raw(bundle(egfr(62))), "screening": raw(bundle(egfr(62)))}
    found = facts_of_prefetch(prefetch)
    assert len(found.measurements["egfr"]) == 1
    assert not found.issues


def test_spacing_and_the_order_of_elements_make_no_other_content() -> None:
    pretty = msgspec.Raw(json.dumps(bundle(dict(reversed(egfr(62).items()))), indent=2).encode())
    found = facts_of_prefetch(prefetch_of(egfr(62)) | {"screening": pretty})
    assert len(found.measurements["egfr"]) == 1
    assert not found.issues


def test_a_resource_without_id_that_comes_twice_is_one() -> None:
    nameless = {key: value for key, value in egfr(62).items() if key != "id"}
    prefetch = prefetch_of() | {"observations": raw({"resourceType": "Bundle", "entry": [{"resource": nameless}] * 2})}
    found = facts_of_prefetch(prefetch)
    assert [m.reference for m in found.measurements["egfr"]] == ["observations[0]"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"lastUpdated": "2025-01-01T10:00:00Z"}, {"lastUpdated": "2025-01-01T10:30:00+00:00"}),
        ({"lastUpdated": "2025-01-01T11:00:00+02:00"}, {"lastUpdated": "2025-01-01T10:00:00+00:00"}),
        ({"versionId": "9"}, {"versionId": "10"}),
    ],
)
@pytest.mark.parametrize("reverse", [False, True])
def test_of_two_versions_the_later_one_counts(old: Resource, new: Resource, reverse: bool) -> None:
    versions = [egfr(40, meta=old), egfr(62, meta=new)]
    found = facts(*(reversed(versions) if reverse else versions))
    assert [m.value for m in found.measurements["egfr"]] == [62]
    assert not found.issues


@pytest.mark.parametrize("reverse", [False, True])
def test_versions_that_cannot_be_told_apart_are_reported_and_one_is_used(reverse: bool) -> None:
    versions = [egfr(40), egfr(62)]
    found = facts(*(reversed(versions) if reverse else versions))
    assert [m.value for m in found.measurements["egfr"]] == [62]
    assert problems(found) == ["Observation/1: received twice with different content, one was left out"]


# --- order and references --------------------------------------------------------------------


RECORD = [
    egfr(62, "1"),
    egfr(58, "2", issued="2025-01-10T10:00:00Z"),
    egfr(55, "3", "2024-05"),
    egfr(50, "4", "2024"),
    t_score(-2.1, number="5"),
    t_score(-2.6, "38267-1", "6"),
    egfr(-3, "7"),
    condition(coded("http://snomed.info/sct", "64859006"), "8"),
    condition(coded("http://snomed.info/sct", "102447009"), "9", "2011"),
    condition(coded("http://hl7.org/fhir/sid/icd-10", "S22.0"), "10"),
    condition(coded("http://hl7.org/fhir/sid/icd-10", "S32.0"), "11"),
]


def test_the_order_of_entries_is_of_no_effect() -> None:
    expected = facts(*RECORD)
    for seed in range(20):
        shuffled = random.Random(seed).sample(RECORD, len(RECORD))
        assert facts(*shuffled) == expected


def received(*resources: Resource) -> Received:
    issues: list[Issue] = []
    return Received(prefetch_of(*resources), "p", issues)


@pytest.mark.parametrize(
    "reference",
    [
        "Condition/8",
        "https://ehr.example.org/Condition/8",
        "https://else.example/fhir/Condition/8",
        "Condition/8/_history/2",
    ],
)
def test_a_reference_is_resolved_by_full_url_or_type_and_id(reference: str) -> None:
    found = received(*RECORD).resolve(reference)
    assert found is not None
    assert found.reference == "Condition/8"


@pytest.mark.parametrize("reference", ["Condition/80", "#8", "8", "", "urn:uuid:8", "Medication/8"])
def test_a_reference_to_nothing_received_is_none(reference: str) -> None:
    assert received(*RECORD).resolve(reference) is None
    assert received(*RECORD).named(reference) == reference


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["resourceType", "entry", "resource", "id", "link", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(value=JSON, key=st.sampled_from([key for key in KEYS if key != "patient"]))
def test_no_prefetch_value_whatever_raises(value: Any, key: str) -> None:
    if isinstance(value, dict):
        value = value | {"resourceType": "Bundle"}
    found = facts_of_prefetch(prefetch_of() | {key: raw(value)})
    assert found.sources[key].key == key
