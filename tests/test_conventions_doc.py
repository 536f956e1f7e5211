"""docs/conventions.md: every section that the code refers to is there, and its table of cards is the one in force."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hooks.guideline.defaults import Defaults
from hooks.guideline.register import RULES
from hooks.placement import MOST, PRIORITY

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "conventions.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## 0\.(\d+) (.+)$", TEXT, re.MULTILINE))
#: How code and documents name a section: "(0.6)", "(0.10 item 7)", "part 0.3", "of 0.7", "rules of 0.7".
REFERENCE = re.compile(r"(?:\(|\b(?:part|of|conventions) )0\.([1-9]\d?)(?= |\)|,|\.|:|;)(?! (?:mg|g|mm|SD|to)\b)")
SOURCES = [
    *(path for folder in ("hooks", "fhir_mappings", "cds_service") for path in (ROOT / folder).rglob("*.py")),
    ROOT / "docs" / "facts-to-fhir.md",
]


def referred() -> set[str]:
    return {number for path in SOURCES for number in REFERENCE.findall(path.read_text(encoding="utf-8"))}


def test_every_section_that_is_referred_to_is_there() -> None:
    found = referred()
    assert {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"} <= found
    assert found <= SECTIONS.keys()


def test_the_sections_are_in_order() -> None:
    assert [int(number) for number in SECTIONS] == list(range(1, len(SECTIONS) + 1))


def test_the_table_of_cards_is_the_one_in_force() -> None:
    rows = re.findall(r"^\| (\d+) \| (C-[A-Z]+) \|", TEXT, re.MULTILINE)
    assert {card: int(priority) for priority, card in rows} == PRIORITY
    most = re.search(r"At most (\d) cards on patient-view, (\d) on order-select, (\d) on\s+order-sign", TEXT)
    assert most is not None
    assert [int(number) for number in most.groups()] == [
        MOST["patient-view"],
        MOST["order-select"],
        MOST["order-sign"],
    ]


def test_names_are_known() -> None:
    """Defaults, recommendations and files that it names exist."""
    for name in re.findall(r"`([a-z_/.]+)`", TEXT):
        assert name in Defaults.__dataclass_fields__ or (ROOT / name).exists(), name
    for name in re.findall(r"\b[A-Z]{2,4}(?:-[A-Z0-9]+)*-\d+\b", TEXT):
        assert name in RULES, name


@pytest.mark.parametrize("name", re.findall(r"\]\(([a-z./-]+?\.md)", TEXT, re.IGNORECASE))
def test_its_links_lead_somewhere(name: str) -> None:
    assert (ROOT / "docs" / name).is_file()
