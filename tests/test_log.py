"""The logs, the audit, the metrics and the errors say nothing of the patient, and no token."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.logs import FORMAT, JsonFormatter, QuietFormatter
from cds_service.settings import Settings
from tests.conftest import ServiceClient
from tests.examples import bundle, changed, request, t_score
from tests.real_server import VIEW, serving

SECRET = "secret-0107571234"


#: Everywhere a caller may write something besides the body.
HEADERS = {
    "Authorization": f"Bearer {SECRET}",
    "Cookie": f"session={SECRET}",
    "Referer": f"https://ehr.example.org/{SECRET}",
    "User-Agent": SECRET,
    "X-Forwarded-For": SECRET,
    "X-Request-ID": f"{SECRET}/{SECRET}",
    "Accept-Language": SECRET,
    "Origin": f"https://{SECRET}.example.org",
}


def hostile_calls(post: Callable[[str, bytes], bytes]) -> bytes:
    """Calls with marks everywhere, good, refused and malformed; the bodies of the errors, which must have none."""
    errors = []
    for hook in ("patient-view", "order-select", "order-sign"):
        body = marked(request(hook))
        path = f"/cds-services/osteoporosis-{hook}"
        assert b'"cards"' in post(path, orjson.dumps(body))
        whole = orjson.dumps(body)
        errors += [post(path, orjson.dumps(body | {name: SECRET})) for name in body]
        errors += [post(path, orjson.dumps(changed(body, f"context.{name}", SECRET + "/"))) for name in body["context"]]
        errors += [post(path, whole[:-cut]) for cut in (1, 500, 1500)]
        errors.append(post(path, whole.replace(b'"patientId"', b'"patientId":1,"patientId"')))
        errors.append(post(path, b"[" * 100 + SECRET.encode()))
        errors.append(post(path, orjson.dumps(body | {SECRET: SECRET, "hook": SECRET, "hookInstance": SECRET})))
        errors.append(post(f"{path}/feedback", orjson.dumps({"feedback": [{"card": SECRET, "comment": SECRET}]})))
        errors.append(post(f"{path}/feedback?access_token={SECRET}", b'{"' + SECRET.encode()))
    errors.append(post(f"/cds-services/{SECRET}?patient={SECRET}", b"{}"))
    errors.append(post(f"/{SECRET}?patient={SECRET}", b"{}"))
    return b"".join(errors)


def test_nothing_of_the_patient_is_in_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Every text of a request is marked; none of the marks may come back anywhere but in the cards."""
    caplog.set_level("DEBUG")
    file = tmp_path / "audit.jsonl"
    service = ServiceClient(Settings(audit_file=file))

    def post(path: str, body: bytes) -> bytes:
        answer: bytes = service.post(path, body, headers=HEADERS).data
        return answer

    told = hostile_calls(post)
    for broken in ("cds_service.answer.read_facts", "cds_service.answer.respond", "cds_service.routes.answer"):
        with monkeypatch.context() as patched:
            patched.setattr(broken, raising)
            told += post(VIEW, orjson.dumps(marked(request())))
    told += service.http.get(f"/metrics?{SECRET}").data + service.http.get(f"/health/ready?{SECRET}").data
    output = capfd.readouterr()
    seen = told.decode() + caplog.text + output.out + output.err + file.read_text()
    assert SECRET not in seen
    outcomes = {line.partition(b'"outcome":"')[2].partition(b'"')[0] for line in file.read_bytes().splitlines()}
    assert outcomes == {b"partial", b"refused", b"failed"}
    assert "RuntimeError at test_log.py" in seen


def raising(*_arguments: object, **_options: object) -> None:
    """A bug whose messages quote the record."""
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raise RuntimeError(f"Patient/{SECRET}") from error


def test_nothing_of_the_patient_is_in_the_logs_of_the_server(tmp_path: Path) -> None:
    """The same calls to the real server: its own log and the metrics of its workers too."""
    file = tmp_path / "audit.jsonl"
    environ = {"OSTEO_CDS_AUDIT_FILE": str(file)}
    with serving(tmp_path, "--workers", "2", environ=environ) as server:

        def post(path: str, body: bytes) -> bytes:
            return server.call("POST", path, body, **HEADERS).body

        told = hostile_calls(post) + server.call("GET", "/metrics").body
        # what is no HTTP at all
        for start in (b"\x16\x03\x01", b"GET /", b"POST /\r\nHost:"):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(start + SECRET.encode() + b"\r\n\r\n")
                told += connection.recv(4096)
        server.stop()
        assert len(file.read_bytes().splitlines()) == len(server.records()) > 30
        assert SECRET not in told.decode() + server.log.read_text() + file.read_text()


def marked(body: dict[str, Any]) -> dict[str, Any]:
    """The request with patient data everywhere that text may stand, and a broken value in each resource."""
    body = changed(body, "context.patientId", SECRET)
    body["context"]["encounterId"] = SECRET
    body["fhirServer"] = f"https://ehr.example.org/{SECRET}"
    body["fhirAuthorization"] = {
        "access_token": SECRET,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": SECRET,
        "subject": SECRET,
    }
    body["prefetch"]["patient"] |= {"id": SECRET, "name": [{"family": SECRET}]}
    broken = t_score(number=2, patient_id=SECRET) | {"effectiveDateTime": SECRET}
    unreadable = t_score(number=3, patient_id=SECRET) | {"valueQuantity": {"value": 1, "unit": SECRET}}
    noted = t_score(number=4, patient_id=SECRET) | {"note": [{"text": SECRET}]}
    body["prefetch"]["observations"] = bundle(broken, unreadable, noted)
    body["prefetch"][SECRET] = SECRET
    return body


def test_an_exception_is_logged_without_its_message() -> None:
    """Whoever logs it, and also after another handler has written it in full."""
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raised = (KeyError, error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "rule failed", (), raised)
    assert SECRET in logging.Formatter().format(record)
    for formatter in (QuietFormatter(FORMAT), JsonFormatter()):
        line = formatter.format(record)
        assert SECRET not in line
        assert "KeyError at test_log.py" in line


def test_the_words_of_a_library_are_not_written() -> None:
    """urllib3 says which URL it calls again, with the patient's id in it."""
    record = logging.LogRecord(
        "urllib3.connectionpool", logging.WARNING, "pool.py", 9, "Retrying %s", (SECRET,), None, "urlopen"
    )
    for formatter in (QuietFormatter(FORMAT), JsonFormatter()):
        line = formatter.format(record)
        assert SECRET not in line
        assert "urllib3.connectionpool" in line
        assert "pool.py:9 urlopen" in line
    assert record.getMessage() == f"Retrying {SECRET}", "other handlers still get it"


CRASH = """
import threading
from cds_service import logs
logs.configure()
thread = threading.Thread(target=lambda: int("secret-0107571234"))
thread.start()
thread.join()
class Broken:
    def __del__(self):
        raise KeyError("secret-0107571234")
Broken()
"""


def test_what_nobody_caught_is_told_without_its_message() -> None:
    crashed = subprocess.run([sys.executable, "-c", CRASH], capture_output=True, text=True, check=True)
    assert SECRET not in crashed.stderr
    assert [orjson.loads(line)["event"].partition(" at ")[0] for line in crashed.stderr.splitlines()] == [
        "our bug, caught by nobody: ValueError",
        "our bug, caught by nobody: KeyError",
    ]
