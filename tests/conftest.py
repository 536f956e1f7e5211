"""A client of the service that checks every request and answer against the JSON Schemas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import orjson
import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings
from werkzeug.test import TestResponse

from cds_service.settings import Settings
from tests.examples import TODAY
from tests.schemas import check

hypothesis_settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis_settings.load_profile("repeatable")

FHIR_JSON = "application/fhir+json"
JSON = "application/json"
#: The property under which a test records the recommendations it could not check.
NOT_IMPLEMENTED = "not_implemented"


def left_out(reports: Iterable[object]) -> list[tuple[str, str]]:
    """What this run did not check, and why: how many tests of a file were skipped, for each reason they gave."""
    counted: Counter[tuple[str, str]] = Counter()
    for report in reports:
        if isinstance(report, pytest.TestReport) and isinstance(report.longrepr, tuple):
            counted[report.nodeid.partition("::")[0], str(report.longrepr[2]).removeprefix("Skipped: ")] += 1
    return [(f"{number} tests of {file}", why) for (file, why), number in sorted(counted.items())]


class Clock:
    """A clock that stands still, and counts how often it is asked."""

    def __init__(self, day: date = TODAY) -> None:
        self.day = day
        self.asked = 0

    def __call__(self) -> date:
        self.asked += 1
        return self.day


class ServiceClient:
    """Calls the service over HTTP, on the day of its clock."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        from cds_service.app import create_app

        self.clock = clock or Clock()
        self.app: Flask = create_app(settings, self.clock)
        self.http = self.app.test_client()

    def discovery(self) -> dict[str, Any]:
        """The discovery answer."""
        answer = self.http.get("/cds-services")
        assert (answer.status_code, answer.mimetype) == (200, JSON)
        found: dict[str, Any] = orjson.loads(answer.data)
        check("discovery", found)
        return found

    def post(
        self, path: str, body: object, content_type: str | None = JSON, headers: Mapping[str, str] | None = None
    ) -> TestResponse:
        """Post a body, bytes as they are; an answer that is an error must be an OperationOutcome."""
        sent = body if isinstance(body, bytes) else orjson.dumps(body)
        answer = self.http.post(path, data=sent, content_type=content_type, headers=dict(headers or {}))
        if answer.status_code != 200:
            assert answer.mimetype == FHIR_JSON
            check("operation-outcome", orjson.loads(answer.data))
        return answer

    def answer(
        self, request: Mapping[str, Any], language: str | None = None, path: str | None = None
    ) -> dict[str, Any]:
        """The answer to a request that must be answered."""
        check("request", request)
        headers = {"Accept-Language": language} if language else {}
        answer = self.post(path or f"/cds-services/osteoporosis-{request['hook']}", request, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.mimetype == JSON
        found: dict[str, Any] = orjson.loads(answer.data)
        check("response", found)
        return found

    def refused(self, path: str, body: object, status: int, **options: Any) -> dict[str, Any]:
        """The issue of a request that must be refused with this status."""
        answer = self.post(path, body, **options)
        assert answer.status_code == status, answer.text
        issue: dict[str, Any] = orjson.loads(answer.data)["issue"][0]
        return issue


@pytest.fixture(scope="session")
def service() -> ServiceClient:
    """The service as it starts without settings, on TODAY."""
    return ServiceClient(Settings())


@pytest.fixture
def clock(service: ServiceClient) -> Iterator[Clock]:
    """The clock of the service; set its day. It is set back afterwards."""
    yield service.clock
    service.clock.day = TODAY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was left out and why, and what worked patients expect that is not implemented yet."""
    for what, why in left_out(terminalreporter.stats.get("skipped", ())):
        terminalreporter.section("left out")
        terminalreporter.line(f"{what}: {why}")
    missing: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport) and report.when == "call":
                for name, ids in report.user_properties:
                    if name == NOT_IMPLEMENTED and isinstance(ids, list):
                        missing.update(ids)
    if missing:
        terminalreporter.section("expectations of recommendations not implemented yet")
        terminalreporter.line(f"{missing.total()} expectations of {len(missing)} recommendations were not checked:")
        terminalreporter.line(", ".join(f"{id_} ({number})" for id_, number in sorted(missing.items())))
