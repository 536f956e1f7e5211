"""The page's own words, texts/<language>.toml; the vocabulary's come from hooks/language.py."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from hooks.language import LanguageCode, language
from hooks.texts import texts


@cache
def words(code: LanguageCode) -> Mapping[str, str]:
    """Every text by its dotted name."""
    source = files("cds_service.workbench") / "texts" / f"{code}.toml"
    return dict(_flat(tomllib.loads(source.read_text(encoding="utf-8"))))


def term(name: str, code: LanguageCode) -> str:
    """A word of the page, else of the vocabulary, else of the cards. KeyError for a name without words."""
    for known in (words(code), language(code).terms, texts(code).words):
        if name in known:
            return known[name]
    raise KeyError(name)


def need(name: str, code: LanguageCode) -> str:
    """What a missing fact is called: a concept, a source, else its own name."""
    terms = language(code).terms
    return terms.get(f"concept.{name}") or terms.get(f"source.{name}") or name


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return found
