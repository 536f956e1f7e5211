"""One answer of a FHIR server, and several pages as one Bundle, each entry as the bytes it came in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import msgspec
from msgspec import Raw

from cds_service.fhir_access import reasons
from cds_service.fhir_access.allowed import Server
from fhir_mappings.bundles import NO_TOTAL, Bundle, Entry, Link, next_url

#: Pages read of one search, the first included.
MOST_PAGES: Final = 10
BAD: Final = (msgspec.DecodeError, RecursionError)


class FetchError(Exception):
    """Why an answer, or a further page, is not to be had: one of `reasons`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str | None = None


class _Links(msgspec.Struct):
    link: list[Link] | None = None


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str
    total: Raw = NO_TOTAL
    link: list[Link] | None = None
    entry: list[Raw] | None = None


_head = msgspec.json.Decoder(_Head).decode
_links = msgspec.json.Decoder(_Links).decode
_bundle = msgspec.json.Decoder(_Bundle).decode


@dataclass(frozen=True, slots=True)
class Page:
    """A searchset, or part of one: as it came, its entries, and where the next part is; None when this is the last.

    `total`: as it came, of the whole search.
    """

    body: Raw
    entries: tuple[Raw, ...]
    next_url: str | None = None
    total: bytes = bytes(NO_TOTAL)


def head(value: Raw | bytes) -> str:
    """The resource type of a value; "" when it is no resource."""
    try:
        return _head(value).resource_type
    except BAD:
        return ""


def next_link(bundle: Raw | bytes) -> str | None:
    """The `next` link of a Bundle; None without one, "" when it says there is one and not where."""
    try:
        return next_url(_links(bundle).link)
    except BAD:
        return ""


def read_page(body: bytes | Raw | Bundle) -> Page:
    """A Bundle; FetchError when it is none."""
    if isinstance(body, Bundle):  # one that was delivered
        entries = tuple(Raw(_entry(each)) for each in body.entry or ())
        return Page(_joined(entries, bytes(body.total)), entries, body.next_url, bytes(body.total))
    try:
        found = _bundle(body)
    except BAD:
        raise FetchError(reasons.BROKEN if not _is_json(body) else reasons.OTHER_RESOURCE) from None
    if found.resource_type != "Bundle":
        raise FetchError(_other(found.resource_type))
    return Page(Raw(body), tuple(found.entry or ()), next_url(found.link), bytes(found.total))


def read_patient(body: bytes, patient_id: str) -> Page:
    """The answer to the read of the patient; FetchError when it is anything else."""
    try:
        found = _head(body)
    except BAD:
        raise FetchError(reasons.BROKEN if not _is_json(body) else reasons.OTHER_RESOURCE) from None
    if (found.resource_type, found.id) != ("Patient", patient_id):
        raise FetchError(_other(found.resource_type))
    return Page(Raw(body), ())


def page_url(server: Server, link: str) -> str:
    """The absolute URL of a `next` link; FetchError unless it is below the server's base."""
    try:
        url = urljoin(f"{server.base}/", link)
    except ValueError:
        raise FetchError(reasons.FOREIGN_PAGE) from None
    if not link or not server.owns(url):
        raise FetchError(reasons.FOREIGN_PAGE)
    return url


def merged(pages: Iterable[Page]) -> Raw:
    """The pages as one Bundle; a single page as it came."""
    read = tuple(pages)
    if len(read) == 1:
        return read[0].body
    return _joined((entry for page in read for entry in page.entries), read[0].total if read else bytes(NO_TOTAL))


def _joined(entries: Iterable[Raw], total: bytes) -> Raw:
    """Entries as one Bundle."""
    whole = b'{"resourceType":"Bundle","type":"searchset","total":%b,"entry":[%b]}'
    return Raw(whole % (total, b",".join(map(bytes, entries))))


def _entry(delivered: Entry) -> bytes:
    """An entry as JSON; one without a resource stays one."""
    return msgspec.json.encode(delivered) if bytes(delivered.resource) else b"{}"


def _other(resource_type: str) -> str:
    return reasons.OUTCOME if resource_type == "OperationOutcome" else reasons.OTHER_RESOURCE


def _is_json(body: bytes | Raw) -> bool:
    try:
        msgspec.json.decode(body, type=Raw)
    except BAD:
        return False
    return True
