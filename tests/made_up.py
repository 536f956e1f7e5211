"""Made-up recommendations that always fire, to look at cards and suggestions alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from msgspec import structs

import hooks.evaluation
from fhir_mappings.facts import (
    DraftMedication,
    Fact,
    Measurement,
    MedicationCourse,
    PatientFacts,
    Source,
    SourceState,
)
from hooks.evaluation import respond
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, Hook
from hooks.guideline.firing import Register
from hooks.guideline.logic import YES, Answer, Unknown, Yes
from hooks.guideline.proposal import Proposal
from hooks.guideline.rule import Indicator, Rule
from hooks.language import LanguageCode
from hooks.texts import RuleText, Texts, texts

TODAY = date(2026, 1, 10)
LATER = date(2026, 7, 10)
KEYS = (
    *("conditions", "observations", "screening", "familyHistory", "serviceRequests", "appointments", "encounters"),
    *("medicationRequests", "medicationStatements", "medicationAdministrations", "medicationDispenses"),
)
#: A woman of 75 of whom everything was sent and nothing is recorded.
WOMAN = PatientFacts(
    as_of=TODAY,
    patient_id="123",
    sex="female",
    birth_date=date(1950, 6, 1),
    sources={key: Source(key, SourceState.COMPLETE) for key in KEYS},
)


def rule(
    id_: str,
    card: str,
    indicator: Indicator = "info",
    *,
    proposals: tuple[Proposal, ...] = (),
    shown_with: tuple[str, ...] = (),
    evidence: Iterable[Fact] = (),
    needs: tuple[str, ...] = (),
    section: str = "§8; §7",
) -> Rule:
    """A recommendation of that id and card that fires on every hook, or is unknown when `needs` are named."""
    answer: Answer = Unknown(needs) if needs else (Yes(tuple(evidence)) if evidence else YES)

    def logic(_case: Case) -> Answer:
        return answer

    return Rule(
        id=id_,
        title=f"{id_} titel",
        section=section,
        strength="derived",
        card=card,
        hooks=frozenset((PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN)),
        logic=logic,
        indicator=indicator,
        suppression="none",
        proposals=proposals,
        shown_with=shown_with,
    )


def made_up_texts(rules: Iterable[Rule], code: LanguageCode) -> Texts:
    """Texts that only name the recommendation."""
    own = {r.id: RuleText(f"{r.id} titel", f"{r.id} tekst.", "" if r.shown_with else f"{r.id} kort") for r in rules}
    return structs.replace(texts(code), rules=own)


class Answering:
    """Answers made of made-up rules."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def answer(
        self,
        *rules: Rule,
        hook: Hook = PATIENT_VIEW,
        facts: PatientFacts = WOMAN,
        language: LanguageCode = "da",
        hook_instance: str = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        drafts: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """The response to these rules."""
        self._monkeypatch.setattr(hooks.evaluation, "texts", lambda code: made_up_texts(rules, code))
        return respond(
            facts,
            hook,
            language,
            hook_instance=hook_instance,
            draft_resources=drafts,
            rules=Register(rules),
        )

    def cards(self, *rules: Rule, **more: Any) -> list[dict[str, Any]]:
        """The cards of the response."""
        found: list[dict[str, Any]] = self.answer(*rules, **more)["cards"]
        return found


def names(cards: Iterable[Mapping[str, Any]]) -> list[str]:
    """The decision card of each card."""
    return [card["extension"]["org.osteo-cds.card"]["card"] for card in cards]


def ids(card: Mapping[str, Any]) -> list[str]:
    """The recommendations in a card."""
    return [each["id"] for each in card["extension"]["org.osteo-cds.card"]["recommendations"]]


def shown(answer: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """Of each recommendation that fires: its card, and whether it is shown."""
    fired = answer["extension"]["org.osteo-cds.evaluation"]["fired"]
    return {each["id"]: (each["card"], each["shown"]) for each in fired}


def measured(**values: float) -> dict[str, tuple[Measurement, ...]]:
    """Results of today."""
    return {name: (Measurement(name, value, TODAY, f"Observation/{name}"),) for name, value in values.items()}


#: Kidney function and calcium are known and good.
READY = replace(WOMAN, measurements=measured(egfr=70, calcium_ionised=1.25))
#: The first choice is allowed: SEL-1 holds.
FIRST_CHOICE = rule("SEL-1", "C-TREATMENT")


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


def course(*drugs: str) -> MedicationCourse:
    return MedicationCourse(frozenset(drugs), "p", "MedicationRequest/1", TODAY, None, True)


def drafted(*drugs: str) -> DraftMedication:
    return DraftMedication(course(*drugs), "MedicationRequest/1")
