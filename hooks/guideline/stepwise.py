"""A rule asked condition by condition: the first that is plainly false ends it.

all_of answers no as soon as any condition is no, so nothing that is left out could change the
answer; only the work is spared.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from types import CodeType, FunctionType

from hooks.guideline.case import ASK, Case
from hooks.guideline.logic import Answer, No, all_of
from hooks.guideline.syntax import called, returned


def in_order(logic: Callable[[Case], Answer]) -> Callable[[Case], Answer]:
    """The same rule, asked condition by condition. A rule that is no all_of comes back as it is."""
    expression = returned(logic)
    if not isinstance(expression, ast.Call) or called(expression) != "all_of" or len(expression.args) < 2:
        return logic
    if any(isinstance(argument, ast.Starred) for argument in expression.args):
        return logic
    function = inspect.unwrap(logic)
    # def asked(case, …): if (answer_0 := …).__class__ is No: return answer_0 … return all_of(answer_0, …)
    names = [f"answer_{number}" for number in range(len(expression.args))]
    module = ast.parse("def asked(case, No_, all_of_): pass")
    asked = module.body[0]
    assert isinstance(asked, ast.FunctionDef)
    asked.body = [_unless_no(name, argument) for name, argument in zip(names, expression.args, strict=True)]
    asked.body += ast.parse(f"return all_of_({', '.join(names)})").body
    code = compile(ast.fix_missing_locations(module), function.__code__.co_filename, "exec")
    inner = next(each for each in code.co_consts if isinstance(each, CodeType))
    return FunctionType(inner, function.__globals__, function.__name__, (No, all_of))


def stepwise(predicate: Callable[[Case], Answer]) -> None:
    """From now on the predicate is worked out condition by condition."""
    quick = in_order(predicate)
    if quick is not predicate:
        getattr(predicate, ASK)(quick)


def _unless_no(name: str, argument: ast.expr) -> ast.stmt:
    load, store = ast.Name(name, ast.Load()), ast.Name(name, ast.Store())
    kind = ast.Attribute(ast.NamedExpr(store, argument), "__class__", ast.Load())
    return ast.If(ast.Compare(kind, [ast.Is()], [ast.Name("No_", ast.Load())]), [ast.Return(load)], [])
