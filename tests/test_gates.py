"""Passing rules over, and asking them condition by condition, never changes an answer."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from random import Random
from typing import Any

import pytest

from fhir_mappings.facts import PatientFacts
from hooks.guideline.case import ASK, Case, Hook
from hooks.guideline.deciding import Decider, refuting
from hooks.guideline.defaults import Defaults
from hooks.guideline.denosumab import continued_or_overdue, next_injection_near
from hooks.guideline.firing import Outcome, evaluate
from hooks.guideline.gates import _ON_RECORD, open_rules
from hooks.guideline.logic import No, Yes
from hooks.guideline.register import RULES
from hooks.guideline.stepwise import in_order
from hooks.guideline.syntax import conditions, definition
from hooks.guideline.tablets import on_oral_bp
from tests.vignette_facts import facts_of
from tests.vignette_requests import hook_of, load_vignettes

VIGNETTES = load_vignettes()
SOURCES = ("conditions", "observations", "medicationRequests", "serviceRequests")


def case(index: int, missing: tuple[str, ...] = ()) -> Case:
    vignette = VIGNETTES[index]
    return Case(facts_of(vignette, missing=missing), hook_of(vignette), Defaults(), RULES)  # type: ignore[arg-type]


def answered(outcome: Outcome) -> set[str]:
    """Every rule of which evaluation says that it is not plainly false."""
    fired = {f.rule.id for f in outcome.fired if not f.rule.is_explanation}
    return fired | {rule.id for rule, _ in outcome.unknown} | {rule.id for rule, _ in outcome.silenced}


@pytest.mark.parametrize("missing", [(), *((source,) for source in SOURCES)], ids=lambda m: "".join(m) or "all")
def test_what_is_passed_over_is_plainly_false(missing: tuple[str, ...]) -> None:
    for index in range(0, len(VIGNETTES), 1 if not missing else 7):
        asked = case(index, missing)
        outcome = evaluate(asked)
        plainly = case(index, missing)
        for rule in RULES.on_hook[asked.hook]:
            answer = rule.logic(plainly)
            left_out = rule.id not in answered(outcome)
            # an unknown that is silenced is named nowhere; a yes never is left out
            assert not (left_out and isinstance(answer, Yes)), f"{VIGNETTES[index]['id']} {rule.id}"


@pytest.mark.parametrize("hook", RULES.on_hook)
@pytest.mark.parametrize(
    "missing", [(), *((source,) for source in SOURCES), SOURCES], ids=lambda m: "+".join(m) or "all"
)
def test_what_the_gates_close_is_plainly_false_on_every_hook(missing: tuple[str, ...], hook: Hook) -> None:
    """Unknown too keeps a rule open: passed over is only what a doctor would call no."""
    passed_over = 0
    for index in range(len(missing), len(VIGNETTES), 6):
        facts = facts_of(VIGNETTES[index], missing=missing)
        left = open_rules(RULES.gates(hook), Case(facts, hook, Defaults(), RULES))
        plainly = Case(facts, hook, Defaults(), RULES)
        for position, rule in enumerate(RULES.on_hook[hook]):
            if not left >> position & 1:
                passed_over += 1
                assert isinstance(rule.logic(plainly), No), f"{VIGNETTES[index]['id']} {rule.id}"
    assert passed_over > 0


def test_what_the_gates_close_is_plainly_false_for_patients_nobody_thought_of() -> None:
    """Every kind of fact from another worked patient: combinations that no vignette has."""
    chance = Random(20250310)  # the same mixtures in every run
    names = [field.name for field in fields(PatientFacts) if field.name not in ("as_of", "patient_id")]
    passed_over = 0
    for _ in range(2000):
        own, other = (facts_of(each) for each in chance.sample(VIGNETTES, 2))
        mixed = replace(own, **{name: getattr(other, name) for name in names if chance.random() < 0.4})
        hook = chance.choice(list(RULES.on_hook))
        left = open_rules(RULES.gates(hook), Case(mixed, hook, Defaults(), RULES))
        plainly = Case(mixed, hook, Defaults(), RULES)
        for position, rule in enumerate(RULES.on_hook[hook]):
            if not left >> position & 1:
                passed_over += 1
                assert isinstance(rule.logic(plainly), No), rule.id
    assert passed_over > 0


@pytest.mark.parametrize("kind", _ON_RECORD, ids=lambda kind: kind.__name__)
def test_a_gate_that_breaks_spares_nothing_and_takes_nothing_down(
    monkeypatch: pytest.MonkeyPatch, kind: object
) -> None:
    def broken(_case: Case) -> None:
        raise ZeroDivisionError

    whole = evaluate(case(0))
    monkeypatch.setitem(_ON_RECORD, kind, broken)
    assert evaluate(case(0)) == whole


def test_a_predicate_is_decided_by_what_it_names() -> None:
    """Five years of tablets need tablets; nothing is drafted while the record is looked at."""
    tablets = refuting(RULES["DUR-2"].logic, "patient-view")
    assert tablets is not None
    assert Decider(on_oral_bp, False) in tablets
    near, drafted = refuting(next_injection_near, "patient-view"), refuting(next_injection_near, "order-sign")
    assert near is not None
    assert drafted is not None
    assert Decider(continued_or_overdue, False) in near - drafted


def functions() -> dict[str, Callable[..., Any]]:
    """Every function of the rules and their predicates, by module and name."""
    modules = [module for name, module in sys.modules.items() if name.startswith("hooks.guideline.")]
    found = [each for module in modules for each in vars(module).values() if inspect.isfunction(each)]
    return {f"{each.__module__}.{each.__name__}": each for each in found if each.__module__.startswith("hooks.")}


def test_a_predicate_asked_step_by_step_gives_the_same_answer() -> None:
    """Also when it is no: the explanation shows the values of the first condition that failed."""
    for hook in RULES.on_hook:
        RULES.gates(hook)
    predicates = {name: each for name, each in functions().items() if hasattr(each, ASK)}
    for index in range(0, len(VIGNETTES), 11):
        quick, whole = case(index), case(index)
        for name, each in predicates.items():
            assert each(quick) == inspect.unwrap(each)(whole), f"{VIGNETTES[index]['id']} {name}"


def test_a_function_is_read_whole() -> None:
    for name, each in functions().items():
        function = inspect.unwrap(each)
        read, written = definition(function), ast.parse(inspect.getsource(function)).body[0]
        assert isinstance(written, ast.FunctionDef)
        assert read is not None, name
        assert ast.dump(ast.Module(read.body, [])) == ast.dump(ast.Module(written.body, [])), name


def test_condition_by_condition_is_the_same_rule() -> None:
    for index in range(0, len(VIGNETTES), 5):
        quick, whole = case(index), case(index)
        for rule in RULES.on_hook[quick.hook]:
            first, second = in_order(rule.logic)(quick), rule.logic(whole)
            assert type(first) is type(second), f"{VIGNETTES[index]['id']} {rule.id}"
            if not isinstance(first, No):
                assert first == second


def test_the_conditions_of_almost_every_rule_are_read() -> None:
    unread = [rule.id for rule in RULES.values() if not rule.is_explanation and not conditions(rule.logic)]
    assert unread == []
