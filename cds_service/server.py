"""The production server: granian, a few worker processes.

The app is loaded once and the workers are forked from it, so they start at once and share
its memory. A worker answers one call at a time (routes.py): the work is all computing, and
sharing a core would only make both wait. Its other threads wait for bodies that arrive slowly.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.util import Finalize
from typing import Any, Final

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server

from cds_service import logs
from cds_service.network import bracketed
from cds_service.settings import Settings
from cds_service.store.database import Database

log = logging.getLogger(__name__)

#: Seconds the calls in flight have to finish when the service is stopped.
GRACE: Final = 10
#: Seconds a stopping worker waits for the records of calls it has answered.
RECORDING: Final = 3
#: Seconds a sender has for the headers of a request, and a connection may idle.
#: For bodies there is no such limit here: a proxy sets it.
HEADERS_WITHIN: Final = 15
#: Bodies a worker can wait for at once, so that a slow sender does not hold up the others.
THREADS: Final = 32
#: PR_SET_PDEATHSIG of prctl(2).
_TELL_WHEN_PARENT_DIES: Final = 1
#: Objects made before the collector looks; a large request makes some thousands that all go with it.
COLLECT_AFTER: Final = 50_000


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until the process is told to stop (SIGINT, SIGTERM).

    OSError when the address cannot be had, StoreError when the database cannot be used.
    """
    from cds_service import metrics  # here, so that `run` alone loads nothing of the service
    from cds_service.app import create_app
    from cds_service.calls import IN_FLIGHT
    from cds_service.store.memory import open_memory
    from cds_service.warm_up import warm_up

    _refuse_taken(host, port)
    logs.configure()
    memory = open_memory(settings)
    app = create_app(settings, memory=memory)
    warm_up(settings)
    _announce(settings, memory.database, host, port, workers)

    def finish() -> None:
        IN_FLIGHT.wait(RECORDING)
        memory.close()

    with metrics.shared():
        run(app, host, port, workers, before_exit=finish)


def run(
    app: Callable[..., Any], host: str, port: int, workers: int, before_exit: Callable[[], object] | None = None
) -> None:
    """Run a WSGI app in worker processes (the benchmarks' floor runs on exactly this too).

    `before_exit`: what each worker does when it was told to stop and has answered its last call.
    """
    # not what the platform prefers: only a forked worker has the app already
    multiprocessing.set_start_method("fork", force=True)
    # what was loaded stays for good: the collector need not look at it, and the workers share it
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)
    server = Server(
        "cds_service.app:create_app",
        address=_resolved(host, port)[4][0],
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        log_dictconfig=QUIET,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN * 1000),
    )
    server.serve(target_loader=partial(_loaded, app, before_exit, os.getpid()), wrap_loader=False)


#: The server logs through our handler, which writes no exception messages.
QUIET: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "loggers": {"_granian": {"level": "ERROR"}, "granian.access": {"level": "WARNING"}},
}


def _loaded(app: Callable[..., Any], before_exit: Callable[[], object] | None, server: int) -> Callable[..., Any]:
    """The app, in the worker that will answer with it. `server`: the process the worker belongs to."""
    if before_exit is not None:
        Finalize(None, before_exit, exitpriority=100)  # `atexit` is not asked in forked processes
    _end_with(server)
    return app


def _end_with(server: int) -> None:
    """Stop when the server dies without telling (SIGKILL), so that no worker keeps its port. Linux only."""
    if sys.platform != "linux":
        return

    def left_alone(*_: object) -> None:
        signal.alarm(GRACE)  # nobody is left to end what does not end by itself
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGUSR1, left_alone)
    ctypes.CDLL(None).prctl(_TELL_WHEN_PARENT_DIES, signal.SIGUSR1)
    if os.getppid() != server:  # it died meanwhile
        sys.exit(1)


def _resolved(host: str, port: int) -> tuple[Any, ...]:
    """The first address of a host, as the socket module describes it."""
    return socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]


def _refuse_taken(host: str, port: int) -> None:
    """OSError when somebody already listens there.

    The workers share their address, and would as silently share it with another server.
    """
    family, kind, protocol, _, address = _resolved(host, port)
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _announce(settings: Settings, database: Database, host: str, port: int, workers: int) -> None:
    """Say where the service is and what an operator must know about it."""
    log.info("serving http://%s:%d/cds-services with %d worker(s)", bracketed(host), port, workers)
    if settings.auth == "off":
        log.warning("open: no caller is checked%s", "" if settings.development else ", and other machines can call")
    else:
        log.info("%d client(s) may call, each with tokens for %s/…", len(settings.clients), settings.public_url)
    log.info("remembering in %s", database.path or "PostgreSQL")
    if settings.today is not None:
        log.warning("every day is %s (OSTEO_CDS_TODAY)", settings.today.isoformat())
