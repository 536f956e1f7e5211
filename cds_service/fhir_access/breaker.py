"""A server that does not answer is left alone for a while, so that not every call waits for it."""

from __future__ import annotations

from threading import Lock
from typing import Final

#: Calls in a row without any answer before the deadline, after which a server is left alone.
MISSES: Final = 3
#: Seconds it is left alone; then one call tries again.
REST: Final = 10.0


class Breaker:
    """Of one server. Times are those of a monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._misses = 0
        self._retry_at = 0.0

    def lets_through(self, now: float) -> bool:
        """Whether this call may ask; while resting, one call each REST seconds may."""
        with self._lock:
            if self._misses < MISSES:
                return True
            if now < self._retry_at:
                return False
            self._retry_at = now + REST
            return True

    def note(self, answered: bool, now: float) -> None:
        """What came of a call: some answer, or none before the deadline."""
        with self._lock:
            if answered:
                self._misses = 0
            else:
                self._misses += 1
                self._retry_at = now + REST
