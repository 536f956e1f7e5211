"""The JSON Schemas of cds_service/schemas, compiled, with errors that can be read."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator


@cache
def validator(name: str) -> Draft202012Validator:
    """The compiled schema `name`.json."""
    schema = json.loads((files("cds_service") / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def problems(name: str, value: Any) -> list[str]:
    """What of a value does not fit the schema."""
    return [f"{error.json_path}: {error.message[:300]}" for error in validator(name).iter_errors(value)]


def check(name: str, value: Any) -> None:
    """Fail unless the value fits the schema."""
    found = problems(name, value)
    assert not found, f"no valid {name}: " + "; ".join(found)
