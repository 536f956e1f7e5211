"""What the pages of the rules say: made from the register, the thresholds and the decision tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cds_service.workbench.tables import Contradiction, Table, contradictions_of, tables_of
from cds_service.workbench.words import term, words
from hooks.guideline.defaults import Defaults
from hooks.guideline.numbers import numbers_of
from hooks.guideline.reading import sentence
from hooks.guideline.register import RULES, catalogue
from hooks.guideline.rule import Rule, always
from hooks.guideline.thresholds import THRESHOLDS
from hooks.language import LanguageCode, language, section
from hooks.readings import Kind, number_name, number_reading, reading, strength
from hooks.rule_words import words_of_rules
from hooks.texts import texts


@dataclass(frozen=True, slots=True)
class Line:
    """A recommendation in the list."""

    id: str
    title: str
    section: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number a rule uses. `called`: its name in words; `may_change`: a default that a deployment may set."""

    name: str
    called: str
    value: str
    section: str
    reading: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class RulePage:
    """One recommendation in full. `parents`: an explanation's recommendations."""

    id: str
    title: str
    section: str
    strength: str
    card: str
    hooks: tuple[str, ...]
    indicator: str
    parents: tuple[Line, ...]
    logic: str
    reading: str
    numbers: tuple[Number, ...]
    contradictions: tuple[Contradiction, ...]
    tables: tuple[Table, ...]


def parts(code: LanguageCode) -> list[tuple[str, list[Line]]]:
    """Every part of the guideline with its recommendations."""
    found: dict[int, list[Line]] = {}
    for entry in catalogue():
        if entry.id in RULES:
            found.setdefault(entry.part, []).append(_line(RULES[entry.id], code))
    return [(words(code)[f"part.{number}"], lines) for number, lines in found.items()]


def page(rule_id: str, content: Defaults, code: LanguageCode) -> RulePage:
    """One recommendation with the deployment's numbers. KeyError when there is none of this id."""
    rule = RULES[rule_id]
    numbers = tuple(_numbers(rule, content, code))
    said = reading(rule, code)
    return RulePage(
        id=rule.id,
        title=texts(code).title(rule.id, rule.title),
        section=section(code, rule.section),
        strength=strength(rule, code),
        card=term(f"decision.{rule.card}", code),
        hooks=() if rule.is_explanation else tuple(sorted(rule.hooks)),
        indicator=rule.indicator if isinstance(rule.indicator, str) else "",
        parents=tuple(_line(RULES[parent], code) for parent in rule.shown_with if parent in RULES),
        logic="" if rule.logic is always else sentence(rule, words_of_rules(code), content),
        reading=said,
        numbers=numbers,
        contradictions=tuple(contradictions_of(rule.id, " ".join([said, *(each.reading for each in numbers)]), code)),
        tables=tables_of(rule.id, code),
    )


def _line(rule: Rule, code: LanguageCode) -> Line:
    return Line(rule.id, texts(code).title(rule.id, rule.title), section(code, rule.section))


def _numbers(rule: Rule, content: Defaults, code: LanguageCode) -> list[Number]:
    used = numbers_of(rule, words_of_rules(code))
    say = language(code)

    def told(value: Any, unit: str) -> str:
        if isinstance(value, bool):
            return say.term("value.yes" if value else "value.no")
        named, single = words_of_rules(code), f"unit.{unit}.one"
        one = value == 1 and single in named
        return f"{say.number(value, 1 if unit == 'SD' else None)} {named.get(single if one else f'unit.{unit}', unit)}"

    def number(kind: Kind, name: str, value: str, where: str, english: str) -> Number:
        called, read = number_name(kind, name, code), number_reading(kind, name, english, code)
        return Number(name, called, value, where, read, kind == "default")

    fixed = [
        number("threshold", name, told(each.value, each.unit), section(code, each.section), each.reading)
        for name, each in THRESHOLDS.items()
        if name in used
    ]
    return fixed + [
        number("default", name, told(getattr(content, name), field.metadata["unit"]), "", field.metadata["reading"])
        for name, field in Defaults.__dataclass_fields__.items()
        if name in used
    ]
