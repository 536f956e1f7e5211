"""Observation -> values by site and unit, findings, falls; and what is left out."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from fhir_mappings import ReadOptions
from fhir_mappings.facts import Fall, FamilyHistory, Measurement
from tests.fhir import (
    LOINC,
    NPU,
    PATIENT,
    SNOMED,
    Resource,
    coded,
    egfr,
    facts,
    observation,
    own,
    problems,
    quantity,
    t_score,
)

CALCIUM = coded(NPU, "NPU04144")
VITAMIN_D = coded(NPU, "NPU10267")


def newest(concept: str, *resources: Resource, **reading: Any) -> Measurement:
    found = facts(*resources, **reading)
    assert not found.issues, problems(found)
    return found.measurements[concept][0]


def left_out(*resources: Resource) -> list[str]:
    """What is reported when nothing can be read."""
    found = facts(*resources)
    assert not found.measurements
    assert not found.findings
    return problems(found)


# --- DXA ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "site"),
    [
        *(("38264-8", "total_hip"), ("80945-9", "total_hip"), ("80946-7", "total_hip")),
        *(("38263-0", "femoral_neck"), ("80947-5", "femoral_neck"), ("80948-3", "femoral_neck")),
        *(("38267-1", "lumbar_spine"), ("104938-6", "lumbar_spine")),
        *(("38265-5", "forearm"), ("80943-4", "forearm"), ("38266-3", "other"), ("85390-3", "other")),
    ],
)
def test_a_t_score_is_read_with_the_site_of_its_code(code: str, site: str) -> None:
    found = newest("t_score", t_score(-2.6, code))
    assert (found.value, found.site, found.date, found.reference) == (-2.6, site, date(2025, 1, 10), "Observation/1")


def test_the_body_site_beats_the_site_of_the_code() -> None:
    assert newest("t_score", t_score(-2.6, bodySite=coded(SNOMED, "29627003"))).site == "femoral_neck"
    assert newest("t_score", t_score(-2.6, bodySite=coded(SNOMED, "122496007"))).site == "lumbar_spine"
    assert newest("t_score", t_score(-2.6, bodySite=coded(SNOMED, "71341001"))).site == "total_hip"


def test_a_forearm_code_is_generic_only_for_a_client_declared_so() -> None:
    assert newest("t_score", t_score(-2.6, "38265-5")).site == "forearm"
    synthea = ReadOptions(generic_t_score_codes=frozenset({"38265-5"}))
    assert newest("t_score", t_score(-2.6, "38265-5"), options=synthea).site == "unstated"
    assert newest("t_score", t_score(-2.6, "38264-8"), options=synthea).site == "total_hip"


@pytest.mark.parametrize("unit", ["{T-score}", "1", "{score}"])
def test_a_t_score_has_any_of_its_units(unit: str) -> None:
    assert newest("t_score", t_score(0, valueQuantity=quantity(-2.46, unit))).value == -2.46


@pytest.mark.parametrize("value", [{"value": -2.5}, {"value": -2.5, "unit": "SD"}])
def test_a_t_score_needs_no_ucum_unit(value: Resource) -> None:
    assert newest("t_score", t_score(0, valueQuantity=value)).value == -2.5


def test_z_score_and_density_are_read() -> None:
    found = facts(
        observation(coded(LOINC, "80933-5"), "1", valueQuantity=quantity(-1.1, "{Z-score}")),
        observation(coded(LOINC, "24966-4"), "2", valueQuantity=quantity(812, "mg/cm2")),
    )
    assert (found.measurements["z_score"][0].value, found.measurements["z_score"][0].site) == (-1.1, "total_hip")
    assert (found.measurements["bmd"][0].value, found.measurements["bmd"][0].site) == (0.812, "lumbar_spine")


def test_a_panel_holds_its_values_as_components() -> None:
    components = [
        {"code": coded(LOINC, "38264-8"), "valueQuantity": quantity(-2.1, "{T-score}")},
        {"code": coded(LOINC, "38267-1"), "valueQuantity": quantity(-2.7, "{T-score}")},
        {"code": coded(LOINC, "38263-0"), "dataAbsentReason": {"text": "hip replaced"}},
    ]
    panel = observation(coded(LOINC, "83311-1"), component=components, device={"identifier": {"value": "A7"}})
    found = facts(panel)
    assert not found.issues
    assert [(m.site, m.value, m.scanner) for m in found.measurements["t_score"]] == [
        ("lumbar_spine", -2.7, "A7"),
        ("total_hip", -2.1, "A7"),
    ]


def test_the_scanner_of_one_value_is_that_of_the_whole_scan() -> None:
    found = facts(
        t_score(-2.1, device={"identifier": {"value": "A7"}}),
        t_score(-2.4, "38267-1", "2"),
        t_score(-1.9, "38264-8", "3", effectiveDateTime="2020-01-01", device={"reference": "Device/b"}),
    )
    assert [m.scanner for m in found.measurements["t_score"]] == ["A7", "A7", "Device/b"]


def test_two_scanners_on_one_day_say_nothing_of_the_third_value() -> None:
    found = facts(
        t_score(-2.1, device={"identifier": {"value": "A7"}}),
        t_score(-2.2, "38267-1", "2", device={"identifier": {"value": "B1"}}),
        t_score(-2.4, "38263-0", "3"),
    )
    assert {m.site: m.scanner for m in found.measurements["t_score"]}["femoral_neck"] is None


# --- values -------------------------------------------------------------------------------


def test_a_danish_egfr_is_read() -> None:
    assert newest("egfr", egfr(62)).value == 62


@pytest.mark.parametrize(
    ("value", "number", "comparator"),
    [
        ({"valueQuantity": {"value": 90, "comparator": ">", "unit": "mL/min"}}, 90, ">"),
        ({"valueQuantity": {"value": 15, "comparator": "<", "unit": "mL/min"}}, 15, "<"),
        ({"valueString": ">90"}, 90, ">"),
        ({"valueString": "> 90 mL/min"}, 90, ">"),
        ({"valueString": "≥90"}, 90, ">="),
        ({"valueString": "62"}, 62, ""),
        ({"valueInteger": 62, "valueQuantity": None}, None, ""),
    ],
)
def test_a_comparator_leaves_the_limit_as_the_value(value: Resource, number: float | None, comparator: str) -> None:
    resource = {key: each for key, each in (egfr(0) | {"valueQuantity": None} | value).items() if each is not None}
    if number is None:  # a bare integer says no unit
        assert left_out(resource) == ["Observation/1: eGFR without unit, expected mL/min/1.73 m2"]
        return
    found = newest("egfr", resource)
    assert (found.value, found.comparator) == (number, comparator)


def test_a_value_as_text_needs_its_unit_where_it_could_be_another() -> None:
    assert newest("vitamin_d", observation(VITAMIN_D, valueString="< 20 nmol/L")).value == 20
    assert newest("t_score", t_score(0, valueQuantity=None) | {"valueString": "−2,6"}).value == -2.6
    assert left_out(observation(VITAMIN_D, valueString="<20")) == [
        "Observation/1: 25-OH vitamin D without unit, expected nmol/L"
    ]


def test_a_reference_range_is_converted_like_its_value() -> None:
    ranges = [
        {
            "type": coded("http://terminology.hl7.org/CodeSystem/referencerange-meaning", "treatment"),
            "low": quantity(9, "mg/dL"),
        },
        {"low": quantity(4.7, "mg/dL"), "high": {"value": 5.3}, "appliesTo": [{"text": "children"}]},
        {"low": quantity(4.6, "mg/dL"), "high": {"value": 5.2}},
    ]
    found = newest("calcium_ionised", observation(CALCIUM, valueQuantity=quantity(4.8, "mg/dL"), referenceRange=ranges))
    assert (found.value, found.low, found.high) == (1.1976, 1.1477, 1.2974)


def test_a_reference_range_of_type_normal_counts() -> None:
    normal = coded("http://terminology.hl7.org/CodeSystem/referencerange-meaning", "normal")
    ranges = [{"type": normal, "low": quantity(1.18, "mmol/L")}]
    found = newest(
        "calcium_ionised", observation(CALCIUM, valueQuantity=quantity(1.2, "mmol/L"), referenceRange=ranges)
    )
    assert (found.low, found.high) == (1.18, None)


def test_a_reference_range_in_an_unknown_unit_is_reported_and_the_value_stays() -> None:
    ranges = [{"low": quantity(1.18, "furlong")}]
    found = facts(observation(CALCIUM, valueQuantity=quantity(1.2, "mmol/L"), referenceRange=ranges))
    assert found.measurements["calcium_ionised"][0].low is None
    assert problems(found) == ['Observation/1: reference range of ionised calcium in "furlong", expected mmol/L']


def test_the_geometric_mean_is_a_range_of_its_own_type() -> None:
    ranges = [
        {"low": quantity(15, "ug/L"), "high": quantity(80, "ug/L")},
        {"type": own("geometric-mean-premenopausal"), "high": {"value": 38}},
    ]
    p1np = observation(coded(NPU, "NPU19893"), valueQuantity=quantity(60, "ug/L"), referenceRange=ranges)
    found = newest("p1np", p1np)
    assert (found.low, found.high, found.geometric_mean) == (15, 80, 38)


def test_drinks_per_day_are_drinks_per_week() -> None:
    found = newest("alcohol_units_week", observation(coded(LOINC, "74013-4"), valueQuantity=quantity(2, "{drinks}/d")))
    assert (found.concept, found.value) == ("alcohol_units_week", 14)


def test_own_codes_for_what_no_terminology_has() -> None:
    found = facts(
        observation(own("peak-height"), "1", valueQuantity=quantity(1.7, "m")),
        observation(own("dietary-calcium"), "2", valueQuantity=quantity(650, "mg/d")),
    )
    assert found.measurements["peak_height_cm"][0].value == 170
    assert found.measurements["dietary_calcium_mg"][0].value == 650


def test_total_calcium_is_not_used() -> None:
    assert left_out(observation(coded(NPU, "NPU01443"), valueQuantity=quantity(2.3, "mmol/L"))) == []


# --- newest ---------------------------------------------------------------------------------


def test_values_come_newest_first() -> None:
    found = facts(egfr(50, "1", "2024"), egfr(60, "2", "2025-02-01"), egfr(55, "3", "2024-05"))
    assert [m.value for m in found.measurements["egfr"]] == [60, 55, 50]
    assert [m.date for m in found.measurements["egfr"]][1:] == [date(2024, 5, 1), date(2024, 1, 1)]


def test_of_two_values_of_a_day_the_later_issued_counts_whatever_its_time_zone() -> None:
    early = egfr(40, "1", issued="2025-01-10T23:30:00+02:00")
    late = egfr(62, "2", issued="2025-01-10T22:00:00Z")
    assert facts(early, late).measurements["egfr"][0].value == 62


def test_of_two_values_of_a_day_without_issued_the_lower_counts() -> None:
    assert facts(egfr(62, "1"), egfr(40, "2")).measurements["egfr"][0].value == 40


def test_of_the_screening_tests_only_the_newest_readable_result_is_read() -> None:
    def sodium(value: float, number: str, day: str, unit: str = "mmol/L") -> Resource:
        return observation(coded(NPU, "NPU03429"), number, day, valueQuantity=quantity(value, unit))

    found = facts(
        sodium(139, "1", "2024-01-10"),
        sodium(141, "2", "2025-01-10", "furlong"),
        sodium(140, "3", "2024-12-10"),
        sodium(137, "4", "2024-12-10"),
        sodium(136, "5", "2026-01-01"),
    )
    assert [m.value for m in found.measurements["sodium"]] == [137, 140]
    assert problems(found) == ['Observation/2: sodium in "furlong", expected mmol/L']


# --- left out -------------------------------------------------------------------------------


def test_an_unknown_unit_is_reported() -> None:
    problem = 'Observation/1: eGFR in "mg", expected mL/min/1.73 m2'
    assert left_out(egfr(62, valueQuantity={"value": 62, "unit": "mg"})) == [problem]


@pytest.mark.parametrize(
    ("resource", "problem"),
    [
        (egfr(-5), "eGFR -5 mL/min is not possible, expected 1 to 250"),
        (t_score(26), "T-score 26 {T-score} is not possible, expected -10 to 10"),
        (observation(VITAMIN_D, valueQuantity=quantity(0, "nmol/L")), "25-OH vitamin D 0 nmol/L is not possible"),
        (observation(coded(LOINC, "8302-2"), valueQuantity=quantity(17, "cm")), "height 17 cm is not possible"),
    ],
)
def test_an_impossible_value_is_reported(resource: Resource, problem: str) -> None:
    assert left_out(resource)[0].startswith(f"Observation/1: {problem}")


def test_a_value_that_is_absent_for_a_reason_is_no_issue() -> None:
    reason = coded("http://terminology.hl7.org/CodeSystem/data-absent-reason", "error")
    resource = egfr(0, dataAbsentReason=reason)
    del resource["valueQuantity"]
    assert left_out(resource) == []


@pytest.mark.parametrize(
    "value", [{}, {"valueString": "see letter"}, {"valueQuantity": {"unit": "mL/min"}}, {"valueBoolean": True}]
)
def test_a_missing_value_without_reason_is_reported(value: Resource) -> None:
    resource = observation(coded(NPU, "DNK35302"), **value)
    assert left_out(resource) == ["Observation/1: eGFR has no number as its value"]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered"])
def test_what_is_no_result_is_left_out_silently(status: str) -> None:
    assert left_out(egfr(20, status=status)) == []


@pytest.mark.parametrize("status", ["preliminary", "unknown"])
def test_a_result_that_is_not_final_is_reported(status: str) -> None:
    assert left_out(egfr(20, status=status)) == [f"Observation/1: status {status}, expected final"]


@pytest.mark.parametrize("status", ["amended", "corrected"])
def test_corrected_results_count(status: str) -> None:
    assert newest("egfr", egfr(62, status=status)).value == 62


def test_a_result_dated_after_today_is_not_seen() -> None:
    assert left_out(egfr(20, "1", "2025-03-11")) == []
    assert newest("egfr", egfr(62, "1", "2025-03-10T23:59:00-10:00")).value == 62


def test_a_result_without_date_is_reported() -> None:
    assert left_out(egfr(62, day=None)) == ["Observation/1: eGFR has no date (effective)"]


def test_the_date_may_be_the_end_of_a_period_or_an_instant() -> None:
    period = {"start": "2025-01-01", "end": "2025-01-03T10:00:00+01:00"}
    assert newest("egfr", egfr(62, day=None, effectivePeriod=period)).date == date(2025, 1, 3)
    assert newest("egfr", egfr(62, day=None, effectiveInstant="2025-01-03T10:00:00+01:00")).date == date(2025, 1, 3)


def test_codes_nobody_knows_are_ignored_without_issue() -> None:
    odd = coded("urn:oid:1.2.208.176.2.99", "AAB00345")
    assert left_out(observation(odd, valueQuantity=quantity(1, "x")), observation({"text": "eGFR"}, "2")) == []


def test_a_code_that_is_no_concept_is_reported() -> None:
    assert "code" in left_out(observation({}) | {"code": "DNK35302"})[0]


# --- findings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("77176002", "current"),
        ("449868002", "current"),
        ("8517006", "former"),
        ("266919005", "never"),
        ("160618006", "not_current"),
    ],
)
def test_smoking_status_is_a_coded_answer(code: str, value: str) -> None:
    found = facts(observation(coded(LOINC, "72166-2"), valueCodeableConcept=coded(SNOMED, code)))
    assert found.findings["smoking_status"].value == value


def test_the_newest_answer_counts() -> None:
    def status(code: str, number: str, day: str) -> Resource:
        return observation(coded(LOINC, "72166-2"), number, day, valueCodeableConcept=coded(SNOMED, code))

    found = facts(status("8517006", "1", "2024-01-01"), status("77176002", "2", "2020-01-01"))
    assert found.findings["smoking_status"].value == "former"


def test_an_answer_no_table_knows_says_nothing() -> None:
    assert left_out(observation(coded(LOINC, "72166-2"), valueCodeableConcept=coded(SNOMED, "266927001"))) == []


def test_notes_are_yes_or_no_and_the_newest_counts() -> None:
    def care(value: bool, number: str, day: str) -> Resource:
        return observation(own("specialist-bone-care"), number, day, valueBoolean=value)

    found = facts(care(True, "1", "2023-01-01"), care(False, "2", "2024-01-01"))
    assert found.findings["specialist_bone_care"].value is False


def test_a_note_without_date_holds_but_is_the_oldest() -> None:
    undated = observation(own("adherence-doubt"), "1", None, valueBoolean=True)
    assert facts(undated).findings["adherence_doubt"].value is True
    dated = observation(own("adherence-doubt"), "2", "2019", valueBoolean=False)
    assert facts(undated, dated).findings["adherence_doubt"].value is False


def test_a_note_without_yes_or_no_is_reported() -> None:
    assert left_out(observation(own("adherence-doubt"), valueString="maybe")) == [
        "Observation/1: adherence doubt has no valueBoolean"
    ]


def test_a_planned_stop_of_denosumab_may_lie_ahead() -> None:
    found = facts(observation(own("denosumab-stop-planned"), "1", "2025-06-01", valueBoolean=True))
    assert found.findings["denosumab_stop_planned"].date == date(2025, 6, 1)


@pytest.mark.parametrize(
    ("code", "value"), [("dental-poor", "poor"), ("dental-none", "none"), ("dental-regular", "regular")]
)
def test_dental_status_is_read(code: str, value: str) -> None:
    found = facts(observation(own("dental-status"), valueCodeableConcept=own(code)))
    assert found.findings["dental_status"].value == value


def test_a_nursing_home_is_told_by_the_value_whatever_the_code() -> None:
    found = facts(observation(coded(LOINC, "75274-1"), valueCodeableConcept=coded(SNOMED, "160734000")))
    assert found.findings["residence"].value == "nursing_home"


def test_family_history_may_be_a_code_or_a_value() -> None:
    found = facts(
        observation(coded(SNOMED, "160313009"), "1", valueBoolean=True),
        observation(coded(LOINC, "8670-2"), "2", valueCodeableConcept=coded(SNOMED, "391096007")),
        observation(coded(SNOMED, "160313009"), "3", valueBoolean=False),
    )
    day = date(2025, 1, 10)
    assert set(found.family_history) == {
        FamilyHistory("Observation/1", date=day),
        FamilyHistory("Observation/2", relative_fracture=True, date=day),
    }


def test_falls_of_the_past_year_are_counted_on_their_date() -> None:
    falls = coded(LOINC, "52552-7")
    assert facts(observation(falls, valueInteger=2)).falls == (Fall(date(2025, 1, 10), 2, "Observation/1"),)
    assert facts(observation(falls, valueQuantity={"value": 1, "unit": "{falls}"})).falls[0].count == 1
    assert facts(observation(falls, valueInteger=0)).falls == ()


# --- menopause ------------------------------------------------------------------------------


def menopause(code: str, day: str = "2020-01-01", number: str = "9") -> Resource:
    return observation(own("menopausal-status"), number, day, valueCodeableConcept=own(code))


def test_menopausal_status_is_a_coded_answer() -> None:
    assert facts(menopause("postmenopausal")).findings["menopause_status"].value == "post"
    assert facts(menopause("premenopausal")).findings["menopause_status"].value == "pre"
    assert "menopause_status" not in facts().findings


def test_an_age_at_menopause_is_read_and_when_past_says_postmenopausal() -> None:
    age = observation(coded(LOINC, "42802-9"), valueQuantity=quantity(51, "a"))
    found = facts(age)
    assert found.menopause_age == 51
    assert found.findings["menopause_status"].value == "post"
    assert "menopause_age" not in found.measurements
    young = facts(age, patient=PATIENT | {"birthDate": "1980-01-01"})
    assert "menopause_status" not in young.findings
