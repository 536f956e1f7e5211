"""One prefetch value -> the state of its source, and the resources in it.

A Bundle, one resource of the expected type, null (searched, none found), or what it failed
with. One bad entry costs that entry and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Raw

from fhir_mappings.facts import Issue, Source, SourceState
from fhir_mappings.heads import head_of, head_reader
from fhir_mappings.resources import BAD_DATA, Item

#: A number of so many digits is no count.
_LONG_NUMBER = 19
#: Entries that came along with what was searched for: `search.mode` of R4.
_ALONG = re.compile(rb'"mode"\s*:\s*"(?:include|outcome)"')
#: A total that is not told.
NO_TOTAL = Raw(b"null")
_NO_SEARCH = Raw(b"null")


class Link(msgspec.Struct, gc=False):
    relation: str = ""
    url: str = ""


def next_url(links: Iterable[Link] | None) -> str | None:
    """Where the next page is; None when this is the last, "" when it is said that there is one and not where."""
    return next((link.url for link in links or () if link.relation == "next"), None)


class Entry(msgspec.Struct, gc=False, rename="camel"):
    resource: Raw = Raw()
    full_url: str | None = None
    search: Raw = _NO_SEARCH


class Bundle(msgspec.Struct, rename="camel"):
    """A Bundle, its resources as they came. Anything else leaves `resource_type` empty or is not decoded."""

    resource_type: str = ""
    id: str | None = None
    total: Raw = NO_TOTAL
    link: list[Link] | None = None
    entry: list[Entry] | None = None

    @property
    def next_url(self) -> str | None:
        """Where the next page is; None when this is the last, "" when it is said that there is one and not where."""
        return next_url(self.link)

    @property
    def is_short(self) -> bool:
        """Whether its total, which counts what was searched for and not what came along, says that more was found."""
        total = bytes(self.total)
        if not total.isdigit() or len(total) >= _LONG_NUMBER:
            return False
        entries = self.entry or []
        found = len(entries)
        # a server says how it came with every entry or with none
        if found and int(total) <= found and entries[0].search is not _NO_SEARCH:
            found -= sum(1 for each in entries if _ALONG.search(each.search))
        return int(total) > found


class SearchSet(Bundle):
    """A Bundle and nothing else."""

    resource_type: Literal["Bundle"]


class _LooseBundle(msgspec.Struct):
    """A Bundle of which some entries are malformed."""

    total: Raw = NO_TOTAL
    link: Raw = Raw()
    entry: list[Raw] | None = None


class _OutcomeIssue(msgspec.Struct):
    severity: str = ""
    code: str = ""


class _Outcome(msgspec.Struct):
    issue: list[_OutcomeIssue] = []


class _Meta(msgspec.Struct, rename="camel"):
    last_updated: str | None = None
    version_id: str | None = None


class _Versioned(msgspec.Struct):
    meta: _Meta | None = None


_bundle = msgspec.json.Decoder(Bundle).decode
#: Keeps the place of an entry that could not be read.
_MALFORMED = Entry()


def read_value(key: str, expected: str, value: Raw | bytes | Bundle, issues: list[Issue]) -> tuple[Source, list[Item]]:
    """The source of a prefetch key and its resources; `expected` is the resource type of the key."""
    if isinstance(value, Bundle):
        return _read_bundle(key, expected, value, issues)
    try:
        bundle = _bundle(value)
    except BAD_DATA:
        bundle = Bundle()  # no Bundle, or one with malformed entries
    if bundle.resource_type == "Bundle":
        return _read_bundle(key, expected, bundle, issues)
    if bytes(value).strip() == b"null":
        return Source(key, SourceState.COMPLETE), []
    try:
        head = head_of(value)
    except BAD_DATA:
        return Source(key, SourceState.MISSING, "no FHIR resource"), []
    if head.resource_type == "Bundle":
        try:
            bundle = _loose_bundle(key, value, issues)
        except BAD_DATA:
            return Source(key, SourceState.MISSING, "Bundle that cannot be read"), []
        return _read_bundle(key, expected, bundle, issues)
    if head.resource_type == expected:
        return Source(key, SourceState.COMPLETE), [Item(Raw(value), head, key)]
    reason = _outcome_text(value) if head.resource_type == "OperationOutcome" else ""
    return Source(key, SourceState.MISSING, reason or f"{head.resource_type}, expected a Bundle"), []


def same_content(first: Item, second: Item) -> bool:
    """Whether two resources say the same, however they are spaced and ordered."""
    if bytes(first.raw) == bytes(second.raw):
        return True
    try:
        return bool(msgspec.json.decode(first.raw) == msgspec.json.decode(second.raw))
    except BAD_DATA:
        return False


def version(item: Item) -> tuple[float, int, bytes]:
    """Orders the versions of one resource: meta.lastUpdated, then versionId, then content."""
    try:
        meta = msgspec.json.decode(item.raw, type=_Versioned).meta or _Meta()
        updated = datetime.fromisoformat(meta.last_updated).timestamp() if meta.last_updated else 0.0
        number = int(meta.version_id) if meta.version_id and meta.version_id.isdecimal() else 0
    except BAD_DATA:
        updated, number = 0.0, 0
    return updated, number, bytes(item.raw)


def _read_bundle(key: str, expected: str, bundle: Bundle, issues: list[Issue]) -> tuple[Source, list[Item]]:
    state, reason = SourceState.COMPLETE, ""
    if bundle.link and bundle.next_url is not None:
        state, reason = SourceState.PARTIAL, "more pages exist"
    elif bundle.is_short:
        state, reason = SourceState.PARTIAL, "fewer entries than its total"
    if not bundle.entry:
        return Source(key, state, reason), []
    items = []
    read_head = head_reader(expected)
    for index, entry in enumerate(bundle.entry):
        raw = entry.resource
        try:
            head = read_head(raw)
        except BAD_DATA:
            if entry is _MALFORMED:
                continue  # reported already
            try:
                head = head_of(raw)
            except BAD_DATA:
                issues.append(Issue(entry.full_url or f"{key}[{index}]", "entry is no FHIR resource"))
                continue
        if head.resource_type == "OperationOutcome":
            text = _outcome_text(raw)
            issues.append(Issue(f"{key}[{index}]", text))
            if _outcome_failed(raw):
                state, reason = SourceState.PARTIAL, text
            continue
        items.append(Item(raw, head, key, index, entry.full_url))
    return Source(key, state, reason), items


def _loose_bundle(key: str, value: Raw | bytes, issues: list[Issue]) -> Bundle:
    """A Bundle read entry by entry; each malformed one becomes an Issue."""
    loose = msgspec.json.decode(value, type=_LooseBundle)
    entries = []
    for index, raw in enumerate(loose.entry or ()):
        try:
            entries.append(msgspec.json.decode(raw, type=Entry))
        except BAD_DATA:
            issues.append(Issue(f"{key}[{index}]", "entry is malformed"))
            entries.append(_MALFORMED)
    try:
        links = msgspec.json.decode(loose.link or b"[]", type=list[Link])
    except BAD_DATA:
        links = [Link("next")]  # a link that cannot be read may be one to more pages
    return Bundle(total=loose.total, link=links, entry=entries)


def _outcome(value: Raw | bytes) -> list[_OutcomeIssue]:
    try:
        return msgspec.json.decode(value, type=_Outcome).issue
    except BAD_DATA:
        return [_OutcomeIssue("error")]


def _outcome_text(value: Raw | bytes) -> str:
    """An OperationOutcome in words. Its diagnostics are not repeated: they may hold patient data."""
    codes = ", ".join(dict.fromkeys(issue.code for issue in _outcome(value) if issue.code))
    return f"OperationOutcome: {codes}" if codes else "OperationOutcome"


def _outcome_failed(value: Raw | bytes) -> bool:
    return any(issue.severity not in ("warning", "information") for issue in _outcome(value))
