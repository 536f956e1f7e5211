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

import orjson
import pytest

from cds_service.clients import Client
from tests.examples import TODAY, request
from tests.server_process import SECONDS, free_port
from tests.tokens import ISS, VIEW, bearer, claims, header, jwk, key_server, key_set, sign

ENTRY = f"""
[[client]]
name = "ehr"
iss = "{ISS}"
"""


def start(folder: Path, entry: str, *options: str, **settings: str) -> subprocess.Popen[str]:
    """`osteo-cds serve` with authentication and one client."""
    (folder / "clients.toml").write_text(ENTRY + entry, encoding="utf-8")
    environment = {
        "PATH": "/usr/bin:/bin",
        "OSTEO_CDS_AUTH": "required",
        "OSTEO_CDS_CLIENTS": str(folder / "clients.toml"),
        "OSTEO_CDS_TODAY": TODAY.isoformat(),
    }
    command = [sys.executable, "-m", "cds_service.cli", "serve", *options]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment | settings)


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
        server = start(tmp_path_factory.mktemp("service"), entry, "--port", str(port))
        try:
            for _ in range(SECONDS * 10):
                try:
                    call(port, "GET", "/cds-services", {})
                    break
                except OSError:
                    assert server.poll() is None, server.stderr and server.stderr.read()
                    time.sleep(0.1)
            yield port
            server.send_signal(signal.SIGTERM)
            _, errors = server.communicate(timeout=SECONDS)
            assert server.returncode == 0
            assert "open: no caller is checked" not in errors
            assert f"1 client(s) may call, each with tokens for http://127.0.0.1:{port}/" in errors
            assert "keys of client ehr: 1 usable" in errors
            assert "eyJ" not in errors
            assert "Traceback" not in errors
            assert keys.asked == 1
        finally:
            server.kill()


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
    server = start(tmp_path, 'jwks_file = "jwks.json"', "--port", str(free_port()))
    _, errors = server.communicate(timeout=SECONDS)
    assert server.returncode == 2
    assert "OSTEO_CDS_CLIENTS: client 'ehr': jwks_file" in errors
    assert problem in errors


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
