"""Writing without anybody waiting: a bounded queue and one thread per process, started with the first item.

What does not fit, or cannot be written before the process ends, is counted and logged.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from cds_service.logs import where
from cds_service.store.errors import StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_WAITING: Final = 2000
MOST_AT_ONCE: Final = 200
#: Seconds: items are gathered before they are written; a failing database is left alone; the last writing may take.
GATHER: Final = 0.25
RETRY: Final = 2.0
LAST: Final = 3.0


class Writer(Generic[T]):
    """`write` gets some items, in their order, and raises StoreError when it could not write them.

    `between`: called from the writing thread when there is nothing to write.
    """

    def __init__(
        self, write: Callable[[list[T]], None], between: Callable[[], None] | None = None, most: int = MOST_WAITING
    ) -> None:
        self._write = write
        self._between = between
        self._most = most
        self._start_anew()
        os.register_at_fork(after_in_child=self._start_anew)

    def _start_anew(self) -> None:
        """Nothing waiting and no thread: after a fork what waits is the parent's to write."""
        self._waiting: deque[T] = deque()
        self._writing = 0
        self._changed = threading.Condition()
        self._hurry = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self.written = 0
        self.lost = 0

    def put(self, *items: T) -> bool:
        """Leave items to be written; False when there is not room for all. Never waits for the database."""
        if not items:
            return True
        with self._changed:
            room = max(self._most - len(self._waiting), 0)
            self._waiting.extend(items[:room])
            if len(items) > room:
                self._lose(len(items) - room, "too many are waiting for the database")
            if self._thread is None or not self._thread.is_alive():
                self._closed = False
                # no daemon (a server's thread would make it one): the interpreter waits for it at its end
                self._thread = threading.Thread(target=self._run, name="osteo-cds-writer", daemon=False)
                self._thread.start()
        return len(items) <= room

    def flush(self, seconds: float = LAST) -> bool:
        """Wait until everything is written; whether it was, in that time."""
        with self._changed:
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._waiting and not self._writing, seconds)
            self._hurry = False
            return done

    def close(self) -> None:
        """Write what waits, as far as that can be done in a few seconds, and end the thread."""
        self.flush()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(LAST + RETRY)

    @property
    def waiting(self) -> int:
        """Items that are not written yet."""
        return len(self._waiting) + self._writing

    def _run(self) -> None:
        main = threading.main_thread()
        while main.is_alive() and not self._closed:
            with self._changed:
                self._changed.wait_for(lambda: self._closed or (self._hurry and self._waiting), GATHER)
            if self._waiting:
                if not self._write_some():
                    time.sleep(RETRY)
            elif self._between is not None:
                self._at_leisure(self._between)
        until = time.monotonic() + LAST
        while self._waiting and self._write_some() and time.monotonic() < until:
            pass
        with self._changed:
            if self._waiting:
                self._lose(len(self._waiting), "the process ends")
                self._waiting.clear()

    def _write_some(self) -> bool:
        with self._changed:
            batch = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            self._writing = len(batch)
        try:
            self._write(batch)
        except StoreError as error:
            log.warning("cards served could not be written, %d waiting: %s", self.waiting, error)
            with self._changed:
                self._waiting.extendleft(reversed(batch))
                self._done()
            return False
        except Exception as error:  # noqa: BLE001 - our bug must not end the thread; it is counted and logged
            with self._changed:
                self._lose(len(batch), where(error))
                self._done()
            return True
        with self._changed:
            self.written += len(batch)
            self._done()
        return True

    def _at_leisure(self, between: Callable[[], None]) -> None:
        try:
            between()
        except StoreError as error:
            log.warning("the database could not be tidied: %s", error)
        except Exception as error:  # noqa: BLE001 - our bug must not end the thread; it is logged
            log.error("our bug: %s", where(error))

    def _done(self) -> None:
        self._writing = 0
        self._changed.notify_all()

    def _lose(self, number: int, why: str) -> None:
        before, self.lost = self.lost, self.lost + number
        if not before or before // 100 < self.lost // 100:
            log.error("cards served not recorded: %d so far: %s", self.lost, why)
