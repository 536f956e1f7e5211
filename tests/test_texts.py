"""The texts: complete in both languages, with the same values, short enough, and soft enough (0.8)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from itertools import chain

import pytest

from cds_service.workbench.tables import contradictions
from hooks.guideline.case import Case
from hooks.guideline.register import RULES, catalogue
from hooks.guideline.rule import Rule
from hooks.guideline.thresholds import THRESHOLDS
from hooks.language import LANGUAGES, LanguageCode, language, section
from hooks.placement import PRIORITY
from hooks.texts import OFFERS, RuleText, escape_markdown, fill, placeholders, render, texts
from hooks.unchecked import UNCHECKED
from hooks.values import CONDITIONS, VALUES
from tests.vignette_facts import facts_of
from tests.worked import VIGNETTES, outcomes, proposals

languages = pytest.mark.parametrize("code", LANGUAGES)
#: Harder than any card may speak to a doctor, or to a patient.
TOO_HARD = re.compile(r"\b(bør|burde|skal du|du skal|should|must|ought)\b", re.IGNORECASE)
LONGEST_SUMMARY = 139
LONGEST_TITLE = 90
#: Files of a language that are read by others than hooks/texts.py.
APART = (
    "terms.toml",
    "cards.toml",
    "predicates.toml",
    "sections.toml",
    "readings.toml",
    "numbers.toml",
    "contradictions.toml",
)


def templates(text: RuleText) -> dict[str, str]:
    """Every text of a recommendation by where it stands."""
    added = {f"add {when}": sentence for when, sentence in text.add}
    return {"title": text.title, "summary": text.summary, "detail": text.detail, **added}


def everything(code: LanguageCode) -> Iterator[tuple[str, str]]:
    """Every text of a language with the name it goes by."""
    words = texts(code)
    for rule_id, text in words.rules.items():
        yield from ((f"{rule_id} {place}", template) for place, template in templates(text).items())
    for key, offer in words.offers.items():
        for part in (offer.label, offer.text, offer.dosage, offer.instruction, *(step for _, step in offer.steps)):
            yield " ".join(key), part
    yield from words.words.items()
    yield from words.say.terms.items()


@languages
@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_recommendation_has_its_texts(rule: Rule, code: LanguageCode) -> None:
    text = texts(code).rules[rule.id]
    assert text.title
    assert text.detail
    assert bool(text.summary) is not rule.is_explanation, "a recommendation has a summary, an explanation none"


@languages
def test_there_is_no_text_for_what_is_not_in_the_catalogue(code: LanguageCode) -> None:
    assert texts(code).rules.keys() <= {entry.id for entry in catalogue()}


def test_both_languages_say_the_same_things() -> None:
    danish, english = texts("da"), texts("en")
    assert danish.rules.keys() == english.rules.keys()
    assert danish.offers.keys() == english.offers.keys()
    assert danish.words.keys() == english.words.keys()
    assert language("da").terms.keys() == language("en").terms.keys()


@pytest.mark.parametrize("rule_id", texts("da").rules)
def test_both_languages_use_the_same_values(rule_id: str) -> None:
    danish, english = templates(texts("da").rules[rule_id]), templates(texts("en").rules[rule_id])
    assert danish.keys() == english.keys()
    for place, template in danish.items():
        assert placeholders(template) == placeholders(english[place]), place


@languages
def test_offers_of_both_languages_use_the_same_values_and_steps(code: LanguageCode) -> None:
    other = texts("en" if code == "da" else "da").offers
    for key, offer in texts(code).offers.items():
        assert placeholders(offer.label) == placeholders(other[key].label), key
        assert placeholders(offer.text) == placeholders(other[key].text), key
        assert [months for months, _ in offer.steps] == [months for months, _ in other[key].steps], key
        for part in ("text", "dosage", "instruction"):
            assert bool(getattr(offer, part)) == bool(getattr(other[key], part)), f"{key}: {part} in one language only"


@languages
def test_every_value_and_condition_exists(code: LanguageCode) -> None:
    words = texts(code)
    for rule_id, text in words.rules.items():
        for template in templates(text).values():
            assert placeholders(template) <= VALUES.keys(), rule_id
        assert {when for when, _ in text.add} <= CONDITIONS.keys(), rule_id
    for key, offer in words.offers.items():
        used = chain.from_iterable(map(placeholders, (offer.label, offer.text, *(text for _, text in offer.steps))))
        assert set(used) <= VALUES.keys(), key


@languages
def test_every_summary_is_short_with_the_longest_values(code: LanguageCode) -> None:
    for rule_id, text in texts(code).rules.items():
        longest = text.summary.format(**{name: VALUES[name].longest for name in placeholders(text.summary)})
        assert len(longest) <= LONGEST_SUMMARY, f"{rule_id}: {longest}"
        assert len(text.title) <= LONGEST_TITLE, rule_id


@languages
def test_no_value_is_longer_than_it_says(code: LanguageCode) -> None:
    say = language(code)
    summaries = {name for text in texts(code).rules.values() for name in placeholders(text.summary)}
    for case, _ in outcomes():
        for name in summaries:
            made = VALUES[name].make(case, say)
            assert len(made) <= len(VALUES[name].longest), f"{case.facts.patient_id}: {name} = {made}"


@languages
def test_no_text_speaks_too_hard(code: LanguageCode) -> None:
    for name, text in everything(code):
        assert not TOO_HARD.search(text), f"{name}: {text}"


@languages
def test_every_proposal_has_its_words(code: LanguageCode) -> None:
    words = texts(code)
    apart = ("delete-draft", "change-draft")
    for proposal in proposals():
        key = ("delete-draft", "draft") if proposal.kind == "delete-draft" else (proposal.kind, proposal.what)
        if proposal.kind == "order" and key not in words.offers:
            assert f"concept.{proposal.what}" in words.say.terms, key
            continue
        offer = words.offer(*key)
        assert offer.label, key
        assert offer.text or proposal.kind in apart, key
        if proposal.kind == "prescribe":
            assert offer.dosage, key
        if proposal.drug and proposal.kind == "refer":
            assert f"drug.{proposal.drug}" in words.say.terms


@languages
def test_every_card_has_a_name(code: LanguageCode) -> None:
    assert {f"decision.{card}" for card in (*PRIORITY, UNCHECKED)} <= texts(code).words.keys()


@languages
def test_every_text_that_fires_can_be_written(code: LanguageCode) -> None:
    words = texts(code)
    for case, all_fired in outcomes():
        for fired in all_fired:
            written = render(fired.rule.id, "detail", case, words)
            assert "{" not in written, fired.rule.id
            if not fired.rule.is_explanation:
                assert len(render(fired.rule.id, "summary", case, words)) <= LONGEST_SUMMARY


@languages
def test_tables_read_one_by_one_are_those_of_the_whole_file(code: LanguageCode) -> None:
    words = texts(code)
    for file in (files("hooks") / "texts" / code).iterdir():
        if file.name in APART:
            continue
        for first, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            if first not in OFFERS and file.name.startswith("part_"):
                assert words.rules[first].detail == table["detail"].strip()
                assert len(words.rules[first].add) == len(table.get("add", ()))
                continue
            for name, offer in table.items():
                assert words.offers[first, name].text == offer.get("text", "").strip()
                assert len(words.offers[first, name].steps) == len(offer.get("step", ()))


@languages
def test_the_phrase_a_card_is_searched_for_is_in_small_letters(code: LanguageCode) -> None:
    phrase = texts(code).words["together_phrase"]
    assert phrase == phrase.lower()


def test_only_the_values_a_text_uses_are_worked_out() -> None:
    case = Case(facts_of(VIGNETTES[0]), "patient-view", rules=RULES)
    fill("T-score {t_low}", case, language("da"))
    assert case.memo["text", "da"].keys() == {"t_low"}


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2 tabletter", "2 tabletter"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("[tryk her](http://example.org)", r"\[tryk her\](http\://example.org)"),
        ("www.example.org", r"www\.example.org"),
        ("a*b_c`d|e~f", r"a\*b\_c\`d\|e\~f"),
        ("Observation/t_1", r"Observation/t\_1"),
        ("1. tablet", r"1\. tablet"),
        ("- en ad gangen", r"\- en ad gangen"),
        ("# Overskrift", r"\# Overskrift"),
        ("linje 1\n\n# linje 2\r\n\tslut", "linje 1 # linje 2 slut"),
        ("lovlig\u202ekæmsdnav\u202c tekst\u200b", "lovligkæmsdnav tekst"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("\\", r"\\"),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_text_of_the_record_is_shown_as_written_and_is_never_markup(written: str, shown: str) -> None:
    assert escape_markdown(written) == shown


def test_section_labels_are_danish_in_danish() -> None:
    """What is left of each label, without the Danish words, is numbers, recommendations and names of appendices."""
    names = r"denosumab|Forord|Generelt|Skema|Fig|Tab|A-Calcium|A-Menopause|[A-Z]{2,}(-[A-Z]+)*-\d+"
    names += "|B1-A..E|[AB][1-9]?(-[A-Z])?"
    words = tomllib.loads((files("hooks") / "texts" / "da" / "sections.toml").read_text(encoding="utf-8"))
    danish = "|".join(re.escape(text.strip()) for text in sorted(words.values(), key=len, reverse=True))
    labels = {rule.section for rule in RULES.values()} | {number.section for number in THRESHOLDS.values()}
    labels |= {row["where"] for row in contradictions()}
    assert {section("en", label) for label in labels} == labels
    for label in labels:
        left = re.sub(f"{danish}|{names}", "", section("da", label))
        assert re.fullmatch(r"[§0-9.,;() >note]*", left), (label, left)
    unused = [phrase for phrase in words if not any(phrase in label for label in labels)]
    assert unused == []
