"""A FHIR server, asked what the service would ask it: its CapabilityStatement, then every prefetch template.

One template at a time, so that each has its own time; the service asks all at once. The way
there is the service's own: the same list of servers, judged addresses, limits and reasons.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import Raw

from cds_service.clients import Client
from cds_service.doctor.check import Check, State, failed, ok, warning
from cds_service.fhir_access import queries, reasons
from cds_service.fhir_access.allowed import Server, allowed_server
from cds_service.fhir_access.bodies import Heard
from cds_service.fhir_access.budget import Budget
from cds_service.fhir_access.connections import Http
from cds_service.fhir_access.fetching import Ask, Connections, KeyFetch
from cds_service.fhir_access.pages import BAD, Page
from cds_service.settings import Settings
from fhir_mappings import Failed, Partial, PrefetchValue
from fhir_mappings.bundles import read_value
from fhir_mappings.prefetch import KEYS
from hooks.services import Service

#: Seconds each answer is waited for; the service waits OSTEO_CDS_FETCH_DEADLINE_MS for all.
PATIENCE: Final = 10.0
#: The versions of FHIR that are read.
EXPECTED: Final = re.compile(r"4\.0\.\d{1,2}")
_VERSION: Final = re.compile(r"[0-9]{1,2}(?:\.[0-9A-Za-z-]{1,20}){1,3}")
_STATEMENT: Final = "metadata"
#: Nothing else on this server would be answered either.
_HOPELESS: Final = frozenset(
    {reasons.DEADLINE, reasons.UNREACHABLE, reasons.NO_NAME, reasons.ADDRESS, reasons.TLS, reasons.BROKEN_OFF}
)
_REMEDIES: Final[Mapping[str, str]] = {
    reasons.ADDRESS: "in a private network: private_network = true in the client's entry, or "
    "OSTEO_CDS_FHIR_PRIVATE_NETWORK=yes",
    reasons.DEADLINE: "see why the server is slow, or send it as prefetch",
    reasons.NO_NAME: "see to the name in the URL and the name servers of this machine",
    reasons.UNREACHABLE: "see that this machine may reach it: address, port, firewall",
    reasons.TLS: "see to its certificate and its name; its authorities go in OSTEO_CDS_CA_FILE",
    reasons.TOO_LARGE: "the record is larger than the service reads: OSTEO_CDS_MAX_BODY_MB",
    reasons.MANY_PAGES: "the record has more pages than the service reads: let the server send larger pages",
    reasons.FOREIGN_PAGE: "let next links begin with the base URL of the server",
    reasons.of_status(401): "give a fresh token",
    reasons.of_status(403): "widen the token's scope (docs/fhir-access.md)",
}
_OTHERWISE: Final = "look at the FHIR server's log"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of one template. `late`: the service would not have had it in time. `ms`: milliseconds."""

    key: str
    resource_type: str
    state: State
    reason: str
    remedy: str
    resources: int
    pages: int
    ms: float
    late: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of a FHIR server. `values`: what was read, for record.py; patient data."""

    server: str
    version: str
    checks: list[Check]
    asked: list[Asked] = field(default_factory=list)
    values: dict[str, PrefetchValue] = field(default_factory=dict, repr=False)
    client: Client | None = None


class _Statement(KeyFetch):
    """The fetch of the CapabilityStatement, which is no Bundle."""

    def _read_all(self, http: Http, token: str) -> None:
        self._pages.append(Page(Raw(http.get(self.ask.url, token, self)), ()))


def examine(settings: Settings, service: Service, url: str, token: str, patient_id: str, heard: Heard) -> Examined:
    """Ask the server at `url`. `heard` is told the headers of its answers."""
    client, server = _allowed(settings, url)
    if server is None:
        text = f"{url}: {reasons.NOT_ALLOWED}, so the service would not call it, and neither does the doctor"
        return Examined(
            url,
            "",
            [failed("FHIR server", text, "add it to fhir_servers of the client's entry or OSTEO_CDS_FHIR_SERVERS")],
        )
    asking = _Asking(settings, server, token, patient_id, heard)
    statement, reason, _, ms = asking.ask(_Statement, Ask(_STATEMENT, f"{server.base}/metadata"))
    version, check = _judged(server, statement, reason, ms)
    checks = [_listed(server, client, settings), check]
    if reason in _HOPELESS:
        return Examined(server.base, version, checks, client=client)
    found = Examined(server.base, version, checks, client=client)
    for key, template in service.prefetch.items():
        value, reason, pages, ms = asking.ask(KeyFetch, Ask(key, queries.search_url(server.base, template, patient_id)))
        found.values[key] = value
        found.asked.append(_told(key, template, value, reason, pages, ms, settings))
    checks += _slow(found.asked, settings)
    return found


class _Asking:
    """One question after the other, over kept connections, as the service's."""

    def __init__(self, settings: Settings, server: Server, token: str, patient_id: str, heard: Heard) -> None:
        self._connections = Connections(settings.ca_file, heard)
        self._server = server
        self._token = token
        self._patient_id = patient_id
        self._budget = Budget(settings.max_body_bytes)
        self._patience = max(PATIENCE, 2 * settings.fetch_deadline_ms / 1000)

    def ask(self, kind: type[KeyFetch], ask: Ask) -> tuple[PrefetchValue, str, int, float]:
        """What came, why it is not all, pages, milliseconds."""
        began = time.monotonic()
        deadline = began + self._patience
        fetch = kind(ask, self._server, self._patient_id, deadline, self._budget)
        value, reason = self._connections.fetch([fetch], self._token, deadline)[ask.key]
        return value, reason, fetch.pages, (time.monotonic() - began) * 1000


