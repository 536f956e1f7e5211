"""Why and why not: for every recommendation fired, not fired, unknown or silenced, and what decided.

Made from the rules themselves (guideline/reading.py): each condition in words, with its answer
and the values it was answered from. Off unless a client asks for it.
"""

from __future__ import annotations

from typing import Any

from hooks.evidence import evidence
from hooks.guideline.case import Case
from hooks.guideline.firing import Outcome, Register
from hooks.guideline.logic import No, Unknown, Yes
from hooks.guideline.reading import Decision, decisions
from hooks.guideline.rule import Rule, always
from hooks.language import Language
from hooks.rule_words import words_of_rules

_STATE = {Yes: "yes", No: "no", Unknown: "unknown", type(None): "broken"}


def explain(case: Case, outcome: Outcome, rules: Register, say: Language) -> list[dict[str, Any]]:
    """One entry per recommendation, in the guideline's order.

    `state`: fired, not-fired, unknown, silenced, broken, other-hook. `conditions`: each condition
    of the rule with its answer (yes, no, unknown, broken) and values; for what did not fire the
    ones that failed stand in `because`. `needs`: the missing facts that would decide. `by`: what silenced it.
    """
    fired = {f.rule.id for f in outcome.fired}
    unknown = {rule.id: answer.needs for rule, answer in outcome.unknown}
    quiet = {rule.id: reason for rule, reason in outcome.silenced}
    return [_entry(rule, case, say, fired, unknown, quiet, outcome.broken) for rule in rules.values()]


def _entry(
    rule: Rule,
    case: Case,
    say: Language,
    fired: set[str],
    unknown: dict[str, tuple[str, ...]],
    quiet: dict[str, str],
    broken: tuple[str, ...],
) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": rule.id, "section": rule.section}
    if rule.id in broken:
        return entry | {"state": "broken"}
    if case.hook not in rule.hooks:
        return entry | {"state": "other-hook"}
    if rule.is_explanation and fired.isdisjoint(rule.shown_with):
        return entry | {"state": "not-fired", "because": [{"condition": say.term("shown_with_none"), "answer": "no"}]}
    found = [] if rule.logic is always else decisions(rule, case, words_of_rules(say.code))
    told = [_told(decision, say) for decision in found]
    if rule.id in fired:
        return entry | {"state": "fired", "conditions": told}
    if rule.id in quiet:
        return entry | {"state": "silenced", "by": quiet[rule.id], "conditions": told}
    if rule.id in unknown:
        return entry | {"state": "unknown", "needs": list(unknown[rule.id]), "conditions": told}
    return entry | {"state": "not-fired", "because": [each for each in told if each["answer"] == "no"]}


def _told(decision: Decision, say: Language) -> dict[str, Any]:
    answer = decision.answer
    told: dict[str, Any] = {"condition": decision.words, "answer": _STATE[type(answer)]}
    if isinstance(answer, Unknown):
        told["needs"] = list(answer.needs)
    elif answer is not None and answer.evidence:
        told["values"] = evidence(answer.evidence, say)
    return told
