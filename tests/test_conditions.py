"""Condition -> diseases, fractures, falls; family history; what procedures, flags and allergies tell."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings.facts import Condition, Fall, FamilyHistory, Fracture
from tests.fhir import (
    ATC,
    DUE_TO,
    ICD10,
    ICPC,
    LOINC,
    SKS,
    SNOMED,
    SUBJECT,
    Resource,
    coded,
    condition,
    facts,
    observation,
    own,
    problems,
    quantity,
)

OSTEOPOROSIS = coded(SNOMED, "64859006")
HIP = coded(ICD10, "S72.0")
VERTEBRA = coded(SNOMED, "42942008")
RA = coded(SNOMED, "69896004")


def status(code: str) -> Resource:
    return coded("http://terminology.hl7.org/CodeSystem/condition-clinical", code)


def verified(code: str) -> Resource:
    return coded("http://terminology.hl7.org/CodeSystem/condition-ver-status", code)


def disease(resource: Resource, concept: str = "rheumatoid_arthritis") -> Condition | None:
    found = facts(resource)
    assert not found.issues, problems(found)
    conditions = found.conditions.get(concept, ())
    return conditions[0] if conditions else None


def fracture(*resources: Resource, **reading: Any) -> Fracture:
    found = facts(*resources, **reading)
    assert not found.issues, problems(found)
    assert len(found.fractures) == 1
    return found.fractures[0]


def due_to(code: str) -> list[Resource]:
    return [{"url": DUE_TO, "valueCodeableConcept": own(code)}]


# --- diseases ---------------------------------------------------------------------------------


def test_a_disease_is_read_with_onset_and_reference() -> None:
    expected = Condition("rheumatoid_arthritis", date(2020, 5, 1), None, True, "Condition/1")
    assert disease(condition(RA)) == expected


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        (ICPC, "T90", "diabetes_type2"),
        (SKS, "DM819+TUL1", "osteoporosis_coded"),
        (SNOMED, "105503008", "immobilisation"),
        (ICD10, "M40.2", "kyphosis"),
        (ICD10, "Z51.5", "limited_life_expectancy"),
        ("https://osteo-cds.org/fhir/CodeSystem/facts", "covering-dress", "covering_dress"),
    ],
)
def test_a_disease_has_its_vocabulary_name(system: str, code: str, concept: str) -> None:
    assert disease(condition(coded(system, code)), concept) is not None


@pytest.mark.parametrize(
    ("elements", "onset"),
    [
        ({"onsetDateTime": "2015"}, date(2015, 1, 1)),
        ({"onsetDateTime": "2015-07"}, date(2015, 7, 1)),
        ({"onsetPeriod": {"start": "2015-07-03", "end": "2016"}}, date(2015, 7, 3)),
        ({"onsetAge": quantity(60, "a")}, date(2010, 6, 15)),
        ({"onsetAge": quantity(720, "mo")}, date(2010, 6, 15)),
        ({"onsetString": "in her sixties"}, None),
        ({"recordedDate": "2015-01-01"}, None),
        (
            {"recordedDate": "2015-02-03T10:00:00+01:00", "category": [coded("http://x", "encounter-diagnosis")]},
            date(2015, 2, 3),
        ),
        ({"recordedDate": "2015-01-01", "category": [coded("http://x", "problem-list-item")]}, None),
    ],
)
def test_the_onset_is_read_as_it_is_told(elements: Resource, onset: date | None) -> None:
    found = disease(condition(RA, onset=None, **elements))
    assert found is not None
    assert found.onset == onset


@pytest.mark.parametrize(
    ("clinical", "elements", "active"),
    [
        ("active", {}, True),
        ("recurrence", {}, True),
        ("relapse", {}, True),
        ("inactive", {}, False),
        ("remission", {}, False),
        ("resolved", {"abatementDateTime": "2022-01-01"}, False),
        (None, {}, True),
        (None, {"abatementDateTime": "2022-01-01"}, False),
        (None, {"abatementString": "cured"}, False),
        (None, {"abatementDateTime": "2025-04-01"}, True),
        ("resolved", {"abatementDateTime": "2025-04-01"}, True),  # ends later than the day asked
    ],
)
def test_active_is_as_of_the_day_asked(clinical: str | None, elements: Resource, active: bool) -> None:
    resource = condition(RA, **elements)
    resource = resource | {"clinicalStatus": status(clinical)} if clinical else resource
    if clinical is None:
        del resource["clinicalStatus"]
    found = disease(resource)
    assert found is not None
    assert found.active is active


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [(ICD10, "I21.9", "myocardial_infarction"), (ICD10, "I63.9", "stroke"), (ICD10, "C50.9", "breast_cancer")],
)
def test_having_had_it_counts_for_some(system: str, code: str, concept: str) -> None:
    found = disease(condition(coded(system, code), clinicalStatus=status("resolved")), concept)
    assert found is not None
    assert found.active


@pytest.mark.parametrize("verification", ["refuted", "entered-in-error"])
def test_what_was_refuted_is_not_read(verification: str) -> None:
    assert disease(condition(RA, verificationStatus=verified(verification))) is None


@pytest.mark.parametrize("verification", ["provisional", "differential", "unconfirmed"])
def test_what_is_not_confirmed_is_no_diagnosis(verification: str) -> None:
    assert disease(condition(RA, verificationStatus=verified(verification))) is None
    assert not facts(condition(HIP, verificationStatus=verified(verification))).fractures


@pytest.mark.parametrize(
    ("system", "code", "concept"),
    [
        (SNOMED, "94602001", "malignancy_suspected_spine"),
        (ICD10, "C41.2", "malignancy_suspected_spine"),
        (SNOMED, "42942008", "suspected_vertebral_collapse"),
        (ICD10, "M48.5", "suspected_vertebral_collapse"),
    ],
)
def test_an_unconfirmed_spinal_disease_is_a_suspicion(system: str, code: str, concept: str) -> None:
    found = facts(condition(coded(system, code), verificationStatus=verified("provisional")))
    assert set(found.conditions) == {concept}
    assert not found.fractures


def test_a_disease_dated_after_today_is_not_seen() -> None:
    assert disease(condition(RA, onset="2025-03-11")) is None
    assert disease(condition(RA, onset=None, recordedDate="2025-03-11")) is None


def test_the_same_disease_twice_is_one_with_the_earliest_onset() -> None:
    found = facts(
        condition(RA, "1", "2019-01-01", clinicalStatus=status("resolved"), abatementDateTime="2020-01-01"),
        condition(coded(ICD10, "M05.9"), "2", "2012"),
        condition(RA, "3", None),
    )
    assert found.conditions["rheumatoid_arthritis"] == (
        Condition("rheumatoid_arthritis", date(2012, 1, 1), None, True, "Condition/2"),
    )


def test_osteopenia_codes_are_no_osteoporosis() -> None:
    found = facts(condition(coded(SNOMED, "312894000")))
    assert "osteoporosis_coded" not in found.conditions


def test_hypercalcaemia_due_to_cancer_is_that_of_malignancy() -> None:
    hypercalcaemia = coded(SNOMED, "66931009")
    assert "hypercalcaemia_malignancy" not in facts(condition(hypercalcaemia)).conditions
    for cause in (coded(ICD10, "C34.9"), coded(SKS, "DC349"), coded(SNOMED, "109989006")):
        due = [{"url": DUE_TO, "valueCodeableConcept": cause}]
        assert "hypercalcaemia_malignancy" in facts(condition(hypercalcaemia, extension=due)).conditions


def test_hypercalcaemia_due_to_a_referenced_cancer_is_that_of_malignancy() -> None:
    due = [{"url": DUE_TO, "valueReference": {"reference": "Condition/2"}}]
    found = facts(condition(coded(SNOMED, "66931009"), extension=due), condition(coded(ICD10, "C34.9"), "2"))
    assert "hypercalcaemia_malignancy" in found.conditions


# --- fractures --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "code", "site"),
    [
        *((ICD10, "S72.0", "hip"), (SKS, "DS721+TUL1", "hip"), (SNOMED, "5913000", "hip")),
        *((ICD10, "S22.0", "vertebral"), (SKS, "DM485", "vertebral"), (SNOMED, "42942008", "vertebral")),
        *((ICD10, "S32.5", "pelvis"), (ICD10, "S42.2", "humerus"), (ICD10, "S22.3", "rib"), (ICD10, "S82.6", "ankle")),
        *((ICD10, "S52.4", "forearm"), (ICPC, "L72", "forearm"), (SNOMED, "65966004", "forearm")),
        *((ICD10, "S52.5", "wrist"), (SKS, "DS526", "wrist"), (SNOMED, "263102004", "wrist")),
        *((ICD10, "S72.3", "other"), (ICD10, "T14.2", "other"), (SNOMED, "125605004", "other")),
    ],
)
def test_a_fracture_is_read_with_its_site(system: str, code: str, site: str) -> None:
    found = fracture(condition(coded(system, code)))
    assert (found.site, found.date, found.low_energy, found.pathological) == (site, date(2020, 5, 1), None, False)


@pytest.mark.parametrize(("letter", "site"), [("A", "wrist"), ("B", "hip"), ("C", "vertebral"), ("", "other")])
@pytest.mark.parametrize("system", [ICD10, SKS])
def test_m80_is_osteoporosis_and_a_low_energy_fracture(letter: str, site: str, system: str) -> None:
    code = f"M80.9{letter}" if system == ICD10 else f"DM809{letter}"
    found = facts(condition(coded(system, code)))
    assert "osteoporosis_coded" in found.conditions
    assert [(f.site, f.low_energy) for f in found.fractures] == [(site, True)]


def test_the_body_site_tells_where_an_unnamed_fracture_is() -> None:
    any_fracture = coded(SNOMED, "125605004")
    assert fracture(condition(any_fracture, bodySite=[coded(SNOMED, "29627003")])).site == "hip"
    assert fracture(condition(any_fracture, bodySite=[coded(SNOMED, "122496007")])).site == "vertebral"
    assert fracture(condition(any_fracture, bodySite=[coded(SNOMED, "1")])).site == "other"
    assert fracture(condition(coded(ICD10, "S52.5"), bodySite=[coded(SNOMED, "29627003")])).site == "wrist"


@pytest.mark.parametrize(
    ("elements", "low_energy", "pathological"),
    [
        ({}, None, False),
        ({"extension": due_to("low-energy-trauma")}, True, False),
        ({"extension": due_to("high-energy-trauma")}, False, False),
        ({"extension": due_to("pathological-cause")}, None, True),
        ({"extension": [{"url": DUE_TO, "valueCodeableConcept": coded(SNOMED, "217082002")}]}, True, False),
        ({"extension": [{"url": DUE_TO, "valueCodeableConcept": coded(ICD10, "C79.5")}]}, None, True),
        (
            {"extension": [{"url": "http://example.org/other", "valueCodeableConcept": own("low-energy-trauma")}]},
            None,
            False,
        ),
    ],
)
def test_the_mechanism_is_what_the_fracture_is_due_to(
    elements: Resource, low_energy: bool | None, pathological: bool
) -> None:
    found = fracture(condition(HIP, **elements))
    assert (found.low_energy, found.pathological) == (low_energy, pathological)


def test_a_fracture_due_to_a_recorded_fall_is_of_low_energy() -> None:
    due = [{"url": DUE_TO, "valueReference": {"reference": "Condition/2"}}]
    assert fracture(condition(HIP, extension=due), condition(coded(SNOMED, "1912002"), "2")).low_energy is True
    assert fracture(condition(HIP, extension=due)).low_energy is None


def test_a_fragility_fracture_is_of_low_energy_unless_said_otherwise() -> None:
    fragility = coded(SNOMED, "443165006")
    assert fracture(condition(fragility)).low_energy is True
    assert fracture(condition(fragility, extension=due_to("high-energy-trauma"))).low_energy is False


def test_a_history_of_fragility_fracture_is_undated() -> None:
    found = fracture(condition(coded(SNOMED, "391092009"), onset="2022-01-01"))
    assert (found.site, found.date, found.low_energy) == ("other", None, True)


def test_a_healed_fracture_counts_and_an_undated_one_too() -> None:
    assert fracture(condition(HIP, clinicalStatus=status("resolved"))).date == date(2020, 5, 1)
    assert fracture(condition(HIP, onset=None)).date is None


def test_a_fracture_dated_after_today_is_not_seen() -> None:
    assert not facts(condition(HIP, onset="2025-03-11")).fractures


def test_the_same_site_and_day_is_one_fracture_and_details_are_joined() -> None:
    found = fracture(
        condition(HIP, "1"),
        condition(coded(SKS, "DS720"), "2", extension=due_to("low-energy-trauma")),
    )
    assert (found.reference, found.low_energy) == ("Condition/1", True)


def test_another_day_or_site_is_another_fracture_and_the_newest_comes_first() -> None:
    found = facts(condition(HIP, "1"), condition(HIP, "2", "2021"), condition(coded(ICD10, "S42.2"), "3", None))
    assert [(f.site, f.date) for f in found.fractures] == [
        ("hip", date(2021, 1, 1)),
        ("hip", date(2020, 5, 1)),
        ("humerus", None),
    ]


# --- vertebral compression --------------------------------------------------------------------


def compression(number: str = "9", day: str = "2020-05-01", **elements: Any) -> Resource:
    elements.setdefault("valueQuantity", quantity(25, "%"))
    given = {name: value for name, value in elements.items() if value is not None}
    return observation(own("vertebral-compression"), number, day, **given)


FOCUS = [{"reference": "Condition/1"}]


def test_a_compression_belongs_to_the_fracture_in_its_focus() -> None:
    found = fracture(condition(VERTEBRA), compression(day="2020-06-01", focus=FOCUS))
    assert (found.compression_pct, found.compression_is_range, found.vfa) == (25, False, False)


def test_a_compression_may_be_named_as_evidence_of_the_fracture() -> None:
    evidence = [{"detail": [{"reference": "https://ehr.example.org/fhir/Observation/9"}]}]
    assert fracture(condition(VERTEBRA, evidence=evidence), compression(day="2020-06-01")).compression_pct == 25


def test_a_compression_without_link_belongs_to_the_fracture_of_its_day() -> None:
    assert fracture(condition(VERTEBRA), compression()).compression_pct == 25
    assert fracture(condition(VERTEBRA), compression(day="2020-06-01")).compression_pct is None


def test_a_compression_of_another_fracture_is_not_taken_for_this_ones() -> None:
    found = facts(
        condition(VERTEBRA), condition(VERTEBRA, "2", "2022-01-01"), compression(focus=FOCUS, day="2022-01-01")
    )
    assert {f.reference: f.compression_pct for f in found.fractures} == {"Condition/1": 25, "Condition/2": None}


def test_a_range_of_compression_is_its_low_end() -> None:
    span = {"low": quantity(20, "%"), "high": quantity(25, "%")}
    found = fracture(condition(VERTEBRA), compression(focus=FOCUS, valueRange=span, valueQuantity=None))
    assert (found.compression_pct, found.compression_is_range) == (20, True)


@pytest.mark.parametrize(
    ("elements", "problem"),
    [
        ({"valueQuantity": quantity(4, "mm")}, 'vertebral compression in "mm", expected %'),
        ({"valueQuantity": quantity(140, "%")}, "vertebral compression 140 %, expected 0 to 100 %"),
        ({"valueQuantity": None, "valueString": "slight"}, "vertebral compression has no percentage"),
    ],
)
def test_a_compression_that_cannot_be_read_is_reported(elements: Resource, problem: str) -> None:
    assert problems(facts(condition(VERTEBRA), compression(**elements))) == [f"Observation/9: {problem}"]


def test_vfa_is_told_by_evidence_or_by_the_method_of_the_compression() -> None:
    vfa = coded(LOINC, "83051-3")
    assert fracture(condition(VERTEBRA, evidence=[{"code": [vfa]}])).vfa
    assert fracture(condition(VERTEBRA), compression(focus=FOCUS, method=coded(LOINC, "83014-1"))).vfa


# --- falls ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["1912002", "217082002", "298344006"])
def test_a_fall_counts_by_its_date_and_is_no_tendency(code: str) -> None:
    found = facts(condition(coded(SNOMED, code), onset="2025-01-05"))
    assert found.falls == (Fall(date(2025, 1, 5), 1, "Condition/1"),)
    assert "fall_tendency" not in found.conditions


def test_two_records_of_one_day_are_one_fall() -> None:
    found = facts(
        condition(coded(SNOMED, "1912002"), "1", "2025-01-05"),
        condition(coded(SNOMED, "217082002"), "2", "2025-01-05"),
        condition(coded(SNOMED, "1912002"), "3", "2025-02-05"),
    )
    assert [fall.date for fall in found.falls] == [date(2025, 2, 5), date(2025, 1, 5)]


def test_a_history_of_falls_is_a_fall_without_date() -> None:
    assert facts(condition(coded(SNOMED, "428942009"))).falls == (Fall(None, 1, "Condition/1"),)


@pytest.mark.parametrize(
    ("system", "code"), [(SNOMED, "279992002"), (SNOMED, "129839007"), (ICD10, "R29.6"), (SKS, "DR296")]
)
def test_a_tendency_to_fall_is_a_state(system: str, code: str) -> None:
    found = facts(condition(coded(system, code)))
    assert "fall_tendency" in found.conditions
    assert not found.falls


# --- findings told by conditions ----------------------------------------------------------------


def test_menopause_is_told_by_its_condition() -> None:
    found = facts(condition(coded(SNOMED, "76498008"), onset=None))
    assert found.findings["menopause_status"].value == "post"
    assert found.menopause_age is None


def test_the_age_at_menopause_is_the_onset_of_its_condition() -> None:
    assert facts(condition(coded(SNOMED, "76498008"), onset=None, onsetAge=quantity(52, "a"))).menopause_age == 52
    early = facts(condition(coded(SNOMED, "373717006"), onset="1992-08-01"))
    assert early.menopause_age == 42
    assert early.findings["menopause_status"].value == "post"


def test_broad_climacteric_codes_do_not_say_postmenopausal() -> None:
    assert "menopause_status" not in facts(condition(coded(ICPC, "X11"))).findings


def test_the_newest_of_condition_and_answer_decides() -> None:
    pre = observation(own("menopausal-status"), "9", "2010-01-01", valueCodeableConcept=own("premenopausal"))
    assert facts(pre, condition(coded(SNOMED, "76498008"), onset="2012")).findings["menopause_status"].value == "post"
    assert facts(pre, condition(coded(SNOMED, "76498008"), onset="2005")).findings["menopause_status"].value == "pre"


@pytest.mark.parametrize(
    ("system", "code", "finding", "value"),
    [
        (SNOMED, "160734000", "residence", "nursing_home"),
        (SNOMED, "77176002", "smoking_status", "current"),
        (ICPC, "P17", "smoking_status", "current"),
        (SNOMED, "40739000", "swallowing_difficulty", True),
        (SKS, "DR139", "swallowing_difficulty", True),
    ],
)
def test_an_active_condition_is_a_finding_and_a_past_one_is_not(
    system: str, code: str, finding: str, value: object
) -> None:
    assert facts(condition(coded(system, code))).findings[finding].value == value
    past = condition(coded(system, code), clinicalStatus=status("resolved"))
    assert finding not in facts(past).findings


# --- procedures, flags, allergies -----------------------------------------------------------------


def test_a_transplantation_done_is_a_transplant_ever_after() -> None:
    procedure = {
        "resourceType": "Procedure",
        "id": "1",
        "status": "completed",
        "code": coded(SNOMED, "70536003"),
        "subject": SUBJECT,
        "performedDateTime": "2015-03-01",
    }
    found = facts(procedure)
    assert found.conditions["kidney_transplant"][0].onset == date(2015, 3, 1)
    assert "organ_transplant" in found.conditions
    assert not facts(procedure | {"status": "not-done"}).conditions
    assert not facts(procedure | {"performedDateTime": "2025-04-01"}).conditions


def flag(code: Resource, **elements: Any) -> Resource:
    return {"resourceType": "Flag", "id": "1", "status": "active", "code": code, "subject": SUBJECT, **elements}


def test_an_active_flag_is_a_state_or_a_note() -> None:
    assert "fall_tendency" in facts(flag(coded(SNOMED, "129839007"))).conditions
    assert facts(flag(own("specialist-bone-care"))).findings["specialist_bone_care"].value is True
    assert not facts(flag(own("specialist-bone-care"), status="inactive")).findings
    assert not facts(flag(coded(SNOMED, "129839007"), period={"end": "2024-01-01"})).conditions


def allergy(code: str, **elements: Any) -> Resource:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "1",
        "code": coded(ATC, code),
        "patient": SUBJECT,
        "recordedDate": "2024-02-01",
        **elements,
    }


def test_an_intolerance_of_an_oral_bisphosphonate_is_a_finding() -> None:
    found = facts(allergy("M05BA04")).findings["oral_bp_intolerance"]
    assert (found.value, found.date) == (True, date(2024, 2, 1))
    assert not facts(allergy("M05BA08")).findings  # given by vein
    clinical = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    assert not facts(allergy("M05BA04", clinicalStatus=coded(clinical, "resolved"))).findings


# --- family ---------------------------------------------------------------------------------------


def relative(*conditions: Resource, relation: str = "MTH", **elements: Any) -> Resource:
    return {
        "resourceType": "FamilyMemberHistory",
        "id": "1",
        "status": "completed",
        "patient": SUBJECT,
        "relationship": coded("http://terminology.hl7.org/CodeSystem/v3-RoleCode", relation),
        "condition": list(conditions),
        **elements,
    }


def told(code: Resource, **onset: Any) -> Resource:
    return {"code": code, **onset}


def test_a_relative_with_osteoporosis_and_a_fracture_is_read_with_ages() -> None:
    found = facts(
        relative(told(OSTEOPOROSIS, onsetAge=quantity(70, "a")), told(HIP, onsetString="66 years"), date="2024")
    )
    assert found.family_history == (FamilyHistory("FamilyMemberHistory/1", True, 66, 70, date(2024, 1, 1)),)


def test_no_fracture_is_no_when_the_history_is_complete_and_unknown_when_partial() -> None:
    assert facts(relative(told(OSTEOPOROSIS))).family_history[0].relative_fracture is False
    assert facts(relative(told(OSTEOPOROSIS), status="partial")).family_history[0].relative_fracture is None


@pytest.mark.parametrize(
    "history",
    [
        relative(told(OSTEOPOROSIS), relation="AUNT"),
        relative(told(coded(SNOMED, "38341003"))),
        relative(),
        relative(told(OSTEOPOROSIS), status="entered-in-error"),
        relative(told(OSTEOPOROSIS), status="health-unknown"),
        relative(told(OSTEOPOROSIS), date="2025-04-01"),
    ],
)
def test_what_is_no_family_history(history: Resource) -> None:
    assert not facts(history).family_history


def test_a_coded_family_history_has_no_details() -> None:
    found = facts(condition(coded(SNOMED, "160313009"), onset=None))
    assert found.family_history == (FamilyHistory("Condition/1"),)
    assert not found.conditions


def test_a_relative_of_somebody_else_is_reported() -> None:
    found = facts(relative(told(OSTEOPOROSIS), patient={"reference": "Patient/q"}))
    assert problems(found) == ["FamilyMemberHistory/1: subject is another patient"]
