"""What the edge says of a prefetch value it tried to complete: not had, or had in part.

Both may stand in place of a prefetch value. `reason` is short words of ours, never what a
server or a client wrote.
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Raw

from fhir_mappings.bundles import Bundle, read_value
from fhir_mappings.facts import Issue, Source, SourceState
from fhir_mappings.resources import Item


class Failed(msgspec.Struct, frozen=True):
    """Nothing was had: its source is MISSING, for this reason."""

    reason: str


class Partial(msgspec.Struct, frozen=True):
    """The first part was had: its source is PARTIAL, for this reason."""

    value: Raw | bytes | Bundle
    reason: str


#: What may stand under a prefetch key.
PrefetchValue: TypeAlias = Raw | bytes | Bundle | Failed | Partial | None


def read_delivered(key: str, expected: str, value: PrefetchValue, issues: list[Issue]) -> tuple[Source, list[Item]]:
    """As `read_value`, also of a value that is Failed or Partial; None is one that was searched and not found."""
    if isinstance(value, Bundle):
        return read_value(key, expected, value, issues)
    match value:
        case Failed(reason=reason):
            return Source(key, SourceState.MISSING, reason), []
        case Partial(value=part, reason=reason):
            source, items = read_value(key, expected, part, issues)
            if source.state is SourceState.MISSING:
                return source, items
            return Source(key, SourceState.PARTIAL, reason), items
    return read_value(key, expected, b"null" if value is None else value, issues)
