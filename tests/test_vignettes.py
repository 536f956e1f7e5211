"""Every worked patient, over HTTP, with Danish and with international codes.

What a vignette expects of a recommendation that is not implemented yet is counted and listed
at the end of the run (conftest), never passed over in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service import cli
from hooks.guideline.register import RULES
from tests.conftest import NOT_IMPLEMENTED, Clock, ServiceClient
from tests.schemas import check
from tests.vignette_record import Dialect
from tests.vignette_requests import DIALECTS, load_vignettes, to_request, today_of

Vignette = dict[str, Any]
VIGNETTES = load_vignettes()
BY_HTTP = [vignette for vignette in VIGNETTES if vignette["hook"] != "population"]
POPULATION = [vignette for vignette in VIGNETTES if vignette["hook"] == "population"]

dialects = pytest.mark.parametrize("dialect", DIALECTS)


def named(vignette: Vignette) -> str:
    return str(vignette["id"])


@dialects
@pytest.mark.parametrize("vignette", BY_HTTP, ids=named)
def test_a_worked_patient(
    service: ServiceClient,
    clock: Clock,
    vignette: Vignette,
    dialect: Dialect,
    record_property: Callable[[str, object], None],
) -> None:
    clock.day = today_of(vignette)
    judge(vignette, service.answer(to_request(vignette, dialect)), record_property)


@dialects
@pytest.mark.parametrize("vignette", POPULATION, ids=named)
def test_a_worked_patient_of_the_recall_list(
    vignette: Vignette,
    dialect: Dialect,
    record_property: Callable[[str, object], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """No hook of CDS Hooks asks for a recall list, so it is asked on the command line."""
    file = tmp_path / "request.json"
    file.write_bytes(orjson.dumps(to_request(vignette, dialect)))
    arguments = ["evaluate", str(file), "--hook", "population", "--json", "--today", today_of(vignette).isoformat()]
    assert cli.main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    check("response", answer)
    judge(vignette, answer, record_property)


def judge(vignette: Vignette, answer: dict[str, Any], record_property: Callable[[str, object], None]) -> None:
    """Fail with everything in which the answer is not what the vignette expects."""
    expected = {each["id"]: each["indicator"] for each in vignette["expect"]}
    missing = sorted(set(expected) - set(RULES))
    if missing:
        record_property(NOT_IMPLEMENTED, missing)
    differences = [*_firing(vignette, answer, expected)]
    if not missing:
        differences += _cards(vignette.get("expect_cards", {}), answer["cards"])
    assert not differences, f"{vignette['title']}: " + "; ".join(differences)


def _firing(vignette: Vignette, answer: dict[str, Any], expected: dict[str, str]) -> Iterator[str]:
    evaluation = answer["extension"]["org.osteo-cds.evaluation"]
    fired = {each["id"]: each["indicator"] for each in evaluation["fired"]}
    unknown = {each["id"]: each["needs"] for each in evaluation["unknown"]}
    for id_, indicator in expected.items():
        if id_ in RULES and fired.get(id_) != indicator:
            found = fired.get(id_) or (f"unknown for want of {unknown[id_]}" if id_ in unknown else "silent")
            yield f"{id_} is {found}, expected {indicator}"
    for id_ in vignette["not_expect"]:
        if id_ in fired:
            yield f"{id_} is {fired[id_]}, expected silence"
    if vignette.get("exact"):
        extra = [id_ for id_ in fired if id_ not in expected and not RULES[id_].is_explanation]
        if extra:
            yield f"nothing else may fire, and {', '.join(extra)} did"


def _cards(expected: dict[str, Any], cards: list[dict[str, Any]]) -> Iterator[str]:
    found = [card["extension"]["org.osteo-cds.card"]["card"] for card in cards]
    if "count" in expected and len(found) != expected["count"]:
        yield f"cards {found}, expected {expected['count']}"
    if "max" in expected and len(found) > expected["max"]:
        yield f"cards {found}, expected at most {expected['max']}"
    if "first" in expected and found[:1] != [expected["first"]]:
        yield f"cards {found}, expected {expected['first']} first"
