"""What a token's scopes let it read, in SMART App Launch 1 (`patient/Observation.read`) or 2 (`.rs`)."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

_SCOPE: Final = re.compile(
    r"(?:patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]*)\.(?:(?P<v1>read|write|\*)|(?P<v2>c?r?u?d?s?))(?P<part>\?.*)?"
)


class Grant(Enum):
    """How much of a resource type may be read."""

    NONE = "none"
    PART = "part"  # a v2 scope with a query: some of the resources only
    ALL = "all"


def granted(scope: str, resource_type: str, interaction: str) -> Grant:
    """What the scopes of a token grant. `interaction`: "r" (read by id) or "s" (search)."""
    found = Grant.NONE
    for each in scope.split():
        match = _SCOPE.fullmatch(each)
        if match is None or match["type"] not in ("*", resource_type):
            continue
        if match["v1"] not in ("read", "*") and interaction not in (match["v2"] or ""):
            continue
        if match["part"] is None:
            return Grant.ALL
        if match["v1"] is None:
            found = Grant.PART
    return found
