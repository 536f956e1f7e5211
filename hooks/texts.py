"""Every sentence a doctor reads, from texts/<language>/*.toml.

part_NN.toml holds the texts of the recommendations and of the tasks, messages, plans and notes
they offer; suggestions.toml the buttons and the words of drafts; cards.toml the words around
the cards; terms.toml (hooks/language.py) the vocabulary. A language is read on first use.
Braces in a text name a value of hooks/values; only those a text uses are worked out.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from string import Formatter
from typing import Any

from msgspec import Struct

import hooks.values
from hooks.guideline.case import Case
from hooks.language import Language, LanguageCode, language
from hooks.text_files import Tables, tables
from hooks.values import CONDITIONS, VALUES

#: Tables of a part file that are not recommendations: the words of what a recommendation offers.
OFFERS = ("task", "message", "plan", "note")
_LONGEST_QUOTE = 200


class RuleText(Struct, frozen=True):
    """The texts of one recommendation. An explanation has no summary.

    `add`: sentences that follow the detail when their condition (hooks/values) holds.
    """

    title: str
    detail: str
    summary: str = ""
    add: tuple[tuple[str, str], ...] = ()


class OfferText(Struct, frozen=True):
    """The words of a proposal: what the button says, and what stands in the draft.

    `dosage` and `instruction`: of a prescription; `steps` of a plan: months from today and what
    happens then.
    """

    label: str
    text: str = ""
    dosage: str = ""
    instruction: str = ""
    steps: tuple[tuple[int, str], ...] = ()


class Texts(Struct, frozen=True):
    """All texts of one language. `offers` by kind and name; `words` of cards.toml by dotted name.

    `linked`: the recommendations with a page to read or use.
    """

    say: Language
    rules: Mapping[str, RuleText]
    offers: Mapping[tuple[str, str], OfferText]
    words: Mapping[str, str]
    linked: frozenset[str]

    def offer(self, kind: str, name: str) -> OfferText:
        """The words of a proposal. KeyError when there are none (a test keeps it from happening)."""
        return self.offers[kind, name]

    def title(self, rule_id: str, otherwise: str = "") -> str:
        """The short name of a recommendation."""
        try:
            return self.rules[rule_id].title
        except KeyError:
            return otherwise or rule_id


@cache
def texts(code: LanguageCode) -> Texts:
    """The texts of a language. ValueError when a text stands twice."""
    _load_values()
    rules: Tables[str, RuleText] = Tables(_rule)
    offers: Tables[tuple[str, str], OfferText] = Tables(_offer)
    folder = files("hooks") / "texts" / code
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        if file.name.startswith("part_"):
            for name, source in tables(file.read_text(encoding="utf-8"), _parts).items():
                if name[0] in OFFERS:
                    offers.add((name[0], name[1]), name, source, file.name)
                else:
                    rules.add(name[0], name, source, file.name)
    buttons = (folder / "suggestions.toml").read_text(encoding="utf-8")
    for name, source in tables(buttons, lambda _: 2).items():
        offers.add((name[0], name[1]), name, source, "suggestions.toml")
    words = tomllib.loads((folder / "cards.toml").read_text(encoding="utf-8"))
    linked = frozenset(name for kind, name in offers if kind == "link")
    return Texts(language(code), rules, offers, dict(_dotted(words)), linked)


def _parts(first: str) -> int:
    return 2 if first in OFFERS else 1


def _rule(table: Mapping[str, Any]) -> RuleText:
    add = tuple((each["when"], each["text"].strip()) for each in table.get("add", ()))
    return RuleText(table["title"], table["detail"].strip(), table.get("summary", ""), add)


def _offer(table: Mapping[str, Any]) -> OfferText:
    return OfferText(
        table["label"],
        table.get("text", "").strip(),
        table.get("dosage", ""),
        table.get("instruction", ""),
        tuple((each["months"], each["text"]) for each in table.get("step", ())),
    )


def _dotted(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


@cache
def _load_values() -> None:
    """Import the modules that register values and conditions."""
    for module in iter_modules(hooks.values.__path__):
        import_module(f"hooks.values.{module.name}")


@cache
def _pieces(template: str) -> tuple[tuple[str, str | None], ...]:
    return tuple((literal, name) for literal, name, _, _ in Formatter().parse(template))


def placeholders(template: str) -> frozenset[str]:
    """The names in braces in a text."""
    return frozenset(name for _, name in _pieces(template) if name is not None)


def fill(template: str, case: Case, say: Language) -> str:
    """The text with its values in this case. KeyError for a value that is not registered."""
    pieces = _pieces(template)
    if len(pieces) == 1 and pieces[0][1] is None:
        return pieces[0][0]
    made: dict[str, str] = case.memo.setdefault(("text", say.code), {})
    parts = []
    for literal, name in pieces:
        parts.append(literal)
        if name is not None:
            text = made.get(name)
            if text is None:
                text = made[name] = VALUES[name].make(case, say)
            parts.append(text)
    return "".join(parts)


def render(rule_id: str, field: str, case: Case, words: Texts) -> str:
    """The title, summary or detail of a recommendation in this case, additions included."""
    text = words.rules[rule_id]
    return detail_of(text, case, words.say) if field == "detail" else fill(getattr(text, field), case, words.say)


def detail_of(text: RuleText, case: Case, say: Language) -> str:
    """The detail of a recommendation in this case, with the additions whose conditions hold."""
    filled = fill(text.detail, case, say)
    if not text.add:
        return filled
    added = [fill(sentence, case, say) for when, sentence in text.add if CONDITIONS[when](case)]
    return " ".join([filled, *added])


#: Words, numbers and dates in one line: nothing in them is markup, but for an underscore. The common case, told fast.
_SAFE = re.compile(r"[^\W\d_][\w ,;/%()−×.-]*(?:: [\w ,;/%()−×.-]*)*")
_MARKUP = re.compile(r"[\\`*_\[\]|~@]|(?<=www)\.|:(?=//)|^[-+#=]", re.IGNORECASE)
_NUMBERED = re.compile(r"^(\d{1,9})([.)])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def plain(text: str) -> str:
    """Text from a record in one line: no control, direction or invisible characters, not too long."""
    spaced = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Zs") else c for c in text)
    visible = "".join(c for c in spaced if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    line = " ".join(visible.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def escape_markdown(text: str) -> str:
    """Text from a record, safe inside a Markdown card: it shows as written and is never markup or a link."""
    if len(text) <= _LONGEST_QUOTE and _SAFE.fullmatch(text) and "_" not in text and "www." not in text.lower():
        return text
    line = _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", plain(text)))
    return "".join(_ENTITIES.get(c, c) for c in line)
