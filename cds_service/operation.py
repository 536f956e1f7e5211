"""What operators and their monitoring call: /health/live, /health/ready and /metrics. Nobody is authenticated here."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final, Literal

from flask import Blueprint, Response, request

from cds_service.authentication.open_views import open_to_everybody
from cds_service.body import JSON
from cds_service.logs import where
from cds_service.metrics import CONTENT_TYPE, Metrics
from cds_service.network import is_loopback
from cds_service.refusal import RefusedError
from cds_service.wire import encode

log = logging.getLogger(__name__)

#: "" when all is well, else the problem in words for the log: no patient data, no password, no token.
Check = Callable[[], str]
MetricsReaders = Literal["loopback", "all", "off"]

#: Seconds for which the answer of the checks is kept, so that whoever asks often does not wear out the database.
KEEP: Final = 1.0
#: Headers by which a proxy says that it forwards for somebody else.
FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def blueprint(checks: Mapping[str, Check], metrics: Metrics, readers: MetricsReaders) -> Blueprint:
    """The routes. `checks`: what must be well for the service to be ready. `readers`: who may read the metrics."""
    routes = Blueprint("operation", __name__)
    readiness = Readiness(checks)

    @routes.get("/health/live")
    @open_to_everybody
    def live() -> Response:
        """The process answers. Nothing else is looked at: a restart would not mend a database."""
        return Response(b'{"status":"live"}', content_type=JSON)

    @routes.get("/health/ready")
    @open_to_everybody
    def ready() -> Response:
        """Whether calls can be sent here: 200, or 503 with the names of the checks that failed."""
        found = readiness()
        well = all(found.values())
        told = {name: "ok" if passed else "failed" for name, passed in found.items()}
        body = encode({"status": "ready" if well else "not ready", "checks": told})
        return Response(body, 200 if well else 503, content_type=JSON)

    @routes.get("/metrics")
    @open_to_everybody
    def scrape() -> Response:
        """The metrics, to those who may read them."""
        if not may_read(readers):
            raise RefusedError(403, "forbidden", "The metrics are not open to this address (OSTEO_CDS_METRICS).")
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    return routes


class Readiness:
    """The checks by name, and what they found last. A problem is logged when it comes and when it goes."""

    def __init__(self, checks: Mapping[str, Check], clock: Callable[[], float] = time.monotonic) -> None:
        self._checks = dict(checks)
        self._clock = clock
        self._lock = threading.Lock()
        self._problems: dict[str, str] = {}
        self._at = -KEEP

    def __call__(self) -> dict[str, bool]:
        """Whether each check passes, not older than KEEP."""
        with self._lock:
            if self._clock() - self._at >= KEEP:
                for name, check in self._checks.items():
                    self._note(name, _problem(check))
                self._at = self._clock()
            return {name: not self._problems.get(name) for name in self._checks}

    def _note(self, name: str, problem: str) -> None:
        before = self._problems.get(name, "")
        if problem and problem != before:
            log.error("not ready: %s: %s", name, problem)
        elif before and not problem:
            log.warning("ready again: %s", name)
        self._problems[name] = problem


def _problem(check: Check) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever a check raises, the service is not ready
        return where(error)


def may_read(readers: MetricsReaders) -> bool:
    """Whether the caller may read the metrics.

    A proxy on this machine calls from loopback too, for whoever called it: what is forwarded is not from here.
    """
    if readers == "loopback":
        forwarded = any(name in request.headers for name in FORWARDED)
        return is_loopback(request.remote_addr or "") and not forwarded
    return readers == "all"