def _allowed(settings: Settings, url: str) -> tuple[Client | None, Server | None]:
    """The server, if the service may call it, and the client on whose list it is; None: the deployment's."""
    for client in settings.clients:
        server = allowed_server(url, client, settings) if client.fhir_servers else None
        if server is not None:
            return client, server
    return None, allowed_server(url, None, settings)


def _listed(server: Server, client: Client | None, settings: Settings) -> Check:
    if client is not None:
        by = f"in fhir_servers of client {client.name}"
    else:
        by = "in OSTEO_CDS_FHIR_SERVERS" if settings.fhir_servers is not None else "on this machine, in development"
    return ok("FHIR server", f"{server.base}: may be called, it is {by}")


class _Capability(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    fhir_version: str = ""


def _judged(server: Server, statement: PrefetchValue, reason: str, ms: float) -> tuple[str, Check]:
    """The server's FHIR version, and what to say of it."""
    name = "FHIR version"
    if reason or not isinstance(statement, Raw):
        say = failed if reason in _HOPELESS else warning
        return "", say(name, f"{server.base}/metadata: {reason}", remedy_of(reason))
    try:
        found = msgspec.json.decode(statement, type=_Capability)
    except BAD:
        found = _Capability()
    if found.resource_type != "CapabilityStatement":
        return "", warning(
            name, f"{server.base}/metadata is no CapabilityStatement", "see that the URL is the FHIR base URL"
        )
    version = found.fhir_version if _VERSION.fullmatch(found.fhir_version) else ""
    text = f"{version or 'not said'}, {ms:.0f} ms"
    if EXPECTED.fullmatch(version):
        return version, ok(name, text)
    return version, failed(name, f"{text}: expected 4.0.1", "name the server's FHIR R4 base URL: others are not read")


def _told(
    key: str, template: str, value: PrefetchValue, reason: str, pages: int, ms: float, settings: Settings
) -> Asked:
    late = ms > settings.fetch_deadline_ms and reason != reasons.DEADLINE
    state: State = "failed" if isinstance(value, Failed) else "warning" if reason or late else "ok"
    count = sum(1 for _ in resources(key, value))
    kind = queries.resource_type(template)
    return Asked(
        key, kind, state, reason, remedy_of(reason), count, pages, round(ms, 1), late or reason == reasons.DEADLINE
    )


def resources(key: str, value: PrefetchValue) -> Iterator[bytes]:
    """The resources that came under a prefetch key, as JSON."""
    came = value.value if isinstance(value, Partial) else value
    if isinstance(came, Failed) or came is None:
        return
    _, items = read_value(key, KEYS[key], came, [])
    for item in items:
        yield bytes(item.raw)


def remedy_of(reason: str) -> str:
    """What to do about a reason for which something was not had; "" for none."""
    return _REMEDIES.get(reason, _OTHERWISE) if reason else ""


def _slow(asked: list[Asked], settings: Settings) -> Iterator[Check]:
    late = [each.key for each in asked if each.late]
    limit = settings.fetch_deadline_ms
    if late:
        yield warning(
            "FHIR times",
            f"later than OSTEO_CDS_FETCH_DEADLINE_MS ({limit}): {', '.join(late)}",
            "send these as prefetch, or raise the deadline: the service would answer without them",
        )
    elif asked:
        slowest = max(asked, key=lambda each: each.ms)
        yield ok("FHIR times", f"slowest {slowest.key}, {slowest.ms:.0f} ms of OSTEO_CDS_FETCH_DEADLINE_MS ({limit})")
