"""Which card carries what (0.7): one per decision, merged, ordered, capped."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_mappings.facts import DraftMedication, Drafts, DraftService, MedicationCourse
from hooks.guideline.case import Hook
from hooks.guideline.proposal import order
from tests.made_up import TODAY, WOMAN, Answering, ids, names, rule, shown

ALENDRONATE = DraftMedication(
    MedicationCourse(frozenset({"alendronate"}), "a", "MedicationRequest/1", TODAY, None, True), "MedicationRequest/1"
)
WITH_ALENDRONATE = replace(WOMAN, drafts=Drafts(medications=(ALENDRONATE,)))
WITH_DXA = replace(WOMAN, drafts=Drafts(services=(DraftService(frozenset({"dxa"}), "ServiceRequest/1"),)))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def indication(id_: str = "TX-IND-1") -> Any:
    return rule(id_, "C-TREATMENT", "warning")


def test_cards_stand_by_urgency_and_then_by_priority(made: Answering) -> None:
    cards = made.cards(
        rule("INV-2", "C-INVESTIGATE"), rule("MON-VISIT-2", "C-MONITOR"), rule("REF-4", "C-REFER", "warning")
    )
    assert names(cards) == ["C-REFER", "C-MONITOR", "C-INVESTIGATE"]


@pytest.mark.parametrize(("hook", "most"), [("patient-view", 3), ("order-select", 2), ("order-sign", 3)])
def test_there_are_at_most_so_many_cards(made: Answering, hook: Hook, most: int) -> None:
    every = [
        rule("DEN-CA-2", "C-DENOSUMAB", "warning"),
        rule("TX-IND-3", "C-TREATMENT", "warning"),
        rule("INV-NEG-1", "C-INVESTIGATE", "warning"),
        rule("REF-4", "C-REFER", "warning"),
        rule("DEN-INT-2", "C-DENOSUMAB", "warning"),
        rule("MON-VISIT-3", "C-MONITOR", "warning"),
    ]
    assert len(made.cards(*every, hook=hook)) == most


def test_critical_cards_are_never_dropped_and_the_cap_grows(made: Answering) -> None:
    cards = ("C-DENOSUMAB", "C-FAILURE", "C-TREATMENT", "C-GLUCO", "C-MONITOR")
    critical = [rule(f"FAKE-{n}", card, "critical") for n, card in enumerate(cards)]
    assert names(made.cards(*critical, rule("REF-4", "C-REFER", "warning"))) == list(cards)


def test_beside_a_critical_card_those_with_info_alone_collapse(made: Answering) -> None:
    answer = made.answer(
        rule("DEN-INT-2", "C-DENOSUMAB", "critical"), rule("FALL-1", "C-FALLS"), rule("FALL-3", "C-FALLS")
    )
    (card,) = answer["cards"]
    assert card["detail"].endswith("Yderligere 2 punkter vises ikke her: fald.")
    assert shown(answer)["FALL-1"] == ("C-FALLS", False)


def test_what_is_beyond_the_cap_is_one_line_on_the_last_card(made: Answering) -> None:
    cards = made.cards(
        rule("MON-VISIT-2", "C-MONITOR"),
        rule("INV-2", "C-INVESTIGATE"),
        rule("FALL-1", "C-FALLS"),
        rule("PAIN-1", "C-PAIN"),
        language="en",
    )
    assert len(cards) == 3
    assert "more item" not in cards[0]["detail"]
    assert cards[-1]["detail"].endswith("1 more item is not shown here: pain.")


def test_the_line_of_the_rest_does_not_change_the_key(made: Answering) -> None:
    alone = made.cards(rule("FALL-1", "C-FALLS"))[-1]
    beside_status = made.cards(rule("FALL-1", "C-FALLS"), rule("SUP-1", "C-SUPPLEMENT"))[-1]
    assert "1 punkt mere" in beside_status["detail"]
    keys = {card["extension"]["org.osteo-cds.card"]["key"] for card in (alone, beside_status)}
    assert len(keys) == 1


def test_indication_gaps_and_first_choice_are_one_treatment_card(made: Answering) -> None:
    (card,) = made.cards(
        indication(),
        rule("PRE-EGFR-1", "C-TREATMENT", "warning"),
        rule("PRE-EGFR-2", "C-SAFETY", "warning"),
        rule("SEL-1", "C-TREATMENT"),
    )
    assert names([card]) == ["C-TREATMENT"]
    assert ids(card) == ["TX-IND-1", "PRE-EGFR-1", "PRE-EGFR-2", "SEL-1"]


def test_with_prednisolone_alone_it_is_the_glucocorticoid_card(made: Answering) -> None:
    (card,) = made.cards(
        rule("PRE-CA-2", "C-TREATMENT", "warning"),
        rule("SEL-1", "C-TREATMENT"),
        rule("GLU-TX-1", "C-GLUCO", "warning"),
        rule("SEL-18", "C-TREATMENT", shown_with=("SEL-1",)),
    )
    assert names([card]) == ["C-GLUCO"]
    assert ids(card) == ["PRE-CA-2", "GLU-TX-1", "SEL-1", "SEL-18"]
    assert "Kortet dækker også: SEL-1 titel" in card["detail"]
    assert "SEL-1 tekst." not in card["detail"]


def test_the_second_choice_joins_the_card_of_its_trigger(made: Answering) -> None:
    second = rule("SEL-2", "C-TREATMENT")
    assert names(made.cards(second, rule("FAIL-1", "C-FAILURE", "warning"))) == ["C-FAILURE"]
    assert names(made.cards(second, indication())) == ["C-TREATMENT"]
    assert names(made.cards(second, rule("GLU-TX-2", "C-GLUCO"))) == ["C-GLUCO"]


def test_a_major_fracture_absorbs_the_question_of_a_scan(made: Answering) -> None:
    answer = made.answer(
        indication("TX-IND-2"),
        rule("INV-1", "C-INVESTIGATE", proposals=(order("dxa"),)),
        rule("INV-11", "C-INVESTIGATE", shown_with=("INV-1",)),
    )
    (card,) = answer["cards"]
    assert ids(card) == ["TX-IND-2", "INV-1"]
    assert [s["label"] for s in card["suggestions"]] == ["Bestil DXA"]
    assert shown(answer) == {
        "TX-IND-2": ("C-TREATMENT", True),
        "INV-1": ("C-TREATMENT", True),
        "INV-11": ("C-INVESTIGATE", False),
    }


def test_the_scan_for_prednisolone_absorbs_every_other_reason_for_it(made: Answering) -> None:
    scan = (order("dxa"),)
    (card,) = made.cards(
        rule("INV-2", "C-INVESTIGATE", proposals=scan),
        rule("INV-7", "C-INVESTIGATE", proposals=scan),
        rule("GLU-DXA-1", "C-GLUCO", "warning", proposals=scan),
    )
    assert ids(card) == ["GLU-DXA-1", "INV-2", "INV-7"]
    assert len(card["suggestions"]) == 1


def test_an_opioid_absorbs_the_fall_risk_drug(made: Answering) -> None:
    (card,) = made.cards(rule("FALL-8", "C-FALLS"), rule("PAIN-2", "C-PAIN"), hook="order-sign")
    assert ids(card) == ["PAIN-2", "FALL-8"]


def test_status_alone_is_no_card(made: Answering) -> None:
    quiet = ("DEF-OP-1", "DEF-NORM-1", "DEF-SEC-1", "DEF-DXAQ-2", "LIF-8", "MON-HEIGHT-1")
    answer = made.answer(*(rule(id_, "C-STATUS") for id_ in quiet), rule("SUP-1", "C-SUPPLEMENT"))
    assert answer["cards"] == []
    assert shown(answer)["SUP-1"] == ("C-STATUS", False)


def test_an_actionable_status_is_a_card_and_leads_it(made: Answering) -> None:
    (card,) = made.cards(rule("DEF-OP-1", "C-STATUS"), rule("SUP-1", "C-SUPPLEMENT"), rule("LIF-3", "C-STATUS"))
    assert names([card]) == ["C-STATUS"]
    assert card["summary"] == "LIF-3 kort"
    assert ids(card) == ["LIF-3", "DEF-OP-1", "SUP-1"]


def test_osteopenia_is_a_status_line_on_the_record_and_a_treatment_line_on_the_order(made: Answering) -> None:
    osteopenia, status = rule("TX-IND-4", "C-TREATMENT", "warning"), rule("LIF-3", "C-STATUS")
    assert names(made.cards(osteopenia, status)) == ["C-STATUS"]
    assert made.cards(osteopenia) == []
    assert names(made.cards(osteopenia, hook="order-sign", facts=WITH_ALENDRONATE)) == ["C-TREATMENT"]


def test_a_disease_alone_is_a_status_line_and_with_others_a_line_of_the_investigation(made: Answering) -> None:
    disease = rule("INV-7", "C-INVESTIGATE")
    assert made.cards(disease) == []
    assert names(made.cards(disease, rule("INV-9", "C-INVESTIGATE"))) == ["C-INVESTIGATE"]
    answer = made.answer(disease, rule("INV-1", "C-INVESTIGATE"), indication("TX-IND-2"))
    assert shown(answer)["INV-7"] == ("C-STATUS", False), "the other one was absorbed"


def test_while_selecting_only_what_forbids_or_decides(made: Answering) -> None:
    answer = made.answer(
        rule("SEL-4", "C-SAFETY", "warning"),
        rule("PRE-EGFR-2", "C-SAFETY", "critical"),
        rule("DEN-EGFR-2", "C-DENOSUMAB", "warning"),
        rule("SEL-3", "C-TREATMENT", "warning"),
        rule("SEL-16", "C-TREATMENT", shown_with=("SEL-3",)),
        rule("REF-7", "C-REFER", shown_with=("PRE-EGFR-2",)),
        rule("DUR-14", "C-DURATION"),
        hook="order-select",
        facts=WITH_ALENDRONATE,
    )
    assert names(answer["cards"]) == ["C-SAFETY", "C-TREATMENT"]
    assert ids(answer["cards"][0]) == ["PRE-EGFR-2", "REF-7"]
    assert ids(answer["cards"][1]) == ["SEL-3"], "choice lines only"
    assert shown(answer)["SEL-4"] == ("C-SAFETY", False)
    assert shown(answer)["DUR-14"] == ("C-DURATION", False)
    assert "vises ikke" not in str(answer["cards"]), "what waits for order-sign is not counted as collapsed"


def test_while_signing_status_entries_are_lines_of_the_drafts_card(made: Answering) -> None:
    z_score = rule("DEF-Z-1", "C-STATUS")
    treatment, scan = rule("PRE-CA-2", "C-TREATMENT", "warning"), rule("DXA-REF-1", "C-INVESTIGATE")
    assert names(made.cards(z_score, treatment, hook="order-sign", facts=WITH_ALENDRONATE)) == ["C-TREATMENT"]
    assert names(made.cards(z_score, scan, hook="order-sign", facts=WITH_DXA)) == ["C-INVESTIGATE"]
    assert names(made.cards(z_score, hook="order-sign", facts=WITH_DXA)) == ["C-INVESTIGATE"]
    assert names(made.cards(rule("LIF-5", "C-STATUS"), hook="order-sign")) == ["C-STATUS"], "no other card carries it"


def test_safety_is_a_card_of_its_own_while_signing(made: Answering) -> None:
    cards = made.cards(
        rule("PRE-EGFR-2", "C-SAFETY", "critical"),
        rule("PRE-CA-2", "C-TREATMENT", "warning"),
        hook="order-sign",
        facts=WITH_ALENDRONATE,
    )
    assert names(cards) == ["C-SAFETY", "C-TREATMENT"]


def test_an_explanation_goes_with_one_card_that_is_sent(made: Answering) -> None:
    lifestyle = rule("LIF-1", "C-STATUS", shown_with=("INV-2", "LIF-3"))
    cards = made.cards(rule("INV-2", "C-INVESTIGATE"), rule("LIF-3", "C-STATUS"), lifestyle)
    assert [ids(card) for card in cards] == [["INV-2"], ["LIF-3", "LIF-1"]], "its own card first"
    (card,) = made.cards(rule("INV-2", "C-INVESTIGATE"), lifestyle)
    assert ids(card) == ["INV-2", "LIF-1"]


def test_explanations_may_hang_on_explanations(made: Answering) -> None:
    (card,) = made.cards(
        indication(),
        rule("RISK-2", "C-TREATMENT", shown_with=("RISK-1",)),
        rule("RISK-1", "C-TREATMENT", shown_with=("TX-IND-1",)),
    )
    assert ids(card) == ["TX-IND-1", "RISK-1", "RISK-2"]
    assert card["links"][0]["type"] == "absolute"
