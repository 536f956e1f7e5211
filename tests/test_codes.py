"""Codes -> vocabulary names: systems and their aliases, prefixes, what proves nothing."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from fhir_mappings.codes import ATC, TABLES, codes_for, concepts_of, lookup, meaning, most_specific
from fhir_mappings.r4.datatypes import Coding

GUIDE = Path(__file__).parent.parent / "docs" / "facts-to-fhir.md"


def conditions(system: str, code: str) -> frozenset[str]:
    return concepts_of([Coding(system=system, code=code)], "condition")


@pytest.mark.parametrize(
    "system",
    [
        "http://npu-terminology.org",
        "https://npu-terminology.org",
        "http://npu-terminology.org/",
        "urn:oid:1.2.208.176.2.1",
        "urn:oid:1.2.208.176.9.1",
    ],
)
def test_npu_is_one_system_under_all_its_uris(system: str) -> None:
    assert concepts_of([Coding(system=system, code="NPU10267")], "observation") == {"vitamin_d"}


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        ("http://snomed.info/sct", "64859006", "osteoporosis_coded"),
        ("http://snomed.info/sct/554471000005108", "64859006", "osteoporosis_coded"),
        ("http://snomed.info/sct/900000000000207008/version/20250101", "64859006", "osteoporosis_coded"),
        ("http://snomed.info/sct", "64859006 |Osteoporosis|", "osteoporosis_coded"),
        ("http://snomed.info/sct", "64859006:246112005=24484000", "osteoporosis_coded"),
        ("http://hl7.org/fhir/sid/icd-10", "M81.9", "osteoporosis_coded"),
        ("http://hl7.org/fhir/sid/icd-10", "M819", "osteoporosis_coded"),
        ("urn:oid:1.2.208.176.2.4.12", "DM819", "osteoporosis_coded"),
        ("urn:oid:1.2.208.176.2.4", "DM819", "osteoporosis_coded"),
        ("urn:oid:1.2.208.176.2.4.12", "DS720+TUL1", "fracture_hip"),
        ("http://hl7.dk/fhir/core/CodeSystem/icd10-danish-extensions", "S72.0", "fracture_hip"),
        ("http://hl7.org/fhir/sid/icpc-2", "L95", "osteoporosis_coded"),
        ("http://hl7.org/fhir/sid/icd-10", "I10.9", "hypertension"),
        ("urn:oid:1.2.208.176.2.4.12", "DI109", "hypertension"),
        ("urn:oid:1.2.208.176.2.31", "K86", "hypertension"),
        ("https://osteo-cds.org/fhir/CodeSystem/facts", "halisteresis", "halisteresis"),
    ],
)
def test_a_code_is_known_in_every_way_it_is_written(system: str, code: str, concept: str) -> None:
    assert conditions(system, code) == {concept}


def test_a_drug_is_known_in_small_letters_too() -> None:
    assert lookup(ATC, "m05ba04") == lookup(ATC, "M05BA04") != frozenset()


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("http://hl7.org/fhir/sid/icd-10", "Z92.3"),  # BROAD: radiotherapy, not of the skeleton
        ("urn:oid:1.2.208.176.2.31", "L76"),  # BROAD: any other fracture
        ("http://example.org/local", "M81.9"),
        ("https://osteo-cds.org/fhir/CodeSystem/facts", "Halisteresis"),
        ("http://hl7.org/fhir/sid/icd-10", "M8"),
    ],
)
def test_broad_local_and_half_codes_prove_nothing(system: str, code: str) -> None:
    assert not lookup(system, code)


def test_unverified_codes_prove_nothing() -> None:
    with (TABLES / "codes.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["evidence"] == "unverified"]
    assert rows
    assert not any(row["concept"] in {c for _, c in lookup(row["system"], row["code"])} for row in rows)


@pytest.mark.parametrize(
    ("system", "code", "kind", "concepts"),
    [
        ("http://hl7.org/fhir/sid/icd-10", "K90.0", "condition", {"coeliac"}),
        ("http://hl7.org/fhir/sid/icd-10", "S52.5", "condition", {"fracture_wrist"}),
        ("http://hl7.org/fhir/sid/icd-10", "I25.2", "condition", {"myocardial_infarction"}),
        ("http://hl7.org/fhir/sid/icd-10", "C90.0", "condition", {"myeloma"}),
        ("http://hl7.org/fhir/sid/icd-10", "C79.5", "condition", {"bone_metastasis"}),
        ("http://hl7.org/fhir/sid/icd-10", "C41.2", "condition", {"skeletal_malignancy"}),
        ("urn:oid:1.2.208.176.2.31", "P86", "condition", {"anorexia"}),  # anorexia or bulimia: one factor
        ("http://www.whocc.no/atc", "N05AN01", "medication", {"lithium"}),
        ("http://www.whocc.no/atc", "A10BG03", "medication", {"glitazone"}),
        ("http://www.whocc.no/atc", "C03AA03", "medication", {"diuretic"}),
        ("http://www.whocc.no/atc", "C07AB02", "medication", {"betablocker"}),
        ("http://www.whocc.no/atc", "C09AA02", "medication", {"antihypertensive"}),
        ("http://www.whocc.no/atc", "A10BB07", "medication", {"glucose_lowering", "sulfonylurea"}),
        ("http://www.whocc.no/atc", "A10BA02", "medication", set()),  # the whole class is too broad
        ("urn:oid:1.2.208.176.2.4", "MN05AN01", "medication", {"lithium"}),  # SKS writes M + ATC
    ],
)
def test_the_most_specific_concept_wins(system: str, code: str, kind: str, concepts: set[str]) -> None:
    assert concepts_of([Coding(system=system, code=code)], kind) == concepts


def test_a_danish_letter_tells_where_an_osteoporotic_fracture_sits() -> None:
    for system in ("http://hl7.org/fhir/sid/icd-10", "urn:oid:1.2.208.176.2.4.12"):
        d = "D" if system.startswith("urn") else ""
        dot = "" if d else "."
        assert "fracture_hip" in conditions(system, f"{d}M80{dot}9B")
        assert "fracture_vertebra" in conditions(system, f"{d}M80{dot}9C")
        assert "fracture_wrist" in conditions(system, f"{d}M80{dot}9A")


def test_any_coding_of_a_concept_may_match_and_the_specific_one_wins() -> None:
    codings = [
        Coding(system="http://snomed.info/sct", code="125605004"),
        Coding(system="urn:local", code="x"),
        Coding(system="http://hl7.org/fhir/sid/icd-10", code="S72.0"),
    ]
    assert concepts_of(codings, "condition") == {"fracture_hip"}


def test_a_coding_without_system_or_code_says_nothing() -> None:
    assert not concepts_of([Coding(code="64859006"), Coding(system="http://snomed.info/sct")], "condition")


def test_most_specific_keeps_what_is_unrelated() -> None:
    assert most_specific({"malabsorption", "ibd"}) == {"malabsorption", "ibd"}


def test_meaning_tells_concepts_and_systems_and_none_for_what_is_no_concept() -> None:
    about = meaning(b'{"coding":[{"system":"urn:oid:1.2.208.176.2.1","code":"NPU10267"}]}')
    assert about is not None
    assert about.concepts == {"observation": {"vitamin_d"}}
    assert about.systems == {"http://npu-terminology.org"}
    assert meaning(b'"NPU10267"') is None
    assert meaning(b'{"coding":{}}') is None


def test_codes_for_a_concept_start_with_the_tables_first() -> None:
    first = codes_for("vitamin_d", "observation")[0]
    assert (first.system, first.code, first.prefix) == ("http://loinc.org", "14635-7", False)
    assert codes_for("no such concept", "observation") == ()


def test_every_own_code_of_the_guide_is_read() -> None:
    """Section 11 of facts-to-fhir is complete."""
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", GUIDE.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(listed) > 50
    assert {code for code in listed if not lookup("https://osteo-cds.org/fhir/CodeSystem/facts", code)} == set()


def test_every_standard_code_of_section_12_is_read() -> None:
    section = GUIDE.read_text(encoding="utf-8").split("## 12")[1]
    rows = [line.split("|")[1:5] for line in section.splitlines() if line.startswith("| ") and "SNOMED" not in line]
    assert len(rows) == 12
    for concept, snomed, icd10, icpc in ([cell.strip() for cell in row] for row in rows):
        for code in filter(None, snomed.split(", ")):
            assert conditions("http://snomed.info/sct", code) == {concept}
        for code in filter(None, icpc.split(", ")):
            assert conditions("urn:oid:1.2.208.176.2.31", code) == {concept}
        for code in filter(None, icd10.split(", ")):
            first, _, last = code.partition("–")
            for each in {first, last or first}:
                assert conditions("http://hl7.org/fhir/sid/icd-10", each) == {concept}
                assert conditions("urn:oid:1.2.208.176.2.4.12", "D" + each.replace(".", "")) == {concept}
