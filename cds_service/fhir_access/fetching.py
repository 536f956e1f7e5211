"""Several keys at once, under one deadline.

The calling thread waits for the fetches until the deadline and no longer, and takes what has
come. Those still under way are ended a moment later, when the answer is on its way: their
sockets are shut, so their threads are free at once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock, Timer
from typing import TYPE_CHECKING, Final

from cds_service.fhir_access import reasons
from cds_service.fhir_access.allowed import Server
from cds_service.fhir_access.budget import Budget
from cds_service.fhir_access.pages import MOST_PAGES, FetchError, Page, merged, page_url, read_page, read_patient
from cds_service.fhir_access.resolving import Resolver
from cds_service.logs import where
from fhir_mappings import Failed, Partial, PrefetchValue

if TYPE_CHECKING:
    from cds_service.fhir_access.bodies import Heard
    from cds_service.fhir_access.connections import Connection, Http

log = logging.getLogger(__name__)

#: Threads that fetch, in one worker process.
THREADS: Final = 32
#: Fetches under way or waiting for a thread, in one worker process: all keys of the calls it takes at once.
MOST: Final = 128
#: Servers whose connections are kept; more are only met in development, where any port may be named.
SERVERS: Final = 32
#: Seconds between a deadline and the end of what missed it: a dozen threads that wake would hold up the answer.
MOMENT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Ask:
    """What is fetched for one key: a URL, and the page that the client delivered, if it is one to go on from.

    `part`: the token's scope covers a part of the resource type only.
    """

    key: str
    url: str
    first: Page | None = None
    part: bool = False


class KeyFetch:
    """The fetch of one key. `heard`: the server has answered something."""

    def __init__(self, ask: Ask, server: Server, patient_id: str, deadline: float, budget: Budget) -> None:
        self.ask = ask
        self.heard = False
        self._server = server
        self._patient_id = patient_id
        self._deadline = deadline
        self._budget = budget
        self._pages = [ask.first] if ask.first else []
        self._reason: str | None = None
        self._lock = Lock()
        self._ended = False
        self._connection: Connection | None = None

    def run(self, access: Connections, token: str) -> None:
        """Fetch, in a thread of the pool."""
        try:
            self._read_all(access.http(self._server), token)
            reason = reasons.SCOPE_PART if self.ask.part else ""
        except FetchError as error:
            reason = error.reason
        except Exception as error:  # noqa: BLE001 - our bug costs this key, and is said
            log.error("our bug while fetching: %s", where(error))
            reason = reasons.INTERNAL
        self._budget.release(self)
        with self._lock:
            connection = self._connection
            if not self._ended:
                self._reason = reason
        if connection is not None:
            connection.leave(self)

    def _read_all(self, http: Http, token: str) -> None:
        if self.ask.key == "patient":
            patient = read_patient(http.get(self.ask.url, token, self), self._patient_id)
            self._budget.keep(self)
            self._pages.append(patient)
            return
        url, seen = self.ask.url, {self.ask.url}
        while True:
            page = read_page(http.get(url, token, self))
            self._budget.keep(self)
            self._pages.append(page)
            if page.next_url is None:
                return
            url = page_url(self._server, page.next_url)
            if url in seen:
                raise FetchError(reasons.LOOP)
            if len(self._pages) >= MOST_PAGES:
                raise FetchError(reasons.MANY_PAGES)
            seen.add(url)

    @property
    def pages(self) -> int:
        """How many pages have come."""
        return len(self._pages)

    def remaining(self) -> float:
        """Seconds until the deadline; FetchError when it has passed."""
        left = self._deadline - time.monotonic()
        if left <= 0 or self._ended:
            raise FetchError(reasons.DEADLINE)
        return left

    def take(self, connection: Connection) -> None:
        """Note the connection in use; FetchError when the fetch was ended meanwhile."""
        with self._lock:
            if self._ended:
                raise FetchError(reasons.DEADLINE)
            self._connection = connection

    def count(self, size: int) -> None:
        """Note bytes received; FetchError when they are too many."""
        self._budget.take(self, size)

    def end(self) -> bool:
        """Let nothing count that it finds from now on; whether it is still under way."""
        with self._lock:
            self._ended = True
            return self._reason is None

    def drop(self) -> None:
        """Shut its connection, so that it wakes and is done."""
        if self._connection is not None:
            self._connection.drop(self)

    def outcome(self) -> tuple[PrefetchValue, str]:
        """What has come, and why it is not all ("" when it is). A fetch still under way has missed the deadline."""
        reason = reasons.DEADLINE if self._reason is None else self._reason
        pages = tuple(self._pages)
        if not pages:
            return Failed(f"fetch failed: {reason}"), reason
        return (Partial(merged(pages), f"not all of it: {reason}") if reason else merged(pages)), reason


class Connections:
    """The threads and connections of a worker process, kept between calls."""

    def __init__(self, authorities: Path | None, heard: Heard | None = None) -> None:
        """`heard` is told the headers of each answer, in a thread of the pool."""
        self._authorities = authorities
        self._heard = heard
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="fhir")
        self._places = BoundedSemaphore(MOST)
        self._lock = Lock()
        self._resolver = Resolver()
        self._servers: dict[Server, Http] = {}

    def http(self, server: Server) -> Http:
        """The kept connections to a server."""
        from cds_service.fhir_access.connections import Http

        with self._lock:
            found = self._servers.pop(server, None) or Http(server, self._authorities, self._resolver, self._heard)
            self._servers[server] = found  # the last in line
            if len(self._servers) > SERVERS:
                self._servers.pop(next(iter(self._servers)))
            return found

    def fetch(self, fetches: Sequence[KeyFetch], token: str, deadline: float) -> dict[str, tuple[PrefetchValue, str]]:
        """The outcome of each, by key, at the deadline (monotonic seconds) at the latest."""
        found: dict[str, tuple[PrefetchValue, str]] = {}
        running: dict[Future[None], KeyFetch] = {}
        for fetch in fetches:
            if not self._places.acquire(blocking=False):
                found[fetch.ask.key] = Failed(f"fetch failed: {reasons.BUSY}"), reasons.BUSY
                continue
            future = self._threads.submit(fetch.run, self, token)
            future.add_done_callback(lambda _: self._places.release())
            running[future] = fetch
        wait(running, max(0.0, deadline - time.monotonic()))
        late = [fetch for future, fetch in running.items() if fetch.end() and not future.cancel()]
        if late:
            timer = Timer(MOMENT, _drop, (late,))
            timer.daemon = True
            timer.start()
        return found | {fetch.ask.key: fetch.outcome() for fetch in running.values()}


def _drop(late: Sequence[KeyFetch]) -> None:
    for fetch in late:
        fetch.drop()
