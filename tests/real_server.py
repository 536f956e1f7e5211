"""The production server with its log at hand, and with other limits than it is delivered with (`change`)."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.examples import TODAY
from tests.server_process import SECONDS, end, free_port

VIEW = "/cds-services/osteoporosis-patient-view"
JSON = {"Content-Type": "application/json"}


@dataclass
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Running:
    """A running server."""

    port: int
    process: subprocess.Popen[str]
    log: Path

    def call(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One request over a connection of its own; header names with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)) as connection:
            connection.request(method, path, body, JSON | named)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read())

    def begin(self, body: bytes, sent: int) -> socket.socket:
        """A call of which `sent` bytes of the body have been sent."""
        head = (
            f"POST {VIEW} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        connection.sendall(head.encode() + body[:sent])
        return connection

    def stop(self) -> float:
        """Tell it to stop; the seconds until it had. It must end in order."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(SECONDS) == 0
        return time.monotonic() - started

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged so far; each line must be a JSON object."""
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]

    def records(self) -> list[dict[str, Any]]:
        """The audit records it has logged so far."""
        return [line for line in self.lines() if line["event"] == "call"]


@contextmanager
def serving(
    folder: Path, *options: str, change: str = "", environ: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A server that answers. `change`: Python run before it starts, such as another limit of the module `server`."""
    port = free_port()
    arguments = ["serve", "--port", str(port), *options]
    code = f"import sys; from cds_service import cli, server; {change or 'pass'}; sys.exit(cli.main({arguments!r}))"
    log = folder / f"log-{port}"
    environment = {"OSTEO_CDS_TODAY": TODAY.isoformat(), "PATH": os.defpath, "TMPDIR": str(folder)}
    environment |= {"XDG_DATA_HOME": str(folder / f"data-{port}"), **(environ or {})}
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-c", code], stderr=stderr, text=True, env=environment, start_new_session=True
        )
    running = Running(port, process, log)
    try:
        for _ in range(SECONDS * 20):
            try:
                running.call("GET", "/health/live")
                break
            except OSError:
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
        yield running
    finally:
        end(process)
