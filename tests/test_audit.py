"""The audit: one record for each call, whole and without anything of the patient; AuditEvents made of it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from fhir.resources.R4B.auditevent import AuditEvent

from cds_service import cli
from cds_service.audit.fhir import audit_event
from cds_service.settings import Settings
from tests.conftest import ServiceClient
from tests.databases import memory_in
from tests.examples import bundle, changed, request, t_score
from tests.real_server import VIEW

FEEDBACK = f"{VIEW}/feedback"
CARD = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
ACCEPTED = {
    "card": CARD,
    "outcome": "accepted",
    "acceptedSuggestions": [{"id": CARD}],
    "outcomeTimestamp": "2025-03-10T10:05:31Z",
}


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    return Audited(tmp_path / "audit.jsonl")


class Audited(ServiceClient):
    """A service with an audit file."""

    def __init__(self, file: Path, **settings: Any) -> None:
        memory = memory_in(f"sqlite:///{file.with_name('memory.sqlite')}")
        super().__init__(Settings(audit_file=file, **settings), memory=memory)
        self.file = file

    def records(self) -> list[dict[str, Any]]:
        """The records so far."""
        return [orjson.loads(line) for line in self.file.read_bytes().splitlines()]


def test_a_call_leaves_one_record(audited: Audited, capsys: pytest.CaptureFixture[str]) -> None:
    answer = audited.answer(request())
    [record] = audited.records()
    assert orjson.loads(capsys.readouterr().err) == record
    ms = record.pop("ms")
    assert set(ms) == {"parse", "rules", "write", "total"}
    assert 0 < ms["parse"] + ms["rules"] + ms["write"] <= ms["total"]
    assert record.pop("time").endswith("Z")
    assert len(record.pop("request_id")) == 36
    evaluation = answer["extension"]["org.osteo-cds.evaluation"]
    assert record == {
        "event": "call",
        "kind": "call",
        "outcome": "complete",
        "status": 200,
        "service": "osteoporosis-patient-view",
        "hook": "patient-view",
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "recommendations": [fired["id"] for fired in evaluation["fired"]],
        "cards": len(answer["cards"]),
        "unknown": len(evaluation["unknown"]),
        "issues": 0,
        "bytes_in": len(orjson.dumps(request())),
        "bytes_out": len(orjson.dumps(answer)),
    }


def test_every_end_has_its_outcome(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = t_score() | {"valueQuantity": {"value": -2.8, "code": "mg", "system": "http://unitsofmeasure.org"}}
    audited.discovery()
    audited.post(VIEW, changed(request(), "prefetch.observations", bundle(broken)))
    audited.post(VIEW, changed(request(), "prefetch", {}))
    audited.post("/cds-services/none", request())
    audited.post(FEEDBACK, {"feedback": [ACCEPTED, ACCEPTED]})
    monkeypatch.setattr("cds_service.routes.answer", lambda *_, **__: 1 / 0)
    audited.post(VIEW, request())
    told = [(r["kind"], r["outcome"], r["status"], r.get("problem")) for r in audited.records()]
    assert told == [
        ("discovery", "complete", 200, None),
        ("call", "partial", 200, None),
        ("call", "refused", 412, "prefetch.patient"),
        ("call", "refused", 404, "not-found"),
        ("feedback", "complete", 200, None),
        ("call", "failed", 500, "exception"),
    ]
    assert audited.records()[1]["issues"] > 0
    assert audited.records()[4]["feedback"] == {"accepted": 2, "unknown": 1}
    assert audited.records()[5]["fault"].startswith("ZeroDivisionError at test_audit.py")
    assert "service" not in audited.records()[3]


def test_health_checks_and_scrapes_leave_none(audited: Audited) -> None:
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert audited.http.get(path).status_code == 200
    assert not audited.file.exists()


@pytest.mark.parametrize("given", ["a", "0af7651916cd43dd8448eb211c80319c", "A-b_c.9" * 9])
def test_the_callers_request_id_is_kept(audited: Audited, given: str) -> None:
    answer = audited.post(VIEW, b"{}", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given
    assert audited.records()[0]["request_id"] == given
    assert f"Request {given}." in orjson.loads(answer.data)["issue"][0]["diagnostics"]


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, "æ", '"}', "a;b", "a/b"])
def test_any_other_is_replaced(audited: Audited, given: str) -> None:
    answer = audited.post(VIEW, b"{}", headers={"X-Request-ID": given})
    made = answer.headers["X-Request-ID"]
    assert made != given
    assert len(made) == 36
    assert audited.records()[0]["request_id"] == made
    assert f"Request {made}." in orjson.loads(answer.data)["issue"][0]["diagnostics"]


def test_the_client_is_named_once_it_is_known(audited: Audited) -> None:
    """Authentication leaves the client in flask.g."""
    from flask import g

    from cds_service.clients import Client

    def authenticated() -> None:
        g.client = Client("gp-system", "https://ehr.example.org")

    audited.app.before_request(authenticated)
    audited.answer(request())
    assert audited.records()[0]["client"] == "gp-system"


def test_a_call_refused_before_the_routes_is_recorded(audited: Audited) -> None:
    """As authentication refuses: before the route is asked."""
    from flask import g

    from cds_service.refusal import RefusedError

    def refuse() -> None:
        g.claimed_client = "gp-system"
        raise RefusedError(401, "login", "Who are you?", headers={"WWW-Authenticate": "Bearer"}, logged="signature")

    audited.app.before_request(refuse)
    assert audited.post(VIEW, request()).headers["WWW-Authenticate"] == "Bearer"
    [record] = audited.records()
    assert (record["kind"], record["outcome"], record["status"]) == ("call", "refused", 401)
    assert record["service"] == "osteoporosis-patient-view"
    assert (record["problem"], record["claimed_client"]) == ("signature", "gp-system")
    assert "client" not in record
    requestor = audit_event(record)["agent"][0]
    assert requestor == {"who": {"display": "not authenticated, claims to be gp-system"}, "requestor": True}


def test_the_file_is_opened_again_after_it_was_moved(audited: Audited) -> None:
    audited.answer(request())
    moved = audited.file.with_suffix(".1")
    audited.file.rename(moved)
    audited.answer(request())
    assert len(audited.records()) == len(moved.read_bytes().splitlines()) == 1


def test_a_file_that_cannot_be_written_is_said_and_makes_the_service_unready(
    audited: Audited, caplog: pytest.LogCaptureFixture
) -> None:
    audited.file.mkdir()
    audited.answer(request())
    assert "the audit file cannot be written: IsADirectoryError" in caplog.text
    ready = audited.http.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json == {"status": "not ready", "checks": {"audit": "failed", "database": "ok"}}


APPEND = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cds_service.audit.log import AuditLog
from cds_service.calls import Call
audit = AuditLog(Path(sys.argv[1]))
for number in range(500):
    audit(Call(sys.argv[2], 0.0, datetime.now(UTC), kind="call", status=200, recommendations=["X-1"] * 400))
"""


