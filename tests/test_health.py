"""Whether the process lives, and whether calls can be sent to it. Little is told, and nobody is authenticated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import orjson
import pytest
from flask.testing import FlaskClient

from cds_service.app import create_app
from cds_service.operation import KEEP, Readiness
from cds_service.settings import Settings

SECRET = "postgresql://cds:hunter2@db"


def asking(**checks: Callable[[], str]) -> FlaskClient:
    return create_app(Settings(), lambda: date(2025, 3, 10), checks=checks).test_client()


def raising() -> str:
    raise OSError(SECRET)


def test_a_service_without_problems_is_alive_and_ready() -> None:
    http = asking(database=lambda: "", keys=lambda: "")
    live, ready = http.get("/health/live"), http.get("/health/ready")
    assert (live.status_code, live.json) == (200, {"status": "live"})
    assert ready.status_code == 200
    assert ready.json == {"status": "ready", "checks": {"audit": "ok", "database": "ok", "keys": "ok"}}


@pytest.mark.parametrize("check", [lambda: f"no connection to {SECRET}", raising], ids=["says", "raises"])
def test_a_problem_makes_it_unready_and_is_told_in_the_log_alone(
    check: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    http = asking(database=check, keys=lambda: "")
    ready = http.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json == {"status": "not ready", "checks": {"audit": "ok", "database": "failed", "keys": "ok"}}
    assert "not ready: database" in caplog.text
    assert http.get("/health/live").status_code == 200


def test_an_exception_is_logged_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    asking(database=raising).get("/health/ready")
    assert "not ready: database: OSError at test_health.py" in caplog.text
    assert SECRET not in caplog.text


def test_the_checks_are_asked_once_a_second_and_changes_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    now, problem, asked = 100.0, "down", 0

    def check() -> str:
        nonlocal asked
        asked += 1
        return problem

    ready = Readiness({"database": check}, lambda: now)
    assert [ready() for _ in range(50)] == [{"database": False}] * 50
    now += KEEP
    ready()
    assert (asked, caplog.messages) == (2, ["not ready: database: down"])
    problem = ""
    now += KEEP
    assert ready() == {"database": True}
    assert caplog.messages[1:] == ["ready again: database"]


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_they_are_only_read(path: str, method: str) -> None:
    answer = asking().open(path, method=method)
    assert answer.status_code == 405
    assert orjson.loads(answer.data)["resourceType"] == "OperationOutcome"
