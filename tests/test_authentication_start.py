"""The service started with authentication, as a process; and without it, when nothing of it is loaded."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.clients import Client
from tests.examples import request
from tests.server_process import SECONDS, free_port, running, start, wait_for
from tests.tokens import ISS, VIEW, bearer, claims, header, jwk, key_server, key_set, sign

ENTRY = f"""
[[client]]
name = "ehr"
iss = "{ISS}"
"""


def required(folder: Path, entry: str) -> dict[str, Any]:
    """The settings of a service with authentication and one client."""
    clients = folder / "clients.toml"
    clients.write_text(ENTRY + entry, encoding="utf-8")
    return {"OSTEO_CDS_AUTH": "required", "OSTEO_CDS_CLIENTS": str(clients)}


def fresh(base: str, path: str) -> str:
    """A token for a call made now, by the clock of this machine."""
    now = int(time.time())
    return sign(header(), claims(aud=base + path, iat=now, exp=now + 300))


def call(port: int, method: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        sent = None if body is None else orjson.dumps(body)
        connection.request(method, path, sent, {"Content-Type": "application/json"} | headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a service whose client publishes its keys on a key server."""
    port = free_port()
    with key_server() as keys:
        entry = f'development = true\njwks_url = "{keys.url()}"'
        with running(port, **required(tmp_path_factory.mktemp("service"), entry)):
            yield port
            assert keys.asked <= 1  # 0 where other processes run the tests that call


def test_clients_call_and_nobody_else(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    for method, path, body in (
        ("GET", "/cds-services", None),
        ("POST", VIEW, request()),
        ("POST", f"{VIEW}/feedback", {"feedback": []}),
    ):
        assert call(port, method, path, {}, body)[0] == 401
        right = bearer(fresh(base, path))
        assert call(port, method, path, right, body)[0] == 200
        assert call(port, method, path, right, body)[0] == 401, "a replay"
        assert call(port, method, path, bearer(fresh("http://localhost", path)), body)[0] == 401


@pytest.mark.parametrize(
    "lines",
    [
        b"Authorization: Bearer %s\r\nAuthorization: Bearer %s\r\n",
        b"Authorization: Bearer %s\r\nAuthorization: Basic %s\r\n",
        b"Authorization: Basic %s\r\nAuthorization: Bearer %s\r\n",
        b"Authorization: Bearer %s,\r\nX: %s\r\n",
        b"Authorization: Bearer %s\x00\r\nX: %s\r\n",
        b"Authorization: Bearer\t%s\r\nX: %s\r\n",
        b"Authorization: Bearer \xe6%s\r\nX: %s\r\n",
        b"Authorization: Bearer %s\r\n x: %s\r\n",
    ],
    ids=repr,
)
def test_odd_headers_let_nobody_in(port: int, lines: bytes) -> None:
    base = f"http://127.0.0.1:{port}"
    head = lines % (fresh(base, "/cds-services").encode(), fresh(base, "/cds-services").encode())
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        connection.sendall(b"GET /cds-services HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + head + b"\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split()[1] in (b"400", b"401")
    assert b"osteoporosis-patient-view" not in answer


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file"),
        (b"{", "no JWK Set"),
        (key_set(), "no usable key"),
        (key_set(jwk() | {"d": "AA"}), "1 private"),
    ],
)
def test_a_key_file_that_cannot_be_used_stops_the_start(tmp_path: Path, content: bytes | None, problem: str) -> None:
    if content is not None:
        (tmp_path / "jwks.json").write_bytes(content)
    server = start(free_port(), **required(tmp_path, 'jwks_file = "jwks.json"'))
    _, errors = server.communicate(timeout=SECONDS)
    assert server.returncode == 2
    assert "OSTEO_CDS_CLIENTS: client 'ehr': jwks_file" in errors
    assert problem in errors


def test_it_says_who_may_call_and_logs_no_token(tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_bytes(key_set(jwk()))
    port = free_port()
    server = start(port, **required(tmp_path, 'jwks_file = "jwks.json"'))
    try:
        wait_for(port, server)
        base = f"http://127.0.0.1:{port}"
        assert call(port, "GET", "/cds-services", bearer(fresh(base, "/cds-services")))[0] == 200
        assert call(port, "GET", "/cds-services", bearer(fresh(base, VIEW)))[0] == 401
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=SECONDS)
    finally:
        server.kill()
    assert "keys of client ehr: 1 usable" in errors
    assert f"1 client(s) may call, each with tokens for {base}/" in errors
    assert "open: no caller is checked" not in errors
    assert '"client":"ehr"' in errors
    assert '"claimed_client":"ehr"' in errors
    assert '"problem":"audience"' in errors
    assert "eyJ" not in errors


def test_an_open_service_loads_nothing_for_it() -> None:
    """Start to first card must not pay for what an open service does not do."""
    code = (
        "import sys; from cds_service.app import create_app; from cds_service.settings import Settings\n"
        "app = create_app(Settings()); app.test_client().get('/cds-services')\n"
        "print(sorted({'jwt', 'cryptography', 'requests'} & set(sys.modules)))"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_all_agreed_algorithms_are_what_the_library_knows() -> None:
    """No entry of a clients file can name one that would always be refused."""
    from jwt.algorithms import get_default_algorithms

    from cds_service.authentication.key_sets import FITTING
    from cds_service.clients import ALGORITHMS

    assert set(get_default_algorithms()) >= ALGORITHMS
    assert {algorithm for fitting in FITTING.values() for algorithm in fitting} == ALGORITHMS
    assert set(Client("a", "b").algorithms) <= ALGORITHMS
