"""Rules and predicates as syntax: what they return, and the conditions they join.

Only the lines of the function asked about are read, not the file they stand in.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable
from functools import cache
from typing import Any

from hooks.guideline.case import Case
from hooks.guideline.logic import Answer


@cache
def definition(function: Callable[..., Any]) -> ast.FunctionDef | None:
    """The function's own `def`; None for a lambda, a method or what has no source."""
    code = getattr(function, "__code__", None)
    if code is None or function.__qualname__ != function.__name__:
        return None
    last = max(line for _, _, line in code.co_lines() if line is not None)
    lines = linecache.getlines(code.co_filename, function.__globals__)[code.co_firstlineno - 1 :]
    begin = next((at for at, line in enumerate(lines) if line.startswith(f"def {function.__name__}(")), None)
    if begin is None:
        return None
    # The last line with code may end a call that goes on; the body ends where the indentation does.
    end = max(last - code.co_firstlineno + 1, begin + 1)
    while end < len(lines) and (lines[end][:1].isspace() and lines[end].strip()):
        end += 1
    node = ast.parse("".join(lines[begin:end])).body[0]
    return node if isinstance(node, ast.FunctionDef) else None


def returned(logic: Callable[[Case], Answer]) -> ast.expr | None:
    """What a rule returns, as syntax, when that is all it does; None for anything longer."""
    node = definition(inspect.unwrap(logic))
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
