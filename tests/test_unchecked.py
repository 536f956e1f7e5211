"""What could not be looked at is said: on the card C-UNCHECKED, in a line, and among the issues."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from fhir_mappings.facts import (
    DoseStep,
    DraftMedication,
    Drafts,
    DraftService,
    Issue,
    Measurement,
    MedicationCourse,
    PatientFacts,
    Source,
    SourceState,
)
from hooks.evaluation import respond
from hooks.guideline.case import Case
from hooks.guideline.logic import Answer
from hooks.guideline.register import RULES
from hooks.guideline.rule import Rule
from tests.made_up import KEYS, TODAY, WOMAN, Answering, names, rule
from tests.schemas import check
from tests.vignette_facts import facts_of
from tests.vignette_requests import load_vignettes

VIGNETTES = {vignette["id"]: vignette for vignette in load_vignettes()}


def drafted(drug: str) -> Drafts:
    """A prescription of the drug is being signed."""
    course = MedicationCourse(frozenset({drug}), drug, "MedicationRequest/1", TODAY, None, True)
    return Drafts(medications=(DraftMedication(course, "MedicationRequest/1"),))


def without(facts: PatientFacts, *keys: str, state: SourceState = SourceState.MISSING) -> PatientFacts:
    """The same facts, these sources not delivered whole."""
    return replace(facts, sources={**facts.sources, **{key: Source(key, state, "not sent") for key in keys}})


def signing(drug: str) -> PatientFacts:
    """The woman of made_up, with her kidney function and calcium, and a prescription being signed."""
    results = {
        name: (Measurement(name, value, TODAY, f"Observation/{name}"),)
        for name, value in (("egfr", 70.0), ("calcium_ionised", 1.25), ("vitamin_d", 80.0))
    }
    return replace(WOMAN, drafts=drafted(drug), measurements=results)


def real(facts: PatientFacts, hook: Any = "order-sign") -> dict[str, Any]:
    """The answer of the real recommendations."""
    answer = respond(facts, hook, "da", hook_instance="x")
    check("response", answer)
    return answer


def unchecked(answer: dict[str, Any]) -> str:
    """The detail of the card about what could not be checked; "" without one."""
    found = [c for c in answer["cards"] if names([c]) == ["C-UNCHECKED"]]
    assert len(found) <= 1
    return str(found[0]["detail"]) if found else ""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Answering:
    return Answering(monkeypatch)


def test_signing_a_bone_drug_without_results_says_which_checks_were_not_made() -> None:
    facts = replace(without(signing("alendronate"), "observations", "conditions"), measurements={})
    said = unchecked(real(facts))
    assert "Ikke modtaget:" in said
    assert "målinger og svar" in said
    assert "diagnoser" in said
    assert "Ikke kontrolleret:" in said


@pytest.mark.parametrize("source", ["medicationRequests", "medicationStatements"])
@pytest.mark.parametrize("state", [SourceState.MISSING, SourceState.PARTIAL])
def test_a_known_contraindication_is_not_lost_with_the_medicine_list(source: str, state: SourceState) -> None:
    """Start or renewal: nobody can tell. Either way the drug must not be given at this kidney function."""
    facts = signing("alendronate")
    low = {"egfr": (Measurement("egfr", 20, TODAY, "Observation/egfr"),)}
    answer = real(without(replace(facts, measurements={**facts.measurements, **low}), source, state=state))
    assert answer["cards"][0]["indicator"] == "critical"
    assert "PRE-EGFR-2" in {fired["id"] for fired in answer["extension"]["org.osteo-cds.evaluation"]["fired"]}


@pytest.mark.parametrize("source", ["medicationRequests", "medicationStatements", "medicationAdministrations"])
def test_nor_is_one_of_denosumab_when_start_and_next_dose_cannot_be_told_apart(source: str) -> None:
    """It is then held, never deleted: an injection left out brings rebound bone loss."""
    facts = signing("denosumab")
    low = {"calcium_ionised": (Measurement("calcium_ionised", 1.0, TODAY, "Observation/ca", low=1.18),)}
    answer = real(without(replace(facts, measurements={**facts.measurements, **low}), source))
    assert answer["cards"][0]["indicator"] == "critical"
    assert "PRE-CA-1" in {fired["id"] for fired in answer["extension"]["org.osteo-cds.evaluation"]["fired"]}


def test_signing_a_bone_drug_with_everything_says_nothing_of_the_kind() -> None:
    assert unchecked(real(signing("alendronate"))) == ""


def test_half_the_results_are_not_the_whole(made: Answering) -> None:
    partial = without(WOMAN, "observations", state=SourceState.PARTIAL)
    answer = made.answer(rule("PRE-EGFR-2", "C-SAFETY", "critical", needs=("egfr",)), hook="order-sign", facts=partial)
    assert "målinger og svar (ikke alt modtaget)" in unchecked(answer)


def test_prednisolone_without_the_medicine_list_is_not_silent() -> None:
    facts = without(signing("prednisolone"), "medicationRequests", "medicationStatements", "conditions")
    dose = {"systemic": True, "steps": (DoseStep(TODAY, None, 10),), "open_ended": True}
    tablets = structs.replace(facts.drafts.medications[0].course, **dose)
    facts = replace(facts, drafts=Drafts(medications=(DraftMedication(tablets, "MedicationRequest/1"),)))
    assert "Ikke modtaget:" in unchecked(real(facts))


def test_a_result_that_could_not_be_read_is_named_beside_the_order() -> None:
    issue = Issue("Observation/77", 'eGFR in "mg", expected mL/min/1.73 m²')
    said = unchecked(real(replace(signing("denosumab"), issues=(issue,))))
    assert 'Observation/77: eGFR in "mg", expected mL/min/1.73 m²' in said


def test_what_is_wrong_with_another_patients_data_is_no_gap() -> None:
    issue = Issue("Observation/77", "subject is another patient")
    assert unchecked(real(replace(signing("alendronate"), issues=(issue,)))) == ""


def test_bookings_that_cannot_be_read_do_not_disturb_an_order() -> None:
    issue = Issue("Appointment/1", "start is missing")
    assert unchecked(real(replace(signing("alendronate"), issues=(issue,)))) == ""


@pytest.mark.parametrize("facts", [WOMAN, without(WOMAN, *KEYS)], ids=["complete", "nothing sent"])
def test_signing_an_antibiotic_never_makes_a_card(facts: PatientFacts) -> None:
    issue = Issue("Observation/77", 'eGFR in "mg", expected mL/min/1.73 m²')
    assert real(replace(facts, issues=(issue,)))["cards"] == []


def test_a_draft_that_cannot_be_read_is_not_silence() -> None:
    issue = Issue("MedicationRequest/1", "intent: a value is missing")
    facts = replace(WOMAN, issues=(issue,), drafts=Drafts(left_out=("MedicationRequest/1",)))
    answer = real(facts)
    assert "MedicationRequest/1: intent" in unchecked(answer)
    assert answer["cards"][0]["summary"].startswith("Ordinationen kunne ikke kontrolleres")


def test_opening_a_record_of_which_nothing_came_is_not_silence() -> None:
    said = unchecked(real(without(WOMAN, *KEYS), "patient-view"))
    assert "et manglende kort betyder derfor ikke, at der intet er at overveje" in said
    assert "diagnoser" in said


def test_opening_a_whole_record_with_nothing_to_do_is_empty() -> None:
    answer = real(facts_of(VIGNETTES["V-363"]), "patient-view")
    assert answer["cards"] == []
    assert answer["extension"]["org.osteo-cds.evaluation"]["issues"] == []


def test_an_unreadable_result_hides_no_advice_behind_an_empty_list(made: Answering) -> None:
    issue = Issue("Observation/1", 'T-score in "g/cm2", expected SD')
    open_question = rule("TX-IND-1", "C-TREATMENT", "warning", needs=("t_score",))
    facts = replace(WOMAN, issues=(issue,))
    assert "T-score" in unchecked(made.answer(open_question, facts=facts))
    assert made.cards(facts=facts) == [], "nothing depends on it"


def test_beside_other_cards_a_line_says_what_was_not_received(made: Answering) -> None:
    facts = without(WOMAN, "conditions")
    answer = made.answer(
        rule("LIF-3", "C-STATUS"), rule("TX-IND-2", "C-TREATMENT", "warning", needs=("conditions",)), facts=facts
    )
    assert names(answer["cards"]) == ["C-STATUS"]
    assert answer["cards"][0]["detail"].endswith("Ikke modtaget: diagnoser.")


def test_the_card_takes_the_place_of_an_info_card_never_of_a_warning(made: Answering) -> None:
    facts = without(WOMAN, "observations")
    gap = rule("PRE-EGFR-2", "C-SAFETY", "critical", needs=("egfr",))
    warnings = [rule(f"FAKE-{n}", card, "warning") for n, card in enumerate(("C-DENOSUMAB", "C-TREATMENT"))]
    third, mild = rule("REF-4", "C-REFER", "warning"), rule("PAIN-2", "C-PAIN")
    assert names(made.cards(*warnings, mild, gap, facts=facts, hook="order-sign")) == [
        "C-DENOSUMAB",
        "C-TREATMENT",
        "C-UNCHECKED",
    ]
    assert len(made.cards(*warnings, third, gap, facts=facts, hook="order-sign")) == 4


def test_beside_a_critical_card_it_stays(made: Answering) -> None:
    facts = without(WOMAN, "observations")
    gap = rule("PRE-CA-1", "C-SAFETY", "critical", needs=("calcium",))
    found = made.cards(rule("SEL-8", "C-SAFETY", "critical"), gap, facts=facts, hook="order-sign")
    assert names(found) == ["C-SAFETY", "C-UNCHECKED"]


def broken(id_: str) -> Rule:
    """A recommendation whose function raises."""

    def logic(_case: Case) -> Answer:
        raise ZeroDivisionError

    return replace(rule(id_, "C-TREATMENT"), logic=logic)


@pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
def test_a_broken_rule_is_said_and_takes_nothing_down(made: Answering, hook: str) -> None:
    answer = made.answer(broken("TX-IND-3"), rule("SEL-8", "C-SAFETY", "critical"), hook=hook)  # type: ignore[arg-type]
    assert "TX-IND-3 titel" in unchecked(answer)
    issues = answer["extension"]["org.osteo-cds.evaluation"]["issues"]
    assert {"reference": "TX-IND-3", "problem": "could not be evaluated (internal error)"} in issues
    assert len(answer["cards"]) == 2


def test_a_card_that_cannot_be_worded_is_said_too(made: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> str:
        raise KeyError("value")

    monkeypatch.setattr("hooks.cards.detail", fails)
    answer = made.answer(rule("LIF-3", "C-STATUS"))
    assert names(answer["cards"]) == ["C-UNCHECKED"]
    assert [f["shown"] for f in answer["extension"]["org.osteo-cds.evaluation"]["fired"]] == [False]


def test_sources_that_are_not_whole_are_issues() -> None:
    answer = real(without(WOMAN, "conditions"), "patient-view")
    issues = answer["extension"]["org.osteo-cds.evaluation"]["issues"]
    assert {"reference": "prefetch.conditions", "problem": "not sent"} in issues


@pytest.mark.parametrize("change", [{"deceased": True}, {"birth_date": date(2015, 1, 1)}, {"sex": None}])
def test_whom_the_service_is_not_for_gets_no_card_at_all(change: dict[str, Any]) -> None:
    facts = replace(without(WOMAN, *KEYS), **change)
    answer = real(facts, "patient-view")
    assert answer["cards"] == []


def test_unknown_age_or_sex_is_an_issue() -> None:
    issues = real(replace(WOMAN, sex=None), "patient-view")["extension"]["org.osteo-cds.evaluation"]["issues"]
    assert [issue["reference"] for issue in issues] == ["Patient/123"]


def test_every_missing_source_of_a_safety_check_is_said() -> None:
    """Take away any one source from a woman who gets alendronate: either no check needed it, or it is named."""
    for key in KEYS:
        facts = without(signing("alendronate"), key)
        if key == "observations":
            facts = replace(facts, measurements={})
        answer = real(facts)
        unknown = answer["extension"]["org.osteo-cds.evaluation"]["unknown"]
        safety = [entry["id"] for entry in unknown if RULES[entry["id"]].card == "C-SAFETY"]
        assert not safety or unchecked(answer), (key, safety)


def _infusion() -> Iterable[DraftService]:
    yield DraftService(frozenset({"zoledronate"}), "ServiceRequest/1")


def test_an_infusion_order_counts_as_a_bone_drug() -> None:
    issue = Issue("Observation/77", "eGFR has no number as its value")
    facts = replace(WOMAN, drafts=Drafts(services=tuple(_infusion())), issues=(issue,))
    assert "Observation/77" in unchecked(real(facts))
