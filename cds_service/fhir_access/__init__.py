"""What prefetch did not deliver is fetched from the client's FHIR server (CDS Hooks 2.0, FHIR Resource Access).

The one door is `fetch_missing`. Each key that could not be had stands in the prefetch as
`Failed` or `Partial` with its reason, and the reading goes on without it: docs/fhir-access.md.
What a call needs that offers no access is loaded here; the rest when it is first needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from cds_service.clients import Client
    from cds_service.fhir_access.allowed import Server
    from cds_service.fhir_access.breaker import Breaker
    from cds_service.fhir_access.fetching import Connections
    from cds_service.settings import Settings
    from cds_service.wire import HookRequest
    from hooks.services import Service

__all__ = ["Completed", "FhirAccess", "fetch_missing"]


#: FHIR servers that are remembered; no allow-list is as long.
MOST_SERVERS: Final = 1000


class FhirAccess:
    """What is kept between calls: threads, connections, and which servers do not answer.

    `while_waiting`: entered while a call waits for a FHIR server, so that others are not held up.
    """

    def __init__(
        self, settings: Settings, while_waiting: Callable[[], AbstractContextManager[None]] = nullcontext
    ) -> None:
        self.while_waiting = while_waiting
        self._authorities = settings.ca_file
        self._lock = Lock()
        self._connections: Connections | None = None
        self._breakers: dict[str, Breaker] = {}
        if settings.fhir_servers or any(client.fhir_servers for client in settings.clients):
            # the workers are forked from here: what they will surely need is loaded once
            from cds_service.fhir_access import completing, connections, gaps  # noqa: F401

    def connections(self) -> Connections:
        """The threads and connections, made at the first fetch: threads do not survive a fork."""
        from cds_service.fhir_access.fetching import Connections

        with self._lock:
            if self._connections is None:
                self._connections = Connections(self._authorities)
            return self._connections

    def breaker(self, server: Server) -> Breaker:
        """Whether a server answers."""
        from cds_service.fhir_access.breaker import Breaker

        with self._lock:
            if len(self._breakers) > MOST_SERVERS:
                self._breakers.clear()  # only met in development, where any server on this machine may be named
            return self._breakers.setdefault(server.base, Breaker())


class Completed(NamedTuple):
    """A request with all that could be had. `reasons`: for each key not had whole, why. `asked`: keys fetched."""

    request: HookRequest
    reasons: Mapping[str, str] = {}
    asked: tuple[str, ...] = ()
    fetch_ms: float = 0.0


def fetch_missing(
    request: HookRequest, service: Service, client: Client | None, settings: Settings, access: FhirAccess
) -> Completed:
    """The request with what the client did not deliver, as far as its FHIR server gives it before the deadline.

    Without both `fhirServer` and `fhirAuthorization` the client offers no access, and the request stays as it is.
    """
    if request.fhir_server is None or request.authorization is None:
        return Completed(request)
    from cds_service.fhir_access.gaps import lacking

    missing = lacking(request.prefetch, service.prefetch)
    if not missing:
        return Completed(request)
    from cds_service.fhir_access.completing import complete

    return complete(request, service, client, settings, access, missing)
