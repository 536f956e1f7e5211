"""The shortcut for plain results and diagnoses reads what the strict way reads; old results change no answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.records import TODAY as BENCHMARK_DAY
from benchmarks.records import prefetch as benchmark
from fhir_mappings import Reading, conditions, observations, read_facts
from fhir_mappings.facts import UNITS
from fhir_mappings.heads import DiagnosisHead, Head, ResultHead, head_reader
from fhir_mappings.observed import PAST, WHOLE
from hooks.guideline.case import Case
from hooks.guideline.firing import evaluate
from hooks.guideline.register import RULES
from hooks.guideline.thresholds import DENOSUMAB_RISK, WEIGHT_WINDOW
from tests.fhir import LOINC, NPU, SNOMED, Resource, coded, condition, facts, observation, problems, quantity, raw
from tests.vignette_record import Dialect
from tests.vignette_requests import DIALECTS, hook_of, load_vignettes, to_request, today_of

VIGNETTES = load_vignettes()
#: Something an element may hold: usual, unusual and wrong.
ELEMENTS: dict[str, tuple[Any, ...]] = {
    "id": ("1", "a" * 64, "b" * 65, "x y", "", None, 7),
    "status": ("final", "amended", "preliminary", "entered-in-error", "nonsense", None),
    "effectiveDateTime": (
        *("2025-01-10", "2025-01-10T08:30:00+01:00", "2025-01-10T08:30:00.123Z", "2025-01", "2025", "2025-02-30"),
        *("2999-01-01", "0999-01-01", "2025-01-10T24:00:00Z", "2025-01-10T08:30:00", "2025-01-10 ", "", None, 2025),
    ),
    "issued": ("2025-01-10T08:30:00Z", "2025-01-10", "2025-02-30T08:30:00Z", "today", None),
    "subject": ({"reference": "Patient/p"}, {"reference": "Patient/other"}, None, "p"),
    "valueQuantity": (
        *(quantity(62, "mL/min"), quantity(62.5, "mL/min/{1.73_m2}"), {"value": 62}, {"value": 62, "unit": "ml/min"}),
        *({"value": 62, "unit": "mg"}, {"value": 0, "unit": "mL/min"}, {"value": 9e9, "unit": "mL/min"}, {}, None),
        *({"value": 90, "comparator": ">", "unit": "mL/min"}, {"value": 90, "comparator": "~", "unit": "mL/min"}),
        *({"value": "62", "unit": "mL/min"}, {"value": 62, "unit": ""}, {"value": 62, "unit": "\u00a0"}, 62),
        *({"value": 62, "unit": "mL/min", "code": " x"}, {"value": 62, "unit": "mL/min", "other": 1}),
    ),
    "referenceRange": (
        [{"low": {"value": 60, "unit": "mL/min"}}],
        [{"high": {"value": 90}}],
        *([{"low": {"value": 60, "unit": "mg"}}], [{"low": 60}], [], None),
    ),
    "note": ([{"text": "fine"}], [{"text": "\u00a0"}], [{"text": "dårlig prøve"}]),
    "method": (coded(SNOMED, "1"),),
    "bodySite": (coded(SNOMED, "29627003"),),
    "component": ([{"code": coded(LOINC, "8302-2"), "valueQuantity": quantity(160, "cm")}],),
    "valueString": ("62", ""),
    "dataAbsentReason": (coded("x", "unknown"),),
    "hasMember": ([{"reference": "Observation/2"}],),
    "device": ({"display": "scanner 1"},),
    "modifierExtension": ([{"url": "https://example.org/not"}],),
    "unheardOf": (1,),
    "clinicalStatus": (coded("x", "active"), coded("x", "resolved"), {"text": "?"}, [coded("x", "active")], {}, None),
    "verificationStatus": (coded("x", "confirmed"), coded("x", "refuted"), coded("x", "provisional"), 1, None),
    "category": ([coded("x", "encounter-diagnosis")], [coded("x", "problem-list-item")], coded("x", "y"), []),
    "onsetDateTime": ("2020-05-01", "2020-05", "2999-01-01", "2020-02-30", "", None),
    "onsetAge": ({"value": 60, "unit": "a"},),
    "abatementDateTime": ("2021-05-01", "2999-05-01", "2021", None),
    "recordedDate": ("2020-06-01", "2020-06-01T10:00:00+02:00", "2999-06-01", "2020-06", None),
    "evidence": ([{"code": [coded(SNOMED, "1")]}],),
}
CODES = {
    "Observation": [
        *(coded(NPU, "DNK35302"), coded(NPU, "NPU04144"), coded(LOINC, "29463-7"), coded(LOINC, "38264-8")),
        *(coded(LOINC, "38265-5"), coded(NPU, "NPU18016"), {"coding": [{"system": NPU, "code": "NPU18016 "}]}, {}),
    ],
    "Condition": [
        *(coded(SNOMED, "38341003"), coded(SNOMED, "263102004"), coded(SNOMED, "94222008"), coded(SNOMED, "1912002")),
        *(coded(SNOMED, "66931009"), {"text": "hypertension"}, {"coding": [{"system": SNOMED, "code": " 38341003"}]}),
    ],
}


@contextmanager
def strictly() -> Iterator[None]:
    """Every Observation and Condition is decoded whole."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observations, "plain_result", lambda *_: None)
        patch.setattr(conditions._Reader, "take_plain", lambda *_: False)
        yield


