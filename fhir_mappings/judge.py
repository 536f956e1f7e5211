"""The judge of what the strict Structs do not accept: fhir.resources (R4B).

What the library accepts is read without the elements our Structs do not know; what it
refuses is put into words. Imported only when it is needed: normal data never needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, inspect

from fhir_mappings.r4.datatypes import DomainResource

R = TypeVar("R", bound=DomainResource)

_LONGEST_QUOTE = 40
_LONGEST_MESSAGE = 160


def judged(raw: Raw, struct: type[R]) -> R:
    """The resource when fhir.resources accepts it; else one of BAD_DATA."""
    found = msgspec.json.decode(raw)
    if not isinstance(found, dict):
        raise TypeError("expected a JSON object")
    _model(struct.__name__).model_validate(found)
    return msgspec.convert(_known(found, inspect.type_info(struct)), struct, strict=False)


@lru_cache
def _model(resource_type: str) -> Any:
    """The fhir.resources class of a resource type."""
    return getattr(import_module(f"fhir.resources.R4B.{resource_type.lower()}"), resource_type)


def _known(found: object, shape: inspect.Type) -> object:
    """What was found without nulls and without the elements our Structs do not have."""
    if isinstance(shape, inspect.RawType):
        return Raw(msgspec.json.encode(found))
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


def problem_in_words(error: BaseException, struct: type[DomainResource]) -> str:
    """What is wrong in words: the element, what was found, what was expected."""
    errors = getattr(error, "errors", None)
    if callable(errors):
        return "; ".join(dict.fromkeys(_one_problem(each, struct) for each in errors()[:3]))
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text = str(error) or type(error).__name__
    message, _, path = text.partition(" - at `$.")
    return _cut(f"{path.rstrip('`')}: {_cut(message)}" if path else message)


def _cut(text: str) -> str:
    """A message that may quote what was found, no longer than a line."""
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


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
    return f"{element} {short(error['input'])}: {_cut(message)}"


def short(found: object) -> str:
    """What was found, short enough to be read and never a whole record."""
    if isinstance(found, dict | list):
        return "(an object)" if isinstance(found, dict) else "(a list)"
    text = repr(found) if not isinstance(found, str) else f'"{found}"'
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 1] + "…"
