"""Names to addresses, without ever waiting longer than the caller can.

A lookup cannot be stopped, so each name has at most one under way, in a thread of its own,
and everybody who needs the name waits for that one as long as their deadline allows.
"""

from __future__ import annotations

import socket
import time
from concurrent.futures import Future
from ipaddress import ip_address
from threading import Lock, Thread
from typing import Final

from cds_service.fhir_access.allowed import Address, literal

#: Seconds an answer is kept: connections are kept longer, so it saves lookups after a pause.
KEEP: Final = 30.0
Addresses = tuple[Address, ...]


class Resolver:
    """The addresses of FHIR servers' names. Only names on an allow-list come here, so they are few."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, tuple[float, Addresses]] = {}
        self._asking: dict[str, Future[Addresses]] = {}

    def resolve(self, host: str, timeout: float) -> Addresses:
        """The addresses of a host. TimeoutError after `timeout` seconds, OSError when it has none."""
        address = literal(host)
        if address is not None:
            return (address,)
        with self._lock:
            until, addresses = self._known.get(host, (0.0, ()))
            if until > time.monotonic():
                return addresses
            future = self._asking.get(host)
            if future is None:
                future = self._asking[host] = Future()
                # a daemon: a lookup that hangs must not hold up the end of the process
                Thread(target=self._ask, args=(host, future), name="fhir-name", daemon=True).start()
        return future.result(timeout)

    def _ask(self, host: str, future: Future[Addresses]) -> None:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            addresses = tuple(dict.fromkeys(ip_address(each[4][0]) for each in found))
        except (OSError, ValueError) as error:
            with self._lock:
                del self._asking[host]
            future.set_exception(error if isinstance(error, OSError) else OSError("no name"))
            return
        with self._lock:
            del self._asking[host]
            self._known[host] = (time.monotonic() + KEEP, addresses)
        future.set_result(addresses)
