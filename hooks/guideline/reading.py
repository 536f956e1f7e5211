"""A rule read back: its conditions in words, and which of them decided in a case.

The words are made from the rule itself (its expression, the predicates' names, the
thresholds), so that what is explained can never differ from what is computed. What a name is
called in a language comes from outside (`Words`); nothing here knows a language.
"""

from __future__ import annotations

import ast
import inspect
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hooks.guideline.case import Case
from hooks.guideline.defaults import Defaults
from hooks.guideline.logic import Answer, No, Unknown, Yes
from hooks.guideline.rule import Rule, always
from hooks.guideline.syntax import called, conditions
from hooks.guideline.thresholds import THRESHOLDS

log = logging.getLogger(__name__)

_COMPARISONS = {"at_most": "≤", "below": "<", "at_least": "≥", "above": ">", "equals": "="}
#: Calls that add nothing to what stands in them.
_TRANSPARENT = frozenset({"yes_if", "int", "sorted"})
#: Name -> words. Of a predicate or a collection by its name; of a vocabulary name as `block.name`
#: (drug.calcium); of a unit as `unit.months`; besides `and`, `or`, `not` and the `decimal` sign.
#: In words, {0}, {1} … stand for the arguments after `case`, {1*} for those from there on and {*}
#: for all, joined by "or"; {0:drug} takes the argument for a name of that block. {MARKER_FALL} is
#: a threshold, {low_bmi} a default, any other name the words of that name.
Words = Mapping[str, str]
_PARENTHESES = re.compile(r"\(.*\)")
_PLACE = re.compile(r"\{(?:(\d*)(\*?)(?::(\w+))?|(\w+))\}")


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of a rule: its syntax, the names it may use, and what answers it."""

    node: ast.expr
    names: Mapping[str, Any]
    answer: Callable[[Case], Any]

    def ask(self, case: Case) -> Answer:
        """The condition's answer in this case."""
        answer = self.answer(case)
        assert isinstance(answer, Yes | No | Unknown)
        return answer


@cache
def clauses(logic: Callable[[Case], Answer]) -> tuple[Clause, ...]:
    """The conditions a rule joins by all_of; a rule that is itself a named predicate is one condition."""
    function = inspect.unwrap(logic)
    named = function is not logic
    nodes = [_asked(function.__name__)] if named else conditions(logic)
    return tuple(Clause(node, function.__globals__, _answering(node, function.__globals__)) for node in nodes)


def _answering(node: ast.expr, names: dict[str, Any]) -> Callable[[Case], Any]:
    """A function of the case that is this expression (not the bare expression: lambdas in it see the case)."""
    function = ast.parse("lambda case: None", mode="eval")
    assert isinstance(function.body, ast.Lambda)
    function.body.body = node
    return eval(compile(function, "<rule>", "eval"), names)  # type: ignore[no-any-return]


def _asked(predicate: str) -> ast.expr:
    return ast.parse(f"{predicate}(case)", mode="eval").body


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition in words with its answer; None when asking it broke."""

    words: str
    answer: Answer | None


def decisions(rule: Rule, case: Case, words: Words) -> list[Decision]:
    """Each condition of the rule with its answer in this case."""
    return [Decision(_in_words(c, words, case.defaults), _told(c, rule, case)) for c in clauses(rule.logic)]


def _told(clause: Clause, rule: Rule, case: Case) -> Answer | None:
    """The answer; a condition behind one that already decided may never have been asked, and may break."""
    try:
        return clause.ask(case)
    except Exception:  # shown as broken and logged, never swallowed
        log.exception("condition failed", extra={"recommendation": rule.id})
        return None


def sentence(rule: Rule, words: Words, defaults: Defaults) -> str:
    """The whole rule in words. KeyError for a name without words (a test keeps it from happening)."""
    parts = [_in_words(c, words, defaults) for c in clauses(rule.logic)]
    return "; ".join([*parts[:-1], f"{words['and']} {parts[-1]}"] if len(parts) > 1 else parts)


def numbers_said(rule: Rule, words: Words) -> set[str]:
    """Names of the thresholds and defaults that the rule's sentence names, however deep they are used."""
    found: set[str] = set()
    for clause in () if rule.logic is always else clauses(rule.logic):
        _Reader(clause.names, words, Defaults(), found).say(clause.node)
    return found


