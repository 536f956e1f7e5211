"""Our readings in a language: of the rules, their strength, the numbers and the contradictions of the sources.

English stands where each is written: the rule's docstring and strength, thresholds.py, defaults.py,
docs/contradictions.csv. Another language has texts/<language>/readings.toml, numbers.toml and
contradictions.toml. Only the pages of the rules ask; a file is read on first use.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from hooks.guideline.rule import Rule
from hooks.language import LanguageCode

Kind = Literal["threshold", "default"]


def reading(rule: Rule, code: LanguageCode) -> str:
    """How we read a recommendation; empty for an explanation, which has no reading of its own."""
    english = "" if rule.is_explanation else " ".join((rule.logic.__doc__ or "").split())
    return _said(code, "readings", "rule", rule.id, english) if english else ""


def strength(rule: Rule, code: LanguageCode) -> str:
    """How strongly the guideline says it."""
    return _said(code, "readings", "strength", rule.strength, rule.strength)


def number_name(kind: Kind, name: str, code: LanguageCode) -> str:
    """What a number is called; in English its name in the code says it, and this is empty."""
    return "" if code == "en" else _said(code, "numbers", f"{kind}.{name}", "name", f"the name {name}")


def number_reading(kind: Kind, name: str, english: str, code: LanguageCode) -> str:
    """How we read a number of thresholds.py, or what a configurable default (defaults.py) means."""
    return _said(code, "numbers", f"{kind}.{name}", "reading", english)


def contradiction(number: str, part: str, english: str, code: LanguageCode) -> str:
    """What a contradiction of the sources is (`part` "contradiction"), or how we resolve it ("resolution")."""
    return _said(code, "contradictions", part, number, english)


@cache
def written(code: LanguageCode, file: str) -> Mapping[str, Any]:
    """A file of readings, whole."""
    return tomllib.loads((files("hooks") / "texts" / code / f"{file}.toml").read_text(encoding="utf-8"))


def _said(code: LanguageCode, file: str, table: str, name: str, english: str) -> str:
    if code == "en":
        return english
    found = written(code, file)
    try:
        for part in table.split("."):
            found = found[part]
        text: str = found[name]
    except KeyError as missing:
        where = f"hooks/texts/{code}/{file}.toml"
        raise KeyError(f'{where}: under [{table}] write "{name}" = what says the same as: {english}') from missing
    return text
