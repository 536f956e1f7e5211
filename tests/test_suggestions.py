"""Suggestions: only what part 0.7 allows, each once, at most five, in order, and valid R4."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir_mappings.facts import (
    Drafts,
    DraftService,
    DraftStop,
)
from hooks.guideline.proposal import (
    change_draft,
    delete_draft,
    note,
    order,
    prescribe,
    refer,
    task,
)
from hooks.language import LanguageCode
from tests.made_up import (
    FIRST_CHOICE,
    LATER,
    READY,
    WOMAN,
    Answering,
    drafted,
    labels,
    offered,
    resources,
    rule,
    treating,
)
from tests.worked import answers, proposals


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def test_a_suggestion_creates_a_draft(made: Answering) -> None:
    (one,) = offered(made, treating(prescribe("alendronate")), FIRST_CHOICE, facts=READY)
    assert one["label"] == "Recept: alendronat 70 mg ugentligt"
    (action,) = one["actions"]
    assert (action["type"], action["description"]) == ("create", one["label"])
    assert action["resource"]["resourceType"] == "MedicationRequest"
    assert action["resource"]["status"] == "draft"
    assert action["resource"]["subject"] == {"reference": "Patient/123"}


def test_blood_tests_of_one_day_are_one_button(made: Answering) -> None:
    found = offered(
        made,
        treating(order("egfr"), order("calcium"), order("vitamin_d", LATER)),
        rule("SEC-1", "C-TREATMENT", proposals=(order("calcium"), order("pth"), order("ctx"))),
    )
    assert labels(found) == [
        "Bestil blodprøver: eGFR, calcium og PTH",
        "Bestil blodprøver: 25-OH-D-vitamin (10.07.2026)",
        "Bestil CTX",
    ]
    assert [r["occurrenceDateTime"] for r in resources(found[1:2])] == ["2026-07-10"]


def test_many_blood_tests_are_counted_not_named(made: Answering) -> None:
    names = ("egfr", "calcium", "pth", "tsh", "crp")
    (one,) = offered(made, treating(*map(order, names)))
    assert one["label"] == "Bestil blodprøver (5)"
    assert len(one["actions"]) == 5


def test_a_scan_wanted_by_several_is_one_action_with_vfa(made: Answering) -> None:
    (one,) = offered(
        made,
        rule("INV-6", "C-INVESTIGATE", proposals=(order("dxa"), order("vfa"))),
        rule("INV-9", "C-INVESTIGATE", proposals=(order("dxa"),)),
    )
    assert one["label"] == "Bestil DXA med VFA"
    (resource,) = resources([one])
    assert resource["reasonCode"] == [{"text": "INV-6 titel"}]


def test_the_same_test_now_and_later_is_the_one_now(made: Answering) -> None:
    found = offered(made, treating(order("dxa", LATER)), rule("SEC-6", "C-TREATMENT", proposals=(order("dxa"),)))
    assert labels(found) == ["Bestil DXA"]


def test_the_same_draft_is_offered_once_in_an_answer(made: Answering) -> None:
    found = offered(
        made,
        treating(prescribe("calcium_vitd")),
        rule("GLU-SUP-1", "C-GLUCO", "warning", proposals=(prescribe("calcium_vitd"),)),
        facts=READY,
    )
    assert labels(found) == ["Recept: calcium og D-vitamin"]


def test_there_are_at_most_five_and_notes_are_the_first_to_go(made: Answering) -> None:
    wanted = (
        note("PHR-2"),
        order("dxa"),
        order("spine_xray"),
        order("ctx"),
        refer("bone_specialist"),
        order("municipal_offer"),
    )
    found = offered(made, treating(*wanted))
    assert len(found) == 5
    assert "DocumentReference" not in [r["resourceType"] for r in resources(found)]


def test_a_task_gives_way_before_an_order(made: Answering) -> None:
    orders = [order(what) for what in ("spine_xray", "ctx", "municipal_offer", "fall_assessment")]
    found = offered(made, treating(task("treatment_conversation"), task("review_risk_factors"), *orders))
    assert [r["resourceType"] for r in resources(found)] == ["Task", *["ServiceRequest"] * 4], "the first one stays"


def test_a_draft_is_taken_away_first_of_all(made: Answering) -> None:
    facts = replace(WOMAN, drafts=Drafts(medications=(drafted("raloxifene"),)))
    found = offered(
        made,
        rule("SEL-10", "C-SAFETY", "warning", proposals=(refer("bone_specialist"), delete_draft("raloxifene"))),
        facts=facts,
        hook="order-sign",
    )
    assert labels(found) == ["Fjern kladden: raloxifen", "Konferér med eller henvis til knoglespecialist"]
    assert found[0]["actions"] == [
        {"type": "delete", "description": "Fjern kladden: raloxifen", "resourceId": "MedicationRequest/1"}
    ]


def test_without_a_name_the_drafts_the_advice_rests_on_are_meant(made: Answering) -> None:
    mine, other = drafted("raloxifene"), replace(drafted("prednisolone"), reference="MedicationRequest/2")
    facts = replace(WOMAN, drafts=Drafts(medications=(mine, other)))
    (one,) = offered(
        made,
        rule("SEL-10", "C-SAFETY", "warning", proposals=(delete_draft(),), evidence=(mine,)),
        facts=facts,
        hook="order-sign",
    )
    assert [action["resourceId"] for action in one["actions"]] == ["MedicationRequest/1"]


def test_a_drafted_stop_is_taken_back(made: Answering) -> None:
    stop = DraftStop(frozenset({"denosumab"}), "MedicationRequest/9")
    (one,) = offered(
        made,
        rule("DEN-STOP-1", "C-DENOSUMAB", "critical", proposals=(delete_draft("denosumab"),)),
        facts=replace(WOMAN, drafts=Drafts(stops=(stop,))),
        hook="order-sign",
    )
    assert one["label"] == "Fjern kladden: stop af denosumab"


def test_a_draft_without_an_id_cannot_be_taken_away(made: Answering) -> None:
    nameless = replace(drafted("raloxifene"), reference="draftOrders[0]")
    found = offered(
        made,
        rule("SEL-10", "C-SAFETY", "warning", proposals=(delete_draft("raloxifene"),)),
        facts=replace(WOMAN, drafts=Drafts(medications=(nameless,))),
        hook="order-sign",
    )
    assert found == []


def test_a_change_sends_the_whole_draft_back(made: Answering) -> None:
    draft: Mapping[str, Any] = {
        "resourceType": "ServiceRequest",
        "id": "7",
        "status": "draft",
        "intent": "order",
        "code": {"text": "DXA"},
        "subject": {"reference": "Patient/123"},
        "priority": "urgent",
    }
    facts = replace(WOMAN, drafts=Drafts(services=(DraftService(frozenset({"dxa"}), "ServiceRequest/7"),)))
    (one,) = offered(
        made,
        rule("DXA-VFA-1", "C-INVESTIGATE", proposals=(change_draft("add_vfa", "dxa"),)),
        facts=facts,
        hook="order-sign",
        drafts={"ServiceRequest/7": draft},
    )
    (action,) = one["actions"]
    assert action["type"] == "update"
    assert {**draft, "orderDetail": action["resource"]["orderDetail"]} == action["resource"]


def test_a_task_can_be_dated(made: Answering) -> None:
    (one,) = offered(made, treating(task("treatment_conversation", LATER)))
    (resource,) = resources([one])
    assert resource["restriction"] == {"period": {"end": "2026-07-10"}}
    assert one["label"].endswith("(10.07.2026)")


def test_every_proposal_makes_a_valid_draft(made: Answering) -> None:
    """Also those no worked patient is offered. Changes of drafts: test_drafts.py."""
    for proposal in proposals():
        if proposal.kind in ("delete-draft", "change-draft"):
            continue
        found = offered(made, treating(proposal, id_="SEL-20"), facts=READY)
        assert len(found) == 1, proposal
        for resource in resources(found):
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)


@pytest.mark.parametrize("language", ["da", "en"])
def test_every_suggestion_to_a_worked_patient_is_valid(language: LanguageCode) -> None:
    made: dict[str, dict[str, Any]] = {}
    for vignette, answer in answers(language):
        for card in answer["cards"]:
            found = card.get("suggestions", [])
            assert len(found) <= 5
            assert len({s["uuid"] for s in found}) == len(found)
            made |= {alike(resource, vignette["id"]): resource for resource in resources(found)}
    for resource in made.values():
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        assert "{" not in str(resource.get("description", "")), "a value was left out"


def alike(resource: dict[str, Any], patient_id: str) -> str:
    """The same for drafts that differ in patient and dates alone: one of them is looked at."""
    return re.sub(r"\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4}", "day", json.dumps(resource).replace(patient_id, "patient"))
