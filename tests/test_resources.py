"""One resource: what the strict structures accept, what fhir.resources decides, what is reported."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Issue
from fhir_mappings.heads import head_of
from fhir_mappings.r4 import clinical, medication, person, workflow
from fhir_mappings.r4.clinical import Condition, Observation
from fhir_mappings.r4.datatypes import ChoiceElement, DomainResource, Element
from fhir_mappings.resources import BAD_DATA, Item, read
from tests.fhir import LOINC, coded, observation, quantity
from tests.vignette_requests import DIALECTS, load_vignettes, to_request

#: One resource of each shape in the Synthea samples (github.com/smart-on-fhir/generated-sample-data, Apache-2.0).
SYNTHEA = Path(__file__).parent / "synthea_shapes.json"
STRUCTS: dict[str, type[DomainResource]] = {
    struct.__name__: struct
    for module in (clinical, medication, person, workflow)
    for struct in vars(module).values()
    if isinstance(struct, type) and issubclass(struct, DomainResource) and struct is not DomainResource
}


def item_of(resource: object) -> Item:
    written = resource if isinstance(resource, bytes) else msgspec.json.encode(resource)
    return Item(msgspec.Raw(written), head_of(written), "observations", 3)


def problem_of(resource: object, struct: type[DomainResource] = Observation) -> str:
    """The problem reported for a resource that is not read; empty when it is."""
    issues: list[Issue] = []
    found = read(item_of(resource), struct, issues)
    assert (found is None) == bool(issues)
    return issues[0].problem if issues else ""


def model(name: str) -> Any:
    return getattr(import_module(f"fhir.resources.R4B.{name.lower()}"), name)


def accepted_by_library(name: str, resource: object) -> bool:
    try:
        model(name).model_validate(resource)
    except BAD_DATA:
        return False
    return True


# --- what is accepted -------------------------------------------------------------------


def vignette_resources() -> Iterator[dict[str, Any]]:
    for vignette in load_vignettes()[::10]:
        for dialect in DIALECTS:
            for value in to_request(vignette, dialect)["prefetch"].values():
                if value["resourceType"] == "Bundle":
                    yield from (entry["resource"] for entry in value.get("entry", ()))
                else:
                    yield value


CORPUS = [
    resource
    for resource in (*json.loads(SYNTHEA.read_bytes()), *vignette_resources())
    if resource["resourceType"] in STRUCTS
]


def test_real_data_takes_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fhir_mappings.judge.judged", None)
    issues: list[Issue] = []
    assert len(CORPUS) > 500
    for resource in CORPUS:
        assert read(item_of(resource), STRUCTS[resource["resourceType"]], issues), issues


def paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place in a resource."""
    if path:
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


def replaced(resource: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    changed = copy.deepcopy(resource)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def unread(struct: type[DomainResource]) -> set[str]:
    """The elements whose content no rule reads, and which are not validated."""
    return {field.encode_name for field in msgspec.structs.fields(struct) if field.type is msgspec.Raw}


BLANKS = [chr(n) for n in (0x0B, 0x0C, 0x1C, 0x85, 0xA0, 0x1680, 0x2003, 0x2028, 0x202F, 0x205F, 0x3000)]
ODD_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**33), 2**33),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(
        [
            *("", " ", "\t", "a b", "a  b", " a", "a ", "ø", "final", "2024", "2024-05", "2024-02-29", "2023-02-29"),
            *("2024-13-01", "2024-05-17T10:00:00Z", "2024-05-17T10:00Z", "2024-05-17T24:00:00Z", "0000-01-01"),
            *("2024-05-17T10:00:60+01:00", "2024-05-17T10:00:00.1234567+14:00", "2024-05-17T10:00:00+14:30"),
            *("9999-12-31T23:59:59-13:59", "10:00:00", "25:00:00", "x" * 65, "x" * 300, "urn:uuid:1", "²", "٣٤٥٦"),
            *BLANKS,
            *(f"{blank} " for blank in BLANKS),
            *([], {}, [None], ["x"], [{}], {"coding": [{"system": "s", "code": "c"}]}, {"reference": "Patient/1"}),
            *({"value": 1, "unit": "mg"}, {"start": "2024", "end": "2023"}, {"url": "u", "valueString": "s"}),
            *([{"url": "u", "valueString": "s", "valueCode": "c"}], [{"url": "u", "valueDateTime": "2024-05"}]),
        ]
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_what_the_strict_structures_accept_the_library_accepts(data: st.DataObject) -> None:
    """In every element that is read. Real resources with one to three places changed at random."""
    resource = data.draw(st.sampled_from(CORPUS))
    ignored = {"resourceType"} | unread(STRUCTS[resource["resourceType"]])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in paths(resource) if path[0] not in ignored]))
        value = data.draw(ODD_VALUES)
        resource = replaced(resource, path, value)
        if data.draw(st.booleans()):
            resource = resource | {data.draw(st.sampled_from(["valueString", "abatementString", "foo"])): "x"}
    name = resource["resourceType"]
    try:
        written = msgspec.json.encode(resource)
        msgspec.json.decode(written, type=STRUCTS[name])
    except BAD_DATA:
        return
    issues: list[Issue] = []
    if read(Item(msgspec.Raw(written), head_of(written)), STRUCTS[name], issues) is not None:
        assert accepted_by_library(name, json.loads(written))


