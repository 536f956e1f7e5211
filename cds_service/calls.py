"""What surrounds a call: its id, its clock, and who is told when it is over.

One `Call` is made for each request (`g.call`); whoever works on the request notes on it what
happened. The recorders (audit, metrics) see it after the answer has left, so they delay nobody.
Nothing of the patient and no token may be noted on it: everything on it is written to logs.
"""

from __future__ import annotations

import logging
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from flask import Flask, Response, g, request

from cds_service.logs import where
from hooks.extensions import EVALUATION_EXTENSION
from hooks.services import BY_ID

log = logging.getLogger(__name__)

Outcome = Literal["complete", "partial", "refused", "failed"]
#: The parts of a call that are timed. What is left of the total is waiting: for the body, and for other calls.
Part = Literal["parse", "fetch", "rules", "write"]

#: What is called, by the name of its route.
KINDS: Final[Mapping[str, str]] = {
    "cds-services.discovery": "discovery",
    "cds-services.call": "call",
    "cds-services.feedback": "feedback",
    "operation.live": "operation",
    "operation.ready": "operation",
    "operation.scrape": "operation",
}
REQUEST_ID: Final = "X-Request-ID"
#: Where WSGI has it.
REQUEST_ID_SENT: Final = "HTTP_X_REQUEST_ID"
# \Z, not $: in Python $ also matches before a line feed at the end
_SANE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


@dataclass(slots=True)
class Call:
    """One request, as it is told to logs and metrics.

    `kind`: "call", "feedback", "discovery", "operation" (health, metrics); "other" for any other address.
    `service`, `hook`, `hook_instance`, `client`: "" while unknown. `claimed`: the client that a
    refused token says it is from. `recommendations`: those that
    fired; `cards`: of each card its leading recommendation (or its own name) and its indicator.
    `unknown`: the facts that could have mattered and are not known, by name. `waiting`: how many
    recommendations wait for them. `issues`: how many pieces of data were left out. `partial`: whether
    the answer rests on less than was meant to be there. `feedback`: cards by outcome. `fetch_failures`: by
    class of reason. `problem`: the field or the code of a refusal. `fault`: kind and place of our bug.
    `ms`: milliseconds by part; `total_ms` until the answer left. `bytes_in`, `bytes_out`: of the bodies.
    """

    id: str
    started: float
    at: datetime
    kind: str = "other"
    client: str = ""
    claimed: str = ""
    service: str = ""
    hook: str = ""
    hook_instance: str = ""
    status: int = 0
    problem: str = ""
    fault: str = ""
    partial: bool = False
    recommendations: Sequence[str] = ()
    cards: Sequence[tuple[str, str]] = ()
    unknown: frozenset[str] = frozenset()
    waiting: int = 0
    issues: int = 0
    feedback: Mapping[str, int] = field(default_factory=dict)
    fetch_failures: Mapping[str, int] = field(default_factory=dict)
    ms: dict[Part, float] = field(default_factory=dict)
    total_ms: float = 0.0
    bytes_in: int = 0
    bytes_out: int = 0

    @property
    def outcome(self) -> Outcome:
        """How it ended: answered in full or in part, refused (the caller's matter) or failed (ours)."""
        if self.status >= 500:
            return "failed"
        if self.status >= 400:
            return "refused"
        return "partial" if self.partial else "complete"

    def timed(self, part: Part) -> Timed:
        """Add the time spent inside to a part."""
        return Timed(self, part)

    def spent(self, part: Part, milliseconds: float) -> None:
        """Add to the time of a part."""
        self.ms[part] = self.ms.get(part, 0.0) + milliseconds

    def fetched(self, milliseconds: float, failures: Iterable[str]) -> None:
        """Note what fetching took, and the class of reason for each key that was not had whole."""
        self.spent("fetch", milliseconds)
        self.fetch_failures = Counter(failures)
        self.partial = self.partial or bool(self.fetch_failures)

    def answered(self, answer: Mapping[str, Any]) -> None:
        """Note what an answer of the rules says: ids, names of concepts and numbers, no value and no reference."""
        evaluation = answer["extension"][EVALUATION_EXTENSION]
        self.recommendations = [fired["id"] for fired in evaluation["fired"]]
        self.cards = [(card["source"]["topic"]["code"], card["indicator"]) for card in answer["cards"]]
        self.unknown = frozenset(need for entry in evaluation["unknown"] for need in entry["needs"])
        self.waiting = len(evaluation["unknown"])
        self.issues = len(evaluation["issues"])
        self.partial = self.partial or self.issues > 0


class Timed:
    """Adds the time spent inside to a part of a call, however it ends."""

    __slots__ = ("_call", "_part", "_started")

    def __init__(self, call: Call, part: Part) -> None:
        self._call, self._part = call, part

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._call.spent(self._part, (time.perf_counter() - self._started) * 1000)


def this_call() -> Call:
    """The call that is being answered."""
    call: Call = g.call
    return call


Recorder = Callable[[Call], None]


class InFlight:
    """The calls of this process that are not recorded yet, so that a stopping worker can wait for them."""

    def __init__(self) -> None:
        self._number = 0
        self._changed = threading.Condition()

    def add(self, number: int) -> None:
        """Count a call in (1) or out (-1)."""
        with self._changed:
            self._number += number
            if self._number <= 0:
                self._changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until every call is recorded; whether that came about in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._number <= 0, seconds)


IN_FLIGHT: Final = InFlight()


def register(app: Flask, recorders: Sequence[Recorder]) -> None:
    """Surround every request of the app. To be registered before all else that looks at requests."""

    def begin() -> None:
        given = request.environ.get(REQUEST_ID_SENT, "")
        request_id = given if _SANE.match(given) else str(uuid.uuid4())
        call = g.call = Call(request_id, time.perf_counter(), datetime.now(UTC))
        # here and not in the routes: a call that is refused before it reaches them is recorded too
        call.kind = KINDS.get(request.endpoint or "", "other")
        service = BY_ID.get((request.view_args or {}).get("service_id", ""))
        if service is not None:
            call.service, call.hook = service.id, service.hook

    def end(response: Response) -> Response:
        call = this_call()
        response.headers.add(REQUEST_ID, call.id)
        if request.environ["REQUEST_METHOD"] == "OPTIONS":
            return response
        call.status = response.status_code
        call.client = getattr(g.get("client"), "name", "") or call.client
        call.claimed = g.get("claimed_client") or ""
        call.bytes_in = call.bytes_in or request.content_length or 0
        call.bytes_out = response.content_length or 0
        IN_FLIGHT.add(1)
        response.call_on_close(lambda: _finish(call, recorders))
        return response

    app.before_request(begin)
    app.after_request(end)


def _finish(call: Call, recorders: Sequence[Recorder]) -> None:
    """Tell the recorders. The answer has left: what fails here is logged and changes nothing."""
    call.total_ms = (time.perf_counter() - call.started) * 1000
    try:
        for record in recorders:
            try:
                record(call)
            except Exception as error:  # noqa: BLE001 - one recorder's bug must not silence the others
                log.error("our bug: call %s could not be recorded: %s", call.id, where(error))
    finally:
        IN_FLIGHT.add(-1)
