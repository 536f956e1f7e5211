"""Our readings in every language: none missing, none left over, and the figures of the English.

A reading that is missing fails with the file, the table and the name to write it under.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from cds_service.workbench.tables import contradictions
from hooks.guideline.defaults import Defaults
from hooks.guideline.register import RULES
from hooks.guideline.thresholds import THRESHOLDS
from hooks.language import LANGUAGES, LanguageCode
from hooks.readings import contradiction, default_reading, reading, strength, threshold_reading, written

OTHERS: list[LanguageCode] = [code for code in LANGUAGES if code != "en"]
others = pytest.mark.parametrize("code", OTHERS)
Reading = Callable[[LanguageCode], str]
FILES = {
    "readings": ("rule", "strength"),
    "numbers": ("threshold", "default"),
    "contradictions": ("contradiction", "resolution"),
}


def readings() -> Iterator[tuple[str, str, Reading]]:
    """Each reading: the table it stands in, the name it stands under, and what says it."""
    for rule in RULES.values():
        if not rule.is_explanation:
            yield "rule", rule.id, partial(reading, rule)
        yield "strength", rule.strength, partial(strength, rule)
    for name, number in THRESHOLDS.items():
        yield "threshold", name, partial(threshold_reading, name, number.reading)
    for name, field in Defaults.__dataclass_fields__.items():
        yield "default", name, partial(default_reading, name, field.metadata["reading"])
    for row in contradictions():
        for part in ("contradiction", "resolution"):
            yield part, row["number"], partial(contradiction, row["number"], part, row[part])


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
        (table, name): f"hooks/texts/{code}/{file}.toml: under [{table}] take out {name!r}, which no rule has"
        for file, tables in FILES.items()
        for table in tables
        for name in written(code, file)[table]
    }
    assert not [told for key, told in there.items() if key not in said]
    assert all(written(code, file).keys() == set(tables) for file, tables in FILES.items())


@others
def test_the_figures_are_those_of_the_english(code: LanguageCode) -> None:
    for table, name, say in readings():
        assert figures(say(code)) == figures(say("en")), f"[{table}] {name}: {say('en')} / {say(code)}"


def test_nothing_is_read_for_english() -> None:
    with pytest.raises(FileNotFoundError):
        written("en", "readings")
    assert all(say("en") for _, _, say in readings())


def test_a_missing_reading_says_what_to_write_and_where() -> None:
    told = r'hooks/texts/da/numbers\.toml: under \[threshold\] write "NEW" = .* above 3'
    with pytest.raises(KeyError, match=told):
        threshold_reading("NEW", "above 3", "da")
