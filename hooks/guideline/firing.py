"""Which recommendations fire (0.1), which are silenced (0.6), and what is not known.

An entry fires when its logic is true, the hook matches and nothing silences it. Rules that
name another entry ask `fires` (after suppression) or `logic_of` (the raw logic).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, POPULATION, Case, Hook
from hooks.guideline.gates import Gates, gates, open_rules
from hooks.guideline.logic import NO, Answer, No, Unknown, Yes, any_of
from hooks.guideline.rule import Indicator, Logic, Rule, always
from hooks.guideline.stepwise import in_order
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
    answer = case.answers.get(id_)
    if answer is None:
        rules = case.rules
        if rules is None or id_ not in rules or case.passed_over & rules.bits[case.hook].get(id_, 0):
            answer = NO
        else:
            answer = rules.asked[id_](case)
        case.answers[id_] = answer
    return answer


def fires(case: Case, *ids: str) -> Answer:
    """Whether any of the entries fires on this hook, after suppression."""
    return any_of(*[_fires(case, i) for i in ids])


def _fires(case: Case, id_: str) -> Answer:
    rule = None if case.rules is None else case.rules.get(id_)
    if rule is None or case.hook not in rule.hooks or isinstance(answer := _logic(case, id_), No):
        return NO
    key = ("silenced", id_)
    reason: str | None = case.memo.get(key)
    if reason is None:
        reason = case.memo[key] = silenced(case, rule, answer)
    return NO if reason else answer


def evaluate(case: Case) -> Outcome:
    """Ask every rule. No rule can take another one down with it."""
    register = case.rules or Register(())
    fired: list[Fired] = []
    unknown: list[tuple[Rule, Unknown]] = []
    quiet: list[tuple[Rule, str]] = []
    broken: list[str] = []
    left = open_rules(register.gates(case.hook), case)
    case.passed_over = ~left
    answers, asked = case.answers, register.asked
    for rule in register.on_hook[case.hook]:
        passed_over, left = not left & 1, left >> 1
        if passed_over:
            continue
        try:
            answer = answers.get(rule.id)
            if answer is None:
                answer = answers[rule.id] = asked[rule.id](case)
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
    place = register.place
    fired.sort(key=lambda f: place[f.rule.id])
    return Outcome(tuple(fired), tuple(unknown), tuple(quiet), tuple(broken))


def _explain(case: Case, fired: list[Fired], register: Register, broken: list[str]) -> None:
    """Add the texts that go with what fired, and with each other, until nothing new attaches."""
    asked: set[str] = set()
    for parent in fired:  # grows while it is walked
        for rule in register.explained_by.get(parent.rule.id, ()):
            if rule.id in asked:
                continue
            asked.add(rule.id)
            if rule.id in register.always:
                fired.append(register.always[rule.id])
                continue
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


class _Asked(dict[str, Logic]):
    """The rules as they are asked, condition by condition; each is made so when it is first asked."""

    def __init__(self, rules: dict[str, Rule]) -> None:
        super().__init__()
        self._rules = rules

    def __missing__(self, id_: str) -> Logic:
        logic = self[id_] = in_order(self._rules[id_].logic)
        return logic


class Register(dict[str, Rule]):
    """The rules by id in the guideline's order, and what evaluation looks up again and again.

    A doubled id stops the start.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        super().__init__()
        self._gates: dict[Hook, Gates] = {}
        self.asked = _Asked(self)
        for rule in rules:
            if rule.id in self:
                raise ValueError(f"recommendation {rule.id} is registered twice")
            self[rule.id] = rule
        self.place = {id_: index for index, id_ in enumerate(self)}
        advice = [rule for rule in self.values() if not rule.is_explanation]
        hooks: tuple[Hook, ...] = (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN, POPULATION)
        self.on_hook = {hook: tuple(rule for rule in advice if hook in rule.hooks) for hook in hooks}
        self.bits = {hook: {rule.id: 1 << at for at, rule in enumerate(on)} for hook, on in self.on_hook.items()}
        #: The texts without a condition of their own.
        self.always = {rule.id: Fired(rule, "info", Yes()) for rule in self.values() if rule.logic is always}
        self.explained_by: dict[str, list[Rule]] = {}
        for rule in self.values():
            for parent in rule.shown_with:
                self.explained_by.setdefault(parent, []).append(rule)

    def gates(self, hook: Hook) -> Gates:
        """What is asked before the rules of this hook, worked out on first use."""
        if hook not in self._gates:
            self._gates[hook] = gates(self.on_hook[hook], hook)
        return self._gates[hook]
