"""Why and why not: every recommendation with its state, what decided it, and what would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hooks.evaluation import Options, respond
from hooks.guideline.case import Case
from hooks.guideline.firing import evaluate
from hooks.guideline.logic import Answer
from hooks.guideline.reading import Clause
from hooks.guideline.register import RULES
from hooks.language import LANGUAGES, LanguageCode
from tests.vignette_facts import facts_of
from tests.vignette_requests import hook_of, load_vignettes

VIGNETTES = {v["id"]: v for v in load_vignettes()}


def explained(vignette: str, language: LanguageCode = "en", missing: tuple[str, ...] = ()) -> dict[str, Any]:
    worked = VIGNETTES[vignette]
    answer = respond(
        facts_of(worked, missing=missing),
        hook_of(worked),  # type: ignore[arg-type]
        language,
        hook_instance="x",
        options=Options(explain=True),
    )
    return {entry["id"]: entry for entry in answer["extension"]["org.osteo-cds.evaluation"]["explain"]}


def test_it_is_off_unless_asked_for() -> None:
    answer = respond(facts_of(VIGNETTES["V-002"]), "patient-view", "en", hook_instance="x")
    assert "explain" not in answer["extension"]["org.osteo-cds.evaluation"]


def test_every_recommendation_is_accounted_for() -> None:
    assert list(explained("V-002")) == list(RULES)


def test_what_fired_shows_its_conditions_and_values() -> None:
    entry = explained("V-002")["TX-IND-1"]
    assert entry["state"] == "fired"
    values = [value["text"] for each in entry["conditions"] for value in each.get("values", ())]
    assert any("T-score −2.5" in text for text in values)


def test_what_did_not_fire_shows_the_condition_that_failed_with_its_value() -> None:
    entry = explained("V-001")["TX-IND-1"]
    assert entry["state"] == "not-fired"
    failed = [each for each in entry["because"] if "T-score" in each["condition"]]
    assert failed
    assert "−2.4" in failed[0]["values"][0]["text"]


def test_what_is_unknown_names_the_missing_fact() -> None:
    entry = explained("V-001", missing=("conditions",))["TX-IND-4"]
    assert entry["state"] == "unknown"
    assert entry["needs"] == ["conditions"]


def test_what_is_silenced_says_by_what() -> None:
    silenced = [v["id"] for v in VIGNETTES.values() if any(d["topic"] == "treatment" for d in v.get("declined", ()))]
    entries = [explained(name)["TX-IND-1"] for name in silenced] + [explained(name)["TX-IND-2"] for name in silenced]
    assert any(entry["state"] == "silenced" and "declined" in entry["by"] for entry in entries)


def test_what_is_unknown_and_silenced_is_not_shown_as_not_fired() -> None:
    entry = explained("V-001", missing=("conditions",))["TX-IND-4"]
    assert entry["state"] == "unknown"
    case = Case(
        replace(facts_of(VIGNETTES["V-001"], missing=("conditions",)), deceased=True), "patient-view", None, RULES
    )
    outcome = evaluate(case)
    assert "TX-IND-4" in {rule.id for rule, _ in outcome.silenced}


def test_a_condition_that_breaks_is_shown_as_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_self: Clause, _case: Case) -> Answer:
        raise ZeroDivisionError

    monkeypatch.setattr(Clause, "ask", breaks)
    entry = explained("V-002")["TX-IND-1"]
    assert entry["state"] == "fired"
    assert {each["answer"] for each in entry["conditions"]} == {"broken"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_agree_with_the_answer_for_every_worked_patient(language: LanguageCode) -> None:
    for name, worked in list(VIGNETTES.items())[::25]:
        answer = respond(facts_of(worked), hook_of(worked), language, hook_instance="x")  # type: ignore[arg-type]
        evaluation = answer["extension"]["org.osteo-cds.evaluation"]
        entries = explained(name, language)
        assert {i for i, e in entries.items() if e["state"] == "fired"} == {f["id"] for f in evaluation["fired"]}
        assert {i for i, e in entries.items() if e["state"] == "unknown"} == {u["id"] for u in evaluation["unknown"]}


def test_a_card_links_to_its_recommendation_where_the_guideline_is_published() -> None:
    options = Options(source_url="https://cds.example.org/guideline")
    answer = respond(facts_of(VIGNETTES["V-002"]), "patient-view", "en", hook_instance="x", options=options)
    leading = answer["cards"][0]["source"]
    assert leading["url"] == f"https://cds.example.org/guideline#{leading['topic']['code'].lower()}"
