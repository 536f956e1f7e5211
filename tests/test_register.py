"""The register says what the catalogue says: every id once, with its title, section, strength, card and hooks."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from hooks.guideline.case import Case
from hooks.guideline.firing import Register
from hooks.guideline.logic import YES, Answer
from hooks.guideline.register import RULES, catalogue
from hooks.guideline.rule import Group

LINES = {
    line["id"]: line
    for line in csv.DictReader((files("hooks.guideline") / "catalogue.csv").read_text(encoding="utf-8").splitlines())
}


def _names(cell: str) -> set[str]:
    return {name.strip() for name in cell.split(",") if name.strip()}


def test_every_recommendation_of_the_catalogue_is_implemented() -> None:
    assert [entry.id for entry in catalogue() if not entry.implemented] == []
    assert set(RULES) == set(LINES)


@pytest.mark.parametrize("id_", RULES)
def test_a_rule_stands_as_in_the_catalogue(id_: str) -> None:
    rule, line = RULES[id_], LINES[id_]
    assert (rule.title, rule.section, rule.strength, rule.card) == tuple(
        line[column] for column in ("title", "section", "strength", "card")
    )
    if rule.is_explanation:
        assert line["hook"] == "explanation"
        assert set(rule.shown_with) == _names(line["shown_with"])
    else:
        assert set(rule.hooks) == _names(line["hook"])


@pytest.mark.parametrize("id_", [i for i, rule in RULES.items() if isinstance(rule.indicator, str)])
def test_a_fixed_indicator_is_the_catalogues(id_: str) -> None:
    assert RULES[id_].indicator == LINES[id_]["indicator"]


@pytest.mark.parametrize("id_", [i for i, rule in RULES.items() if not isinstance(rule.indicator, str)])
def test_an_indicator_that_varies_does_so_in_the_catalogue(id_: str) -> None:
    assert LINES[id_]["indicator"] not in ("info", "warning", "critical")


def test_explanations_go_with_recommendations_that_exist() -> None:
    unknown = {other for rule in RULES.values() for other in rule.shown_with if other not in RULES}
    assert unknown == set()


def test_a_doubled_id_stops_the_start() -> None:
    group = Group(1, "twice")

    def always(_case: Case) -> Answer:
        return YES

    for _ in range(2):
        group.rule("A-1", "a", section="§1", strength="may", card="C-STATUS", hooks=("patient-view",))(always)
    with pytest.raises(ValueError, match="A-1 is registered twice"):
        Register(tuple(group.rules))
