"""The pages of the rules: every recommendation, its logic in words, its numbers, its decision table."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from cds_service.workbench.rule_pages import page, parts
from cds_service.workbench.table_words import ID
from cds_service.workbench.tables import tables_of
from hooks.guideline.defaults import Defaults
from hooks.guideline.reading import sentence
from hooks.guideline.register import RULES
from hooks.guideline.rule import always
from hooks.language import LANGUAGES, LanguageCode, section
from hooks.rule_words import words_of_rules
from tests.decision_table import rows
from tests.workbench import Workbench

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench()


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_list_names_them_all(bench: Workbench, code: LanguageCode) -> None:
    found = bench.get(f"/rules?lang={code}")
    assert len(re.findall(r'href="/rules/[\w-]+\?lang', found.text)) == len(RULES)
    assert sum(len(lines) for _, lines in parts(code)) == len(RULES)


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("rule_id", list(RULES))
def test_each_has_a_page(bench: Workbench, rule_id: str, code: LanguageCode) -> None:
    found = bench.get(f"/rules/{rule_id}?lang={code}")
    assert found.status_code == 200
    rule = RULES[rule_id]
    text = unescape(found.text)
    assert section(code, rule.section) in text
    assert not re.search(r"[a-zæøå]\.\.", text), "an abbreviation at the end of a sentence has its full stop already"
    assert not re.search(r">1 (?:mdr\.|months|dage|days)", text), "one of a unit"
    if rule.logic is not always:
        assert sentence(rule, words_of_rules(code), Defaults())[1:] in text


#: Words that only English has, and what only the notation of the tables and the code has.
ENGLISH = re.compile(
    r"\b(?:the|of|with|without|and|or|not|is|are|was|before|after|since|below|above|years?|months?|days?|ago|yes|no"
    r"|unknown|woman|drugs?|fractures?|scan|hip|spine|treatment|drafted|measured|recorded|only|never|low|high|box)\b"
    r"|@ ?[-+\d]|\w=\w|[a-z]_[a-z]|\d\.\d+ (?:mg|cm|%|mmol)",
    re.IGNORECASE,
)


def read_out(page: TestResponse) -> str:
    """What is read on a page's main part, but for names written as code and recommendations' ids."""
    main = re.search(r"<main.*?</main>", page.text, re.DOTALL)
    assert main is not None
    assert "lang=" not in re.sub(r'href="[^"]*"', "", main[0]), "a part in another language"
    labels = " ".join(re.findall(r'(?:aria-label|title|alt)="([^"]*)"', main[0]))
    text = re.sub(r"<[^>]+>", " ", re.sub(r"<code>.*?</code>", "", main[0]))
    return ID.sub("", unescape(f"{text} {labels}"))


def test_the_danish_list_is_danish(bench: Workbench) -> None:
    assert ENGLISH.findall(read_out(bench.get("/rules?lang=da"))) == []


@pytest.mark.parametrize("rule_id", list(RULES))
def test_a_danish_page_is_danish(bench: Workbench, rule_id: str) -> None:
    assert ENGLISH.findall(read_out(bench.get(f"/rules/{rule_id}?lang=da"))) == []


def test_an_english_page_is_seen_to_be_english(bench: Workbench) -> None:
    """The check of the Danish pages can fail: nearly every English page has such words."""
    seen = [bool(ENGLISH.search(read_out(bench.get(f"/rules/{rule_id}?lang=en")))) for rule_id in list(RULES)[:40]]
    assert all(seen)


def test_a_danish_page_says_reading_strength_numbers_contradictions_and_tables(bench: Workbench) -> None:
    text = read_out(bench.get("/rules/GLU-TX-2?lang=da"))
    assert "Over 75 har de fleste mindst osteopeni" in text
    assert "Alder for behandling før DXA under prednisolon" in text
    assert "over 75 (" in text
    assert "Kvinder > 75 og mænd > 80 i klare vendinger" in text
    assert "kvinde på 76" in text
    assert "prednisolon 10 mg, for 2 mdr. siden" in text
    assert "ja, oplysning" in text


def test_every_row_that_checks_a_rule_is_on_its_page() -> None:
    asked = {(row.name, rule_id, cell) for row in rows() for rule_id, cell in row.answers.items()}
    shown = {
        (row[table.head.index("patient")], rule_id, row[-1])
        for rule_id in RULES
        for table in tables_of(rule_id, "en")
        for row in table.rows
    }
    assert asked == shown


def test_numbers_are_named_with_our_reading() -> None:
    found = page("TX-IND-1", Defaults(), "da")
    assert [number.value for number in found.numbers if number.name == "T_OSTEOPOROSIS"] == ["−2,5 SD"]
    assert found.reading
    assert any(page(rule_id, Defaults(), "en").contradictions for rule_id in RULES)


@pytest.mark.parametrize("rule_id", list(RULES))
def test_a_contradiction_that_is_named_is_shown(rule_id: str) -> None:
    there = page(rule_id, Defaults(), "en")
    said = " ".join([there.reading, *(number.reading for number in there.numbers)])
    assert set(re.findall(r"\bC-\d+", said)) <= {each.number for each in there.contradictions}


def test_a_deployments_number_is_shown() -> None:
    changed = page("LIF-4", Defaults(alcohol=14), "en")
    assert {number.name: number.value for number in changed.numbers if number.may_change}["alcohol"] == "14 drinks/week"


def test_there_is_no_other_page(bench: Workbench) -> None:
    assert bench.get("/rules/NOPE-1").status_code == 404


def test_the_package_brings_the_tables() -> None:
    """What a checkout reads from tests/ and docs/, a wheel carries beside the page."""
    import tomllib

    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    carried = built["targets"]["wheel"]["force-include"]
    assert set(carried.values()) == {"cds_service/workbench/guideline", "cds_service/workbench/contradictions.csv"}
    assert all((ROOT / path).exists() for path in carried)
