"""The worked patients use only codes that stand in the terminology or in facts-to-fhir.md."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.vignette_codes import (
    CONDITIONS,
    DXA,
    FACTS,
    FRACTURES,
    MEASURES,
    RECOMMENDATION,
    SYSTEMS,
    UCUM,
    Codes,
)
from tests.vignette_drugs import DRUGS, LOCAL_PRODUCTS
from tests.vignette_record import TERMINOLOGY, Dialect
from tests.vignette_requests import DIALECTS, PANEL, load_vignettes, to_request

REQUESTS = {dialect: [to_request(v, dialect) for v in load_vignettes()] for dialect in DIALECTS}

with (TERMINOLOGY / "codes.csv").open(encoding="utf-8", newline="") as table:
    ROWS = list(csv.DictReader(table))
with (TERMINOLOGY / "units.csv").open(encoding="utf-8", newline="") as table:
    UNITS = {row["accepted_unit"] for row in csv.DictReader(table)}

#: Vocabulary names that codes.csv writes differently (facts-to-fhir 3, 4, 6).
TABLE_NAMES = {
    "anorexia": "anorexia_nervosa",
    "anticholinergic": "fall_risk_anticholinergic",
    "antidepressant": "fall_risk_antidepressant",
    "antihypertensive": "fall_risk_antihypertensive",
    "antipsychotic": "fall_risk_antipsychotic",
    "alendronate_effervescent": "alendronate",
    "benzodiazepine": "fall_risk_benzodiazepine",
    "betablocker": "fall_risk_beta_blocker",
    "bulimia": "bulimia_nervosa",
    "calcium_corrected": "calcium_albumin_corrected",
    "calcium_vitd": "calcium_vitamin_d",
    "ckd": "chronic_kidney_disease",
    "coeliac": "coeliac_disease",
    "diabetes_type1": "diabetes_type_1",
    "diabetes_type2": "diabetes_type_2",
    "diuretic": "fall_risk_diuretic",
    "glucose_lowering": "fall_risk_glucose_lowering",
    "height_cm": "body_height",
    "hrt": "menopausal_hormone_therapy",
    "hypnotic": "fall_risk_hypnotic",
    "ibd": "inflammatory_bowel_disease",
    "insulin": "fall_risk_glucose_lowering",
    "kyphosis": "thoracic_kyphosis",
    "leucocytes": "leukocytes",
    "myeloma": "multiple_myeloma",
    "nsaid": "analgesic",
    "opioid": "fall_risk_opioid",
    "osteoporosis_coded": "osteoporosis",
    "paracetamol": "analgesic",
    "pde5_inhibitor": "fall_risk_pde5_inhibitor",
    "skeletal_malignancy": "bone_malignancy",
    "sle": "systemic_lupus_erythematosus",
    "statin": "fall_risk_statin",
    "strontium": "strontium_ranelate",
    "sulfonylurea": "fall_risk_glucose_lowering",
    "vitamin_d": "vitamin_d_25oh",
    "weight_kg": "body_weight",
}
#: Concepts with a second row name: a wheelchair is immobilisation, a wrist a forearm.
ALSO = {
    "immobilisation": "wheelchair_user",
    "other": "fracture_femur_other",
    "vertebral": "fracture_vertebra",
    "wrist": "fracture_forearm",
    "organ_transplant": "kidney_transplant",
}

#: Codes facts-to-fhir.md lists beyond the table (3, 6, 7, 12); ICD-10 and SKS match by prefix.
BEYOND: Mapping[str, str] = {
    "breast_cancer": "sct:254837009 icd:C50 icpc:X76",
    "chronic_back_pain": "sct:134407002 sct:278860009",
    "constipation": "sct:14760008 icd:K59.0 icpc:D12",
    "heart_failure": "sct:84114007 sct:88805009 icd:I50 icpc:K77",
    "hyperlipidaemia": "sct:55822004 icd:E78 icpc:T93",
    "hypertension": "sct:38341003 sct:59621000 icd:I10 icd:I11 icd:I12 icd:I13 icd:I15 icpc:K86 icpc:K87",
    "ischaemic_heart_disease": "sct:414545008 sct:53741008 icd:I20 icd:I24 icd:I25 icpc:K74 icpc:K76",
    "limited_life_expectancy": "sct:300936002 own:limited-life-expectancy icd:Z51.5",
    "neuropathic_agent": "atc:N02BF atc:N03AX12 atc:N03AX16 atc:N06AX21",
    "neuropathic_pain": "sct:247398009 icd:M79.2",
    "orthostatism": "sct:28651003 icd:I95.1",
    "spinal_degeneration": "sct:8847002 icd:M47",
    "venous_thromboembolism": "sct:128053003 sct:59282003 icd:I26 icd:I80.1 icd:I80.2 icd:I80.3 icd:I82 icpc:K93",
    "visual_impairment": "sct:397540003 icd:H54 icpc:F94",
    "weight_loss_drug": "atc:A08A",
}
ROUTES_AND_REASONS = (
    "sct:447694001 sct:46713006 sct:6064005 sct:37161004 sct:12130007 sct:78421000 sct:26643006 sct:47625008 "
    "sct:105480006"
)
OWN_CODES = (
    "reduced-rib-iliac-distance halisteresis rollator skeletal-radiotherapy malignancy-suspected-spine "
    "hypercalcaemia-malignancy severe-acute-illness acute-immobilisation suspected-vertebral-collapse "
    "vegan-diet dairy-free-diet covering-dress dark-skin not-outdoors severe-refractory-vertebral-pain "
    "multimorbidity limited-life-expectancy low-energy-trauma high-energy-trauma pathological-cause "
    "vertebral-compression menopausal-status premenopausal postmenopausal peak-height dietary-calcium "
    "geometric-mean-premenopausal specialist-bone-care zoledronate-unsuitable denosumab-stop-planned "
    "den-bp-plan dental-status dental-poor dental-none dental-regular severe-or-rapid-op cannot-stay-upright "
    "oral-bp-intolerance adherence-doubt markers-available bone-status-visit physician-bone-review "
    "dental-visit municipal-offer denosumab-injection chronic-annual-review fall-assessment "
    "zoledronate-infusion anabolic-treatment interpretation-wanted interpretation-not-wanted "
    "osteoporosis-treatment denosumab-treatment bone-markers fall-prevention effervescent-tablet"
)
#: FHIR's own codes and the two of HL7 v3 that facts-to-fhir.md or R4 require.
STRUCTURAL = {
    "http://terminology.hl7.org/CodeSystem/condition-clinical": {"active", "resolved"},
    "http://terminology.hl7.org/CodeSystem/condition-ver-status": {
        "confirmed",
        "provisional",
        "differential",
        "unconfirmed",
    },
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": {"AMB"},
    "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation": {"QD", "BID", "TID", "QID"},
    "http://hl7.org/fhir/CodeSystem/task-code": {"abort"},
}
#: Units of doses, ages, counts and shares, which units.csv need not list.
PLAIN_UNITS = {"%", "a", "d", "mg", "mg/d", "{tablet}"}
#: The codes of the `observations` search (facts-to-fhir 10).
CODES = (
    "38264-8,80945-9,80946-7,38263-0,80947-5,80948-3,38267-1,104938-6,38265-5,80943-4,80944-2,38266-3,101804-3,"
    "85390-3,80933-5,80937-6,80938-4,80934-3,80939-2,80940-0,85394-5,80932-7,80935-0,80936-8,38261-4,46278-8,"
    "46279-6,24701-5,80953-3,80954-1,24966-4,62238-1,98979-8,98980-6,94677-2,50210-4,33914-3,77147-7,69405-9,"
    "48642-3,48643-1,88294-4,88293-6,50044-7,70969-1,DNK35302,DNK35131,DNK35301,14635-7,1989-3,62292-8,83070-3,"
    "68438-1,83071-1,NPU10267,77370-5,47255-5,NPU19893,41171-0,NPU21715,NPU19737,29265-6,46099-8,NPU04169,"
    "12180-6,1994-3,1995-0,17864-0,19072-8,47596-2,47598-8,NPU04144,8302-2,3137-7,3138-5,8308-9,NPU03794,"
    "29463-7,3141-9,3142-7,NPU03804,39156-5,89270-3,NPU27281,72166-2,81229-7,44940-5,74013-4,42802-9,52552-7,"
    "83311-1,menopausal-status,vertebral-compression,peak-height,dietary-calcium,specialist-bone-care,"
    "zoledronate-unsuitable,denosumab-stop-planned,den-bp-plan,dental-status,severe-or-rapid-op,"
    "cannot-stay-upright,oral-bp-intolerance,adherence-doubt,markers-available"
)


def codings(node: Any) -> Iterator[dict[str, Any]]:
    """Every Coding and every Quantity with a system below a node."""
    if isinstance(node, dict):
        if "system" in node and "code" in node:
            yield node
        for value in node.values():
            yield from codings(value)
    elif isinstance(node, list):
        for value in node:
            yield from codings(value)


def usable(row: Mapping[str, str]) -> bool:
    """Whether a row of codes.csv may be used as proof."""
    return "unverified" not in row["evidence"].lower() and not row["note"].lower().startswith("broad")


def in_row(row: Mapping[str, str], system: str, code: str) -> bool:
    """Whether a row of codes.csv covers a code."""
    same = code == row["code"] if row["match"] == "exact" else code.startswith(row["code"])
    return bool(row["code"]) and row["system"] == system and same and usable(row)


def listed(codes: str, name: str, code: str) -> bool:
    """Whether facts-to-fhir.md lists a code; SKS is D and the ICD-10 code without its dot."""
    written = f"icd:{code[1:4]}.{code[4:]}".rstrip(".") if name == "sks" else f"{name}:{code}"
    prefix = name in ("atc", "icd", "sks")
    return any(written == one or (prefix and written.startswith(one)) for one in codes.split())


def accepted(system: str, code: str) -> bool:
    """Whether a code stands in codes.csv, or in facts-to-fhir.md."""
    if system in STRUCTURAL:
        return code in STRUCTURAL[system]
    if system == UCUM:
        return code in UNITS | PLAIN_UNITS
    if system in (FACTS, RECOMMENDATION):
        return system == RECOMMENDATION or code in OWN_CODES.split()
    canonical = SYSTEMS["npu"] if system == "urn:oid:1.2.208.176.2.1" else system
    bare = code.split("+")[0]
    name = next(name for name, uri in SYSTEMS.items() if uri == canonical)
    beyond = " ".join((*BEYOND.values(), ROUTES_AND_REASONS))
    return any(in_row(row, canonical, bare) for row in ROWS) or listed(beyond, name, bare)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_code_sent_is_known(dialect: Dialect) -> None:
    sent = {(coding["system"], coding["code"]) for coding in codings(REQUESTS[dialect])}
    assert sorted(pair for pair in sent if not accepted(*pair)) == []


def test_units_without_a_system_are_the_danish_ones() -> None:
    def texts(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if "value" in node and "unit" in node and "code" not in node:
                yield node["unit"]
            node = list(node.values())
        if isinstance(node, list):
            for value in node:
                yield from texts(value)

    assert set(texts(REQUESTS["danish"])) == {"SD", "mL/min"}
    assert set(texts(REQUESTS["international"])) == set()


def cells(table: Mapping[str, Codes], names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Concept, concepts of codes.csv, and code: one for each code of a table."""
    return [
        (concept, names.get(concept, concept), code)
        for concept, codes in table.items()
        for code in sorted({*codes.danish.split(), *codes.international.split()})
    ]


