"""A client of the service that checks every request and answer against the JSON Schemas."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from werkzeug.test import TestResponse

from cds_service.settings import Settings
from cds_service.store.memory import Memory
from tests.databases import DATABASES, POSTGRESQL, memory_in, postgresql_database
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


class WholeAnswers(FlaskClient):
    """Takes each answer to its end as a server does; what comes after it (the audit) has then been done."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        """Make a request."""
        return super().open(*arguments, **{"buffered": True, **options})


class ServiceClient:
    """Calls the service over HTTP, on the day of its clock."""

    def __init__(self, settings: Settings, clock: Clock | None = None, memory: Memory | None = None) -> None:
        from cds_service.app import create_app

        self.clock = clock or Clock()
        self.app: Flask = create_app(settings, self.clock, memory=memory)
        self.app.test_client_class = WholeAnswers
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
def _one_service() -> ServiceClient:
    return ServiceClient(Settings())


@pytest.fixture
def service(_one_service: ServiceClient) -> Iterator[ServiceClient]:
    """The service as it starts without settings, on TODAY; a day that a test sets does not outlive it."""
    yield _one_service
    _one_service.clock.day = TODAY


@pytest.fixture(scope="session")
def keeping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceClient]:
    """A service that can keep feedback, on an SQLite file."""
    memory = memory_in(f"sqlite:///{tmp_path_factory.mktemp('data') / 'memory.sqlite'}")
    yield ServiceClient(Settings(), memory=memory)
    memory.close()


@pytest.fixture
def clock(service: ServiceClient) -> Iterator[Clock]:
    """The clock of the service; set its day. It is set back afterwards."""
    yield service.clock
    service.clock.day = TODAY


@pytest.fixture(scope="session", autouse=True)
def _no_setting_of_the_service() -> None:
    """The tests' own variables have the service's prefix, and the service names variables it does not know."""
    for name in (POSTGRESQL, "OSTEO_CDS_TEST_BROWSER", "OSTEO_CDS_SCREENSHOTS"):
        os.environ.pop(name, None)


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database: an SQLite file, and PostgreSQL where OSTEO_CDS_TEST_POSTGRESQL names a server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'memory.sqlite'}"
    else:
        with postgresql_database() as url:
            yield url


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out and why, and what worked patients expect that is not implemented yet."""
    for what, why in (*left_out(terminalreporter.stats.get("skipped", ())), *_on_one_database(terminalreporter)):
        terminalreporter.section("left out")
        terminalreporter.line(f"{what}: {why}")
    _list_not_implemented(terminalreporter)


def _on_one_database(terminalreporter: pytest.TerminalReporter) -> list[tuple[str, str]]:
    """How many tests ran on SQLite alone, and why."""
    reports = [report for found in terminalreporter.stats.values() for report in found]
    names = {report.nodeid for report in reports if isinstance(report, pytest.TestReport)}
    alone = sum("[sqlite" in name for name in names)
    if not alone or "postgresql" in DATABASES:
        return []
    why = f"no server, so they ran on SQLite only; set {POSTGRESQL} to the URL of one that may make databases"
    return [(f"{alone} tests of the database on PostgreSQL", f"{why}. .ci/run does")]


def _list_not_implemented(terminalreporter: pytest.TerminalReporter) -> None:
    """List what worked patients expect of recommendations that are not implemented yet."""
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
