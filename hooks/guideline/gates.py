"""Which rules can be passed over in a case: those with a condition that is plainly false.

A rule that is `all_of(on_oral_bp(case), …)` cannot be true, nor unknown, for a patient who takes
no tablets. What decides several rules is therefore asked first, once, and the rules it rules out
are not asked at all. What decides a rule is read off the rules and predicates themselves
(deciding.py), so a rule needs no second statement of when it applies, and passing it over
can never change an answer (a test compares both ways).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Sequence
from functools import cache
from types import CodeType, FunctionType
from typing import NamedTuple

from hooks.guideline.case import CONDITIONS, MEDICATIONS, Case, Hook, absent
from hooks.guideline.courses import active, drugs_on_record
from hooks.guideline.deciding import Decider, Predicate, joins, refuting
from hooks.guideline.fractures import any_fracture
from hooks.guideline.logic import NO, No, Yes
from hooks.guideline.rule import Rule
from hooks.guideline.scope import condition, noted
from hooks.guideline.stepwise import stepwise

#: A condition asked first must spare at least this many rules.
_WORTHWHILE = 2


class Gate(NamedTuple):
    """A predicate, and which rules (bits by position) need it true, or false."""

    predicate: Predicate
    need_yes: int
    need_no: int


class Gates(NamedTuple):
    """What is asked before the rules of a hook.

    `recorded`: which rules need one of these names on record, by kind of record. `possible`: the
    rules that are not plainly false on this hook, whatever the patient.
    """

    shared: tuple[Gate, ...]
    recorded: dict[object, tuple[tuple[frozenset[str], int], ...]]
    possible: int


def gates(rules: Sequence[Rule], hook: Hook) -> Gates:
    """What decides these rules; of the predicates those that several need, the cheapest for what they spare first."""
    need: dict[Predicate, list[int]] = {}
    recorded: dict[object, dict[frozenset[str], int]] = {}
    possible = 0
    for position, rule in enumerate(rules):
        deciders = refuting(rule.logic, hook)
        if deciders is None:
            continue
        possible |= 1 << position
        for decider in deciders:
            if isinstance(decider, Decider):
                need.setdefault(decider.predicate, [0, 0])[decider.answer] |= 1 << position
            else:
                names = recorded.setdefault(decider.kind, {})
                names[decider.names] = names.get(decider.names, 0) | 1 << position
    for predicate in filter(joins, need):
        stepwise(predicate)
    shared = [Gate(predicate, yes, no) for predicate, (yes, no) in need.items()]
    shared = [gate for gate in shared if _spares(gate) >= _WORTHWHILE]
    shared.sort(key=lambda gate: weight(gate.predicate) / _spares(gate))
    return Gates(tuple(shared), {kind: tuple(names.items()) for kind, names in recorded.items()}, possible)


def _spares(gate: Gate) -> int:
    """How many rules one answer spares, at best."""
    return max(gate.need_yes.bit_count(), gate.need_no.bit_count())


def weight(predicate: Predicate) -> int:
    """How much work a predicate may be: how many functions it calls, and they."""
    reached: set[FunctionType] = set()
    todo: list[object] = [predicate]
    while todo:
        each = todo.pop()
        if isinstance(each, FunctionType) and each not in reached:
            reached.add(each)
            todo += _called(each)
    return len(reached)


@cache
def _called(function: FunctionType) -> list[object]:
    inner = inspect.unwrap(function)
    return [inner.__globals__.get(name) for name in _names(inner.__code__)]


def _names(code: CodeType) -> frozenset[str]:
    inner = [_names(each) for each in code.co_consts if isinstance(each, CodeType)]
    return frozenset(code.co_names).union(*inner)


def open_rules(every: Gates, case: Case) -> int:
    """The rules (bits by position) that nothing rules out in this case."""
    open_ = every.possible
    for kind, needed in every.recorded.items():
        try:
            found = _ON_RECORD[kind](case)
        except Exception:  # noqa: BLE001 - the rules that need it will break too, and say so
            continue
        if found is not None:
            for names, spared in needed:
                if names.isdisjoint(found):
                    open_ &= ~spared
    for predicate, need_yes, need_no in every.shared:
        # Nothing left to spare, or one rule that can as well be asked itself.
        if not ((yes := need_yes & open_) & (yes - 1) or (need_no and (no := need_no & open_) & (no - 1))):
            continue
        try:
            answer = predicate(case)
        except Exception:  # noqa: BLE001 - the rules that need it will break too, and say so
            continue
        if answer.__class__ is No:
            open_ &= ~need_yes
        elif answer.__class__ is Yes:
            open_ &= ~need_no
    return open_


def _conditions(case: Case) -> Collection[str] | None:
    """The concepts with a condition on record; None when they were not all delivered."""
    return set(case.facts.conditions) if absent(case, *CONDITIONS) is NO else None


def _notes(case: Case) -> Collection[str]:
    return set(case.facts.findings)


def _drugs(case: Case) -> Collection[str] | None:
    """The drugs that were ever on the medicine list; None when it was not all delivered."""
    return drugs_on_record(case) if absent(case, *MEDICATIONS) is NO else None


def _fractures(case: Case) -> Collection[str] | None:
    """Nothing when no fracture is on record; None when one is, or they were not all delivered."""
    return None if case.facts.fractures or absent(case, *CONDITIONS) is not NO else ()


_ON_RECORD: dict[object, Callable[[Case], Collection[str] | None]] = {
    condition: _conditions,
    noted: _notes,
    active: _drugs,
    any_fracture: _fractures,
}
