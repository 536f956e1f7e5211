"""The content's open numbers: a deployment may change them, impossible ones stop the start, the answer names them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from cds_service.content import overrides, read_content
from cds_service.settings import SettingsError, load_settings
from hooks.evaluation import Options, respond
from hooks.guideline.defaults import Defaults
from tests.vignette_facts import facts_of
from tests.vignette_requests import load_vignettes


def test_every_default_has_a_unit_an_origin_a_range_and_a_reading() -> None:
    for field in fields(Defaults):
        assert field.metadata["unit"]
        assert field.metadata["origin"] in {"G", "A", "D", "A/G"}
        assert field.metadata["minimum"] <= getattr(Defaults(), field.name) <= field.metadata["maximum"], field.name
        assert field.metadata["reading"]


def test_a_changed_number_is_used_and_named() -> None:
    content = read_content({"P_ALCOHOL": 14, "P_MARKERS_AVAILABLE": False})
    assert (content.alcohol, content.markers_available) == (14, False)
    assert overrides(content) == [
        {"name": "P_MARKERS_AVAILABLE", "value": False, "default": True},
        {"name": "P_ALCOHOL", "value": 14, "default": 10},
    ]


def test_a_changed_number_changes_the_advice_and_the_answer_says_so() -> None:
    vignette = next(v for v in load_vignettes() if v["id"] == "V-032")
    facts = facts_of(vignette)
    content = read_content({"P_ALCOHOL": 30})

    def fired(defaults: Defaults) -> set[str]:
        options = Options(overrides=tuple(overrides(defaults)))
        answer = respond(facts, "patient-view", "en", hook_instance="x", defaults=defaults, options=options)
        evaluation = answer["extension"]["org.osteo-cds.evaluation"]
        assert evaluation.get("overrides", []) == overrides(defaults)
        return {each["id"] for each in evaluation["fired"]}

    assert "LIF-4" in fired(Defaults())
    assert "LIF-4" not in fired(content)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"P_ALCOHL": 14}, "P_ALCOHL"),
        ({"P_ALCOHOL": -1}, "from 1 to 30"),
        ({"P_ALCOHOL": "14"}, "expected a number"),
        ({"P_ALCOHOL": True}, "expected a number"),
        ({"P_MARKERS_AVAILABLE": 1}, "true or false"),
        ({"P_DECLINE": 1.5}, "whole months"),
        ({"P_PRE_ASSUME_AGE": 58, "P_POST_ASSUME_AGE": 50}, "above"),
        ([], "table"),
    ],
)
def test_an_impossible_value_is_refused_by_name(table: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_content(table)


def test_the_service_does_not_start_on_an_impossible_value(tmp_path: Path) -> None:
    file = tmp_path / "osteo.toml"
    file.write_text('language = "en"\n[content]\nP_ALCOHOL = 0\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="P_ALCOHOL"):
        load_settings({"OSTEO_CDS_CONFIG": str(file)})
    file.write_text('language = "en"\n[content]\nP_ALCOHOL = 14\n', encoding="utf-8")
    settings = load_settings({"OSTEO_CDS_CONFIG": str(file)})
    assert (settings.language, settings.content.alcohol) == ("en", 14)
