"""What may be offered (0.7): not what kidney, calcium or the gullet forbid, nothing that is done already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from fhir_mappings.facts import (
    Booking,
    Condition,
    Drafts,
    DraftService,
    Finding,
    Order,
    PatientFacts,
)
from hooks.guideline.proposal import book, change_draft, order, prescribe
from tests.made_up import (
    FIRST_CHOICE,
    LATER,
    READY,
    TODAY,
    WOMAN,
    Answering,
    course,
    drafted,
    labels,
    measured,
    offered,
    resources,
    rule,
    treating,
)

UNTESTED = WOMAN
BLOCKED = replace(WOMAN, measurements=measured(egfr=30, calcium_ionised=1.25))


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def disease(facts: PatientFacts, concept: str) -> PatientFacts:
    """The same person with a disease."""
    return replace(facts, conditions={concept: (Condition(concept, TODAY, None, True, "Condition/1"),)})


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
