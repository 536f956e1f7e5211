"""An answer as text for a terminal: the cards, then what is not known, then what could not be read."""

from __future__ import annotations

import re
import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from hooks.extensions import EVALUATION_EXTENSION
from hooks.guideline.register import RULES
from hooks.language import Language, LanguageCode
from hooks.language import language as language_of
from hooks.texts import texts

WIDTH: Final = 100
#: The longest list shown; the rest is counted.
MOST_LINES: Final = 12

WORDS: Final[Mapping[LanguageCode, Mapping[str, str]]] = {
    "da": {
        "critical": "KRITISK",
        "warning": "ADVARSEL",
        "info": "INFORMATION",
        "none": "Ingen kort: intet i de kendte oplysninger giver anledning til et råd.",
        "without_card": "Ingen kort. Gælder uden kort",
        "suggestions": "Forslag",
        "source": "Kilde",
        "links": "Se",
        "unknown": "Ikke kendt, og kunne have ændret svaret",
        "issues": "Modtaget og ikke brugt",
        "more": "… og {number} til (--json viser alt)",
        "explain": "Hvorfor og hvorfor ikke",
        "fired": "gælder",
        "not-fired": "gælder ikke",
        "silenced": "holdt tilbage",
        "broken": "kunne ikke vurderes",
        "needs": "mangler",
        "state-unknown": "ikke kendt",
    },
    "en": {
        "critical": "CRITICAL",
        "warning": "WARNING",
        "info": "INFORMATION",
        "none": "No card: nothing in what is known calls for advice.",
        "without_card": "No card. Holds without a card",
        "suggestions": "Suggestions",
        "source": "Source",
        "links": "See",
        "unknown": "Not known, and could have changed the answer",
        "issues": "Received and not used",
        "more": "… and {number} more (--json shows all)",
        "explain": "Why and why not",
        "fired": "holds",
        "not-fired": "does not hold",
        "silenced": "held back",
        "broken": "could not be evaluated",
        "needs": "lacks",
        "state-unknown": "not known",
    },
}


def render(answer: Mapping[str, Any], language: LanguageCode) -> str:
    """The whole answer."""
    words, say = WORDS[language], language_of(language)
    evaluation = answer["extension"][EVALUATION_EXTENSION]
    blocks = [_card(card, words) for card in answer["cards"]]
    blocks = blocks or _list(words["without_card"], _held(evaluation["fired"], language), words) or [words["none"]]
    blocks += _list(words["unknown"], _needs(evaluation["unknown"], say), words)
    blocks += _list(words["issues"], (f"{i['reference']}: {i['problem']}" for i in evaluation["issues"]), words)
    if "explain" in evaluation:
        lines = [line for entry in evaluation["explain"] for line in _why(entry, words, say)]
        blocks.append("\n".join([f"{words['explain']}:", *lines]))
    return "\n\n".join(blocks) + "\n"


def plain(markdown: str) -> str:
    """Markdown without its marks; a link keeps its address."""
    text = re.sub(r"\[([^\]]*)\]\(([^)\s]*)[^)]*\)", r"\1 (\2)", markdown)
    text = re.sub(r"^#{1,6}\s+", "", text, flags=re.MULTILINE)
    text = re.sub(r"(?<![\\\w])(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=[^\s\\])\1(?!\w)", r"\2", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+\-.!<>|~&])", r"\1", text)


def _card(card: Mapping[str, Any], words: Mapping[str, str]) -> str:
    lines = [f"{words[card['indicator']]}: {card['summary']}"]
    lines += [*_paragraphs(card.get("detail", "")), ""]
    labels = [suggestion["label"] for suggestion in card.get("suggestions", ())]
    if labels:
        lines += [f"  {words['suggestions']}:", *(_wrapped(f"- {label}", "    ") for label in labels)]
    source = card["source"]
    lines.append(_wrapped(f"{words['source']}: " + " ".join(filter(None, (source["label"], source.get("url")))), "  "))
    lines += [_wrapped(f"{words['links']}: {link['label']} {link['url']}", "  ") for link in card.get("links", ())]
    return "\n".join(lines)


def _paragraphs(detail: str) -> Iterator[str]:
    for line in plain(detail).splitlines():
        yield _wrapped(line, "  ") if line.strip() else ""


def _wrapped(line: str, indent: str) -> str:
    """A line broken at the width; what belongs to a list item stands under its text."""
    hang = indent + ("  " if line.lstrip().startswith("- ") else "")
    return textwrap.fill(line, WIDTH, initial_indent=indent, subsequent_indent=hang, break_long_words=False)


def _held(fired: Iterable[Mapping[str, Any]], language: LanguageCode) -> Iterator[str]:
    """The recommendations that fire, without the explanations that go with them."""
    words = texts(language)
    for each in fired:
        if not RULES[each["id"]].is_explanation:
            yield f"{each['id']}: {words.title(each['id'])}"


def _needs(unknown: Iterable[Mapping[str, Any]], say: Language) -> Iterator[str]:
    """What is missing, in words, each with the recommendations that wait for it."""
    waiting: dict[str, list[str]] = defaultdict(list)
    for entry in unknown:
        for need in entry["needs"]:
            waiting[_need(need, say)].append(entry["id"])
    for word, ids in sorted(waiting.items()):
        yield f"{word}: {', '.join(ids)}"


def _list(title: str, lines: Iterable[str], words: Mapping[str, str]) -> list[str]:
    shown = list(dict.fromkeys(lines))
    if not shown:
        return []
    rest = len(shown) - MOST_LINES
    more = [words["more"].format(number=rest)] if rest > 0 else []
    return [
        "\n".join(
            [f"{title}:", *(_wrapped(f"- {line}", "  ") for line in shown[:MOST_LINES]), *map("  ".__add__, more)]
        )
    ]


_SIGN: Final[Mapping[str, str]] = {"yes": "+", "no": "-", "unknown": "?"}


def _why(entry: Mapping[str, Any], words: Mapping[str, str], say: Language) -> Iterator[str]:
    """One recommendation: its state, and the conditions that decided it with their values."""
    state = entry["state"]
    if state == "other-hook":
        return
    told = words["state-unknown" if state == "unknown" else state]
    if "by" in entry:
        told += f" ({entry['by']})"
    yield f"  {entry['id']}: {told}"
    for each in entry.get("conditions", entry.get("because", ())):
        found = "; ".join(value["text"] for value in each.get("values", ()))
        needs = ", ".join(_need(name, say) for name in each.get("needs", ()))
        lacking = f" [{words['needs']}: {needs}]" if needs else ""
        yield f"    {_SIGN[each['answer']]} {each['condition']}{lacking}{f' ({found})' if found else ''}"


def _need(name: str, say: Language) -> str:
    return say.terms.get(f"concept.{name}") or say.terms.get(f"source.{name}") or name
