"""The keys of all clients."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from cds_service.authentication.fetching import fetch as fetch_over_http
from cds_service.authentication.key_sources import KeyFile, KeyServer, KeySource
from cds_service.authentication.rejection import RejectedError
from cds_service.clients import Client

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPublicKeys


class KeyCache:
    """The keys of the clients, each client's apart: one's key never checks another's token.

    PyJWT's own PyJWKClient is not used: it keeps no last known good set beyond its time, does
    not limit what it reads, does not keep to one fetch at a time for those who need none, and
    its clock cannot be given to it. `clock` counts seconds; `fetch` gets what is at a URL.
    """

    def __init__(
        self,
        clients: Iterable[Client],
        clock: Callable[[], float] = time.monotonic,
        fetch: Callable[[str], bytes] = fetch_over_http,
    ) -> None:
        self._sources: dict[str, KeySource] = {}
        for client in clients:
            if client.jwks_file is not None:
                self._sources[client.name] = KeyFile(client.name, client.jwks_file, development=client.development)
            elif client.jwks_url is not None:
                self._sources[client.name] = KeyServer(
                    client.name, client.jwks_url, development=client.development, clock=clock, fetch=fetch
                )

    def key(self, client: Client, kid: str, algorithm: str) -> AllowedPublicKeys:
        """The client's key with this id, fit for the algorithm; RejectedError when there is none."""
        source = self._sources.get(client.name)
        found = source.key_set(kid, algorithm) if source is not None else None
        if found is None:
            raise RejectedError("keyserver")
        key = found.find(kid, algorithm)
        if key is None:
            raise RejectedError("key")
        return key

    def problems(self) -> dict[str, str]:
        """Which clients cannot be authenticated for want of keys, and why. A key server may be asked for it."""
        found = {name: source.problem() for name, source in self._sources.items()}
        return {name: problem for name, problem in found.items() if problem}

    def file_problems(self) -> dict[str, str]:
        """As `problems`, of the clients whose keys are in files, which are there when the service starts."""
        files = {name: source for name, source in self._sources.items() if isinstance(source, KeyFile)}
        return {name: problem for name, source in files.items() if (problem := source.problem())}