def test_workers_append_to_one_file_without_mixing(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    workers = [
        subprocess.Popen([sys.executable, "-c", APPEND, str(file), name], stderr=subprocess.DEVNULL) for name in "ab"
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    records = [orjson.loads(line) for line in file.read_bytes().splitlines()]
    assert sorted(record["request_id"] for record in records) == ["a"] * 500 + ["b"] * 500


def test_threads_write_whole_lines(audited: Audited) -> None:
    calls = [threading.Thread(target=audited.app.test_client().get, args=("/cds-services",)) for _ in range(20)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert [record["kind"] for record in audited.records()] == ["discovery"] * 20


# -- FHIR AuditEvents


@pytest.fixture
def records(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A record of each kind and outcome."""
    test_every_end_has_its_outcome(audited, monkeypatch)
    return audited.records()


def test_every_record_is_a_valid_audit_event(records: list[dict[str, Any]]) -> None:
    for record in records:
        event: Any = AuditEvent.model_validate(audit_event(record | {"client": "gp-system"}))
        assert event.type.code == "rest"
        assert event.agent[0].requestor
        assert event.agent[0].who.display == "gp-system"
        assert event.source.observer.display == "osteo-cds"
    assert [audit_event(record)["outcome"] for record in records] == ["0", "4", "8", "8", "0", "12"]


def test_the_event_leads_to_the_call_and_not_to_the_patient(records: list[dict[str, Any]]) -> None:
    event = audit_event(records[1])
    [entity] = event["entity"]
    assert entity["name"] == "osteoporosis-patient-view"
    assert entity["what"]["identifier"]["value"] == "urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
    details = {detail["type"]: detail["valueString"] for detail in entity["detail"]}
    assert details["request_id"] == records[1]["request_id"]
    assert details["issues"] == str(records[1]["issues"])
    assert "pat-1" not in str(event)


def test_the_command_exports_a_file(
    audited: Audited, records: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    with audited.file.open("ab") as file:
        file.write(b'not json\n\n{"event": "serving"}\n[1]\n{"event": "call"}\n')
    assert cli.main(["audit", "--fhir", str(audited.file)]) == 0
    shown = capsys.readouterr()
    events = [orjson.loads(line) for line in shown.out.splitlines()]
    assert [event["resourceType"] for event in events] == ["AuditEvent"] * len(records)
    assert "4 other line(s) were passed over" in shown.err


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("OSTEO_CDS_"):
            monkeypatch.delenv(name)


@pytest.mark.usefixtures("no_settings")
def test_the_command_reads_the_file_of_the_setting_or_standard_input(
    audited: Audited,
    records: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    capsys.readouterr()
    assert cli.main(["audit"]) == 2
    assert "OSTEO_CDS_AUDIT_FILE" in capsys.readouterr().err
    assert cli.main(["audit", "/none"]) == 2
    capsys.readouterr()
    monkeypatch.setenv("OSTEO_CDS_AUDIT_FILE", str(audited.file))
    assert cli.main(["audit"]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == len(records)
    assert "osteoporosis-patient-view  call  refused  412" in shown
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(audited.file.read_bytes())))
    assert cli.main(["audit", "-"]) == 0
    assert capsys.readouterr().out == shown
