"""The register: every group of rules in the guideline's order, listed by hand, and the whole catalogue.

RULES is what the service asks. The catalogue also names what is not implemented, so that the
command line and a test can say what is missing. A doubled id stops the start.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hooks.guideline import (
    part_01_definitions,
    part_01_scans,
    part_02_background,
    part_02_lifestyle,
    part_02_supplements,
    part_03_investigate,
    part_04_dxa,
    part_04_imaging,
    part_04_intervals,
    part_05_secondary,
    part_06_indication,
    part_07_pretreatment,
    part_07_supplements,
    part_08_anabolic,
    part_08_drug_choice,
    part_09_controls,
    part_09_marker_results,
    part_09_markers,
    part_09_monitoring,
    part_10_glucocorticoid,
    part_10_stop,
    part_11_denosumab,
    part_11_stop,
    part_11_tests,
    part_12_failure,
    part_13_after,
    part_13_duration,
    part_14_referral,
    part_15_falls,
    part_16_pain,
    part_17_risk,
    part_18_organisation,
    part_19_phrases,
)
from hooks.guideline.firing import Register
from hooks.guideline.rule import Group

GROUPS: tuple[Group, ...] = (
    part_01_definitions.GROUP,
    part_01_scans.GROUP,
    part_02_lifestyle.GROUP,
    part_02_supplements.GROUP,
    part_02_background.GROUP,
    part_03_investigate.GROUP,
    part_04_intervals.GROUP,
    part_04_dxa.GROUP,
    part_04_imaging.GROUP,
    part_05_secondary.GROUP,
    part_06_indication.GROUP,
    part_07_pretreatment.GROUP,
    part_07_supplements.GROUP,
    part_08_drug_choice.GROUP,
    part_08_anabolic.GROUP,
    part_09_markers.GROUP,
    part_09_marker_results.GROUP,
    part_09_monitoring.GROUP,
    part_09_controls.GROUP,
    part_10_glucocorticoid.GROUP,
    part_10_stop.GROUP,
    part_11_denosumab.GROUP,
    part_11_tests.GROUP,
    part_11_stop.GROUP,
    part_12_failure.GROUP,
    part_13_duration.GROUP,
    part_13_after.GROUP,
    part_14_referral.GROUP,
    part_15_falls.GROUP,
    part_16_pain.GROUP,
    part_17_risk.GROUP,
    part_18_organisation.GROUP,
    part_19_phrases.GROUP,
)
RULES = Register(tuple(rule for group in GROUPS for rule in group.rules))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue: a recommendation, implemented or not yet."""

    part: int
    id: str
    title: str
    section: str
    strength: str
    hook: str
    implemented: bool


@cache
def catalogue() -> tuple[Entry, ...]:
    """Every recommendation of the catalogue in its order."""
    text = (files("hooks.guideline") / "catalogue.csv").read_text(encoding="utf-8")
    return tuple(
        Entry(
            part=int(line["part"]),
            id=line["id"],
            title=line["title"],
            section=line["section"],
            strength=line["strength"],
            hook=line["hook"],
            implemented=line["id"] in RULES,
        )
        for line in csv.DictReader(text.splitlines())
    )
