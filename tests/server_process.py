"""The production server as a process, for the tests that need a real one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from tempfile import TemporaryDirectory, TemporaryFile, mkdtemp
from typing import IO

from tests.examples import TODAY

#: Longest wait for a server to start, answer or stop.
SECONDS = 20
#: Where each server has its data directory.
_DATA = TemporaryDirectory(prefix="osteo-cds-")


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(
    port: int, *options: str, today: date = TODAY, stderr: int | IO[str] = subprocess.PIPE, **environment: str
) -> subprocess.Popen[str]:
    """Start `osteo-cds serve` with these options, only `environment` in its environment, and a memory of its own."""
    command = [sys.executable, "-m", "cds_service.cli", "serve", "--port", str(port), *options]
    settings = {"OSTEO_CDS_TODAY": today.isoformat(), "PATH": "/usr/bin:/bin", "XDG_DATA_HOME": mkdtemp(dir=_DATA.name)}
    return subprocess.Popen(command, stderr=stderr, text=True, env=settings | environment, start_new_session=True)


def wait_for(port: int, server: subprocess.Popen[str]) -> None:
    """Wait until somebody listens."""
    for _ in range(SECONDS * 10):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert server.poll() is None, server.stderr and server.stderr.read()
        time.sleep(0.1)
    raise TimeoutError(f"nobody listens on port {port}")


def end(server: subprocess.Popen[str]) -> None:
    """End a server at once, its workers too: they would go on answering without it."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait(SECONDS)


@contextmanager
def running(port: int, *options: str, today: date = TODAY, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A running server; it is stopped in order afterwards, and must have ended well."""
    with TemporaryFile("w+") as log:  # not a pipe: nobody reads along, and a full pipe stops the server
        server = start(port, *options, today=today, stderr=log, **environment)
        try:
            wait_for(port, server)
            yield server
            server.send_signal(signal.SIGTERM)
            assert server.wait(SECONDS) == 0
            log.seek(0)
            assert "Traceback" not in log.read()
        finally:
            end(server)
