"""What the rules of parts 1, 6 and 7 offer where the offer turns on the patient."""

from __future__ import annotations

from typing import Any

import pytest

from hooks.guideline.case import Case
from hooks.guideline.defaults import Defaults
from hooks.guideline.proposal import Proposal
from hooks.guideline.register import RULES
from tests.decision_table import table_row
from tests.vignette_facts import facts_of

SMOKER = {"t total_hip": "-2.6 @ -1m", "smoking_status": "current"}


def _offered(id_: str, cells: dict[str, str]) -> list[str]:
    """The offers of a rule as words: kind, what, for which drug, on which day."""
    vignette: dict[str, Any] = table_row(cells).vignette
    case = Case(facts_of(vignette), vignette["hook"], Defaults(), RULES)
    return [_words(p) for p in RULES[id_].proposals_for(case)]


def _words(proposal: Proposal) -> str:
    parts = (proposal.kind, proposal.what, proposal.drug, proposal.on.isoformat() if proposal.on else "")
    return " ".join(part for part in parts if part)


@pytest.mark.parametrize(
    ("id_", "cells", "offered"),
    [
        pytest.param("TX-IND-1", SMOKER, ["task treatment_conversation", "note PHR-2"], id="a recent scan"),
        pytest.param(
            "TX-IND-1",
            {**SMOKER, "t total_hip": "-2.6 @ -36m-1d"},
            ["order dxa", "task treatment_conversation", "note PHR-2"],
            id="an old scan: a new one first",
        ),
        pytest.param("TX-IND-4", {"t total_hip": "-2.0"}, [], id="osteopenia on opening the record"),
        pytest.param(
            "TX-IND-4",
            {"t total_hip": "-2.0", "draft": "alendronate"},
            ["delete-draft", "task lifestyle_conversation"],
            id="osteopenia, tablet drafted",
        ),
        pytest.param(
            "PRE-EGFR-2",
            {"draft": "alendronate", "egfr": "30 @ -1m"},
            ["delete-draft alendronate", "refer nephrology", "refer bone_specialist"],
            id="fresh low eGFR",
        ),
        pytest.param(
            "PRE-EGFR-2",
            {"draft": "alendronate", "egfr": "30 @ -3m-1d"},
            ["delete-draft alendronate", "refer nephrology", "refer bone_specialist", "order egfr"],
            id="old low eGFR: a new sample too",
        ),
        pytest.param(
            "PRE-EGFR-4",
            {"draft": "order zoledronate", "conditions": "kidney_transplant"},
            ["delete-draft zoledronate", "refer nephrology", "refer bone_specialist"],
            id="zoledronate as an order",
        ),
        pytest.param(
            "PRE-EGFR-4",
            {
                "draft": "denosumab; alendronate",
                "administrations": "denosumab @ -6m",
                "conditions": "kidney_transplant",
            },
            ["delete-draft alendronate", "refer nephrology", "refer bone_specialist"],
            id="a denosumab that continues is left to part 11",
        ),
        pytest.param(
            "PRE-VITD-4",
            {"draft": "alendronate", "vitamin_d": "20"},
            [
                "delete-draft alendronate",
                "prescribe vitamin_d",
                "order vitamin_d 2025-06-15",
                "order dxa 2025-09-15",
            ],
            id="the scan decides: wait",
        ),
        pytest.param(
            "PRE-VITD-4",
            {"draft": "alendronate", "vitamin_d": "20", "fractures": "hip low @ -1m"},
            ["prescribe vitamin_d", "order vitamin_d 2025-06-15"],
            id="a hip fracture: no mechanical waiting",
        ),
        pytest.param("PRE-HEIGHT-1", {"draft": "alendronate"}, ["task measure_height"], id="tablet"),
        pytest.param("PRE-HEIGHT-1", {"draft": "denosumab"}, ["task measure_height_and_weight"], id="injection"),
        pytest.param("DEF-SITE-1", {"t forearm": "-3.0"}, [], id="forearm alone"),
        pytest.param("DEF-SITE-1", {"t forearm": "-3.0", "family": "yes"}, ["order dxa"], id="forearm and a reason"),
        pytest.param(
            "SEL-12",
            {"draft": "strontium"},
            ["delete-draft strontium", "prescribe alendronate"],
            id="a withdrawn drug",
        ),
        pytest.param(
            "SEL-4",
            {"draft": "teriparatide"},
            ["delete-draft teriparatide", "refer bone_specialist teriparatide"],
            id="an anabolic drug",
        ),
    ],
)
def test_offer(id_: str, cells: dict[str, str], offered: list[str]) -> None:
    assert _offered(id_, cells) == offered
