"""Our readings in every language: none missing, none left over, and the figures of the English.

A reading that is missing fails with the file, the table and the name to write it under.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from cds_service.workbench.tables import contradictions
from hooks.guideline.defaults import Defaults
from hooks.guideline.register import RULES
from hooks.guideline.thresholds import THRESHOLDS
from hooks.language import LANGUAGES, LanguageCode
from hooks.readings import contradiction, number_name, number_reading, reading, strength, written

OTHERS: list[LanguageCode] = [code for code in LANGUAGES if code != "en"]
others = pytest.mark.parametrize("code", OTHERS)
Reading = Callable[[LanguageCode], str]
FILES = ("readings", "numbers", "contradictions")


def readings() -> Iterator[tuple[str, str, Reading]]:
    """Each reading: the table it stands in, the name it stands under, and what says it."""
    for rule in RULES.values():
        if not rule.is_explanation:
            yield "rule", rule.id, partial(reading, rule)
        yield "strength", rule.strength, partial(strength, rule)
    for name, number in THRESHOLDS.items():
        yield f"threshold.{name}", "reading", partial(number_reading, "threshold", name, number.reading)
    for name, field in Defaults.__dataclass_fields__.items():
        yield f"default.{name}", "reading", partial(number_reading, "default", name, field.metadata["reading"])
    for row in contradictions():
        for part in ("contradiction", "resolution"):
            yield part, row["number"], partial(contradiction, row["number"], part, row[part])


def leaves(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each text of a file: the table it stands in and its name there."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}.{name}" if above else name)
        else:
            yield above, name


def figures(text: str) -> list[str]:
    """The numbers in a text, the decimal sign aside."""
    return sorted(number.replace(",", ".") for number in re.findall(r"\d+(?:[.,]\d+)?", text))


@others
def test_every_reading_is_said(code: LanguageCode) -> None:
    missing = []
    for _, _, say in readings():
        try:
            say(code)
        except KeyError as problem:
            missing.append(problem.args[0])
    assert not missing, "\n".join(missing)


@others
def test_no_reading_is_left_over(code: LanguageCode) -> None:
    said = {(table, name) for table, name, _ in readings()}
    there = {
        (table, name): f"hooks/texts/{code}/{file}.toml: take out [{table}] {name}, which no rule has"
        for file in FILES
        for table, name in leaves(written(code, file))
        if name != "name"
    }
    assert not [told for key, told in there.items() if key not in said]


@others
def test_the_figures_are_those_of_the_english(code: LanguageCode) -> None:
    for table, name, say in readings():
        assert figures(say(code)) == figures(say("en")), f"[{table}] {name}: {say('en')} / {say(code)}"


@others
def test_every_number_has_a_name_that_does_not_say_the_number(code: LanguageCode) -> None:
    """A deployment may change a default, and a threshold's value stands beside its name."""
    names = [number_name("threshold", name, code) for name in THRESHOLDS]
    names += [number_name("default", name, code) for name in Defaults.__dataclass_fields__]
    assert not [name for name in names if figures(name)]
    assert len(set(names)) == len(names), "two numbers have one name"


def test_nothing_is_read_for_english() -> None:
    with pytest.raises(FileNotFoundError):
        written("en", "readings")
    assert all(say("en") for _, _, say in readings())


def test_a_missing_reading_says_what_to_write_and_where() -> None:
    told = r'hooks/texts/da/numbers\.toml: under \[threshold\.NEW\] write "reading" = .* above 3'
    with pytest.raises(KeyError, match=told):
        number_reading("threshold", "NEW", "above 3", "da")
