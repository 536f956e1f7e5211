"""What the names that rules are made of are called in a language (texts/<language>/predicates.toml)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from hooks.guideline.reading import Words
from hooks.guideline.register import RULES
from hooks.language import LanguageCode, language
from hooks.texts import texts


@cache
def predicates(code: LanguageCode) -> Words:
    """The words of predicates.toml alone: predicates, collections, units, and what joins them."""
    source = files("hooks") / "texts" / code / "predicates.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def words_of_rules(code: LanguageCode) -> Words:
    """All words a rule is read with: the vocabulary by block (drug.calcium), the titles of the
    recommendations (rule.TX-IND-1), and predicates.toml.
    """
    titles = {f"rule.{rule.id}": f"{rule.id} ({texts(code).title(rule.id, rule.title)})" for rule in RULES.values()}
    return {**language(code).terms, **titles, **predicates(code)}
