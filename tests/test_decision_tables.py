"""Every row of every decision table in tests/guideline, one test per row and recommendation."""

from __future__ import annotations

import pytest

from hooks.guideline.case import Case
from hooks.guideline.defaults import Defaults
from hooks.guideline.firing import Outcome, evaluate
from hooks.guideline.register import RULES
from tests.decision_table import Row, rows
from tests.vignette_facts import facts_of

CASES = [
    pytest.param(row, id_, expected, id=f"{row.table}: {id_}: {row.name}")
    for row in rows()
    for id_, expected in row.answers.items()
]


def _answer(outcome: Outcome, id_: str, expected: str) -> str:
    """What the entry answered, in the words of the tables; the indicator only where the table names it."""
    for fired in outcome.fired:
        if fired.rule.id == id_:
            return f"yes {fired.indicator}" if " " in expected else "yes"
    for rule, unknown in outcome.unknown:
        if rule.id == id_:
            return f"unknown: {', '.join(sorted(unknown.needs))}"
    if any(rule.id == id_ for rule, _ in outcome.silenced):
        return "silenced"
    return "broken" if id_ in outcome.broken else "no"


@pytest.mark.parametrize(("row", "id_", "expected"), CASES)
def test_table(row: Row, id_: str, expected: str) -> None:
    assert id_ in RULES, f"{id_} is not registered"
    case = Case(facts_of(row.vignette, missing=row.missing), row.vignette["hook"], Defaults(), RULES)
    if expected.startswith("unknown:"):
        needs = expected.removeprefix("unknown:").split(",")
        expected = f"unknown: {', '.join(sorted(need.strip() for need in needs))}"
    assert _answer(evaluate(case), id_, expected) == expected