@contextmanager
def the_whole_past() -> Iterator[None]:
    """Every result is read, however old."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(observations, "PAST", {})
        observations._code.cache_clear()
        yield
    observations._code.cache_clear()


def same_read_strictly(*resources: Resource) -> None:
    quick = facts(*resources)
    with strictly():
        slow = facts(*resources)
    assert sorted(problems(quick)) == sorted(problems(slow))
    for name in ("measurements", "findings", "conditions", "fractures", "falls", "family_history", "systems"):
        assert getattr(quick, name) == getattr(slow, name), name


def bare(resource_type: str, code: Resource, **elements: Any) -> Resource:
    if resource_type == "Condition":
        return condition(code) | elements
    return observation(code, valueQuantity=quantity(62, "mL/min")) | elements


@pytest.mark.parametrize("resource_type", CODES)
@pytest.mark.parametrize("element", ELEMENTS)
def test_each_element_is_read_as_strictly(resource_type: str, element: str) -> None:
    for code in CODES[resource_type]:
        for value in ELEMENTS[element]:
            same_read_strictly(bare(resource_type, code, **{element: value}))


@given(st.data())
def test_elements_together_are_read_as_strictly(data: st.DataObject) -> None:
    made = []
    for number in range(data.draw(st.integers(1, 4))):
        resource_type = data.draw(st.sampled_from(sorted(CODES)))
        names = data.draw(st.lists(st.sampled_from(sorted(ELEMENTS)), max_size=4, unique=True))
        elements = {name: data.draw(st.sampled_from(ELEMENTS[name])) for name in names}
        code = data.draw(st.sampled_from(CODES[resource_type]))
        made.append(bare(resource_type, code, **({"id": f"r{number}"} | elements)))
    same_read_strictly(*made)


def reading(request: Resource, today: date) -> Reading:
    return read_facts(
        {key: raw(value) for key, value in request["prefetch"].items()},
        patient_id=request["context"]["patientId"],
        as_of=today,
        draft_orders=raw(request["context"]["draftOrders"]) if "draftOrders" in request["context"] else None,
        selections=request["context"].get("selections"),
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_worked_patients_are_read_as_strictly(dialect: Dialect) -> None:
    for vignette in VIGNETTES:
        request = to_request(vignette, dialect)
        quick = reading(request, today_of(vignette))
        with strictly():
            assert quick == reading(request, today_of(vignette)), vignette["id"]


def test_a_long_record_is_read_as_strictly() -> None:
    sent = {key: raw(value) for key, value in benchmark(400).items()}
    quick = read_facts(sent, patient_id="bench", as_of=BENCHMARK_DAY)
    with strictly():
        assert quick == read_facts(sent, patient_id="bench", as_of=BENCHMARK_DAY)
    assert not quick.facts.issues


# --- how far back results are read ------------------------------------------------------------

#: Beyond every horizon: code, unit and values low, usual and high.
OLD = (
    *((NPU, "NPU04144", "mmol/L", value) for value in (1.0, 1.25, 1.6)),
    *((LOINC, "29463-7", "kg", value) for value in (40, 68, 140)),
    *((NPU, "NPU18016", "umol/L", value) for value in (60, 400)),
    *((NPU, "NPU02319", "mmol/L", value) for value in (5, 9)),
    *((NPU, "NPU03429", "mmol/L", value) for value in (120, 140)),
)


def with_old_results(request: Resource, today: date) -> Resource:
    """The request with results that are four to fourteen years old."""
    subject = {"reference": f"Patient/{request['context']['patientId']}"}
    added = []
    for number, (system, code, unit, value) in enumerate(OLD * 3):
        day = (today - timedelta(days=4 * 366 + 97 * number)).isoformat()
        result = observation(coded(system, code), f"old{number}", day, valueQuantity=quantity(value, unit))
        added.append({"resource": result | {"subject": subject}})
    bundle = request["prefetch"]["observations"]
    bundle = bundle | {"entry": [*bundle.get("entry", ()), *added]}
    return request | {"prefetch": request["prefetch"] | {"observations": bundle}}


def answered(request: Resource, vignette: Resource) -> tuple[list[str], list[str]]:
    hook: Any = hook_of(vignette)
    outcome = evaluate(Case(reading(request, today_of(vignette)).facts, hook, rules=RULES))
    assert not outcome.broken
    return sorted(each.rule.id for each in outcome.fired), sorted(rule.id for rule, _ in outcome.unknown)


def test_what_is_not_read_changes_no_answer() -> None:
    differ = []
    for vignette in VIGNETTES:
        request = with_old_results(to_request(vignette, DIALECTS[0]), today_of(vignette))
        as_read = answered(request, vignette)
        with the_whole_past():
            if as_read != answered(request, vignette):
                differ.append(vignette["id"])
    assert not differ


def test_every_measured_concept_says_how_far_back_it_is_read() -> None:
    assert not PAST.keys() & WHOLE.keys()
    assert PAST.keys() | WHOLE.keys() == UNITS.keys()
    assert all(WHOLE.values())


def test_results_are_read_as_far_back_as_rules_look() -> None:
    assert PAST["calcium_ionised"] == PAST["calcium_corrected"] >= DENOSUMAB_RISK
    assert PAST["weight_kg"] >= 2 * WEIGHT_WINDOW


def weight(number: str, day: str | None, kg: float = 70, unit: str = "kg") -> Resource:
    return observation(coded(LOINC, "29463-7"), number, day, valueQuantity=quantity(kg, unit))


def read_weights(*resources: Resource) -> list[str]:
    return [each.reference.removeprefix("Observation/") for each in facts(*resources).measurements["weight_kg"]]


def test_results_within_the_past_looked_at_are_all_read_and_older_ones_not() -> None:
    # the day asked is 10 March 2025
    made = [weight("a", "2025-03-01"), weight("b", "2024-03-01"), weight("c", "2023-03-11"), weight("d", "2022-01-01")]
    assert read_weights(*made) == read_weights(*reversed(made)) == ["a", "b", "c"]


def test_the_newest_result_is_read_however_old() -> None:
    assert read_weights(weight("a", "2001-01-01"), weight("b", "2002-02-02"), weight("c", "2002-02-02")) == ["b", "c"]


def test_an_old_result_is_read_when_the_newer_ones_cannot_be_used() -> None:
    spoiled = [weight("a", "2025-03-01", unit="mmol/L"), weight("b", "2025-02-01", kg=7000), weight("c", "2026-01-01")]
    found = facts(*spoiled, weight("d", "2003-03-03"), weight("e", "2002-02-02"))
    assert [each.reference for each in found.measurements["weight_kg"]] == ["Observation/d"]
    assert len(found.issues) == 2


def test_a_result_of_a_panel_does_not_stand_for_the_newest() -> None:
    component = {"code": coded(LOINC, "29463-7"), "valueQuantity": quantity(70, "kg")}
    panel = observation(coded(LOINC, "85353-1"), "panel", "2010-01-01", component=[component])
    creatinine = {"code": coded(NPU, "NPU18016"), "valueQuantity": quantity(70, "umol/L")}
    other = observation(coded(LOINC, "4548-4"), "panel2", "2010-01-01", component=[creatinine])
    newest = observation(coded(NPU, "NPU18016"), "newest", "2025-01-01", valueQuantity=quantity(80, "umol/L"))
    found = facts(panel, other, newest, weight("w", "2025-01-01")).measurements
    assert found["creatinine"][0].reference == "Observation/newest"
    assert found["weight_kg"][0].reference == "Observation/w"


def test_a_partial_date_is_read_as_before() -> None:
    assert read_weights(weight("a", "2025-03-01"), weight("b", "2011-05"), weight("c", "2012")) == ["a", "c", "b"]


@pytest.mark.parametrize("resource_type", ["Observation", "Condition", "MedicationRequest", "Encounter", "Appointment"])
def test_the_quick_heads_stand_in_for_a_head(resource_type: str) -> None:
    head = head_reader(resource_type)(msgspec.json.encode({"resourceType": resource_type, "id": "1"}))
    for name in ("id", "code", "subject", "patient", "resource_type"):
        assert isinstance(getattr(head, name), str if name in ("id", "resource_type") else msgspec.Raw)
    if not isinstance(head, ResultHead | DiagnosisHead):
        assert all(hasattr(head, name) for name in Head.__struct_fields__)
