"""How a language writes numbers, dates, lists and the vocabulary's names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from msgspec import Struct

LanguageCode = Literal["da", "en"]
LANGUAGES: tuple[LanguageCode, ...] = ("da", "en")


class Language(Struct, frozen=True):
    """One language: its code and the words for the vocabulary (texts/<code>/terms.toml)."""

    code: LanguageCode
    terms: dict[str, str]

    def number(self, value: float, decimals: int | None = None) -> str:
        """A number with the language's decimal sign; without `decimals` as short as it is exact to two."""
        text = f"{value:.{decimals}f}" if decimals is not None else f"{round(value, 2):.2f}".rstrip("0").rstrip(".")
        text = "0" if text in ("-0", "") else text
        text = text.replace("-", "−")
        return text.replace(".", ",") if self.code == "da" else text

    def day(self, day: date | None) -> str:
        """A date as the language writes it; the word for "not recorded" when there is none."""
        if day is None:
            return self.term("not_recorded")
        iso = day.isoformat()
        return f"{iso[8:]}.{iso[5:7]}.{iso[:4]}" if self.code == "da" else iso

    def term(self, name: str) -> str:
        """The language's word for a vocabulary name; the name itself is never shown (a test keeps it so)."""
        return self.terms[name]

    def list(self, items: Iterable[str]) -> str:
        """a, b and c."""
        words = list(dict.fromkeys(items))
        if len(words) < 2:
            return "".join(words)
        return f"{', '.join(words[:-1])} {self.term('and')} {words[-1]}"


@cache
def section(code: LanguageCode, labels: str) -> str:
    """A rule's section labels in the language, by texts/<code>/sections.toml: "§9.4 tekst og boks"."""
    source = files("hooks") / "texts" / code / "sections.toml"
    words = tomllib.loads(source.read_text(encoding="utf-8"))
    for phrase in sorted(words, key=len, reverse=True):  # the longest first: "criteria boxes" before "box"
        labels = labels.replace(phrase, words[phrase])
    return labels


@cache
def language(code: LanguageCode) -> Language:
    """The language by its code."""
    source = files("hooks") / "texts" / code / "terms.toml"
    return Language(code, tomllib.loads(source.read_text(encoding="utf-8")))
