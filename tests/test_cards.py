"""Cards: one per decision, merged, ordered and capped as part 0.7 says, and shaped as CDS Hooks 2.0 says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from fhir_mappings.facts import (
    Measurement,
    MedicationCourse,
)
from hooks.cards import _uuid
from hooks.guideline.proposal import order, prescribe
from hooks.language import LanguageCode
from hooks.override_reasons import NON_ADHERENCE, OVERRIDE_REASONS
from tests.made_up import TODAY, WOMAN, Answering, ids, names, rule, shown
from tests.schemas import check
from tests.worked import answers

#: A detail stays readable: some two screens at most.
LONGEST_DETAIL = 7000


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def indication(id_: str = "TX-IND-1") -> Any:
    return rule(id_, "C-TREATMENT", "warning")


def test_a_card_has_all_that_the_contract_asks(made: Answering) -> None:
    scan = Measurement("t_score", -2.8, TODAY, "Observation/123", site="total_hip")
    answer = made.answer(rule("TX-IND-1", "C-TREATMENT", "warning", evidence=(scan,), proposals=(order("dxa"),)))
    check("response", answer)
    (card,) = answer["cards"]
    assert UUID(card["uuid"])
    assert card["summary"] == "TX-IND-1 kort"
    assert card["indicator"] == "warning"
    assert card["source"]["label"] == "DSAM, Osteoporose 2024, §8; §7"
    assert card["source"]["topic"] == {
        "system": "https://osteo-cds.org/fhir/CodeSystem/recommendation",
        "code": "TX-IND-1",
        "display": "TX-IND-1 titel",
    }
    assert card["selectionBehavior"] == "any"
    about = card["extension"]["org.osteo-cds.card"]
    assert about["card"] == "C-TREATMENT"
    assert about["recommendations"] == [
        {
            "id": "TX-IND-1",
            "indicator": "warning",
            "section": "8",
            "evidence": [{"reference": "Observation/123", "text": "T-score −2,8, total hofte, 10.01.2026"}],
        }
    ]
    assert "systemActions" not in answer


def test_reasons_to_override_are_those_of_hl7_where_one_fits(made: Answering) -> None:
    (card,) = made.cards(indication(), language="en")
    assert [(r["system"], r["code"]) for r in card["overrideReasons"]] == [
        (NON_ADHERENCE, "action-completed"),
        (NON_ADHERENCE, "patient-refuses"),
        (NON_ADHERENCE, "action-not-priority"),
        (NON_ADHERENCE, "inappropriate-recipient"),
        (OVERRIDE_REASONS, "data-wrong"),
    ]
    assert card["overrideReasons"][1]["display"] == "Declined by the patient"


def test_a_summary_never_outgrows_the_specification(made: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hooks.cards.render", lambda *_: "ord " * 50)
    (card,) = made.cards(indication())
    assert len(card["summary"]) < 140
    assert card["summary"].endswith("…")


def test_the_same_request_gives_the_same_answer(made: Answering) -> None:
    first, again = made.answer(indication()), made.answer(indication())
    assert first == again
    (other,) = made.cards(indication(), hook_instance="3a9f7d0e-0000-4000-8000-000000000000")
    assert other["uuid"] != first["cards"][0]["uuid"]
    key = first["cards"][0]["extension"]["org.osteo-cds.card"]["key"]
    assert other["extension"]["org.osteo-cds.card"]["key"] == key, "the same advice to the same patient"


def test_another_patient_has_another_key(made: Answering) -> None:
    (one,), (other,) = made.cards(indication()), made.cards(indication(), facts=replace(WOMAN, patient_id="456"))
    assert one["extension"]["org.osteo-cds.card"]["key"] != other["extension"]["org.osteo-cds.card"]["key"]


def test_the_detail_is_in_order_and_says_nothing_twice(made: Answering) -> None:
    scan = Measurement("t_score", -2.8, TODAY, "Observation/1", site="total_hip")
    background = rule("TX-IND-5", "C-TREATMENT", shown_with=("TX-IND-1",))
    (card,) = made.cards(
        rule("PRE-CA-2", "C-TREATMENT", "warning"),
        rule("TX-IND-1", "C-TREATMENT", "warning", evidence=(scan,)),
        background,
    )
    assert card["detail"] == (
        "TX-IND-1 tekst. Beslut sammen med patienten.\n\n"
        "- **PRE-CA-2 titel:** PRE-CA-2 tekst.\n\n"
        "**Grundlag**\n\n- T-score −2,8, total hofte, 10.01.2026 (Observation/1)\n\n"
        "**Baggrund**\n\n- **TX-IND-5 titel:** TX-IND-5 tekst."
    )


def test_background_beyond_five_stands_by_title(made: Answering) -> None:
    more = [rule(f"RISK-{n}", "C-TREATMENT", shown_with=("TX-IND-1",)) for n in range(1, 8)]
    answer = made.answer(indication(), *more)
    detail = answer["cards"][0]["detail"]
    assert "RISK-5 tekst." in detail
    assert "RISK-6 tekst." not in detail
    assert "Mere i vejledningen: RISK-6 titel; RISK-7 titel" in detail
    assert all(is_shown for _, is_shown in shown(answer).values())


def test_record_text_in_evidence_is_no_markup(made: Answering) -> None:
    odd = MedicationCourse(
        frozenset(), "x", "MedicationRequest/<1>", None, None, True, display="[klik](http://x.dk)\n# H"
    )
    (card,) = made.cards(rule("GLU-DOSE-2", "C-GLUCO", evidence=(odd,)))
    assert r"\[klik\](http\://x.dk) # H (MedicationRequest/&lt;1&gt;)" in card["detail"]


def test_every_card_about_treatment_says_that_it_is_decided_together(made: Answering) -> None:
    for each in (indication(), rule("DUR-3", "C-DURATION"), rule("INV-2", "C-INVESTIGATE")):
        (card,) = made.cards(each)
        assert "sammen med patienten" in card["detail"]
    (card,) = made.cards(rule("GLU-TX-2", "C-GLUCO", proposals=(prescribe("alendronate"),)), language="en")
    assert "together with the patient" in card["detail"]
    (card,) = made.cards(rule("FALL-1", "C-FALLS"))
    assert "sammen med patienten" not in card["detail"]


@pytest.mark.parametrize("language", ["da", "en"])
def test_the_worked_patients_get_the_cards_they_expect(language: LanguageCode) -> None:
    for vignette, answer in answers(language):
        expected = vignette.get("expect_cards", {})
        found = names(answer["cards"])
        said = (vignette["id"], found)
        assert len(found) <= expected.get("max", len(found)), said
        assert len(found) == expected.get("count", len(found)), said
        assert "first" not in expected or found[:1] == [expected["first"]], said


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_worked_patient_gets_a_sound_answer(language: LanguageCode) -> None:
    for vignette, answer in answers(language):
        in_cards = [id_ for card in answer["cards"] for id_ in ids(card)]
        assert len(in_cards) == len(set(in_cards)), "nothing is sent twice"
        assert set(in_cards) == {id_ for id_, (_, is_shown) in shown(answer).items() if is_shown}
        assert "C-UNCHECKED" not in names(answer["cards"]), vignette["id"]
        for card in answer["cards"]:
            assert len(card["detail"]) < LONGEST_DETAIL, (vignette["id"], card["summary"], len(card["detail"]))


@pytest.mark.parametrize("number", range(40))
def test_names_become_the_uuids_of_the_standard_library(number: int) -> None:
    namespace = uuid5(NAMESPACE_URL, "https://osteo-cds.org/cards")
    assert _uuid("æ", str(number)) == str(uuid5(namespace, f"æ|{number}"))
