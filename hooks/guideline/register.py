"""The register: every group of rules in the guideline's order, listed by hand, and the whole catalogue.

RULES is what the service asks. The catalogue also names what is not implemented, so that the
command line and a test can say what is missing. A doubled id stops the start.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from hooks.guideline.firing import by_id
from hooks.guideline.rule import Group, Rule

GROUPS: tuple[Group, ...] = ()
RULES: Mapping[str, Rule] = by_id(tuple(rule for group in GROUPS for rule in group.rules))


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