def _in_words(clause: Clause, words: Words, defaults: Defaults) -> str:
    return _Reader(clause.names, words, defaults, set()).say(clause.node, inside=False)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Says the expressions of one rule: the names they may use, the words, and the deployment's numbers.

    `numbers` collects the names of the numbers that were said.
    """

    names: Mapping[str, Any]
    words: Words
    defaults: Defaults
    numbers: set[str]

    def say(self, node: ast.AST, *, inside: bool = True) -> str:
        """An expression in words; `inside` another one, what joins several stands in parentheses."""
        match node:
            case ast.Call():
                return self._call(node, inside)
            case ast.UnaryOp(op=ast.Not()):
                return f"{self.words['not']} {self.say(node.operand)}"
            case ast.Attribute():
                return self._named(node.attr)
            case ast.Name():
                return self._named(node.id)
            case ast.Lambda():
                return self.say(node.body)
            case ast.Constant():
                return str(node.value)
        return ast.unparse(node)

    def _call(self, node: ast.Call, inside: bool) -> str:
        name = called(node)
        if name in ("all_of", "any_of"):
            joined = self._joined(node.args, *(("and", "or") if name == "all_of" else ("or", "and")))
            return f"({joined})" if inside else joined
        if name == "no":
            return f"{self.words['not']} {self.say(node.args[0])}"
        if name in _TRANSPARENT:
            return self.say(node.args[0], inside=inside)
        if name in _COMPARISONS:
            return f"{self.say(node.args[0])} {_COMPARISONS[name]} {self.say(node.args[1])}"
        return self._fill(self.words[name], [each for each in node.args if not _is_case(each)])

    def _joined(self, nodes: Sequence[ast.expr], by: str, other: str) -> str:
        """Expressions joined; what could be read apart, or a "not" that could reach on, stands in parentheses."""
        parts = []
        for node in nodes:
            part = self.say(node)
            outside = _PARENTHESES.sub("", f"{part} ")
            negated = called(node) == "no"
            apart = any(f" {self.words[word]} " in outside for word in ((other, by) if negated else (other,)))
            parts.append(f"({part})" if apart or (negated and node is not nodes[-1]) else part)
        return f" {self.words[by]} ".join(parts)

    def _fill(self, template: str, arguments: Sequence[ast.expr] = ()) -> str:
        """Words with what their places stand for."""

        def stands(place: re.Match[str]) -> str:
            index, star, block, name = place.groups()
            if name:
                return self._named(name)
            first = int(index or 0)
            chosen = arguments[first:] if star else arguments[first : first + 1]
            return self._either([item for node in chosen for item in self._items(node, block)])

        return _PLACE.sub(stands, template)

    def _items(self, node: ast.expr, block: str | None) -> list[str]:
        """What an argument names, each in words: one thing, or the members of a collection."""
        match node:
            case ast.Starred():
                return self._items(node.value, block)
            case ast.Tuple():
                return [item for each in node.elts for item in self._items(each, block)]
            case ast.Call() if called(node) == "sorted":
                return self._items(node.args[0], block)
            case ast.Name() if block and node.id not in self.words:
                found = self.names[node.id]
                members = found if isinstance(found, tuple) else sorted(found)
                return [self._fill(self.words[f"{block}.{member}"]) for member in members]
            case ast.Constant() if block:
                return [self._fill(self.words[f"{block}.{node.value!s}"])]
        return [self.say(node)]

    def _either(self, items: Sequence[str]) -> str:
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.words['or']} {items[-1]}"

    def _named(self, name: str) -> str:
        if name in THRESHOLDS:
            self.numbers.add(name)
            return self._number(THRESHOLDS[name].value, THRESHOLDS[name].unit)
        if name in Defaults.__dataclass_fields__:
            self.numbers.add(name)
            return self._number(getattr(self.defaults, name), Defaults.__dataclass_fields__[name].metadata["unit"])
        return self._fill(self.words[name])

    def _number(self, value: float, unit: str) -> str:
        # A T-score is always written with its decimal: −1.0.
        digits = f"{value:.1f}" if unit == "SD" else f"{value:g}"
        written = digits.replace("-", "−").replace(".", self.words["decimal"])
        single = f"unit.{unit}.one"
        return f"{written} {self.words[single if value == 1 and single in self.words else f'unit.{unit}']}"


def _is_case(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "case"
