"""Stopping the real server: calls in flight are answered and recorded, new ones are refused, and it ends in time."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from tests.examples import request
from tests.real_server import VIEW, serving

BODY = orjson.dumps(request())
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")


def answered(connection: socket.socket) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    return answer


@pytest.mark.parametrize("tell", [os.kill, os.killpg], ids=["the service is told", "each process is told"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_call_in_flight_gets_its_answer(tmp_path: Path, workers: str, tell: Callable[[int, int], None]) -> None:
    with serving(tmp_path, "--workers", workers) as server:
        slow = [server.begin(BODY, sent=500) for _ in range(4)]
        time.sleep(0.5)
        tell(server.process.pid, signal.SIGTERM)
        time.sleep(0.5)
        with pytest.raises(OSError):  # noqa: PT011 - refused or reset, as the system has it
            server.call("GET", "/cds-services")
        for connection in slow:
            connection.sendall(BODY[500:])
            answer = answered(connection)
            assert answer.status == 200
            assert orjson.loads(answer.read())["cards"]
            connection.close()
        assert server.process.wait(20) == 0
        assert [record["outcome"] for record in server.records()] == ["complete"] * 4


def test_every_answer_is_recorded_however_soon_it_stops(tmp_path: Path) -> None:
    """The record is written after the answer has left, and a stopping worker waits for it."""
    with serving(tmp_path) as server:
        assert server.call("POST", VIEW, BODY).status == 200  # the first: what records has yet to be loaded
        server.stop()
        assert len(server.records()) == 1


def test_a_sender_that_never_ends_does_not_keep_it(tmp_path: Path) -> None:
    with serving(tmp_path, change="server.GRACE = 2") as server:
        connection = server.begin(BODY, sent=10)
        time.sleep(0.3)
        assert server.stop() < 2 + 3
        connection.close()


@linux_only
def test_workers_go_with_a_server_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL, for the server alone: its workers hear of it, and the next start finds the port free."""
    with serving(tmp_path, "--workers", "2") as server:
        server.process.kill()
        server.process.wait()
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", server.port)) != 0:
                    break
            time.sleep(0.05)
        else:
            pytest.fail("a worker still listens")


@linux_only
def test_a_sender_that_never_ends_does_not_keep_a_worker_left_alone(tmp_path: Path) -> None:
    with serving(tmp_path, change="server.GRACE = 2") as server:
        connection = server.begin(BODY, sent=10)
        time.sleep(0.3)
        server.process.kill()
        server.process.wait()
        connection.settimeout(10)
        assert connection.recv(1) == b"", "the worker ended, and with it the connection"
        connection.close()
