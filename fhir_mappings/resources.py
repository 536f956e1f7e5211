"""One resource as received, and how it is read.

A resource is decoded to its strict Struct (r4). What the Struct does not accept is put to
fhir.resources (R4B): what the library accepts is read without the elements the Struct does
not know, what it refuses is left out with an Issue. Bad data never raises. Only what a rule reads
is validated: a mistake in a note does not cost the result.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar, Final, TypeVar, Union

import msgspec
from msgspec import Raw

from fhir_mappings.facts import Issue
from fhir_mappings.r4.datatypes import DomainResource
from fhir_mappings.r4.primitives import NONE_SENT

R = TypeVar("R", bound=DomainResource)

_TAG: Final = "resourceType"
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


class Head(msgspec.Struct, gc=False, rename="camel"):
    """The few elements by which resources are told apart and selected, before they are read.

    The elements a Struct reads later stay raw here. All that any reader selects by: a resource
    is scanned once.
    """

    resource_type: str
    id: str | None = None
    code: Raw = Raw()
    subject: Raw = Raw()
    patient: Raw = Raw()
    value_codeable_concept: Raw = Raw()
    effective_date_time: Raw = Raw()
    status: Raw = Raw()
    medication_codeable_concept: Raw = Raw()
    based_on: Raw = Raw()
    derived_from: Raw = Raw()
    do_not_perform: Raw = Raw()
    type: Raw = Raw()
    service_type: Raw = Raw()
    reason_code: Raw = Raw()


class ResultHead(
    msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True, tag="Observation", tag_field=_TAG
):
    """The head of an Observation as results are sent: enough to read a plain number without decoding it again.

    In the order in which FHIR writes its elements: so each is found at once. An Observation with
    others has a Head.
    """

    resource_type: ClassVar[str] = "Observation"
    patient: ClassVar[Raw] = NONE_SENT

    id: str | None = None
    meta: Raw = NONE_SENT
    text: Raw = NONE_SENT
    identifier: Raw = NONE_SENT
    based_on: Raw = NONE_SENT
    part_of: Raw = NONE_SENT
    status: Raw = NONE_SENT
    category: Raw = NONE_SENT
    code: Raw = NONE_SENT
    subject: Raw = NONE_SENT
    focus: Raw = NONE_SENT
    encounter: Raw = NONE_SENT
    effective_date_time: Raw = NONE_SENT
    effective_period: Raw = NONE_SENT
    issued: Raw = NONE_SENT
    performer: Raw = NONE_SENT
    value_quantity: Raw = NONE_SENT
    value_codeable_concept: Raw = NONE_SENT
    value_string: Raw = NONE_SENT
    value_boolean: Raw = NONE_SENT
    data_absent_reason: Raw = NONE_SENT
    interpretation: Raw = NONE_SENT
    note: Raw = NONE_SENT
    body_site: Raw = NONE_SENT
    method: Raw = NONE_SENT
    specimen: Raw = NONE_SENT
    device: Raw = NONE_SENT
    reference_range: Raw = NONE_SENT
    has_member: Raw = NONE_SENT
    derived_from: Raw = NONE_SENT
    component: Raw = NONE_SENT


def _lean(resource_type: str, *elements: str) -> type[msgspec.Struct]:
    """A Head of the elements one resource type is selected by; the others are as if not sent."""
    absent = dict.fromkeys(set(Head.__struct_fields__) - {"id", *elements}, NONE_SENT)
    return msgspec.defstruct(
        f"{resource_type}Head",
        [("id", str | None, None), *((element, Raw, NONE_SENT) for element in elements)],
        namespace=absent | {"resource_type": resource_type},
        gc=False,
        rename="camel",
        tag=resource_type,
        tag_field=_TAG,
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


_head = msgspec.json.Decoder(Head).decode
#: The heads of the types most resources are of.
_common: Callable[[Raw | bytes], Head] = msgspec.json.Decoder(
    Union[  # noqa: UP007  # made at run time
        ResultHead,
        _lean("Condition", "code", "subject"),
        _lean("MedicationRequest", "based_on", "status", "do_not_perform", "medication_codeable_concept", "subject"),
        _lean("Encounter", "type", "subject", "reason_code"),
    ]
).decode
_COMMON = frozenset({"Observation", "Condition", "MedicationRequest", "Encounter"})


def head_of(raw: Raw | bytes, expected: str = "") -> Head:
    """The head of a resource, probably of the type `expected`. One of BAD_DATA when it is no resource."""
    if expected in _COMMON:
        try:
            return _common(raw)
        except BAD_DATA:
            pass  # of another type, or with elements that are seldom sent
    return _head(raw)


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
