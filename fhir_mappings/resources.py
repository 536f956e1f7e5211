"""One resource as received, and how it is read.

A resource is decoded to its strict Struct (r4). What the Struct does not accept is put to
fhir.resources (R4B): what the library accepts is read without the elements the Struct does
not know, what it refuses is left out with an Issue. Bad data never raises. Only what a rule reads
is validated: a mistake in a note does not cost the result.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TypeVar

import msgspec
from msgspec import Raw

from fhir_mappings.facts import Issue
from fhir_mappings.heads import Head
from fhir_mappings.r4.datatypes import DomainResource

R = TypeVar("R", bound=DomainResource)

#: FHIR ids have at most 64 characters; a longer one is bad data, and not repeated at length.
_LONGEST_ID = 64

#: What decoding or validating bad data may raise.
BAD_DATA = (
    msgspec.MsgspecError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    AssertionError,
)

#: A string that may consist of blanks other than the ASCII ones, which fhir.resources refuses as empty.
_MAY_BE_BLANK = re.compile(
    rb'"(?:\\(?:f|u(?:00(?:0[bcBC]|1[c-fC-F]|85|[aA]0)|1680|20(?:0[0-9aA]|2[89fF]|5[fF])|3000))'
    rb"|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2(?:\x80[\x80-\x8a\xa8\xa9\xaf]|\x81\x9f)|\xe3\x80\x80)"
)


class Item(msgspec.Struct, gc=False):
    """One resource as received: its bytes, its head, and how it is referred to.

    `key` and `index`: the prefetch key and the position in its Bundle. `full_url`: of its entry.
    """

    raw: Raw
    head: Head
    key: str = ""
    index: int = 0
    full_url: str | None = None

    @property
    def type(self) -> str:
        return self.head.resource_type

    @property
    def id(self) -> str | None:
        return self.head.id

    @property
    def reference(self) -> str:
        """`Observation/123`; without id the entry's fullUrl, else `observations[3]`."""
        if self.head.id:
            return f"{self.head.resource_type}/{self.head.id[:_LONGEST_ID]}"
        return self.full_url or f"{self.key}[{self.index}]"

    @property
    def order(self) -> tuple[str, bytes]:
        """Sorts the items of a type alike whatever the order of their entries was; ids are unique."""
        name = self.head.id
        return (name, b"") if name else ("", bytes(self.raw))


def read(item: Item, struct: type[R], issues: list[Issue]) -> R | None:
    """The resource, or None with an Issue that names the element and what was expected."""
    resource = _strictly(item, struct)
    if resource is None:
        from fhir_mappings import judge  # and with it fhir.resources: most requests need neither

        try:
            resource = judge.judged(item.raw, struct)
        except BAD_DATA as error:
            issues.append(Issue(item.reference, judge.problem_in_words(error, struct)))
            return None
    if resource.modifierExtension:
        url = resource.modifierExtension[0].url[:80]
        issues.append(Issue(item.reference, f'modifierExtension "{url}" is not understood'))
        return None
    return resource


def _strictly(item: Item, struct: type[R]) -> R | None:
    """The resource as its Struct reads it; None when it does not, or may be narrower elsewhere."""
    raw = bytes(item.raw)
    try:
        resource: R = _decoder(struct).decode(raw)
    except BAD_DATA:
        return None
    return None if may_be_blank(raw) else resource


def may_be_blank(raw: bytes) -> bool:
    """Whether a string of the resource may consist of blanks alone, which fhir.resources has to judge."""
    return (not raw.isascii() or b"\\" in raw) and _MAY_BE_BLANK.search(raw) is not None


@lru_cache
def _decoder(struct: type[R]) -> msgspec.json.Decoder[R]:
    return msgspec.json.Decoder(struct)
