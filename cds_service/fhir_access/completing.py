"""What is lacking is asked for, as far as it may be; what may not, and what failed, gets its reason."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from msgspec import Raw

from cds_service.clients import Client
from cds_service.fhir_access import Completed, FhirAccess, queries, reasons
from cds_service.fhir_access.allowed import Server, allowed_server
from cds_service.fhir_access.budget import Budget
from cds_service.fhir_access.fetching import Ask, KeyFetch
from cds_service.fhir_access.pages import FetchError, page_url, read_page
from cds_service.fhir_access.scopes import Grant, granted
from cds_service.settings import Settings
from cds_service.wire import Authorization, HookRequest
from fhir_mappings import Failed, Partial, PrefetchValue
from fhir_mappings.bundles import Bundle
from hooks.services import Service


def complete(
    request: HookRequest,
    service: Service,
    client: Client | None,
    settings: Settings,
    access: FhirAccess,
    missing: Mapping[str, str | None],
) -> Completed:
    """The request with what was fetched of the `missing` keys (gaps.py) before the deadline."""
    if request.fhir_server is None or request.authorization is None:
        raise ValueError("nothing can be fetched without a server and a token")
    began = time.monotonic()
    deadline = began + settings.fetch_deadline_ms / 1000
    server = allowed_server(request.fhir_server, client, settings)
    refused = _refused(request, request.authorization, server)
    outcomes: dict[str, tuple[PrefetchValue, str]] = {}
    asks: list[Ask] = []
    for key, link in missing.items():
        if refused or server is None:
            outcomes[key] = _not_asked(request, key, link, refused)
            continue
        try:
            asks.append(_ask(request, server, request.authorization, service.prefetch[key], key, link))
        except FetchError as error:
            outcomes[key] = _not_asked(request, key, link, error.reason)
    if asks and server is not None:
        outcomes |= _fetched(request, server, request.authorization, asks, settings, access, deadline)
    values = {key: value for key, (value, _) in outcomes.items()}
    return Completed(
        replace(request, prefetch={**request.prefetch, **values}),
        {key: reason for key, (_, reason) in outcomes.items() if reason},
        tuple(ask.key for ask in asks),
        (time.monotonic() - began) * 1000,
    )


def _refused(request: HookRequest, authorization: Authorization, server: Server | None) -> str:
    """Why nothing at all may be fetched for this request; "" when it may."""
    if authorization.expires_in <= 0:
        return reasons.EXPIRED
    if server is None:
        return reasons.NOT_ALLOWED
    return "" if queries.fits_in_url(request.patient_id) else reasons.BAD_ID


def _not_asked(request: HookRequest, key: str, link: str | None, reason: str) -> tuple[PrefetchValue, str]:
    """The value of a key that is not asked for: what was delivered of it, with the reason."""
    delivered = _usable(request, key, link)
    if delivered is None:
        return Failed(f"not delivered, and not fetched: {reason}"), reason
    return Partial(delivered, f"not all of it, and not fetched: {reason}"), reason


def _usable(request: HookRequest, key: str, link: str | None) -> Raw | bytes | Bundle | None:
    """The delivered page that a `next` link goes on from; None when nothing usable was delivered."""
    delivered = request.prefetch.get(key)
    return None if link is None or isinstance(delivered, Failed | Partial) else delivered


def _ask(
    request: HookRequest, server: Server, authorization: Authorization, template: str, key: str, link: str | None
) -> Ask:
    """What to fetch for a key: its template, or what follows the page that was delivered."""
    grant = granted(authorization.scope, queries.resource_type(template), queries.interaction(template))
    if grant is Grant.NONE:
        raise FetchError(reasons.NO_SCOPE)
    delivered = _usable(request, key, link)
    if link is None or delivered is None:
        return Ask(key, queries.search_url(server.base, template, request.patient_id), part=grant is Grant.PART)
    return Ask(key, page_url(server, link), read_page(delivered), grant is Grant.PART)


def _fetched(
    request: HookRequest,
    server: Server,
    authorization: Authorization,
    asks: list[Ask],
    settings: Settings,
    access: FhirAccess,
    deadline: float,
) -> dict[str, tuple[PrefetchValue, str]]:
    """The outcome of each key that is asked for."""
    breaker = access.breaker(server)
    if not breaker.lets_through(time.monotonic()):
        return {ask.key: _resting(ask) for ask in asks}
    budget = Budget(settings.max_body_bytes)
    fetches = [KeyFetch(ask, server, request.patient_id, deadline, budget) for ask in asks]
    with access.while_waiting():
        found = access.connections().fetch(fetches, authorization.access_token, deadline)
    late = any(reason == reasons.DEADLINE for _, reason in found.values())
    heard = any(fetch.heard for fetch in fetches)
    if heard or late:
        breaker.note(heard, time.monotonic())
    return found


def _resting(ask: Ask) -> tuple[PrefetchValue, str]:
    """The value of a key of a server that is left alone."""
    if ask.first is None:
        return Failed(f"not delivered, and not fetched: {reasons.RESTING}"), reasons.RESTING
    return Partial(ask.first.body, f"not all of it, and not fetched: {reasons.RESTING}"), reasons.RESTING
