"""A rule read back: its conditions in words, and which of them decided in a case.

The words are made from the rule itself (its expression, the predicates' names, the
thresholds), so that what is explained can never differ from what is computed.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import CodeType
from typing import Any

from hooks.guideline.case import Case
from hooks.guideline.defaults import Defaults
from hooks.guideline.logic import Answer, No, Unknown, Yes
from hooks.guideline.rule import Rule
from hooks.guideline.thresholds import THRESHOLDS

_COMPARISONS = {"at_most": "≤", "below": "<", "at_least": "≥", "above": ">", "equals": "="}
#: name of a predicate -> its words; {0}, {1} … stand for its arguments.
Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule: its syntax, and the compiled expression that answers it."""

    node: ast.expr
    code: CodeType
    names: dict[str, Any]

    def ask(self, case: Case) -> Answer:
        """The condition's answer in this case."""
        answer = eval(self.code, self.names, {"case": case})
        assert isinstance(answer, Yes | No | Unknown)
        return answer


@cache
def clauses(logic: Callable[[Case], Answer]) -> tuple[Clause, ...]:
    """The conditions of a rule that is one `return all_of(...)`; otherwise its whole as one condition."""
    function = inspect.unwrap(logic)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    body = getattr(tree.body[0], "body", None)
    if not isinstance(body, list):
        return ()
    statements = [s for s in body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    if len(statements) != 1 or not isinstance(statements[0], ast.Return) or statements[0].value is None:
        return ()
    expression = statements[0].value
    nodes = expression.args if _called(expression) == "all_of" and isinstance(expression, ast.Call) else [expression]
    if any(isinstance(node, ast.Starred) for node in nodes):
        nodes = [expression]
    globals_ = function.__globals__
    return tuple(Clause(node, compile(ast.Expression(node), "<rule>", "eval"), globals_) for node in nodes)


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition in words with its answer."""

    words: str
    answer: Answer


def decisions(rule: Rule, case: Case, words: Words) -> list[Decision]:
    """Each condition of the rule with its answer in this case; empty when the rule is no plain conjunction."""
    names = inspect.unwrap(rule.logic).__globals__
    return [Decision(in_words(c.node, names, words, case.defaults), c.ask(case)) for c in clauses(rule.logic)]


def sentence(rule: Rule, words: Words, defaults: Defaults) -> str:
    """The whole rule in words."""
    names = inspect.unwrap(rule.logic).__globals__
    parts = [in_words(c.node, names, words, defaults) for c in clauses(rule.logic)]
    joiner = f" {words['and']} "
    return joiner.join(parts) if parts else " ".join((rule.logic.__doc__ or "").split())


def in_words(node: ast.AST, names: Mapping[str, Any], words: Words, defaults: Defaults) -> str:
    """An expression of a rule in words."""

    def say(part: ast.AST) -> str:
        return in_words(part, names, words, defaults)

    called = _called(node)
    if isinstance(node, ast.Call):
        if called in ("all_of", "any_of"):
            joiner = f" {words['and' if called == 'all_of' else 'or']} "
            return f"({joiner.join(say(a) for a in node.args)})"
        if called == "no":
            return f"{words['not']} {say(node.args[0])}"
        if called == "yes_if":
            return say(node.args[0])
        if called in _COMPARISONS:
            return f"{say(node.args[0])} {_COMPARISONS[called]} {say(node.args[1])}"
        return _predicate(called or ast.unparse(node.func), [say(a) for a in node.args if not _is_case(a)], words)
    if isinstance(node, ast.Name):
        return _name(node.id, names, words)
    if isinstance(node, ast.Attribute):
        return _default(node.attr, words, defaults)
    if isinstance(node, ast.Constant):
        return words.get(str(node.value), str(node.value))
    if isinstance(node, ast.Starred):
        return say(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return f"{words['not']} {say(node.operand)}"
    return ast.unparse(node)


def _is_case(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "case"


def _name(name: str, names: Mapping[str, Any], words: Words) -> str:
    if name in THRESHOLDS:
        threshold = THRESHOLDS[name]
        return f"{threshold.value:g} {threshold.unit}".replace("-", "−", 1)
    found = names.get(name)
    if isinstance(found, frozenset | tuple | set):
        return ", ".join(words.get(str(item), str(item)) for item in sorted(map(str, found)))
    return words.get(name, name)


def _default(name: str, words: Words, defaults: Defaults) -> str:
    if hasattr(defaults, name):
        unit = Defaults.__dataclass_fields__[name].metadata["unit"]
        return f"{getattr(defaults, name):g} {unit}"
    return words.get(name, name)


def _predicate(name: str, arguments: list[str], words: Words) -> str:
    template = words.get(name)
    if template is None:
        return f"{name.replace('_', ' ')}{' ' + ', '.join(arguments) if arguments else ''}"
    for index, argument in enumerate(arguments):
        template = template.replace(f"{{{index}}}", argument)
    return template.replace("{*}", ", ".join(arguments))
