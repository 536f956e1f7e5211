"""Where the keys of one client come from: a file, or an address; and how long they are believed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from cds_service.authentication.fetching import DEADLINE, FetchError
from cds_service.authentication.key_sets import KeySet, KeySetError, read_key_set

log = logging.getLogger(__name__)

#: Seconds a fetched set counts; a key taken out of it by the client is refused after that.
TTL: Final = 10 * 60
#: Seconds between two fetches, so that tokens with invented key ids cannot make us hammer a key server.
COOL_DOWN: Final = 30
#: Seconds the last set counts while the key server fails.
LAST_GOOD: Final = 24 * 60 * 60
#: Fetches that may hang at once (a server can drip its headers for as long as it likes).
MOST_HANGING: Final = 3
#: Callers with an unknown key id that wait for a fetch; the others are refused at once, or a
#: slow key server and invented key ids together would keep everybody waiting.
MOST_WAITING: Final = 2
#: Seconds after a change of a file in which a second change could carry the same time.
SETTLED: Final = 2


class KeySource(Protocol):
    """The keys of one client."""

    def key_set(self, kid: str, algorithm: str) -> KeySet | None:
        """The keys as they are known now, after looking for this one if need be; None when they cannot be had."""
        ...

    def problem(self) -> str:
        """Why there are no usable keys; "" when there are."""
        ...


class KeyFile:
    """Keys in a file. It is read again when it has changed; without a readable file there are no keys."""

    def __init__(self, name: str, path: Path, *, development: bool) -> None:
        self._name = name
        self._path = path
        self._development = development
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._known: tuple[KeySet | None, str] = (None, "")

    def key_set(self, kid: str, algorithm: str) -> KeySet | None:  # noqa: ARG002 - a file is looked at for every key
        """As the protocol says."""
        return self._current()[0]

    def problem(self) -> str:
        """As the protocol says."""
        known, problem = self._current()
        return problem or ("" if known and known.keys else f"no usable key ({known})")

    def _current(self) -> tuple[KeySet | None, str]:
        try:
            status = self._path.stat()
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            seen = (0, 0, 0)
        with self._lock:
            if seen != self._seen:
                self._known = self._read()
                changing = time.time() - seen[0] / 1e9 < SETTLED
                self._seen = None if changing else seen
            return self._known

    def _read(self) -> tuple[KeySet | None, str]:
        try:
            found = read_key_set(self._path.read_bytes(), development=self._development)
        except (OSError, KeySetError) as error:
            problem = f"{self._path}: {error.strerror if isinstance(error, OSError) else error}"
            log.error("keys of client %s cannot be read, its calls are refused: %s", self._name, problem)
            return None, problem
        log.info("keys of client %s: %s", self._name, found)
        return found, ""


class KeyServer:
    """Keys at an address, fetched when they are needed: by one thread at a time, whoever waits for them."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        development: bool,
        clock: Callable[[], float],
        fetch: Callable[[str], bytes],
        deadline: float = DEADLINE,
    ) -> None:
        self._name = name
        self._url = url
        self._development = development
        self._clock = clock
        self._fetch = fetch
        self._deadline = deadline
        self._lock = threading.Lock()
        self._held: tuple[KeySet, float] | None = None
        self._tried: float | None = None
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)
        self._flight: threading.Event | None = None
        self._aloft = 0
        self._problem = "not fetched yet"

    def key_set(self, kid: str, algorithm: str) -> KeySet | None:
        """As the protocol says."""
        return self._current(lambda known: known.find(kid, algorithm) is not None)

    def problem(self) -> str:
        """As the protocol says."""
        found = self._current(lambda known: bool(known.keys))
        if found is None:
            return f"{self._url}: {self._problem}"
        return "" if found.keys else f"{self._url}: no usable key ({found})"

    def _current(self, is_enough: Callable[[KeySet], bool]) -> KeySet | None:
        """The set held, after a fetch if it is too old or not enough."""
        now = self._clock()
        held = self._held
        if held is None or now - held[1] >= TTL:
            self._wait(self._started(now))
        elif is_enough(held[0]):
            return held[0]
        elif self._waiting.acquire(blocking=False):
            try:
                self._wait(self._started(now))
            finally:
                self._waiting.release()
        held = self._held
        return held[0] if held is not None and now - held[1] < LAST_GOOD else None

    def _started(self, now: float) -> threading.Event | None:
        """The fetch under way, or a new one; None when it is too soon for one."""
        with self._lock:
            if self._flight is not None:
                return self._flight
            if (self._tried is not None and now - self._tried < COOL_DOWN) or self._aloft >= MOST_HANGING:
                return None
            self._tried = now
            self._flight = flight = threading.Event()
        threading.Thread(target=self._fly, args=(flight, now), name="key fetch", daemon=True).start()
        return flight

    def _fly(self, flight: threading.Event, started: float) -> None:
        found, problem = None, "our bug"
        with self._lock:
            self._aloft += 1
        try:
            found, problem = read_key_set(self._fetch(self._url), development=self._development), ""
        except (FetchError, KeySetError) as error:
            problem = str(error)
        finally:
            with self._lock:
                self._aloft -= 1
                if self._flight is flight:
                    self._flight = None
                    self._problem = problem
                    self._held = (found, started) if found is not None else self._held
                    self._tell(found)
            flight.set()

    def _wait(self, flight: threading.Event | None) -> None:
        """A fetch that takes too long counts as failed; what it brings later is not used."""
        if flight is None or flight.wait(self._deadline):
            return
        with self._lock:
            if self._flight is flight:
                self._flight = None
                self._problem = "timeout"
                self._tell(None)

    def _tell(self, found: KeySet | None) -> None:
        if found is not None:
            log.info("keys of client %s: %s", self._name, found)
        else:
            left = "the last known ones are used" if self._held else "its calls are refused"
            log.warning("keys of client %s cannot be fetched (%s), %s", self._name, self._problem, left)