def test_every_element_of_our_structures_is_one_of_the_library() -> None:
    """Spelling, and which elements repeat."""
    for name, struct in STRUCTS.items():
        aliases = {field.alias or key: field for key, field in model(name).model_fields.items()}
        for field in msgspec.structs.fields(struct):
            assert field.encode_name in aliases, f"{name}.{field.encode_name}"
            if field.encode_name in unread(struct):
                continue
            repeats = "List[" in str(aliases[field.encode_name].annotation)
            assert repeats == ("tuple" in str(field.type)), f"{name}.{field.encode_name}"


def test_every_choice_names_all_its_elements() -> None:
    """value[x] with a type forgotten would let two values through."""
    for struct in [*subclasses(ChoiceElement), *STRUCTS.values()]:
        names = {field.name for field in msgspec.structs.fields(struct)}
        for each in struct.CHOICES:
            prefix = each.names[0].rstrip("".join(set(each.names[0]) - set(each.names[1])))
            prefix = min((n[: next((i for i, c in enumerate(n) if c.isupper()), len(n))] for n in each.names), key=len)
            same = {name for name in names if name.startswith(prefix) and name[len(prefix) :][:1].isupper()}
            assert set(each.names) <= names
            assert same <= set(each.names), struct


def subclasses(struct: type[Element]) -> list[Any]:
    return [each for sub in struct.__subclasses__() for each in (sub, *subclasses(sub))]


def test_normal_data_never_imports_the_library() -> None:
    """fhir.resources takes half a second to import."""
    code = "import fhir_mappings, sys; sys.exit(any(name.startswith('fhir.') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- what the library decides -----------------------------------------------------------


def test_an_element_we_do_not_know_is_ignored_when_the_library_knows_it() -> None:
    sampled = {"origin": {"value": 0}, "period": 10, "dimensions": 1, "data": "1 2"}
    issues: list[Issue] = []
    component = {"code": {"text": "trace"}, "valueSampledData": sampled}
    found = read(item_of(observation(coded(LOINC, "x"), component=[component])), Observation, issues)
    assert found is not None
    assert found.component[0].code.text == "trace"
    assert not issues


def test_nulls_and_primitive_extensions_are_no_error() -> None:
    resource = observation(coded(LOINC, "x"), valueQuantity=None, hasMember=None) | {
        "_effectiveDateTime": {"extension": [{"url": "http://example.org/precision", "valueCode": "day"}]}
    }
    issues: list[Issue] = []
    found = read(item_of(resource), Observation, issues)
    assert found is not None
    assert (found.valueQuantity, found.hasMember, found.effectiveDateTime) == (None, (), "2025-01-10")


def test_a_number_sent_as_text_is_read_where_the_library_does() -> None:
    issues: list[Issue] = []
    found = read(item_of(observation(coded(LOINC, "x"), valueQuantity={"value": "2.5"})), Observation, issues)
    assert found is not None
    assert found.valueQuantity is not None
    assert found.valueQuantity.value == 2.5


def test_contained_resources_of_other_types_do_no_harm() -> None:
    contained = [{"resourceType": "Practitioner", "id": "dr"}]
    assert problem_of(observation(coded(LOINC, "x"), contained=contained)) == ""


def test_what_no_rule_reads_is_not_validated() -> None:
    """A mistake in a note, or in meta, does not cost the result."""
    assert problem_of(observation(coded(LOINC, "x"), note="see letter", meta={"lastUpdated": "yesterday"})) == ""


def test_what_no_rule_reads_does_no_harm_on_the_way_through_the_library() -> None:
    resource = observation(coded(LOINC, "x"), note=[{"text": "see letter"}], method=None) | {"_status": {"id": "a"}}
    assert problem_of(resource) == ""


