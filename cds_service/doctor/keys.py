"""The keys of each client, as the service would get them now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from cds_service.authentication.fetching import fetch
from cds_service.authentication.key_sets import KeySet, KeySetError, read_key_set
from cds_service.authentication.keys import KeyCache
from cds_service.clients import Client
from cds_service.doctor.check import Check, failed, ok, warning
from cds_service.fhir_access.bodies import Heard
from cds_service.settings import Settings


def key_checks(settings: Settings, heard: Callable[[str], Heard]) -> Iterator[Check]:
    """The keys of each client. `heard`: for a key server, who is told its headers."""
    for client in settings.clients:
        yield _of(client, settings, heard)


def _of(client: Client, settings: Settings, heard: Callable[[str], Heard]) -> Check:
    if client.jwks_file is None and client.jwks_url is None:
        return ok("keys", f"{client.name}: none named, so it can only call without a token")
    bodies: list[bytes] = []

    def fetched(url: str) -> bytes:
        bodies.append(fetch(url, heard(url)))
        return bodies[-1]

    problem = KeyCache((client,), fetch=fetched).problems().get(client.name, "")
    if problem:
        return _bad(settings, f"{client.name}: {problem}", _remedy(client))
    found = _key_set(client, bodies)
    fitting = [key for key in found.keys.values() if set(key.algorithms) & set(client.algorithms)]
    text = f"{client.name}: {found}"
    if not fitting:
        wanted = ", ".join(client.algorithms)
        return _bad(settings, f"{text}; none for {wanted}", "name the algorithm it signs with under algorithms")
    return ok("keys", text)


def _bad(settings: Settings, text: str, remedy: str) -> Check:
    """Without keys a client's calls are refused, where tokens are asked for."""
    if settings.auth == "required":
        return failed("keys", text, remedy)
    return warning("keys", f"{text} (not needed while OSTEO_CDS_AUTH is off)", remedy)


def _remedy(client: Client) -> str:
    if client.jwks_file is not None:
        return "put its JWK Set there, readable by the service (docs/security.md)"
    return "see that this machine reaches the address and that it answers with a JWK Set, or use jwks_file"


def _key_set(client: Client, bodies: list[bytes]) -> KeySet:
    """The set that was found good a moment ago, to count its keys."""
    read = partial(read_key_set, development=client.development)
    try:
        return read(client.jwks_file.read_bytes() if client.jwks_file is not None else bodies[-1])
    except (OSError, KeySetError, IndexError):
        return KeySet()
