"""Whatever is sent, the service stays up, and what does not matter changes nothing."""

from __future__ import annotations

import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import ServiceClient
from tests.examples import request
from tests.vignette_requests import DIALECTS, load_vignettes, to_request, today_of

NAMES = [
    *("hook", "hookInstance", "context", "prefetch", "fhirServer", "fhirAuthorization", "userId", "patientId"),
    *("draftOrders", "selections", "patient", "observations", "conditions", "medicationRequests", "resourceType"),
    *("entry", "resource", "id", "status", "code", "coding", "system", "subject", "reference", "valueQuantity"),
    *("value", "unit", "effectiveDateTime", "link", "relation", "contained", "extension"),
]
WORDS = [
    *("patient-view", "order-sign", "pat-1", "Patient/pat-1", "Bundle", "Patient", "Observation", "OperationOutcome"),
    *("next", "2025-02-20", "1e999", "http://loinc.org", "80948-3", "{T-score}", "Practitioner/1"),
    "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
]
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(WORDS)
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=25,
)
OBJECTS = st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=8)
HOOKS = st.sampled_from(["patient-view", "order-select", "order-sign"])
VIGNETTES = [vignette for vignette in load_vignettes() if vignette["hook"] != "population"]
CALLS = st.tuples(st.sampled_from(VIGNETTES), st.sampled_from(DIALECTS))

some = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
few = settings(some, max_examples=60)


def encoded(value: object) -> bytes:
    """JSON of a value, also of integers beyond 64 bits."""
    return json.dumps(value).encode()


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of every member and item below a value."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for step, below in steps:
        found += [(*path, step), *places(below, (*path, step))]
    return found


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


@some
@given(hook=HOOKS, body=OBJECTS)
def test_any_object_as_a_body(service: ServiceClient, hook: str, body: dict[str, Any]) -> None:
    assert service.post(f"/cds-services/osteoporosis-{hook}", encoded(body)).status_code < 500


@some
@given(hook=HOOKS, prefetch=st.dictionaries(st.sampled_from(sorted(request()["prefetch"])), ANYTHING, max_size=6))
def test_any_prefetch(service: ServiceClient, hook: str, prefetch: dict[str, Any]) -> None:
    body = request(hook)
    body["prefetch"] |= prefetch
    assert service.post(f"/cds-services/osteoporosis-{hook}", encoded(body)).status_code in (200, 412, 422)


@some
@given(body=st.binary(max_size=200))
def test_any_bytes(service: ServiceClient, body: bytes) -> None:
    for path in ("osteoporosis-patient-view", "osteoporosis-patient-view/feedback"):
        assert 400 <= service.post(f"/cds-services/{path}", body).status_code < 500


@some
@given(body=OBJECTS | st.fixed_dictionaries({"feedback": st.lists(ANYTHING, max_size=3)}))
def test_any_feedback(keeping: ServiceClient, body: dict[str, Any]) -> None:
    assert keeping.post("/cds-services/osteoporosis-order-sign/feedback", encoded(body)).status_code < 500


ITEMS = st.fixed_dictionaries(
    {
        "card": st.uuids().map(str),
        "outcome": st.sampled_from(["accepted", "overridden"]),
        "outcomeTimestamp": st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    },
    optional={
        "acceptedSuggestions": st.lists(st.fixed_dictionaries({"id": st.uuids().map(str)}), max_size=3),
        "overrideReason": st.fixed_dictionaries({}, optional={"reason": ANYTHING, "userComment": LEAVES}),
    },
)


@some
@given(items=st.lists(ITEMS, max_size=5))
def test_feedback_of_the_right_form(keeping: ServiceClient, items: list[dict[str, Any]]) -> None:
    answer = keeping.post("/cds-services/osteoporosis-order-sign/feedback", encoded({"feedback": items}))
    assert answer.status_code in (200, 400)


@some
@given(call=CALLS, data=st.data())
def test_a_request_with_a_few_changes(service: ServiceClient, call: Any, data: st.DataObject) -> None:
    """A real request in which some members were replaced, taken out or doubled."""
    vignette, dialect = call
    body = to_request(vignette, dialect)
    for _ in range(data.draw(st.integers(1, 4))):
        path = data.draw(st.sampled_from(places(body)))
        parent = at(body, path[:-1])
        change = data.draw(st.sampled_from(("replace", "delete", "copy")))
        if change == "delete":
            del parent[path[-1]]
        elif change == "copy" and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[path[-1]]))
        else:
            parent[path[-1]] = data.draw(ANYTHING)
        if not places(body):
            break
    service.clock.day = today_of(vignette)
    hook = vignette["hook"]
    assert service.post(f"/cds-services/osteoporosis-{hook}", encoded(body)).status_code < 500


@some
@given(call=CALLS, data=st.data())
def test_a_request_cut_off_or_overwritten(service: ServiceClient, call: Any, data: st.DataObject) -> None:
    """Bytes of a real request lost or changed on the way."""
    body = encoded(to_request(*call))
    start = data.draw(st.integers(0, len(body)))
    end = min(len(body), start + data.draw(st.integers(0, 40)))
    sent = body[:start] + data.draw(st.binary(max_size=10)) + body[end:]
    assert service.post(f"/cds-services/osteoporosis-{call[0]['hook']}", sent).status_code < 500


@few
@given(call=CALLS, data=st.data())
def test_the_order_of_entries_is_of_no_matter(service: ServiceClient, call: Any, data: st.DataObject) -> None:
    vignette, dialect = call
    body = to_request(vignette, dialect)
    shuffled = copy.deepcopy(body)
    for key in data.draw(st.permutations(sorted(body["prefetch"]))):
        value = shuffled["prefetch"].pop(key)
        if "entry" in value:
            value["entry"] = data.draw(st.permutations(value["entry"]))
        shuffled["prefetch"][key] = value
    service.clock.day = today_of(vignette)
    assert service.answer(shuffled) == service.answer(body)


@few
@given(call=CALLS, others=st.tuples(st.sampled_from(VIGNETTES), st.sampled_from(DIALECTS)))
def test_a_resource_of_another_patient_changes_nothing(service: ServiceClient, call: Any, others: Any) -> None:
    """Another patient's whole record in every Bundle: the cards are the same, and the strangers are named."""
    vignette, dialect = call
    body = to_request(vignette, dialect)
    stranger = others[0] | {"id": f"{others[0]['id']}-stranger"}
    foreign = to_request(stranger, others[1])["prefetch"]
    mixed = copy.deepcopy(body)
    for key, value in foreign.items():
        if key != "patient" and "entry" in value:
            mixed["prefetch"][key].setdefault("entry", []).extend(value["entry"])
    service.clock.day = today_of(vignette)
    alone, together = service.answer(body), service.answer(mixed)
    assert together["cards"] == alone["cards"]
    alone, together = (each["extension"]["org.osteo-cds.evaluation"] for each in (alone, together))
    assert (together["fired"], together["unknown"]) == (alone["fired"], alone["unknown"])
