"""Which recommendations fire (0.1), which are silenced (0.6), and what is not known.

An entry fires when its logic is true, the hook matches and nothing silences it. Rules that
name another entry ask `fires` (after suppression) or `logic_of` (the raw logic).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, POPULATION, Case, Hook
from hooks.guideline.gates import Gate, gates, in_order, open_rules
from hooks.guideline.logic import NO, Answer, No, Unknown, Yes, any_of
from hooks.guideline.rule import Indicator, Logic, Rule
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

    `silenced`: true or unknown but suppressed, with the reason. `broken`: ids whose function raised.
    """

    fired: tuple[Fired, ...]
    unknown: tuple[tuple[Rule, Unknown], ...]
    silenced: tuple[tuple[Rule, str], ...]
    broken: tuple[str, ...]


def logic_of(case: Case, *ids: str) -> Answer:
    """The raw logic of the entries, hook and suppression aside: whether any of them is true."""
    return any_of(*[_logic(case, i) for i in ids])


def _logic(case: Case, id_: str) -> Answer:
    key = ("logic", id_)
    answer: Answer | None = case.memo.get(key)
    if answer is None:
        answer = case.memo[key] = _asked(case, id_)
    return answer


def _asked(case: Case, id_: str) -> Answer:
    logic = None if case.rules is None else case.rules.logic(id_)
    return NO if logic is None else logic(case)


def fires(case: Case, *ids: str) -> Answer:
    """Whether any of the entries fires on this hook, after suppression."""
    return any_of(*[_fires(case, i) for i in ids])


def _fires(case: Case, id_: str) -> Answer:
    key = ("fires", id_)
    answer: Answer | None = case.memo.get(key)
    if answer is None:
        rule = None if case.rules is None else case.rules.get(id_)
        answer = NO if rule is None or case.hook not in rule.hooks else _logic(case, id_)
        if rule is not None and not isinstance(answer, No) and silenced(case, rule, answer):
            answer = NO
        case.memo[key] = answer
    return answer


def evaluate(case: Case) -> Outcome:
    """Ask every rule. No rule can take another one down with it."""
    register = case.rules or Register(())
    fired: list[Fired] = []
    unknown: list[tuple[Rule, Unknown]] = []
    quiet: list[tuple[Rule, str]] = []
    broken: list[str] = []
    for rule in open_rules(register.on_hook[case.hook], register.gates(case.hook), case):
        try:
            answer = _logic(case, rule.id)
            if isinstance(answer, No):
                continue
            reason = silenced(case, rule, answer)
            if reason:
                quiet.append((rule, reason))
            elif isinstance(answer, Unknown):
                unknown.append((rule, answer))
            else:
                fired.append(Fired(rule, indicator_after(case, rule), answer))
        except Exception:  # noqa: BLE001 - reported and logged, never swallowed
            _broke(rule, broken)
    _explain(case, fired, register, broken)
    fired.sort(key=lambda f: register.place[f.rule.id])
    return Outcome(tuple(fired), tuple(unknown), tuple(quiet), tuple(broken))


def _explain(case: Case, fired: list[Fired], register: Register, broken: list[str]) -> None:
    """Add the texts that go with what fired, and with each other, until nothing new attaches."""
    asked: set[str] = set()
    for parent in fired:  # grows while it is walked
        for rule in register.explained_by.get(parent.rule.id, ()):
            if rule.id in asked:
                continue
            asked.add(rule.id)
            try:
                own = rule.logic(case)
            except Exception:  # noqa: BLE001 - reported and logged, never swallowed
                _broke(rule, broken)
                continue
            if isinstance(own, Yes):
                fired.append(Fired(rule, "info", own))


def _broke(rule: Rule, broken: list[str]) -> None:
    """A broken rule must not take the others down; it is logged here and reported in the answer."""
    log.exception("rule failed", extra={"recommendation": rule.id})
    broken.append(rule.id)


class Register(dict[str, Rule]):
    """The rules by id in the guideline's order, and what evaluation looks up again and again.

    A doubled id stops the start.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        super().__init__()
        self._gates: dict[Hook, tuple[Gate, ...]] = {}
        self._asked: dict[str, Logic] = {}
        for rule in rules:
            if rule.id in self:
                raise ValueError(f"recommendation {rule.id} is registered twice")
            self[rule.id] = rule
        self.place = {id_: index for index, id_ in enumerate(self)}
        advice = [rule for rule in self.values() if not rule.is_explanation]
        hooks: tuple[Hook, ...] = (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN, POPULATION)
        self.on_hook = {hook: tuple(rule for rule in advice if hook in rule.hooks) for hook in hooks}
        self.explained_by: dict[str, list[Rule]] = {}
        for rule in self.values():
            for parent in rule.shown_with:
                self.explained_by.setdefault(parent, []).append(rule)

    def gates(self, hook: Hook) -> tuple[Gate, ...]:
        """The conditions that rules of this hook share, worked out on first use."""
        if hook not in self._gates:
            self._gates[hook] = gates(self.on_hook[hook])
        return self._gates[hook]

    def logic(self, id_: str) -> Logic | None:
        """The rule as it is asked, condition by condition; None when there is no such rule."""
        found = self._asked.get(id_)
        if found is None and id_ in self:
            found = self._asked[id_] = in_order(self[id_].logic)
        return found
