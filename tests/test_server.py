"""The production server as a process: it starts, answers, waits for nobody, and stops in order."""

from __future__ import annotations

import http.client
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing

import orjson
import pytest

from cds_service.settings import Settings
from cds_service.warm_up import warm_up
from hooks.language import LANGUAGES, LanguageCode
from tests.conftest import ServiceClient
from tests.examples import request
from tests.schemas import check
from tests.server_process import SECONDS, free_port, start, wait_for

PATH = "/cds-services/osteoporosis-patient-view"


def call(port: int, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a running server with two workers."""
    port = free_port()
    folder = tmp_path_factory.mktemp("data")
    server = start(port, "--workers", "2", XDG_DATA_HOME=str(folder))
    try:
        wait_for(port, server)
        yield port
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=SECONDS)
        assert server.returncode == 0
        assert "open: no caller is checked" in errors
        assert "OSTEO_CDS_TODAY" in errors
        assert "Traceback" not in errors
        assert f"remembering in {folder / 'osteo-cds' / 'osteo-cds.sqlite'}" in errors
    finally:
        server.kill()


def test_it_answers_as_the_app_does(port: int, service: ServiceClient) -> None:
    assert orjson.loads(call(port, "GET", "/cds-services")[1]) == service.discovery()
    status, body = call(port, "POST", PATH, orjson.dumps(request()))
    assert (status, orjson.loads(body)) == (200, service.answer(request()))


def test_a_body_in_pieces_is_read_whole(port: int) -> None:
    """A client that does not say how long its body is (chunked)."""
    body = orjson.dumps(request())
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        connection.request("POST", PATH, pieces, headers, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 200
        check("response", orjson.loads(answer.read()))


def test_a_body_in_pieces_has_a_largest_size_too(port: int) -> None:
    piece = b" " * 1_000_000
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)) as connection:
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        connection.request("POST", PATH, (piece for _ in range(17)), headers, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 413
        check("operation-outcome", orjson.loads(answer.read()))


def test_slow_senders_hold_up_nobody(port: int) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    try:
        for connection in slow:
            connection.sendall(head.encode())
        time.sleep(0.3)
        started = time.monotonic()
        assert all(call(port, "GET", "/cds-services")[0] == 200 for _ in range(4))
        assert time.monotonic() - started < 3
    finally:
        for connection in slow:
            connection.close()


def test_an_address_that_is_taken_is_refused(port: int) -> None:
    second = start(port)
    _, errors = second.communicate(timeout=SECONDS)
    assert second.returncode == 2
    assert f"cannot serve on 127.0.0.1 port {port}" in errors


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answer_is_made_before_the_first_call(language: LanguageCode) -> None:
    """Of a patient for whom there is advice, or little of what answers need would be ready."""
    assert warm_up(Settings(language=language)) > 0
