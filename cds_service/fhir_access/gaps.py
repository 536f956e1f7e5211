"""What the client did not deliver of what a service asks for: cheap to ask of a full prefetch.

A key is lacking when it is missing, or holds anything but null, a Bundle or a resource of its
type: an OperationOutcome with which the client says it failed is tried once. A Bundle with a
`next` link is lacking its further pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Raw

from cds_service.fhir_access.pages import head, next_link
from cds_service.fhir_access.queries import resource_type
from fhir_mappings import PrefetchValue
from fhir_mappings.bundles import Bundle

_BUNDLE: Final = re.compile(rb'\s*\{\s*"resourceType"\s*:\s*"Bundle"')
_NULL: Final = re.compile(rb"\s*null")
_NEXT_OR_ENTRY: Final = re.compile(rb'"(?:next|entry)"')
#: Bytes at the end of a Bundle in which links are looked for: they stand before the entries, or right after.
_TAIL: Final = 2048


def lacking(prefetch: Mapping[str, PrefetchValue], templates: Mapping[str, str]) -> dict[str, str | None]:
    """The lacking keys; with each the `next` link of what was delivered, None when nothing usable was."""
    found: dict[str, str | None] = {}
    for key, template in templates.items():
        if key not in prefetch:
            found[key] = None
            continue
        value = prefetch[key]
        if isinstance(value, Bundle):
            if value.next_url is not None:
                found[key] = value.next_url
            continue
        if not isinstance(value, Raw) or _NULL.match(value):
            continue
        if not _BUNDLE.match(value):
            said = head(value)
            if said == resource_type(template):
                continue
            if said != "Bundle":
                found[key] = None
                continue
        link = _next_of(value)
        if link is not None:
            found[key] = link
    return found


def _next_of(bundle: Raw) -> str | None:
    """The `next` link of a Bundle; looked for where links stand, so that the entries need not be searched."""
    first = _NEXT_OR_ENTRY.search(bundle)
    if first is None:
        return None
    if first[0] == b'"next"' or b'"next"' in bytes(memoryview(bundle)[-_TAIL:]):
        return next_link(bundle)
    return None
