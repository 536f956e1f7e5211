"""Prefetch templates: what the readers read, as the guide proposes it, within the query restrictions."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from fhir_mappings import prefetch_templates
from fhir_mappings.codes import lookup
from fhir_mappings.observed import READ
from fhir_mappings.prefetch import KEYS
from fhir_mappings.templates import QUERIES, codes_of

GUIDE = (Path(__file__).parent.parent / "docs" / "facts-to-fhir.md").read_text(encoding="utf-8")
HOOKS = ("patient-view", "order-select", "order-sign")


def listed(name: str) -> set[str]:
    """A code list of section 10."""
    match = re.search(rf"^{name}:\n```\n(.*?)\n```", GUIDE, re.MULTILINE | re.DOTALL)
    assert match is not None
    return set(match[1].split(","))


def proposed() -> dict[str, str]:
    """The templates of section 10, and the optional one."""
    lines = re.findall(r"^(\w+) +((?:\w+\?|Patient/)\S+)$", GUIDE, re.MULTILINE)
    optional = re.search(r"`encounters` `(\S+)`", GUIDE)
    assert optional is not None
    return dict(lines) | {"encounters": optional[1]}


@pytest.mark.parametrize(("key", "name"), [("observations", "CODES"), ("screening", "PANEL")])
def test_the_codes_asked_for_are_those_of_the_guide(key: str, name: str) -> None:
    query = next(query for query in QUERIES if query.key == key)
    assert set(codes_of(query.concepts)) == listed(name)


def test_the_templates_are_those_of_the_guide() -> None:
    ours = {key: re.sub(r"code=[^&]+", "code=", template) for key, template in prefetch_templates(HOOKS[0]).items()}
    theirs = {key: re.sub(r"code=[^&]+", "code=", template) for key, template in proposed().items()}
    assert ours == theirs


def test_only_patient_view_asks_for_the_screening_tests() -> None:
    assert [hook for hook in HOOKS if "screening" in prefetch_templates(hook)] == ["patient-view"]
    assert len(prefetch_templates("order-sign")) == len(prefetch_templates("patient-view")) - 1


@pytest.mark.parametrize("template", prefetch_templates("patient-view").values())
def test_a_template_keeps_to_the_query_restrictions(template: str) -> None:
    """Each parameter once, no token but the patient's, nothing chained."""
    assert re.findall(r"\{\{.*?\}\}", template) == ["{{context.patientId}}"]
    names = [name for name, _ in parse_qsl(template.partition("?")[2])]
    assert len(names) == len(set(names))
    assert set(names) <= {"patient", "code", "_sort", "_count"}
    assert "|" not in template


def test_every_key_that_is_asked_for_is_read_and_the_other_way_round() -> None:
    assert {query.key: query.resource_type for query in QUERIES} == dict(KEYS)


def test_every_code_asked_for_is_read() -> None:
    systems = ("http://loinc.org", "http://npu-terminology.org", "https://osteo-cds.org/fhir/CodeSystem/facts")
    for query in QUERIES:
        for code in codes_of(query.concepts):
            meant = {concept for system in systems for kind, concept in lookup(system, code) if kind == "observation"}
            assert meant & READ, code
