"""Which of the guideline's numbers and defaults a rule uses, read from the rule itself."""

from __future__ import annotations

import inspect
from types import CodeType
from typing import Any

from hooks.guideline.reading import Words, numbers_said
from hooks.guideline.rule import Rule


def references(rule: Rule) -> set[str]:
    """Names of thresholds and defaults the rule uses, directly or through the predicates it names."""
    function = inspect.unwrap(rule.logic)
    found = set(_names(function.__code__))
    for name in list(found):
        named = function.__globals__.get(name)
        if callable(named) and getattr(named, "__module__", "").startswith("hooks.guideline"):
            code: Any = getattr(inspect.unwrap(named), "__code__", None)
            if isinstance(code, CodeType) and not named.__module__.endswith(("logic", "case", "calendar", "firing")):
                found |= set(_names(code))
    return found


def numbers_of(rule: Rule, words: Words) -> set[str]:
    """Names of the numbers a doctor meets with the rule: those it uses, and those its sentence names."""
    return references(rule) | numbers_said(rule, words)


def _names(code: CodeType) -> set[str]:
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found |= _names(constant)
    return found
