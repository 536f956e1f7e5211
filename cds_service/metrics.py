"""Counters and times for Prometheus. Every label has a short list of values, none of it the caller's words.

prometheus-client is loaded with the first call that is counted, after its answer has left. Of
several workers each counts in files of its own, which whoever is asked for /metrics adds up.
"""

from __future__ import annotations

import os
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cds_service.calls import Call

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
#: What takes the place of a name that is on no list.
OTHER: Final = "other"
#: Seconds. A part takes some milliseconds; fetching is bounded by its deadline.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
INDICATORS: Final = frozenset({"info", "warning", "critical"})
#: Why a fetch failed, by class; `Call.fetch_failures` counts them under these names.
FETCH_FAILURES: Final = frozenset(
    {
        "connection",  # no connection, or it broke
        "timeout",  # the deadline passed, or the server answered too slowly
        "unauthorized",  # 401, 403
        "not-found",  # 404, 410
        "too-many-requests",  # 429
        "client-error",  # other 4xx
        "server-error",  # 5xx
        "unreadable",  # no JSON, truncated, no FHIR, too large
        "pages",  # more pages than are followed, or pages that lead elsewhere
        "not-allowed",  # an address, host or scope that is not called
        "not-asked",  # the server rests after failures, or too much is under way
    }
)
#: What was done with a card, or that it is none that was served.
OUTCOMES: Final = frozenset({"accepted", "overridden", "unknown"})


class Metrics:
    """What is counted in this process. Without FOLDER in the environment it stands alone."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: _Counted | None = None

    def __call__(self, call: Call) -> None:
        """Count a finished call."""
        if call.kind != "operation":
            self._counted.count(call)

    def text(self) -> bytes:
        """Everything counted so far, of all workers, in Prometheus' text format."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        folder = os.environ.get(FOLDER)
        if not folder:
            return generate_latest(self._counted.registry)
        _bury_the_dead(folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        try:
            return generate_latest(registry)
        except struct.error:  # a worker has made its file and not yet filled it
            time.sleep(0.05)
            return generate_latest(registry)

    @property
    def _counted(self) -> _Counted:
        if self._made is None:
            with self._lock:  # two first calls at once would make every counter twice
                self._made = self._made or _Counted()
        return self._made


class _Counted:
    """The counters. A label's child is looked up once and kept: looking up is dearer than counting."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]  # when a counter was made is of use to nobody
        registry = self.registry = CollectorRegistry()
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._calls = Counter(
            "osteo_cds_calls", "Requests answered", ("kind", "service", "status", "outcome"), registry=registry
        )
        self._total = Histogram(
            "osteo_cds_call_seconds", "From the request to the answer", ("kind",), buckets=BUCKETS, registry=registry
        )
        self._parts = Histogram(
            "osteo_cds_part_seconds", "Time spent in a part of a call", ("part",), buckets=BUCKETS, registry=registry
        )
        self._cards = Counter(
            "osteo_cds_cards",
            "Cards sent, by the recommendation that leads the card",
            ("recommendation", "indicator"),
            registry=registry,
        )
        self._unknown = Counter(
            "osteo_cds_unknown_facts",
            "Calls in which a fact could have mattered and was not known",
            ("concept",),
            registry=registry,
        )
        self._fetches = Counter(
            "osteo_cds_fetch_failures", "Failed fetches from FHIR servers", ("reason",), registry=registry
        )
        self._feedback = Counter("osteo_cds_feedback", "Cards given feedback on", ("outcome",), registry=registry)
        alive = Gauge(
            "osteo_cds_workers", "Workers alive that have answered", multiprocess_mode="livesum", registry=registry
        )
        alive.set(1)
        self._codes = _codes()
        self._concepts = _concepts()

    def count(self, call: Call) -> None:
        """Count one call."""
        child = self._child
        child(self._calls, call.kind, call.service or "none", str(call.status), call.outcome).inc()
        child(self._total, call.kind).observe(call.total_ms / 1000)
        for part, spent in call.ms.items():
            child(self._parts, part).observe(spent / 1000)
        for code, indicator in call.cards:
            child(self._cards, _listed(code, self._codes), _listed(indicator, INDICATORS)).inc()
        for concept in call.unknown:
            child(self._unknown, _listed(concept, self._concepts)).inc()
        for counter, names, counts in (
            (self._fetches, FETCH_FAILURES, call.fetch_failures),
            (self._feedback, OUTCOMES, call.feedback),
        ):
            for name, number in counts.items():
                self._child(counter, _listed(name, names)).inc(number)

    def _child(self, metric: Any, *labels: str) -> Any:
        key = (metric, *labels)
        child = self._kept.get(key)
        if child is None:
            child = self._kept[key] = metric.labels(*labels)
        return child


def _listed(name: str, names: frozenset[str]) -> str:
    return name if name in names else OTHER


def _codes() -> frozenset[str]:
    """What a card's topic may be: a recommendation of the register, or a card without a leading one."""
    from hooks.guideline.register import RULES
    from hooks.unchecked import UNCHECKED

    return frozenset({*RULES, UNCHECKED})


def _concepts() -> frozenset[str]:
    """The names a missing fact can have: those the vocabulary has a word for."""
    from hooks.language import language

    known = (name.partition(".") for name in language("en").terms)
    return frozenset(name for group, _, name in known if group in ("concept", "source"))


@contextmanager
def shared(environ: dict[str, str] | os._Environ[str] | None = None) -> Iterator[None]:
    """A fresh folder in which the workers started inside count together; it goes when they have ended."""
    environ = os.environ if environ is None else environ
    with tempfile.TemporaryDirectory(prefix="osteo-cds-metrics-") as folder:
        environ[FOLDER] = folder
        try:
            yield
        finally:
            environ.pop(FOLDER, None)


def _bury_the_dead(folder: str) -> None:
    """Forget what only living workers may say (the gauges); what a dead one has counted stays counted."""
    from prometheus_client.multiprocess import mark_process_dead

    for path in Path(folder).glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        if not _is_alive(pid):
            mark_process_dead(pid, folder)  # type: ignore[no-untyped-call]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
