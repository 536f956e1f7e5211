"""Hostile input over HTTP that once got through, or nearly: names in disguise, depth, text that is markup."""

from __future__ import annotations

import orjson
import pytest

from tests.conftest import ServiceClient
from tests.examples import bundle, egfr, request, t_score

VIEW = "/cds-services/osteoporosis-patient-view"
SIGN = "/cds-services/osteoporosis-order-sign"
DEPTH = 100_000
MARKUP = "</div><script>alert(1)</script> [klik](javascript:alert(1)) ![x](http://evil/x.png) \u202eevil <img src=x>"


@pytest.mark.parametrize("name", [b"patient\\u0049d", b"\\u0070atientId", b"patientI\\u0064"])
def test_a_patient_named_twice_is_refused_however_it_is_spelled(service: ServiceClient, name: bytes) -> None:
    body = orjson.dumps(request())
    doubled = body.replace(b'"patientId":', b'"' + name + b'":"pat-2","patientId":', 1)
    assert doubled != body
    assert service.refused(VIEW, doubled, status=400)["code"] == "invariant"


@pytest.mark.parametrize("text", ["\\u00e6", "\\u0041"], ids=["as encoders do", "a letter"])
def test_an_escape_alone_refuses_nothing(service: ServiceClient, text: str) -> None:
    body = orjson.dumps(request()).replace(b'"pat-1","gender"', f'"pat-1","language":"{text}","gender"'.encode(), 1)
    assert service.post(VIEW, body).status_code == 200


@pytest.mark.parametrize(("start", "end"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["lists", "objects"])
@pytest.mark.parametrize("place", [b'"userId":', b'"prefetch":{', b'"gender":', b'"dosageInstruction":[', b'"intent":'])
def test_depth_is_refused(service: ServiceClient, place: bytes, start: bytes, end: bytes) -> None:
    deep = start * DEPTH + b"1" + end * DEPTH
    member = b'"zz":' + deep + b","
    inserted = {b"[": place + deep + b",", b"{": place + member}.get(place[-1:], member + place)
    body = orjson.dumps(request("order-sign")).replace(place, inserted, 1)
    assert service.refused(SIGN, body, status=400)["code"] == "structure"


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"9" * 5000, b"1e99999999999"])
def test_a_number_without_bounds_costs_its_resource(service: ServiceClient, number: bytes) -> None:
    body = orjson.dumps(request()).replace(b"-2.8", number, 1)
    answer = service.post(VIEW, body)
    assert answer.status_code == 200
    found = orjson.loads(answer.data)
    assert found["cards"]
    assert [issue["reference"] for issue in found["extension"]["org.osteo-cds.evaluation"]["issues"]] == [
        "Observation/t-1"
    ]


def test_markup_in_what_was_received_stays_text(service: ServiceClient) -> None:
    body = request("order-sign")
    body["context"]["draftOrders"]["entry"][0]["resource"]["dosageInstruction"] = [{"text": MARKUP}]
    body["prefetch"]["observations"] = bundle(t_score() | {"id": MARKUP}, egfr())
    shown = "".join(card["summary"] + card["detail"] for card in service.answer(body, "en")["cards"])
    assert "script" in shown
    for markup in ("<script", "<img", "[klik]", "![x]", "\u202e", "http://evil"):
        assert markup not in shown


def prescription(**change: object) -> dict[str, object]:
    """The draft of the order-sign example with a change."""
    body = request("order-sign")
    draft = body["context"]["draftOrders"]["entry"][0]["resource"]
    draft.update(change)
    return body


def evaluation(answer: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = answer["extension"]["org.osteo-cds.evaluation"]  # type: ignore[index]
    return found


def test_an_order_of_endless_steps_is_unknown_and_keeps_nobody_waiting(service: ServiceClient) -> None:
    dose = {"doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg", "code": "mg"}}]}
    daily = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "boundsDuration": {"value": 1, "code": "d"}}}
    steps = [{"sequence": number, "timing": daily, **dose} for number in range(1, 5000)]
    answer = service.answer(prescription(dosageInstruction=steps), "en")
    fired = [each["id"] for each in evaluation(answer)["fired"]]  # type: ignore[attr-defined]
    assert "GLU-DOSE-2" in fired


def test_what_is_quoted_of_a_bad_value_is_short(service: ServiceClient) -> None:
    body = request()
    body["prefetch"]["observations"] = bundle(t_score() | {"status": "x" * 1_000_000}, egfr())
    issues = evaluation(service.answer(body, "en"))["issues"]
    assert issues
    assert all(len(issue["problem"]) < 400 for issue in issues)  # type: ignore[attr-defined]


def test_a_draft_without_a_code_is_not_passed_over(service: ServiceClient) -> None:
    answer = service.answer(prescription(medicationCodeableConcept={"text": "Prednisolon 5 mg"}), "en")
    assert [card["extension"]["org.osteo-cds.card"]["card"] for card in answer["cards"]] == ["C-UNCHECKED"]
    assert "without a code" in str(evaluation(answer)["issues"])


@pytest.mark.parametrize("change", [{"gender": None}, {"birthDate": "19570601"}, {"name": {"family": "x"}}])
def test_an_order_for_a_patient_of_unknown_age_or_sex_is_said_to_be_unchecked(
    service: ServiceClient, change: dict[str, object]
) -> None:
    body = request("order-sign")
    patient = body["prefetch"]["patient"]
    patient.update(change)
    body["prefetch"]["patient"] = {name: value for name, value in patient.items() if value is not None}
    answer = service.answer(body, "en")
    assert [card["extension"]["org.osteo-cds.card"]["card"] for card in answer["cards"]] == ["C-UNCHECKED"]


def test_an_unreadable_prescription_is_named_beside_the_advice(service: ServiceClient) -> None:
    body = request()
    order = request("order-sign")["context"]["draftOrders"]["entry"][0]["resource"]
    body["prefetch"]["medicationRequests"] = bundle(order | {"id": "lost", "status": "active", "zz": 1})
    answer = service.answer(body, "en")
    assert "MedicationRequest/lost" in "".join(card["detail"] for card in answer["cards"])
