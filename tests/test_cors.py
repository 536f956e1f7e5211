"""Cross-origin access: a browser page of an EHR or a sandbox calls the service."""

from __future__ import annotations

import pytest

from cds_service.settings import Settings
from tests.conftest import ServiceClient
from tests.examples import request

VIEW = "/cds-services/osteoporosis-patient-view"
PATHS = ("/cds-services", VIEW, f"{VIEW}/feedback")
SANDBOX = "https://sandbox.cds-hooks.org"


@pytest.mark.parametrize("path", PATHS)
def test_a_preflight_is_answered(path: str) -> None:
    open_to_sandbox = ServiceClient(Settings(cors_origins=frozenset({SANDBOX})))
    answer = open_to_sandbox.http.options(
        path,
        headers={
            "Origin": SANDBOX,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
    assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"Authorization", "Content-Type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
    assert "Origin" in answer.vary


def test_answers_and_errors_can_be_read_by_the_page() -> None:
    open_to_sandbox = ServiceClient(Settings(cors_origins=frozenset({SANDBOX})))
    for body, status in ((request(), 200), ({}, 400)):
        answer = open_to_sandbox.post(VIEW, body, headers={"Origin": SANDBOX})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
    missing = open_to_sandbox.post("/cds-services/none", {}, headers={"Origin": SANDBOX})
    assert missing.headers["Access-Control-Allow-Origin"] == SANDBOX


def test_loopback_is_allowed_in_development(service: ServiceClient) -> None:
    answer = service.http.get("/cds-services", headers={"Origin": "http://localhost:9000"})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:9000"


@pytest.mark.parametrize("origin", [SANDBOX, "null", "http://localhost.example.org", ""])
def test_other_pages_are_not(service: ServiceClient, origin: str) -> None:
    answer = service.http.get("/cds-services", headers={"Origin": origin})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
    assert "Origin" in answer.vary


def test_no_page_is_allowed_outside_development() -> None:
    closed = ServiceClient(Settings(development=False))
    answer = closed.http.get("/cds-services", headers={"Origin": "http://localhost:9000"})
    assert "Access-Control-Allow-Origin" not in answer.headers