@pytest.mark.parametrize(
    ("concept", "name", "code"),
    cells(CONDITIONS, TABLE_NAMES)
    + cells(FRACTURES, {site: f"fracture_{site}" for site in FRACTURES} | {"other": "fracture_any"})
    + cells({name: measure.codes for name, measure in MEASURES.items()}, TABLE_NAMES)
    + cells({f"{name}_{site}": codes for (name, site), codes in DXA.items()}, {"t_score_other": "t_score_other_site"})
    + cells({name: drug.codes for name, drug in DRUGS.items()}, TABLE_NAMES | {"vitamin_d": "vitamin_d"})
    + cells({"_".join(key): drug.codes for key, drug in LOCAL_PRODUCTS.items()}, {}),
)
def test_each_code_means_its_concept(concept: str, name: str, code: str) -> None:
    if code.startswith("own:"):
        assert code.removeprefix("own:") in OWN_CODES.split()
        return
    system, bare = code.split(":", 1)
    local = {"budesonide_nasal": "glucocorticoid_local", "budesonide_oral": "budesonide_oral_local"}
    names = {local.get(name, name), ALSO.get(concept, name)}
    rows = [row for row in ROWS if row["concept"] in names and in_row(row, SYSTEMS[system], bare)]
    assert rows or listed(BEYOND.get(concept, ""), system, bare)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_searches_would_have_found_every_observation(dialect: Dialect) -> None:
    searched = {"observations": set(CODES.split(",")), "screening": set(PANEL.split(","))}
    for request in REQUESTS[dialect]:
        for key, codes in searched.items():
            for entry in request["prefetch"][key].get("entry", ()):
                assert {coding["code"] for coding in entry["resource"]["code"]["coding"]} <= codes


def test_the_danish_dialect_is_danish_where_the_table_is() -> None:
    abroad = {SYSTEMS["rx"], SYSTEMS["sct"], SYSTEMS["loinc"]}
    for request in REQUESTS["danish"]:
        drugs = [bundle for key, bundle in request["prefetch"].items() if key.startswith("medication")]
        systems = {c["system"] for c in codings(drugs) if c["system"] != SYSTEMS["sct"]}  # routes are SNOMED
        assert systems.isdisjoint(abroad)
    for concept, codes in CONDITIONS.items():
        danish = {SYSTEMS["icd"], SYSTEMS["sks"], SYSTEMS["icpc"]}
        name = TABLE_NAMES.get(concept, concept)
        possible = [r for r in ROWS if r["concept"] == name and r["system"] in danish and usable(r)]
        if possible and concept not in ("hypogonadism",):  # its Danish codes are of men
            assert not codes.danish.startswith(("sct:", "own:"))
