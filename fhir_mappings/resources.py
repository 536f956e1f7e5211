"""One resource as received, and how it is read.

A resource is decoded to its strict Struct (r4). What the Struct does not accept is put to
fhir.resources (R4B): what the library accepts is read without the elements the Struct does
not know, what it refuses is left out with an Issue. Bad data never raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, inspect

from fhir_mappings.facts import Issue
from fhir_mappings.r4.datatypes import DomainResource

R = TypeVar("R", bound=DomainResource)

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
_LONGEST_QUOTE = 40


class Head(msgspec.Struct, gc=False, rename="camel"):
    """The few elements by which resources are told apart and selected, before they are read.

    The elements a Struct reads later stay raw here.
    """

    resource_type: str
    id: str | None = None
    code: Raw = Raw()
    subject: Raw = Raw()
    patient: Raw = Raw()
    value_codeable_concept: Raw = Raw()
    effective_date_time: Raw = Raw()


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
            return f"{self.head.resource_type}/{self.head.id}"
        return self.full_url or f"{self.key}[{self.index}]"

    @property
    def order(self) -> tuple[str, bytes]:
        """Sorts items alike whatever the order of their entries was."""
        return self.head.id or "", bytes(self.raw)


_head = msgspec.json.Decoder(Head).decode


def head_of(raw: Raw | bytes) -> Head:
    """The head of a resource. One of BAD_DATA when it is no resource."""
    return _head(raw)


def read(item: Item, struct: type[R], issues: list[Issue]) -> R | None:
    """The resource, or None with an Issue that names the element and what was expected."""
    try:
        raw = bytes(item.raw)
        resource: R = _decoder(struct).decode(raw)
        if (not raw.isascii() or b"\\" in raw) and _MAY_BE_BLANK.search(raw):
            resource = _judged(item, struct)
    except BAD_DATA:
        try:
            resource = _judged(item, struct)
        except BAD_DATA as error:
            issues.append(Issue(item.reference, _problem(error, struct)))
            return None
    if resource.modifierExtension:
        url = resource.modifierExtension[0].url
        issues.append(Issue(item.reference, f"modifierExtension {_short(url)} is not understood"))
        return None
    return resource


@lru_cache
def _decoder(struct: type[R]) -> msgspec.json.Decoder[R]:
    return msgspec.json.Decoder(struct)


def _judged(item: Item, struct: type[R]) -> R:
    """The resource when fhir.resources accepts it; else one of BAD_DATA."""
    found = msgspec.json.decode(item.raw)
    if not isinstance(found, dict):
        raise TypeError("expected a JSON object")
    _model(struct.__name__).model_validate(found)
    return msgspec.convert(_known(found, inspect.type_info(struct)), struct, strict=False)


@lru_cache
def _model(resource_type: str) -> Any:
    """The fhir.resources class. Imported late: normal data never needs it."""
    return getattr(import_module(f"fhir.resources.R4B.{resource_type.lower()}"), resource_type)


def _known(found: object, shape: inspect.Type) -> object:
    """What was found without nulls and without the elements our Structs do not have."""
    if isinstance(found, dict):
        struct = _struct_for(found, shape)
        if struct is None:
            return found
        known = {
            field.encode_name: _known(found[field.encode_name], field.type)
            for field in struct.fields
            if found.get(field.encode_name) is not None
        }
        if struct.tag is not None:
            known["resourceType"] = struct.tag
        return known
    if isinstance(found, list):
        for member in _members(shape):
            if isinstance(member, inspect.VarTupleType):
                item = member.item_type
                return [
                    _known(each, item)
                    for each in found
                    if each is not None and not (isinstance(each, dict) and _struct_for(each, item) is None)
                ]
    return found


def _members(shape: inspect.Type) -> tuple[inspect.Type, ...]:
    return shape.types if isinstance(shape, inspect.UnionType) else (shape,)


def _struct_for(found: Mapping[str, object], shape: inspect.Type) -> inspect.StructType | None:
    """The Struct an object is read as; of several (contained) the one of its resourceType."""
    structs = [member for member in _members(shape) if isinstance(member, inspect.StructType)]
    tagged = [struct for struct in structs if struct.tag is None or struct.tag == found.get("resourceType")]
    return tagged[0] if tagged else None


def _problem(error: BaseException, struct: type[DomainResource]) -> str:
    """What is wrong in words: the element, what was found, what was expected."""
    errors = getattr(error, "errors", None)
    if callable(errors):
        return "; ".join(dict.fromkeys(_one_problem(each, struct) for each in errors()[:3]))
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text = str(error) or type(error).__name__
    message, _, path = text.partition(" - at `$.")
    return f"{path.rstrip('`')}: {message}" if path else message


def _one_problem(error: Mapping[str, Any], struct: type[DomainResource]) -> str:
    """One error of fhir.resources in words."""
    element = ".".join(str(part) for part in error["loc"])
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return f"{element} is no element of {struct.__name__} in FHIR R4"
    if error["type"] in ("missing", "model_field_validation.missing"):
        return f"{element} is missing, {struct.__name__} requires it"
    if not element:
        return message
    return f"{element} {_short(error['input'])}: {message}"


def _short(found: object) -> str:
    """What was found, short enough to be read and never a whole record."""
    if isinstance(found, dict | list):
        return "(an object)" if isinstance(found, dict) else "(a list)"
    text = repr(found) if not isinstance(found, str) else f'"{found}"'
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
