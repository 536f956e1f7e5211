"""The built-in patients tell the guideline's main stories, on any day."""

from __future__ import annotations

from datetime import date

import orjson
import pytest

from cds_service.workbench.examples import IDS, day, example
from cds_service.workbench.words import words
from fhir_mappings.codes import lookup
from hooks.language import LANGUAGES, LanguageCode
from tests.workbench import Workbench, area, fired, summaries

DAYS = (date(2024, 2, 29), date(2025, 3, 10), date(2025, 8, 31), date(2027, 1, 1))


@pytest.mark.parametrize("today", DAYS, ids=str)
@pytest.mark.parametrize("name", IDS)
def test_the_story_is_true(name: str, today: date) -> None:
    page = Workbench(day=today).get(f"/workbench/examples/{name}")
    chosen = example(name, today)
    answer = area(page, "answer")
    told = {
        each["id"] for card in answer["cards"] for each in card["extension"]["org.osteo-cds.card"]["recommendations"]
    }
    assert set(chosen.expects) <= told
    assert bool(answer["cards"]) == bool(chosen.expects)
    assert set(chosen.expects) <= set(fired(page))
    assert summaries(page) == [card["summary"] for card in answer["cards"]]
    assert area(page, "record")["hook"] == chosen.hook
    assert answer["extension"]["org.osteo-cds.evaluation"]["issues"] == []


@pytest.mark.parametrize("name", IDS)
def test_every_code_of_a_story_is_known(name: str) -> None:
    record = example(name, DAYS[1]).record

    def codings(value: object) -> list[tuple[str, str]]:
        if isinstance(value, dict):
            own = [(value["system"], value["code"])] if {"system", "code"} <= set(value) else []
            return own + [found for each in value.values() for found in codings(each)]
        return [found for each in value for found in codings(each)] if isinstance(value, list) else []

    known_elsewhere = ("http://unitsofmeasure.org", "http://terminology.hl7.org/")
    asked = [pair for pair in codings(orjson.loads(record)) if not pair[0].startswith(known_elsewhere)]
    assert asked
    assert [pair for pair in asked if not lookup(*pair)] == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_story_is_on_the_page(code: LanguageCode) -> None:
    page = Workbench().get(f"/?lang={code}")
    assert len(IDS) >= 8
    for name in IDS:
        assert f"/workbench/examples/{name}?lang={code}" in page.text
        assert words(code)[f"example.{name}.story"] in page.text


@pytest.mark.parametrize(
    ("distance", "expected"),
    [("today", "2024-02-29"), ("today-1y", "2023-02-28"), ("today-5m+2d", "2023-10-01"), ("today-6d", "2024-02-23")],
)
def test_distances_from_today(distance: str, expected: str) -> None:
    assert day(distance, date(2024, 2, 29)).isoformat() == expected


def test_there_is_no_other_example() -> None:
    assert Workbench().get("/workbench/examples/..%2Fcodes").status_code == 404
