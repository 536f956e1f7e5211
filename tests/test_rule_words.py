"""The rules in words: every name has them in both languages, and the sentences say what the rules do."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hooks.guideline.case import Case
from hooks.guideline.defaults import Defaults
from hooks.guideline.logic import Answer, all_of, any_of, no
from hooks.guideline.reading import Words, clauses, decisions, numbers_said, sentence
from hooks.guideline.register import RULES
from hooks.guideline.rule import Rule
from hooks.guideline.scope import any_condition, female, in_scope, male
from hooks.language import LANGUAGES, LanguageCode
from hooks.rule_words import predicates, words_of_rules
from tests.vignette_facts import facts_of
from tests.vignette_requests import load_vignettes

languages = pytest.mark.parametrize("code", LANGUAGES)
#: The reader's own: what joins expressions, and the forms of one of a unit, which need not occur.
OWN = frozenset({"and", "or", "not", "decimal"})


class Asked(dict[str, str]):
    """Words that remember which were looked up."""

    def __init__(self, words: Words) -> None:
        super().__init__(words)
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


def read(rule: Rule | str, code: LanguageCode, defaults: Defaults | None = None) -> str:
    """The sentence of a rule."""
    found = RULES[rule] if isinstance(rule, str) else rule
    return sentence(found, words_of_rules(code), defaults or Defaults())


@languages
@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_every_rule_reads_as_words(rule: Rule, code: LanguageCode) -> None:
    text = read(rule, code)
    assert text
    assert not re.search(r"[_{}\[\]]|\bcase\b|\bNone\b|lambda", text), text
    assert text.count("(") == text.count(")"), text
    assert "  " not in text


def test_both_languages_have_the_same_words() -> None:
    assert predicates("da").keys() == predicates("en").keys()


@languages
def test_no_words_are_left_over(code: LanguageCode) -> None:
    words = Asked(words_of_rules(code))
    for rule in RULES.values():
        sentence(rule, words, Defaults())
    left = {name for name in predicates(code).keys() - words.names - OWN if not name.endswith(".one")}
    assert not left, "no rule uses these names"


@languages
def test_the_words_stand_inside_sentences(code: LanguageCode) -> None:
    for name, text in predicates(code).items():
        assert text == text.strip(), name
        # Abbreviations apart: eGFR, T-score, BMI, DXA, VFA, D-vitamin, P1NP.
        starts = re.match(r"[A-ZÆØÅ][a-zæøå]", text)
        assert not starts, f"{name} begins with a capital letter"
        assert not text.endswith((".", ",", ";")) or name.startswith("unit.") or name == "decimal", name


def test_a_name_means_one_predicate_in_all_rules() -> None:
    meant: dict[str, set[str]] = defaultdict(set)
    for rule in RULES.values():
        for clause in clauses(rule.logic):
            for node in ast.walk(clause.node):
                if isinstance(node, ast.Name) and callable(found := clause.names.get(node.id)):
                    meant[node.id].add(found.__module__)
    assert not {name: modules for name, modules in meant.items() if len(modules) > 1}


def _cases() -> Iterator[Case]:
    for vignette in load_vignettes()[::12]:
        yield Case(facts_of(vignette), vignette["hook"], rules=RULES)


def test_the_conditions_together_are_the_rule() -> None:
    for case in _cases():
        for rule in RULES.values():
            found = decisions(rule, case, words_of_rules("da"))
            answers = [each.answer for each in found if each.answer is not None]
            assert len(answers) == len(found), rule.id
            assert all_of(*answers) == rule.logic(case), rule.id


def _rule(logic: object) -> Rule:
    assert callable(logic)
    return replace(RULES["TX-IND-1"], logic=logic)


def test_numbers_are_written_as_the_language_does() -> None:
    assert "laveste T-score ved seneste DXA > −1,0 SD" in read("DEF-NORM-1", "da")
    assert "the lowest T-score of the latest DXA > −1.0 SD" in read("DEF-NORM-1", "en")
    assert "BMI < 18,5 kg/m²" in read("INV-4", "da")
    assert "seneste eGFR = 35 ml/min/1,73 m²" in read("PRE-EGFR-3", "da")
    assert "the latest eGFR = 35 mL/min/1.73 m²" in read("PRE-EGFR-3", "en")


def test_the_numbers_are_those_of_the_deployment() -> None:
    assert "BMI < 19 kg/m²" in read("INV-4", "da", replace(Defaults(), low_bmi=19))
    one = replace(Defaults(), fall_lookback=1)
    assert "2 fald eller flere inden for 1 md." in read("FALL-6", "da", one)
    assert "2 falls or more within 1 month" in read("FALL-6", "en", one)


def test_a_condition_decides_with_the_words_it_is_shown_in() -> None:
    case = next(_cases())
    first = decisions(RULES["TX-IND-1"], case, words_of_rules("da"))[0]
    assert first.words == "kvinde efter menopausen eller mand fra 60 år"
    assert first.answer == in_scope(case)


def test_the_members_of_a_collection_are_named_from_the_vocabulary() -> None:
    assert "kladde til stop af calcium, calcium med D-vitamin eller D-vitamin" in read("SUP-9", "da")
    assert "ingen måling af P1NP eller CTX inden for 6 mdr." in read("MON-MARK-13", "da")


def test_another_recommendation_is_named_with_its_title() -> None:
    assert "ikke vist: TX-IND-1 (T-score −2,5 eller lavere og mindst én risikofaktor)" in read("DXA-DUE-1", "da")


def test_a_named_predicate_is_one_condition() -> None:
    assert read("DEN-MEN-1", "da") == "mand"
    assert [ast.unparse(clause.node) for clause in clauses(in_scope)] == ["in_scope(case)"]


def test_what_could_be_read_apart_stands_in_parentheses() -> None:
    assert "((stop af denosumab noteret eller denosumab fravalgt af patienten) og journalen åbnes)" in read(
        "DEN-STOP-1", "da"
    )
    assert "(ikke osteoporose (T-score, brud eller diagnose)) eller osteoporose alene på diagnosekode" in read(
        "GLU-DXA-1", "da"
    )
    both = sentence(_rule(_either_of_two), words_of_rules("en"), Defaults())
    assert both == "(a woman and (anorexia or bulimia)) or (not (anorexia or bulimia)) or a man"


def _either_of_two(case: Case) -> Answer:
    return any_of(
        all_of(female(case), any_condition(case, "anorexia", "bulimia")),
        no(any_of(any_condition(case, "anorexia"), any_condition(case, "bulimia"))),
        male(case),
    )


def test_the_numbers_a_sentence_names_are_found_however_deep() -> None:
    """The page of a rule lists them: a doctor meets "450 mg" in the sentence, and its section and reading below."""
    found = numbers_said(RULES["GLU-DXA-1"], words_of_rules("en"))
    assert {"GC_DAILY", "GC_DAYS", "GC_SUM", "GC_WINDOW", "AGE_MAN_GLUCOCORTICOID", "gc_dxa_recent"} <= found
    assert numbers_said(RULES["GLU-DXA-1"], words_of_rules("da")) == found
    assert numbers_said(RULES["PHR-1"], words_of_rules("en")) == set()
