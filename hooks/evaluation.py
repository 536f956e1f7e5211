"""One answer: every rule asked, the cards that say it, and the machine-readable whole of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import Struct, structs

from fhir_mappings.drafts import DraftContext
from fhir_mappings.facts import PatientFacts, SourceState
from hooks.arrangement import Arrangement, arrange
from hooks.cards import Card, Sender, cards, collapsed_line
from hooks.extensions import EVALUATION_EXTENSION
from hooks.guideline.case import POPULATION, Case, Hook
from hooks.guideline.defaults import Defaults
from hooks.guideline.firing import Outcome, Register, evaluate
from hooks.guideline.register import RULES
from hooks.guideline.suppression import UNKNOWN_PATIENT, no_cards_at_all
from hooks.language import LanguageCode
from hooks.repetition import HeldSince, hold_back
from hooks.suggestions import Drafting
from hooks.texts import texts
from hooks.unchecked import Gap, gap, not_received_line, unchecked_card, wanted

#: The guideline, and the version of what these rules and texts say of it; every change of advice raises it.
GUIDELINE = "DSAM 2024-05"
RULESET = "1.0.0"


class Options(Struct, frozen=True):
    """What a deployment or a client may add.

    `source_url`: the page its users read the recommendations on (docs/guideline.md as published);
    a card links to its leading recommendation there. `explain`: the why and why not of every
    recommendation. `overrides`: the defaults of the content that the deployment has changed, to be named.
    `held_since`: the day since which a card rests, for cards of information that were shown before.
    """

    source_url: str = ""
    explain: bool = False
    overrides: tuple[Mapping[str, Any], ...] = ()
    held_since: HeldSince | None = None


def respond(
    facts: PatientFacts,
    hook: Hook,
    language: LanguageCode,
    *,
    hook_instance: str,
    defaults: Defaults | None = None,
    draft_resources: Mapping[str, Mapping[str, Any]] | None = None,
    options: Options | None = None,
    rules: Register = RULES,
) -> dict[str, Any]:
    """The CDS Hooks response for these facts.

    `draft_resources`: the draft orders as received, by reference (`MedicationRequest/1`), for
    suggestions that change them. The same arguments give the same answer.
    """
    options = options or Options()
    case = Case(facts, hook, defaults, rules)
    outcome = evaluate(case)
    words = texts(language)
    context = DraftContext(facts.patient_id, facts.as_of, facts.systems, language)
    drafting = Drafting(case, words, context, draft_resources or {})
    sender = Sender(case, words, drafting, hook_instance, options.source_url)
    found = gap(case, outcome)
    arrangement = _arranged(outcome, case)
    own_card = wanted(found, case, bool(arrangement.cards))
    if own_card:
        arrangement = _arranged(outcome, case, reserve=True)
    made, failed = cards(arrangement, sender)
    if failed:
        ids = (fired.rule.id for plan in failed for fired in plan.entries)
        outcome = replace(outcome, broken=tuple(dict.fromkeys((*outcome.broken, *ids))))
        arrangement = structs.replace(
            arrangement, cards=tuple(plan for plan in arrangement.cards if plan not in failed)
        )
        found, own_card = structs.replace(found, broken=outcome.broken), True
    made, arrangement, held_back = hold_back(made, arrangement, case, options.held_since)
    own_card = own_card or wanted(found, case, bool(made))
    made = _with_last_line(made, arrangement, Gap() if own_card else found, sender)
    if own_card:
        made.append(unchecked_card(found, sender))
    evaluation = {
        "guideline": GUIDELINE,
        "ruleset": RULESET,
        "fired": _fired(outcome, arrangement),
        "unknown": [{"id": rule.id, "needs": list(unknown.needs)} for rule, unknown in outcome.unknown],
        "issues": _issues(case, outcome),
    }
    if held_back:
        evaluation["held_back"] = held_back
    if options.overrides:
        evaluation["overrides"] = [dict(each) for each in options.overrides]
    if options.explain:
        from hooks.explain import explain  # with the words of every rule: most answers need none

        evaluation["explain"] = explain(case, outcome, rules, words.say)
    return {"cards": made, "extension": {EVALUATION_EXTENSION: evaluation}}


def _arranged(outcome: Outcome, case: Case, reserve: bool = False) -> Arrangement:
    """The cards; a population run makes tasks, never cards."""
    return Arrangement((), ()) if case.hook == POPULATION else arrange(outcome.fired, case, reserve)


def _with_last_line(made: list[Card], arrangement: Arrangement, missing: Gap, sender: Sender) -> list[Card]:
    """The last card also says what was collapsed, and what was not received."""
    lines = [collapsed_line(arrangement, sender.words), not_received_line(missing, sender)]
    if made and any(lines):
        made[-1]["detail"] = "\n\n".join([made[-1]["detail"], *filter(None, lines)])
    return made


def _fired(outcome: Outcome, arrangement: Arrangement) -> list[dict[str, Any]]:
    """Every recommendation that fires, with the card that carries it; shown when its text or line is sent."""
    shown = {fired.rule.id: plan.card for plan in arrangement.cards for fired in plan.members}
    left_out = (*arrangement.collapsed, *arrangement.held_back)
    carried = {fired.rule.id: plan.card for plan in left_out for fired in plan.members} | shown
    entries: list[dict[str, Any]] = []
    for fired in outcome.fired:
        rule = fired.rule
        id_ = rule.id
        card = carried.get(id_, rule.card)
        entries.append({"id": id_, "indicator": fired.indicator, "card": card, "shown": id_ in shown})
    return entries


def _issues(case: Case, outcome: Outcome) -> list[dict[str, str]]:
    """Everything left out: resources, sources that are not whole, what the patient lacks, rules that broke."""
    found = [{"reference": issue.reference, "problem": issue.problem} for issue in case.facts.issues]
    for key, source in case.facts.sources.items():
        if source.state is not SourceState.COMPLETE:
            found.append({"reference": f"prefetch.{key}", "problem": source.reason or source.state.value})
    if no_cards_at_all(case) == UNKNOWN_PATIENT:
        patient = f"Patient/{case.facts.patient_id}"
        found.append({"reference": patient, "problem": "birth date or sex not recorded: nothing was evaluated"})
    found += [{"reference": id_, "problem": "could not be evaluated (internal error)"} for id_ in outcome.broken]
    return found
