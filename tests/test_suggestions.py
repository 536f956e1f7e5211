"""Suggestions: only what part 0.7 allows, each once, at most five, in order, and valid R4."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir_mappings.facts import (
    Booking,
    Condition,
    DraftMedication,
    Drafts,
    DraftService,
    DraftStop,
    Finding,
    Measurement,
    MedicationCourse,
    Order,
    PatientFacts,
)
from hooks.guideline.proposal import (
    Proposal,
    book,
    change_draft,
    delete_draft,
    note,
    order,
    prescribe,
    refer,
    task,
)
from hooks.guideline.rule import Rule
from hooks.language import LanguageCode
from tests.made_up import TODAY, WOMAN, Answering, rule
from tests.worked import answers, proposals

LATER = date(2026, 7, 10)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def measured(**values: float) -> dict[str, tuple[Measurement, ...]]:
    """Results of today."""
    return {name: (Measurement(name, value, TODAY, f"Observation/{name}"),) for name, value in values.items()}


#: Kidney function and calcium are known and good.
READY = replace(WOMAN, measurements=measured(egfr=70, calcium_ionised=1.25))
BLOCKED = replace(WOMAN, measurements=measured(egfr=30, calcium_ionised=1.25))
UNTESTED = WOMAN
#: The first choice is allowed: SEL-1 holds.
FIRST_CHOICE = rule("SEL-1", "C-TREATMENT")


def disease(facts: PatientFacts, concept: str) -> PatientFacts:
    """The same person with a disease."""
    return replace(facts, conditions={concept: (Condition(concept, TODAY, None, True, "Condition/1"),)})


def treating(*proposals: Proposal, id_: str = "TX-IND-1") -> Rule:
    """A recommendation on the treatment card that offers this."""
    return rule(id_, "C-TREATMENT", "warning", proposals=proposals)


def offered(made: Answering, *rules: Rule, **more: Any) -> list[dict[str, Any]]:
    """The suggestions of all cards."""
    return [each for card in made.cards(*rules, **more) for each in card.get("suggestions", ())]


def labels(suggestions: list[dict[str, Any]]) -> list[str]:
    return [each["label"] for each in suggestions]


def resources(suggestions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in suggestions:
        for action in each["actions"]:
            if "resource" in action:
                yield action["resource"]


def test_a_suggestion_creates_a_draft(made: Answering) -> None:
    (one,) = offered(made, treating(prescribe("alendronate")), FIRST_CHOICE, facts=READY)
    assert one["label"] == "Recept: alendronat 70 mg ugentligt"
    (action,) = one["actions"]
    assert (action["type"], action["description"]) == ("create", one["label"])
    assert action["resource"]["resourceType"] == "MedicationRequest"
    assert action["resource"]["status"] == "draft"
    assert action["resource"]["subject"] == {"reference": "Patient/123"}


def test_a_drug_waits_for_its_tests(made: Answering) -> None:
    (one,) = offered(made, treating(prescribe("alendronate")), FIRST_CHOICE, facts=UNTESTED)
    assert one["label"] == "Bestil blodprøver: eGFR og calcium"
    assert [r["resourceType"] for r in resources([one])] == ["ServiceRequest", "ServiceRequest"]


def test_a_drug_waits_when_the_results_were_not_delivered(made: Answering) -> None:
    unknown = replace(WOMAN, sources={k: v for k, v in WOMAN.sources.items() if k != "observations"})
    found = offered(made, treating(prescribe("denosumab")), facts=unknown)
    assert "MedicationRequest" not in [r["resourceType"] for r in resources(found)]


@pytest.mark.parametrize("drug", ["alendronate", "zoledronate", "denosumab"])
def test_a_forbidden_drug_becomes_a_referral(made: Answering, drug: str) -> None:
    proposal = order(drug) if drug == "zoledronate" else prescribe(drug)
    (one,) = offered(made, treating(proposal), FIRST_CHOICE, facts=BLOCKED)
    assert one["label"] == "Konferér med eller henvis til knoglespecialist"


def test_a_forbidden_drug_is_not_offered_as_a_change_either(made: Answering) -> None:
    draft = {"resourceType": "MedicationRequest", "id": "1", "status": "draft", "intent": "order"}
    found = offered(
        made,
        rule("SEL-11", "C-TREATMENT", proposals=(change_draft("to_alendronate", "ibandronate"),)),
        hook="order-sign",
        facts=replace(BLOCKED, drafts=Drafts(medications=(drafted("ibandronate"),))),
        drafts={"MedicationRequest/1": draft},
    )
    assert labels(found) == ["Konferér med eller henvis til knoglespecialist"]


def test_no_tablet_that_does_not_suit(made: Answering) -> None:
    unsuitable = replace(
        READY, findings={"cannot_stay_upright": Finding("cannot_stay_upright", True, TODAY, "Observation/1")}
    )
    assert offered(made, treating(prescribe("alendronate")), FIRST_CHOICE, facts=unsuitable) == []


def test_the_first_choice_is_offered_only_where_it_is_one(made: Answering) -> None:
    assert offered(made, treating(prescribe("alendronate")), facts=READY) == []
    (one,) = offered(made, treating(prescribe("alendronate"), id_="SEL-20"), facts=READY)
    assert "alendronat" in one["label"]


@pytest.mark.parametrize("product", ["calcium", "calcium_vitd", "vitamin_d", "vitamin_d_10ug"])
def test_no_supplement_while_calcium_may_be_raised(made: Answering, product: str) -> None:
    assert offered(made, treating(prescribe(product)), facts=READY)
    assert offered(made, treating(prescribe(product)), facts=disease(READY, "sarcoidosis")) == []


def test_what_is_ordered_is_not_suggested_again(made: Answering) -> None:
    pending = replace(WOMAN, orders=(Order(frozenset({"dxa"}), TODAY, True, "ServiceRequest/1"),))
    assert offered(made, treating(order("dxa")), facts=pending) == []
    drafted_too = replace(WOMAN, drafts=Drafts(services=(DraftService(frozenset({"dxa"}), "ServiceRequest/1"),)))
    scan = rule("INV-NEG-1", "C-INVESTIGATE", proposals=(order("dxa"),))
    assert offered(made, scan, facts=drafted_too, hook="order-sign") == []


def test_what_is_taken_drafted_or_booked_is_not_suggested_again(made: Answering) -> None:
    taken = replace(READY, courses=(course("calcium_vitd"),))
    assert offered(made, treating(prescribe("calcium_vitd")), facts=taken) == []
    in_draft = replace(READY, drafts=Drafts(medications=(drafted("calcium_vitd"),)))
    assert offered(made, treating(prescribe("calcium_vitd")), facts=in_draft, hook="order-sign") == []
    booked = replace(WOMAN, bookings=(Booking("denosumab_injection", LATER, "Appointment/1"),))
    assert offered(made, treating(book("denosumab_injection", LATER)), facts=booked) == []
    assert offered(made, treating(book("denosumab_injection", date(2026, 3, 1))), facts=booked), "moved forward"


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


def course(*drugs: str) -> MedicationCourse:
    return MedicationCourse(frozenset(drugs), "p", "MedicationRequest/1", TODAY, None, True)


def drafted(*drugs: str) -> DraftMedication:
    return DraftMedication(course(*drugs), "MedicationRequest/1")


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
