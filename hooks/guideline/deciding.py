"""Which single predicates decide a rule: those it cannot be true, nor unknown, without.

`all_of(on_oral_bp(case), …)` is plainly false for a patient who takes no tablets; so is a rule
that asks `months_on_oral(case, 60)`, because that asks whether tablets are taken. This is read off
the rules and the predicates themselves (their syntax), through every predicate they name.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from functools import cache, reduce
from typing import Any, NamedTuple

from hooks.guideline.case import PATIENT_VIEW, POPULATION, Case, Hook, at_patient_view, recorded
from hooks.guideline.courses import active
from hooks.guideline.drafted import (
    bone_drug_drafted,
    draft_glucocorticoid,
    draft_medication,
    draft_referral,
    draft_service,
    draft_stop,
    supplement_drafted,
)
from hooks.guideline.fractures import any_fracture
from hooks.guideline.logic import NO, YES, Answer, all_of, any_of, no
from hooks.guideline.scope import any_condition, condition, noted
from hooks.guideline.starting import oral_bp_drafted, renewal_draft, start_draft, start_or_renewal_any
from hooks.guideline.supplements import calcium_drafted
from hooks.guideline.syntax import called, definition

Predicate = Callable[[Case], Answer]


class Decider(NamedTuple):
    """A predicate of the case with the answer that alone decides, whatever else is known."""

    predicate: Predicate
    answer: bool


class OnRecord(NamedTuple):
    """A kind of record and its names: with none of them on a complete record the rule is plainly false."""

    kind: Callable[..., Answer]
    names: frozenset[str]


Deciders = frozenset[Decider | OnRecord]
_NONE: Deciders = frozenset()
#: What is written plainly (`return NO`): decided, whatever the predicates say.
_ALWAYS: Deciders = frozenset({Decider(lambda _case: NO, False)})
#: Conditions that need something of these names on record.
_KINDS: dict[Callable[..., Answer], Callable[..., Answer]] = {
    condition: condition,
    any_condition: condition,
    noted: noted,
    active: active,
    any_fracture: any_fracture,
}
#: What is drafted: nothing, while the record is looked at.
_DRAFTED: frozenset[Callable[..., Answer]] = frozenset(
    {
        *(draft_medication, draft_service, draft_stop, draft_referral, draft_glucocorticoid, bone_drug_drafted),
        *(start_draft, renewal_draft, start_or_renewal_any, oral_bp_drafted, supplement_drafted, calcium_drafted),
    }
)
#: A function that calls several others and none of these is decided by nothing but itself; it is not read.
_JOINING = frozenset(
    function.__name__ for function in (all_of, any_of, no, recorded, at_patient_view, *_KINDS, *_DRAFTED)
)


def refuting(logic: Predicate, hook: Hook) -> Deciders | None:
    """What makes the rule or predicate plainly false on this hook, each by itself; None: it always is."""
    found = _deciding(logic, False, hook)
    return None if found is _ALWAYS else found


def joins(function: Callable[..., Answer]) -> bool:
    """Whether it puts its answer together from others."""
    return not _JOINING.isdisjoint(_named(function))


def _named(function: Callable[..., Answer]) -> tuple[str, ...]:
    code = getattr(inspect.unwrap(function), "__code__", None)
    return () if code is None else code.co_names


@cache
def _deciding(function: Callable[..., Answer], answer: bool, hook: Hook) -> Deciders:
    if function is at_patient_view:
        return _ALWAYS if answer == (hook == PATIENT_VIEW) else _NONE
    if function in _DRAFTED and hook in (PATIENT_VIEW, POPULATION):
        return _NONE if answer else _ALWAYS
    inner = inspect.unwrap(function)
    own: Deciders = frozenset({Decider(function, answer)}) if inner is not function else _NONE
    if not (len(_named(function)) == 1 or joins(function)) or (node := definition(inner)) is None:
        return own
    returns = [statement.value for statement in _returns(node) if statement.value is not None]
    found = _each([_of(value, _Where(inner.__globals__, hook), answer) for value in returns])
    return found if found is _ALWAYS else own | found


def _returns(node: ast.AST) -> Iterator[ast.Return]:
    """The function's own returns, not those of functions within it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return):
            yield child
        elif not isinstance(child, ast.FunctionDef | ast.Lambda | ast.expr):
            yield from _returns(child)


def _any(found: list[Deciders]) -> Deciders:
    """What decides any of them."""
    return _ALWAYS if _ALWAYS in found else reduce(frozenset.union, found, _NONE)


def _each(found: list[Deciders]) -> Deciders:
    """What decides all of them; those that are decided anyway do not count."""
    open_ = [each for each in found if each is not _ALWAYS]
    if not open_:
        return _ALWAYS if found else _NONE
    return reduce(frozenset.intersection, open_)


class _Where(NamedTuple):
    """Where an expression stands: the names of its module, and the hook asked about."""

    names: dict[str, Any]
    hook: Hook


def _of(node: ast.expr, where: _Where, answer: bool) -> Deciders:
    """What makes this expression yes (`answer`) or no, each by itself."""
    names = where.names
    if isinstance(node, ast.Name):
        return _ALWAYS if names.get(node.id) is (YES if answer else NO) else _NONE
    if isinstance(node, ast.IfExp):
        return _each([_of(node.body, where, answer), _of(node.orelse, where, answer)])
    function = names.get(called(node))
    if not isinstance(node, ast.Call) or not callable(function):
        return _NONE
    if function is all_of or function is any_of:
        starred = any(isinstance(each, ast.Starred) for each in node.args)
        parts = [_of(each, where, answer) for each in node.args if not isinstance(each, ast.Starred)]
        if answer == (function is any_of):
            return _any(parts)
        return _NONE if starred else _each(parts)
    if function is no:
        return _of(node.args[0], where, not answer)
    if not node.args or not isinstance(node.args[0], ast.Name) or node.args[0].id != "case":
        return _NONE
    if function is recorded:
        return _of(node.args[1], where, answer)
    if function in _KINDS:
        return _NONE if answer else _on_record(_KINDS[function], node.args[1:], names)
    return _deciding(function, answer, where.hook)


def _on_record(kind: Callable[..., Answer], nodes: list[ast.expr], names: dict[str, Any]) -> Deciders:
    if kind is any_fracture:
        return frozenset({OnRecord(kind, frozenset())})
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
            continue
        inner = node.value if isinstance(node, ast.Starred) else node
        inner = inner.args[0] if isinstance(inner, ast.Call) and called(inner) == "sorted" else inner
        members = names.get(inner.id) if isinstance(inner, ast.Name) else None
        if not isinstance(node, ast.Starred) or not isinstance(members, tuple | frozenset):
            return _NONE
        found.update(members)
    return frozenset({OnRecord(kind, frozenset(found))})
