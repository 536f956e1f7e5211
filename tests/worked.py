"""The worked patients asked once for all tests that look at every one of them."""

from __future__ import annotations

from functools import cache
from typing import Any

from fhir_mappings.facts import PatientFacts
from hooks.evaluation import respond
from hooks.guideline.case import Case
from hooks.guideline.firing import Fired, evaluate
from hooks.guideline.proposal import Proposal
from hooks.guideline.register import RULES
from hooks.language import LanguageCode
from tests.vignette_facts import facts_of
from tests.vignette_requests import load_vignettes

Vignette = dict[str, Any]
VIGNETTES: list[Vignette] = load_vignettes()


@cache
def outcomes() -> list[tuple[Case, tuple[Fired, ...]]]:
    """Every worked patient as a case, with what fires."""
    cases = [Case(facts_of(vignette), vignette["hook"], rules=RULES) for vignette in VIGNETTES]
    return [(case, evaluate(case).fired) for case in cases]


@cache
def answers(language: LanguageCode) -> list[tuple[Vignette, dict[str, Any]]]:
    """Every worked patient with its answer, drafts included."""
    return [(vignette, _answer(vignette, language)) for vignette in VIGNETTES]


def _answer(vignette: Vignette, language: LanguageCode) -> dict[str, Any]:
    facts = facts_of(vignette)
    return respond(facts, vignette["hook"], language, hook_instance="x", draft_resources=as_sent(facts))


def as_sent(facts: PatientFacts) -> dict[str, dict[str, Any]]:
    """Plain resources for the drafts of a worked patient."""
    common = {"status": "draft", "intent": "order", "subject": {"reference": f"Patient/{facts.patient_id}"}}
    drafts = facts.drafts
    prescriptions = [d.reference for d in drafts.medications] + [d.reference for d in drafts.stops]
    requests = [d.reference for d in drafts.services] + [d.reference for d in drafts.referrals]
    sent: dict[str, dict[str, Any]] = {}
    for reference in prescriptions:
        what = {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"text": "x"}}
        sent[reference] = {**what, "id": reference.partition("/")[2], **common}
    for reference in requests:
        what = {"resourceType": "ServiceRequest", "code": {"text": "x"}}
        sent[reference] = {**what, "id": reference.partition("/")[2], **common}
    return sent


@cache
def proposals() -> frozenset[Proposal]:
    """What the recommendations offer, always or to a worked patient."""
    found = {p for rule in RULES.values() if isinstance(rule.proposals, tuple) for p in rule.proposals}
    for case, all_fired in outcomes():
        for fired in all_fired:
            found.update(fired.rule.proposals_for(case))
    return frozenset(found)