# --- what is reported -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": None}, "status is missing, Observation requires it"),
        ({"code": None}, "code is missing, Observation requires it"),
        ({"status": "finished"}, "status: Invalid enum value 'finished'"),
        (
            {"effectiveDateTime": "2025-02-30"},
            'effectiveDateTime "2025-02-30": Input should be a valid datetime or date, '
            "day value is outside expected range",
        ),
        (
            {"effectiveDateTime": "10.01.2025"},
            'effectiveDateTime "10.01.2025": DateTime value string does not match spec regex.',
        ),
        ({"valueQuantity": {"value": "high"}}, 'valueQuantity.value "high": '),
        ({"valueQuantity": {"val": 1}}, "valueQuantity.val is no element of Observation in FHIR R4"),
        ({"code": {"coding": {"code": "x"}}}, "code.coding (an object): Input should be a valid list"),
        ({"id": "a b"}, 'id "a b": '),
        ({"modifierExtension": [{"url": "http://example.org/not"}]}, 'modifierExtension "http://example.org/not"'),
    ],
)
def test_a_refused_resource_is_reported_with_element_and_finding(changes: dict[str, Any], problem: str) -> None:
    resource = {key: value for key, value in (observation({"text": "x"}) | changes).items() if value is not None}
    assert problem_of(resource).startswith(problem)


def test_two_values_are_reported() -> None:
    problem = problem_of(observation({"text": "x"}, valueString="a", valueBoolean=True))
    assert "got multiple" in problem or "at most one of" in problem


def test_what_was_found_is_quoted_short() -> None:
    assert len(problem_of(observation({"text": "x"}, "1", "x" * 5000))) < 200


@pytest.mark.parametrize(
    ("resource", "element"),
    [
        # DSTU2
        (observation({"text": "x"}, comments="see letter"), "comments"),
        (observation({"text": "x"}, reliability="ok"), "reliability"),
        # STU3
        (observation({"text": "x"}, context={"reference": "Encounter/1"}), "context"),
        (observation({"text": "x"}, comment="see letter"), "comment"),
        # R5
        (observation({"text": "x"}, triggeredBy=[{"type": "reflex"}]), "triggeredBy"),
        (observation({"text": "x"}, bodyStructure={"reference": "BodyStructure/1"}), "bodyStructure"),
    ],
)
def test_other_editions_of_an_observation_are_reported(resource: dict[str, Any], element: str) -> None:
    assert problem_of(resource).startswith(f"{element} is no element of Observation in FHIR R4")


def test_other_editions_of_a_condition_are_reported() -> None:
    subject = {"reference": "Patient/p"}
    stu3 = {"resourceType": "Condition", "clinicalStatus": "active", "subject": subject, "assertedDate": "2020"}
    r5 = {"resourceType": "Condition", "subject": subject, "participant": [{"actor": {"reference": "Patient/p"}}]}
    dstu2 = {"resourceType": "Condition", "patient": subject, "code": {"text": "x"}}
    assert "assertedDate is no element of Condition" in problem_of(stu3, Condition)
    assert "participant is no element of Condition" in problem_of(r5, Condition)
    assert "patient is no element of Condition" in problem_of(dstu2, Condition)


@pytest.mark.parametrize(
    "written",
    [
        b'{"resourceType":"Observation","status":"final","code":{"text":"\\ud800"}}',
        b'{"resourceType":"Observation","status":"final","code":{"text":"\xff"}}',
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueInteger":' + b"9" * 5000 + b"}",
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1e999}}',
        b'{"resourceType":"Observation","status":"final","code":{"text":"x"},"extension":'
        + b'[{"url":"u","extension":' * 100_000  # deeper than any Python's decoder goes
        + b"[]"
        + b"}]" * 100_000
        + b"}",
        b'{"resourceType":"Observation","status":"final","code":[[["x"]]],"contained":[{"resourceType":"Foo"}]}',
    ],
)
def test_hostile_json_is_reported_and_never_raises(written: bytes) -> None:
    try:
        item = item_of(written)
    except BAD_DATA:  # not even its head can be read: prefetch.py reports the entry
        return
    issues: list[Issue] = []
    assert read(item, Observation, issues) is None
    assert len(issues) == 1
    assert issues[0].reference == "observations[3]"
    assert len(issues[0].problem) < 300


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_resource_whatever_raises(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(STRUCTS)))
    keys = st.sampled_from([field.encode_name for field in msgspec.structs.fields(STRUCTS[name])])
    values = st.recursive(
        ODD_VALUES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    )
    resource = data.draw(st.dictionaries(keys, values, max_size=4)) | {"resourceType": name}
    try:
        item = item_of(resource)
    except BAD_DATA:
        return
    issues: list[Issue] = []
    assert (read(item, STRUCTS[name], issues) is None) == bool(issues)


def test_the_value_survives_the_way() -> None:
    issues: list[Issue] = []
    found = read(item_of(observation(coded(LOINC, "x"), valueQuantity=quantity(-2.46, "SD"))), Observation, issues)
    assert found is not None
    assert found.valueQuantity is not None
    assert found.valueQuantity.value == -2.46
