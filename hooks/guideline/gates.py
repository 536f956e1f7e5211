"""Which rules can be passed over in a case: those with a condition that is plainly false.

A rule that is `all_of(on_oral_bp(case), …)` cannot be true, nor unknown, for a patient who takes
no tablets. The conditions that several rules share are therefore asked first, once, and the
rules they rule out are not asked at all. The conditions are read off the rules themselves
(their syntax), so a rule needs no second statement of when it applies, and passing it over
can never change an answer (a test compares both ways).
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from hooks.guideline.case import Case
from hooks.guideline.logic import Answer, No, Yes, all_of
from hooks.guideline.rule import Rule

Predicate = Callable[[Case], Answer]
#: A condition asked first must spare at least this many rules.
_WORTHWHILE = 2


@dataclass(frozen=True, slots=True)
class Gate:
    """A predicate that rules share, and which of them (bits by position) need it true, or false."""

    predicate: Predicate
    need_yes: int
    need_no: int


@cache
def _functions(module: str) -> dict[str, ast.FunctionDef]:
    """The functions of a module by name, as syntax; a module is read once."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def returned(logic: Callable[[Case], Answer]) -> ast.expr | None:
    """What a rule returns, as syntax, when that is all it does; None for anything longer."""
    function = inspect.unwrap(logic)
    node = _functions(function.__module__).get(function.__name__)
    if node is None:
        return None
    statements = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if len(statements) == 1 and isinstance(statements[0], ast.Return):
        return statements[0].value
    return None


def conditions(logic: Callable[[Case], Answer]) -> list[ast.expr]:
    """The conditions a rule joins by all_of; its whole expression when it joins none."""
    expression = returned(logic)
    if expression is None:
        return []
    if called(expression) == "all_of" and isinstance(expression, ast.Call):
        return [expression] if any(isinstance(a, ast.Starred) for a in expression.args) else expression.args
    return [expression]


def called(node: ast.AST) -> str:
    """The name of the function a call calls."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


def _needs(rule: Rule) -> Iterator[tuple[Predicate, bool]]:
    """The predicates of the case alone that the rule needs, and whether true or false."""
    names = inspect.unwrap(rule.logic).__globals__
    for node in conditions(rule.logic):
        wanted = called(node) != "no"
        inner = node if wanted or not isinstance(node, ast.Call) else node.args[0]
        if not (isinstance(inner, ast.Call) and len(inner.args) == 1 and not inner.keywords):
            continue
        argument = inner.args[0]
        found = names.get(called(inner))
        if isinstance(argument, ast.Name) and argument.id == "case" and callable(found):
            yield found, wanted


def gates(rules: Sequence[Rule]) -> tuple[Gate, ...]:
    """The shared conditions of these rules, those that could spare most first."""
    need: dict[Predicate, list[int]] = {}
    for position, rule in enumerate(rules):
        for predicate, wanted in _needs(rule):
            need.setdefault(predicate, [0, 0])[not wanted] |= 1 << position
    found = [Gate(predicate, yes, no) for predicate, (yes, no) in need.items()]
    found = [gate for gate in found if (gate.need_yes | gate.need_no).bit_count() >= _WORTHWHILE]
    return tuple(sorted(found, key=lambda gate: -(gate.need_yes | gate.need_no).bit_count()))


def in_order(logic: Callable[[Case], Answer]) -> Callable[[Case], Answer]:
    """The same rule, asked condition by condition: the first that is plainly false ends it.

    all_of answers no as soon as any condition is no, so nothing that is left out could change the
    answer; only the work is spared. A rule that is no all_of comes back as it is.
    """
    expression = returned(logic)
    if not isinstance(expression, ast.Call) or called(expression) != "all_of" or len(expression.args) < _WORTHWHILE:
        return logic
    if any(isinstance(argument, ast.Starred) for argument in expression.args):
        return logic
    function = inspect.unwrap(logic)
    module = ast.parse("def asked(case): pass")
    asked = module.body[0]
    assert isinstance(asked, ast.FunctionDef)
    asked.body = []
    for number, argument in enumerate(expression.args):
        asked.body += ast.parse(
            f"answer_{number} = None\nif answer_{number}.__class__ is No_: return answer_{number}"
        ).body
        assignment = asked.body[-2]
        assert isinstance(assignment, ast.Assign)
        assignment.value = argument
    answers = ", ".join(f"answer_{number}" for number in range(len(expression.args)))
    asked.body += ast.parse(f"return all_of({answers})").body
    names = function.__globals__ | {"No_": No, "all_of": all_of}
    exec(compile(ast.fix_missing_locations(module), function.__code__.co_filename, "exec"), names)
    found: Callable[[Case], Answer] = names["asked"]
    return found


def open_rules(rules: Sequence[Rule], shared: Sequence[Gate], case: Case) -> Iterator[Rule]:
    """The rules that no shared condition rules out in this case, in order."""
    closed = 0
    every = (1 << len(rules)) - 1
    for gate in shared:
        if not (gate.need_yes | gate.need_no) & ~closed:
            continue
        try:
            answer = gate.predicate(case)
        except Exception:  # noqa: BLE001 - the rules that need it will break too, and say so
            continue
        if isinstance(answer, No):
            closed |= gate.need_yes
        elif isinstance(answer, Yes):
            closed |= gate.need_no
    left = every & ~closed
    while left:
        lowest = left & -left
        yield rules[lowest.bit_length() - 1]
        left ^= lowest
