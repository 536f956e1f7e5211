"""docs/guideline.md says what the register says: it is generated, never written."""

from __future__ import annotations

import re

from docs.build_guideline import PAGE, anchor, page
from hooks.guideline.defaults import Defaults
from hooks.guideline.register import catalogue
from hooks.guideline.thresholds import THRESHOLDS


def test_the_page_is_what_the_register_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m docs.build_guideline"


def test_every_recommendation_and_every_number_has_its_address() -> None:
    addresses = set(re.findall(r'<a id="([^"]+)">', page()))
    assert {anchor(entry.id) for entry in catalogue()} <= addresses
    assert {name.lower() for name in THRESHOLDS} <= addresses
    assert set(Defaults.__dataclass_fields__) <= addresses


def test_every_link_within_the_page_leads_somewhere() -> None:
    text = page()
    addresses = set(re.findall(r'<a id="([^"]+)">', text))
    links = set(re.findall(r"\]\(#([^)]+)\)", text))
    assert links - addresses == set()
