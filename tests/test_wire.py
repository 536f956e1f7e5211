"""What is refused before anything is read, and how the refusal says so."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from msgspec import Raw

from cds_service.refusal import RefusedError, outcome
from cds_service.wire import HookRequest, read_envelope, read_request
from tests.examples import changed, request
from tests.schemas import check, problems

SECRET = "secret-0107571234"
TOKEN = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 300, "scope": "patient/*.rs", "subject": "cds"}


def read(body: bytes | dict[str, Any]) -> HookRequest:
    envelope = read_envelope(body if isinstance(body, bytes) else orjson.dumps(body))
    return read_request(envelope, envelope.hook)


def refused(body: bytes | dict[str, Any]) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        read(body)
    error = caught.value
    check("operation-outcome", outcome(error.code, error.diagnostics, error.field))
    assert SECRET not in error.diagnostics + error.field
    return error


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_a_request_by_the_specification_is_read(hook: str) -> None:
    body = request(hook)
    check("request", body)
    found = read(body)
    assert (found.hook_instance, found.patient_id) == (body["hookInstance"], "pat-1")
    assert set(found.prefetch) == set(body["prefetch"])
    assert (found.draft_orders is not None) == (hook != "patient-view")
    assert found.selections == (("MedicationRequest/draft-1",) if hook == "order-select" else None)


def test_prefetch_values_stay_as_they_came() -> None:
    body = changed(request(), "prefetch.patient", None)
    assert read(body).prefetch["patient"] == Raw(b"null")


def test_members_the_specification_does_not_know_are_ignored() -> None:
    body = changed(request(), "extension", {"org.example": {"deep": [1, {"er": None}]}})
    body = changed(body, "context.futureMember", SECRET)
    assert read(body).patient_id == "pat-1"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hook", 7),
        ("hook", None),
        ("hookInstance", SECRET),
        ("hookInstance", 7),
        ("hookInstance", "d1577c69dfbe44adba6d3e05e953b2ea"),
        ("context", None),
        ("context", [SECRET]),
        ("context.userId", 7),
        ("context.userId", SECRET),
        ("context.patientId", 7),
        ("context.patientId", None),
        ("context.patientId", ""),
        ("context.patientId", f"Patient/{SECRET}"),
        ("context.patientId", SECRET * 5),
        ("context.encounterId", [SECRET]),
        ("context.encounterId", "a b"),
        ("context.draftOrders", None),
        ("context.draftOrders", [SECRET]),
        ("context.selections", None),
        ("context.selections", SECRET),
        ("prefetch", [SECRET]),
        ("prefetch", SECRET),
        ("fhirServer", 7),
        ("fhirServer", ""),
        ("fhirServer", SECRET),
        ("fhirServer", f"ftp://{SECRET}/fhir"),
        ("fhirServer", f"https://user:{SECRET}@ehr.example.org/fhir"),
        ("fhirAuthorization", SECRET),
    ],
)
def test_a_member_of_the_wrong_form_is_named(path: str, value: Any) -> None:
    body = changed(request("order-select"), path, value)
    error = refused(body)
    assert (error.status, error.code, error.field) == (400, "value", path)
    assert "expected" in error.diagnostics
    assert problems("request", body), "the schema must refuse it too"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("hookInstance", "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea\n"),
        ("context.patientId", "pat-1\n"),
        ("context.userId", "Practitioner/1\n"),
        ("fhirServer", "https://ehr.example.org:99999/fhir"),
    ],
)
def test_what_a_schema_lets_pass_is_still_refused(path: str, value: str) -> None:
    assert refused(changed(request(), path, value)).field == path


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("context.draftOrders", {"resourceType": SECRET}, "context.draftOrders.resourceType"),
        ("context.draftOrders", {"resourceType": "Bundle", "entry": SECRET}, "context.draftOrders.entry"),
        ("context.selections", [SECRET, 7], "context.selections[1]"),
        ("fhirAuthorization", TOKEN | {"token_type": SECRET}, "fhirAuthorization.token_type"),
        ("fhirAuthorization", TOKEN | {"access_token": 7}, "fhirAuthorization.access_token"),
        ("fhirAuthorization", TOKEN | {"access_token": f"{SECRET}\r\nX: y"}, "fhirAuthorization.access_token"),
        ("fhirAuthorization", TOKEN | {"expires_in": SECRET}, "fhirAuthorization.expires_in"),
        ("fhirAuthorization", TOKEN | {"expires_in": 1.5}, "fhirAuthorization.expires_in"),
        ("fhirAuthorization", TOKEN | {"expires_in": True}, "fhirAuthorization.expires_in"),
        ("fhirAuthorization", TOKEN | {"scope": [SECRET]}, "fhirAuthorization.scope"),
        ("fhirAuthorization", TOKEN | {"subject": None}, "fhirAuthorization.subject"),
        ("fhirAuthorization", TOKEN | {"patient": f"{SECRET} x"}, "fhirAuthorization.patient"),
    ],
)
def test_a_member_of_a_member_is_named(path: str, value: Any, field: str) -> None:
    body = changed(changed(request("order-select"), "fhirServer", "https://ehr.example.org/fhir"), path, value)
    error = refused(body)
    assert (error.status, error.code, error.field) == (400, "value", field)
    assert problems("request", body)


@pytest.mark.parametrize(
    "path", ["hook", "hookInstance", "context", "context.userId", "context.patientId", "context.draftOrders"]
)
def test_a_missing_member_is_named(path: str) -> None:
    body = changed(request("order-sign"), path)
    error = refused(body)
    assert (error.status, error.code, error.field) == (400, "required", path)
    assert f"{path} is missing" in error.diagnostics
    assert problems("request", body)


def test_order_select_needs_selections_and_order_sign_does_not() -> None:
    body = changed(request("order-select"), "context.selections")
    assert refused(body).field == "context.selections"
    assert read(changed(body, "hook", "order-sign")).selections is None


def test_draft_orders_are_not_looked_at_when_a_record_is_opened() -> None:
    body = changed(request("order-sign"), "hook", "patient-view")
    assert read(body).draft_orders is None


def test_a_token_needs_its_server() -> None:
    body = changed(request(), "fhirAuthorization", TOKEN)
    assert refused(body).field == "fhirServer"
    assert problems("request", body)
    assert read(body | {"fhirServer": "https://ehr.example.org/fhir"}).fhir_server


def test_a_token_for_another_patient_stops_everything() -> None:
    body = request() | {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": TOKEN | {"patient": "pat-2"}}
    error = refused(body)
    assert (error.status, error.field) == (422, "fhirAuthorization.patient")


def test_a_request_is_never_shown_with_its_token() -> None:
    body = request() | {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": TOKEN}
    assert SECRET not in repr(read(body))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{",
        b'{"hook": "patient-view",}',
        b'{"hook": NaN}',
        b'{"hook": -Infinity}',
        b'{"hook": 01}',
        b'{"hook": "\\ud800"}',
        b'{"hook": "\\x41"}',
        b'{"hook": "' + SECRET.encode() + b'\xff"}',
        b'{"prefetch": {"patient": {"id": "\xed\xa0\x80"}}}',
        b"\xef\xbb\xbf{}",
        orjson.dumps(request()) + b"{}",
        b"<xml/>",
        b'{"context":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"prefetch":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_json_is_refused(body: bytes) -> None:
    error = refused(body)
    assert (error.status, error.code) == (400, "structure")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b"1e999", b"-0"])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    error = refused(body)
    assert (error.status, error.field) == (400, "")


@pytest.mark.parametrize(
    ("once", "twice"),
    [
        (b'"patientId":"pat-1"', b'"patientId":"pat-1","patientId":"pat-2"'),
        (b'"context":', b'"context":{"userId":"Practitioner/1","patientId":"pat-2"},"context":'),
    ],
)
def test_a_patient_named_twice_is_refused(once: bytes, twice: bytes) -> None:
    body = orjson.dumps(request())
    assert once in body
    assert refused(body.replace(once, twice, 1)).status == 400


def test_the_word_patient_id_elsewhere_is_of_no_matter() -> None:
    body = changed(request(), "extension", {"patientId": "x", "in": {"patientId": "y"}})
    assert read(body).patient_id == "pat-1"


def test_a_prefetch_value_is_whatever_was_sent() -> None:
    body = changed(request(), "prefetch.conditions", ["garbage"])
    assert read(body).prefetch["conditions"] == Raw(b'["garbage"]')
