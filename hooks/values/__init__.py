"""What may stand in braces in a text: `{t_low}` in texts/da/*.toml is the value `t_low` here.

Each value is a function of the case and the language, with the longest text it can become,
so that a test can show that no summary grows too long. A condition decides whether an
additional sentence of a text is shown. Nothing here decides advice.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from hooks.guideline.case import Case
from hooks.language import Language

ValueFunction = Callable[[Case, Language], str]
ConditionFunction = Callable[[Case], bool]


class TextValue(Struct, frozen=True):
    """A value for texts: its name, the longest real text it can become, and how it is made."""

    name: str
    longest: str
    make: ValueFunction


VALUES: dict[str, TextValue] = {}
CONDITIONS: dict[str, ConditionFunction] = {}


def value(name: str, longest: str) -> Callable[[ValueFunction], ValueFunction]:
    """Register the function below as the text value `name`."""

    def register(make: ValueFunction) -> ValueFunction:
        if name in VALUES:
            raise ValueError(f"text value {name} is registered twice")
        VALUES[name] = TextValue(name, longest, make)
        return make

    return register


def when(name: str) -> Callable[[ConditionFunction], ConditionFunction]:
    """Register the function below as the condition `name` of additional sentences."""

    def register(test: ConditionFunction) -> ConditionFunction:
        if name in CONDITIONS:
            raise ValueError(f"text condition {name} is registered twice")
        CONDITIONS[name] = test
        return test

    return register
