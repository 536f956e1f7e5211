"""What is refused over HTTP, with which status, and naming what."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cds_service.settings import Settings
from tests.conftest import ServiceClient
from tests.examples import bundle, changed, patient, request, t_score

VIEW = "/cds-services/osteoporosis-patient-view"
SIGN = "/cds-services/osteoporosis-order-sign"
SECRET = "secret-0107571234"


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON;charset=UTF-8", 200),
        ("application/json; charset=iso-8859-1", 415),
        ("application/fhir+json", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        (None, 415),
    ],
)
def test_the_content_type_is_json(service: ServiceClient, content_type: str | None, status: int) -> None:
    answer = service.post(VIEW, request(), content_type=content_type)
    assert answer.status_code == status
    if status == 415:
        assert orjson.loads(answer.data)["issue"][0]["expression"] == ["http.Content-Type"]


def test_a_compressed_body_is_refused(service: ServiceClient) -> None:
    service.refused(VIEW, b"\x1f\x8b", status=415, headers={"Content-Encoding": "gzip"})


def test_a_body_has_a_largest_size() -> None:
    small = ServiceClient(Settings(max_body_bytes=20_000))
    assert small.post(VIEW, request()).status_code == 200
    issue = small.refused(VIEW, b" " * 20_001, status=413)
    assert issue["code"] == "too-long"
    assert "OSTEO_CDS_MAX_BODY_MB" in issue["diagnostics"]


@pytest.mark.parametrize("path", ["/cds-services/none", "/cds-services/none/feedback", "/none", "/cds-services/a/b/c"])
def test_what_does_not_exist(service: ServiceClient, path: str) -> None:
    assert service.refused(path, request(), status=404)["code"] == "not-found"


@pytest.mark.parametrize("path", [VIEW, f"{VIEW}/feedback"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method(service: ServiceClient, path: str, method: str) -> None:
    answer = service.http.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (405, "application/fhir+json")
    assert "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("hook", ["order-sign", "encounter-start", SECRET])
def test_another_hook_than_the_services(service: ServiceClient, hook: str) -> None:
    issue = service.refused(VIEW, changed(request(), "hook", hook), status=400)
    assert issue["expression"] == ["hook"]
    assert "patient-view" in issue["diagnostics"]
    assert SECRET not in issue["diagnostics"]


def test_a_form_error_names_its_field(service: ServiceClient) -> None:
    issue = service.refused(SIGN, changed(request("order-sign"), "context.draftOrders", []), status=400)
    assert issue["expression"] == ["context.draftOrders"]


@pytest.mark.parametrize(
    "prefetch",
    [
        None,
        {},
        {"patient": None},
        {"patient": bundle()},
        {"patient": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}},
        {"patient": ["garbage"]},
        {"patient": t_score()},
    ],
    ids=["none", "empty", "null", "empty bundle", "outcome", "garbage", "no Patient"],
)
def test_without_the_patient_nothing_is_evaluated(service: ServiceClient, prefetch: Any) -> None:
    issue = service.refused(VIEW, changed(request(), "prefetch", prefetch), status=412)
    assert issue["expression"] == ["prefetch.patient"]
    assert "patient" in issue["diagnostics"]


@pytest.mark.parametrize("found", [patient("pat-2"), bundle(patient("pat-2"))], ids=["resource", "bundle"])
def test_another_patient_stops_everything(service: ServiceClient, found: dict[str, Any]) -> None:
    body = changed(request(), "prefetch.patient", found)
    answer = service.post(VIEW, body)
    assert answer.status_code == 422
    assert orjson.loads(answer.data)["issue"][0]["expression"] == ["prefetch.patient"]
    assert b"pat-1" not in answer.data
    assert b"pat-2" not in answer.data


def test_our_bug_is_a_500_without_patient_data(
    service: ServiceClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object, **_options: object) -> None:
        raise KeyError(SECRET)

    monkeypatch.setattr("cds_service.routes.answer", broken)
    caplog.set_level("DEBUG")
    issue = service.refused(VIEW, request(), status=500)
    assert issue["code"] == "exception"
    assert SECRET not in issue["diagnostics"] + caplog.text
    assert "KeyError at test_errors.py" in caplog.text
