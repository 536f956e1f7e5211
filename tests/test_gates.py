"""Passing rules over, and asking them condition by condition, never changes an answer."""

from __future__ import annotations

import pytest

from hooks.guideline.case import Case
from hooks.guideline.defaults import Defaults
from hooks.guideline.firing import Outcome, evaluate
from hooks.guideline.logic import No, Yes
from hooks.guideline.register import RULES
from hooks.guideline.stepwise import in_order
from hooks.guideline.syntax import conditions
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
