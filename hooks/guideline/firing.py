"""Which recommendations fire (0.1), which are silenced (0.6), and what is not known.

An entry fires when its logic is true, the hook matches and nothing silences it. Rules that
name another entry ask `fires` (after suppression) or `logic_of` (the raw logic).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from hooks.guideline.case import Case
from hooks.guideline.logic import NO, Answer, No, Unknown, Yes, any_of
from hooks.guideline.rule import Indicator, Rule
from hooks.guideline.suppression import indicator_after, silenced

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fired:
    """A recommendation that fires, how urgent, and on which facts."""

    rule: Rule
    indicator: Indicator
    answer: Yes


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of asking every rule about one case, in the guideline's order.

    `silenced`: true but suppressed, with the reason. `broken`: ids whose function raised.
    """

    fired: tuple[Fired, ...]
    unknown: tuple[tuple[Rule, Unknown], ...]
    silenced: tuple[tuple[Rule, str], ...]
    broken: tuple[str, ...]


def logic_of(case: Case, *ids: str) -> Answer:
    """The raw logic of the entries, hook and suppression aside: whether any of them is true."""
    return any_of(*(_logic(case, i) for i in ids))


def _logic(case: Case, id_: str) -> Answer:
    key = ("logic", id_)
    if key not in case.memo:
        rule = case.rules.get(id_)
        case.memo[key] = NO if rule is None else rule.logic(case)
    return case.memo[key]  # type: ignore[no-any-return]


def fires(case: Case, *ids: str) -> Answer:
    """Whether any of the entries fires on this hook, after suppression."""
    return any_of(*(_fires(case, i) for i in ids))


def _fires(case: Case, id_: str) -> Answer:
    key = ("fires", id_)
    if key not in case.memo:
        rule = case.rules.get(id_)
        if rule is None or case.hook not in rule.hooks:
            case.memo[key] = NO
        else:
            answer = _logic(case, id_)
            case.memo[key] = NO if not isinstance(answer, No) and silenced(case, rule, answer) else answer
    return case.memo[key]  # type: ignore[no-any-return]


def evaluate(case: Case) -> Outcome:
    """Ask every rule. No rule can take another one down with it."""
    fired: list[Fired] = []
    unknown: list[tuple[Rule, Unknown]] = []
    quiet: list[tuple[Rule, str]] = []
    broken: list[str] = []
    explanations: list[Rule] = []
    for rule in case.rules.values():
        if rule.is_explanation:
            explanations.append(rule)
            continue
        if case.hook not in rule.hooks:
            continue
        try:
            answer = _logic(case, rule.id)
            if isinstance(answer, No):
                continue
            reason = silenced(case, rule, answer)
            if reason:
                if isinstance(answer, Yes):
                    quiet.append((rule, reason))
            elif isinstance(answer, Unknown):
                unknown.append((rule, answer))
            else:
                fired.append(Fired(rule, indicator_after(case, rule), answer))
        except Exception:
            log.exception("rule failed", extra={"recommendation": rule.id})
            broken.append(rule.id)
    fired += _explained(case, fired, explanations, broken)
    order = {id_: index for index, id_ in enumerate(case.rules)}
    fired.sort(key=lambda f: order[f.rule.id])
    return Outcome(tuple(fired), tuple(unknown), tuple(quiet), tuple(broken))


def _explained(case: Case, fired: list[Fired], explanations: list[Rule], broken: list[str]) -> list[Fired]:
    """The texts that go with what fired; they may go with each other, so until nothing new attaches."""
    shown = {f.rule.id for f in fired}
    attached: list[Fired] = []
    waiting = list(explanations)
    while True:
        ready = [rule for rule in waiting if not shown.isdisjoint(rule.shown_with)]
        if not ready:
            return attached
        for rule in ready:
            waiting.remove(rule)
            try:
                own = rule.logic(case)
            except Exception:
                log.exception("rule failed", extra={"recommendation": rule.id})
                broken.append(rule.id)
                continue
            if isinstance(own, Yes):
                attached.append(Fired(rule, "info", own))
                shown.add(rule.id)


def by_id(rules: tuple[Rule, ...]) -> Mapping[str, Rule]:
    """The rules by id; a doubled id stops the start."""
    found: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in found:
            raise ValueError(f"recommendation {rule.id} is registered twice")
        found[rule.id] = rule
    return found
