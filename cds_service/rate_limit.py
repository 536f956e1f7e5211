"""How many calls a caller may make: so many at once, and as many a minute; then 429 with Retry-After.

Counted over all workers of a service: they share a table made before they were forked. Each caller
has one number there, the moment at which all its calls would be "paid" at one call in 60/N seconds
(the generic cell rate algorithm). A caller is the authenticated client, else the address.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Callable
from typing import Final

from flask import g, request

from cds_service.refusal import RefusedError

SLOTS: Final = 4096
#: Places tried for a caller whose own is taken; beyond them the caller paid first is forgotten.
TRIES: Final = 16
#: A slot: the caller's hash, and the moment (seconds of the clock, which the workers share) all is paid.
SLOT: Final = struct.Struct("<qd")


class RateLimit:
    """At most `per_minute` calls for each caller."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 60 / per_minute
        self._allowance = 60 - self._interval
        self._clock = clock
        self._table = mmap.mmap(-1, SLOTS * SLOT.size)  # shared with the workers forked later
        self._threads = threading.Lock()
        # given up by the system when a worker dies, unlike a semaphore
        self._workers = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the service

    def wait_for(self, caller: str) -> float:
        """Count a call: 0 when it may be made, else the seconds after which it may be, and it is not counted."""
        key = hash(caller) or 1  # the same in all workers: they were forked from one process
        with self._threads:
            os.lockf(self._workers.fileno(), os.F_LOCK, 0)
            try:
                return self._count(key)
            finally:
                os.lockf(self._workers.fileno(), os.F_ULOCK, 0)

    def _count(self, key: int) -> float:
        now = self._clock()
        at, paid = self._find(key, now)
        wait = max(paid, now) - self._allowance - now
        if wait > 0:
            return wait
        SLOT.pack_into(self._table, at, key, max(paid, now) + self._interval)
        return 0.0

    def _find(self, key: int, now: float) -> tuple[int, float]:
        """The caller's slot and what it says; else a slot that is free, or the one that soonest will be."""
        best, soonest = 0, math.inf
        for step in range(TRIES):
            at = (key + step) % SLOTS * SLOT.size
            holder, paid = SLOT.unpack_from(self._table, at)
            if holder == key:
                return at, paid
            if paid < soonest:
                best, soonest = at, paid
        return best, now


def refuse_too_many(limit: RateLimit) -> None:
    """Count the call that is being made; RefusedError (429) when there are too many of its caller."""
    if (request.endpoint or "").endswith(".static"):
        return  # what a page brings along is not a call
    name = getattr(g.get("client"), "name", "")
    wait = limit.wait_for(f"client {name}" if name else f"address {request.remote_addr}")
    if wait > 0:
        seconds = math.ceil(wait)
        problem = f"Too many calls in a minute (OSTEO_CDS_RATE_LIMIT). Call again in {seconds} s."
        raise RefusedError(429, "throttled", problem, headers={"Retry-After": str(seconds)})
