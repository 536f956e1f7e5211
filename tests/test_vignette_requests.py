"""The worked patients become requests that say all a vignette says, and nothing else."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from tests.vignette_codes import CONDITIONS, DECLINED, FRACTURES, MEASURES, ORDERS, SMOKING
from tests.vignette_drugs import DRUGS, ROUTES
from tests.vignette_observations import NOTES
from tests.vignette_orders import VISITS
from tests.vignette_record import Dialect, UnknownFactError, add_months
from tests.vignette_requests import (
    DIALECTS,
    PREFETCH_KEYS,
    SECTIONS,
    hook_of,
    load_vignettes,
    to_request,
    today_of,
)
from tests.vignette_units import converted, factors

Vignette = dict[str, Any]
Request = dict[str, Any]
Fact = dict[str, Any]

VIGNETTES = load_vignettes()
REQUESTS = {dialect: {v["id"]: to_request(v, dialect) for v in VIGNETTES} for dialect in DIALECTS}
#: Pieces of JSON that show a way of writing a fact.
DANISH_FORMS = (
    "urn:oid:1.2.208.176.2.1 http://npu-terminology.org +TUL1 urn:oid:1.2.208.176.2.31 BWHB40A "
    'http://hl7.org/fhir/sid/icd-10 urn:oid:1.2.208.176.2.4.12 T08:15:00+01:00 "mL/min" "SD"'
)
FORMS_ABROAD = (
    '"MedicationStatement" "contained" "component" "onsetAge" "QD" "BID" "{tablet}" "mg/dL" "ng/mL" "[in_i]" '
    '"[lb_av]" "{drinks}/d" "Task" "cancelled" "bodySite" "valueInteger" "Encounter" "effectivePeriod" '
    '"ingredient" "numberOfRepeatsAllowed" "onsetString" "method" "count" "reasonReference" Device/scanner 198142 '
    "T23:45:00-05:00"
)
PREFETCH = {"patient", "screening", *PREFETCH_KEYS.values()}


def vignette(**facts: Any) -> Vignette:
    """A woman of 72 with these facts."""
    patient = {"sex": "female", "age": 72}
    return {"id": "V-X", "hook": "patient-view", "today": date(2025, 3, 10), "patient": patient} | facts


def resources(request: Request) -> Iterator[dict[str, Any]]:
    """Every resource of a request, drafts included."""
    bundles = [bundle for key, bundle in request["prefetch"].items() if key != "patient"]
    yield request["prefetch"]["patient"]
    for bundle in [*bundles, request["context"].get("draftOrders", {})]:
        yield from (entry["resource"] for entry in bundle.get("entry", ()))


def found(request: Request, key: str) -> list[dict[str, Any]]:
    """The resources under one prefetch key."""
    return [entry["resource"] for entry in request["prefetch"][key].get("entry", ())]


def drafts(request: Request) -> list[dict[str, Any]]:
    """The drafted orders."""
    return [entry["resource"] for entry in request["context"]["draftOrders"]["entry"]]


def invalid(request: Request) -> list[str]:
    """What FHIR R4 says against the resources of a request."""
    problems = []
    for resource in resources(request):
        try:
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
        except ValueError as problem:
            problems.append(f"{resource['id']}: {problem}")
    return problems


# --- all five hundred


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_resource_of_every_patient_is_valid_fhir(dialect: Dialect) -> None:
    problems = {name: invalid(request) for name, request in REQUESTS[dialect].items()}
    assert {name: found for name, found in problems.items() if found} == {}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_bundle_is_valid_fhir(dialect: Dialect) -> None:
    for request in REQUESTS[dialect].values():
        bundles = [bundle for key, bundle in request["prefetch"].items() if key != "patient"]
        for bundle in [*bundles, *([request["context"]["draftOrders"]] if drafted(request) else [])]:
            get_fhir_model_class("Bundle").model_validate(bundle)


def drafted(request: Request) -> bool:
    """Whether the hook has draft orders."""
    return "draftOrders" in request["context"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_prefetch_key_is_sent_and_ids_are_unique(dialect: Dialect) -> None:
    for request in REQUESTS[dialect].values():
        assert set(request["prefetch"]) == PREFETCH
        prefetched = [r["id"] for key in PREFETCH - {"patient"} for r in found(request, key)]
        assert len(prefetched) == len(set(prefetched))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_same_patient_gives_the_same_request(dialect: Dialect) -> None:
    for patient in load_vignettes():
        before = copy.deepcopy(patient)
        assert to_request(patient, dialect) == REQUESTS[dialect][patient["id"]]
        assert patient == before


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_date_of_a_vignette_is_written(dialect: Dialect) -> None:
    for patient in VIGNETTES:
        text = json.dumps(REQUESTS[dialect][patient["id"]])
        missing = [day for day in dates(patient) if day.isoformat() not in text]
        assert missing == [], patient["id"]


def dates(patient: Vignette) -> Iterator[date]:
    """Every date among the facts; of a course's end the last day."""
    facts = [f for section in patient.values() if isinstance(section, list) for f in section if isinstance(f, dict)]
    yield from (f[key] for f in facts for key in ("date", "start") if key in f)
    yield from (f["stop"] - timedelta(days=1) for f in facts if "stop" in f)
    yield from (value for value in patient.get("notes", {}).values() if isinstance(value, date))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_fact_has_its_resource(dialect: Dialect) -> None:
    for patient in VIGNETTES:
        request = REQUESTS[dialect][patient["id"]]
        kinds = Counter(resource["resourceType"] for resource in resources(request) if not forbids(resource))
        courses = kinds["MedicationRequest"] + kinds["MedicationStatement"]
        wanted = [d for d in patient.get("draft_orders", ()) if d["kind"] == "medication"]
        copies = [r for r in drafts_of(request) if r["status"] in ("stopped", "cancelled")]
        assert courses == len(patient.get("medications", ())) + len(wanted) + len(copies)
        assert kinds["MedicationAdministration"] == len(patient.get("administrations", ()))
        handed = [f for f in patient.get("medications", ()) if "dispensed_mg" in f]
        assert kinds["MedicationDispense"] == len(patient.get("dispensings", ())) + len(handed)
        refused = len(patient.get("declined", ())) + len(patient.get("overrides", ()))
        assert sum(forbids(r) for key in PREFETCH - {"patient"} for r in found(request, key)) == refused
        assert len(drafts_of(request)) == len(patient.get("draft_orders", ()))
        assert len(found(request, "appointments")) + len(found(request, "encounters")) >= (
            len(patient.get("encounters", ())) + len(patient.get("appointments", ()))
        )


def forbids(resource: dict[str, Any]) -> bool:
    """Whether the resource says that something is not to be done."""
    return bool(resource.get("doNotPerform"))


def drafts_of(request: Request) -> list[dict[str, Any]]:
    """The drafted orders, none where the hook has none."""
    return drafts(request) if drafted(request) and "entry" in request["context"]["draftOrders"] else []


def test_values_convert_back_to_the_vignettes_value() -> None:
    for patient in VIGNETTES:
        for fact in patient.get("observations", ()):
            measure = MEASURES.get(fact["concept"])
            for unit in measure.foreign_unit.split() if measure and measure.table else ():
                sent = converted(fact["value"], measure.table, unit) if measure else 0
                assert sent * factors()[measure.table if measure else "", unit] == pytest.approx(
                    fact["value"], rel=1e-15
                )


def test_hba1c_is_the_only_formula() -> None:
    assert (converted(48, "hba1c", "%") - 2.15) * 10.929 == pytest.approx(48, rel=1e-15)


@pytest.mark.parametrize("form", DANISH_FORMS.split())
def test_danish_records_show_each_danish_form(form: str) -> None:
    assert form in json.dumps(REQUESTS["danish"])


@pytest.mark.parametrize("form", FORMS_ABROAD.split())
def test_records_abroad_show_each_accepted_form(form: str) -> None:
    assert form in json.dumps(REQUESTS["international"])


# --- the whole vocabulary, used by a vignette or not


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "facts",
    [{"conditions": [{"concept": name, "date": date(2020, 1, 1), "end": date(2021, 1, 1)}]} for name in CONDITIONS]
    + [{"conditions": [{"concept": "fracture", "site": site, "pathological": True}]} for site in FRACTURES]
    + [{"conditions": [{"concept": "family_history_osteoporosis"}]}]
    + [{"observations": [{"concept": name, "date": date(2025, 1, 1), "value": 2}]} for name in MEASURES]
    + [{"observations": [{"concept": "smoking_status", "date": date(2025, 1, 1), "value": v}]} for v in SMOKING]
    + [{"medications": [{"drug": name, "start": date(2025, 1, 1), "dose": "70 mg weekly"}]} for name in DRUGS]
    + [{"medications": [{"drug": "triamcinolone", "start": date(2025, 1, 1), "route": name}]} for name in ROUTES]
    + [{"orders": [{"concept": name, "date": date(2025, 1, 1)}]} for name in [*ORDERS, *MEASURES]]
    + [{"declined": [{"topic": topic, "date": date(2025, 1, 1)}]} for topic in DECLINED]
    + [{"encounters": [{"concept": name, "date": date(2025, 1, 1)}]} for name in VISITS]
    + [{"notes": {"swallowing_difficulty": True, "dental_status": "none", "adherence_doubt": False}}],
    ids=lambda facts: json.dumps(facts, default=str),
)
def test_every_word_of_the_vocabulary_can_be_written(facts: Vignette, dialect: Dialect) -> None:
    request = to_request(vignette(**facts), dialect)
    assert invalid(request) == []
    assert len(list(resources(request))) > 1


# --- nothing is left out silently


@pytest.mark.parametrize("section", sorted({*SECTIONS} - {"notes"}))
def test_a_fact_with_an_unknown_key_is_refused(section: str) -> None:
    refused_with(section, lambda fact: fact | {"colour": "blue"})


@pytest.mark.parametrize("section", sorted({*SECTIONS} - {"notes", "overrides"}))
def test_a_fact_with_an_unknown_name_is_refused(section: str) -> None:
    name = {"declined": "topic", "draft_orders": "kind"}.get(section)
    refused_with(section, lambda fact: fact | {name or ("drug" if "drug" in fact else "concept"): "unheard_of"})


def refused_with(section: str, change: Callable[[Fact], Fact]) -> None:
    """Every fact of the section, once changed, is an error."""
    patients = [patient for patient in VIGNETTES if patient.get(section)]
    assert patients
    for patient in patients:
        for number, fact in enumerate(patient[section]):
            changed = [*patient[section]]
            changed[number] = change(fact)
            with pytest.raises(UnknownFactError):
                to_request(patient | {section: changed}, "danish")


@pytest.mark.parametrize(
    "facts",
    [
        {"allergies": []},
        {"notes": {"mood": "good"}},
        {"notes": {"dental_status": "good"}},
        {"notes": {"den_bp_plan": "maybe"}},
        {"notes": {"oral_bp_intolerance": True}},
        {"patient": {"sex": "female", "age": 72, "shoe_size": 38}},
        {"patient": {"sex": "female", "age": 72, "residence": "boat"}},
        {"observations": [{"concept": "egfr", "date": date(2025, 1, 1), "value": 60, "unit": "mL"}]},
        {"observations": [{"concept": "scanner_id", "date": date(2025, 1, 1), "value": "A"}]},
        {"medications": [{"drug": "prednisolone", "start": date(2025, 1, 1), "dose_mg": 5, "daily_mg": 5}]},
        {"medications": [{"drug": "prednisolone", "start": date(2025, 1, 1), "replaces_previous": True}]},
        {"medications": [{"drug": "prednisolone", "start": date(2025, 1, 1), "stop": date(2025, 1, 1)}]},
        {"medications": [{"drug": "alendronate", "start": date(2025, 1, 1), "dose": "one now and then"}]},
    ],
    ids=lambda facts: json.dumps(facts, default=str),
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_cannot_be_written_is_refused(facts: Vignette, dialect: Dialect) -> None:
    with pytest.raises(UnknownFactError):
        to_request(vignette(**facts), dialect)


def test_every_note_is_known() -> None:
    assert {name for patient in VIGNETTES for name in patient.get("notes", ())} <= set(NOTES)


# --- the request


def test_a_population_patient_is_sent_as_patient_view_and_keeps_its_hook() -> None:
    patient = next(v for v in VIGNETTES if v["hook"] == "population")
    assert hook_of(patient) == "population"
    assert REQUESTS["danish"][patient["id"]]["hook"] == "patient-view"


def test_order_select_selects_every_draft_and_patient_view_has_none() -> None:
    patient = next(v for v in VIGNETTES if v["hook"] == "order-select")
    context = REQUESTS["danish"][patient["id"]]["context"]
    assert context["selections"] == [f"{r['resourceType']}/{r['id']}" for r in drafts({"context": context})]
    assert REQUESTS["danish"]["V-001"]["context"] == {"userId": "Practitioner/gp-1", "patientId": "pat-V-001"}


def test_an_empty_search_says_so() -> None:
    request = to_request(vignette(), "danish")
    assert request["prefetch"]["conditions"] == {"resourceType": "Bundle", "type": "searchset", "total": 0}


def test_the_birthday_is_half_a_year_before_the_age() -> None:
    request = to_request(vignette(), "danish")
    assert request["prefetch"]["patient"]["birthDate"] == "1952-09-10"
    assert today_of(vignette()) == date(2025, 3, 10)


def test_months_are_clamped_to_the_end_of_the_month() -> None:
    assert add_months(date(2025, 8, 31), -6) == date(2025, 2, 28)
    assert add_months(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert add_months(date(2024, 12, 15), 1) == date(2025, 1, 15)


def test_routine_tests_are_found_by_the_screening_search() -> None:
    facts = [{"concept": name, "date": date(2025, 1, 1), "value": 5} for name in ("haemoglobin", "egfr")]
    request = to_request(vignette(observations=facts), "danish")
    assert len(found(request, "screening")) == len(found(request, "observations")) == 1


def test_stop_is_the_day_after_the_last_day() -> None:
    course = {"drug": "alendronate", "start": date(2022, 3, 1), "stop": date(2025, 1, 1), "dose": "70 mg weekly"}
    [order] = found(to_request(vignette(medications=[course]), "danish"), "medicationRequests")
    [dosage] = order["dosageInstruction"]
    assert order["status"] in ("completed", "stopped")
    assert dosage["timing"]["repeat"] == {
        "frequency": 1,
        "period": 1,
        "periodUnit": "wk",
        "boundsPeriod": {"start": "2022-03-01", "end": "2024-12-31"},
    }
    assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 70


def test_a_course_that_ends_later_is_active() -> None:
    course = {"drug": "alendronate", "start": date(2022, 3, 1), "stop": date(2025, 3, 11)}
    [order] = found(to_request(vignette(medications=[course]), "danish"), "medicationRequests")
    assert order["status"] == "active"


def test_calcium_is_dosed_per_intake() -> None:
    facts = {"drug": "calcium_vitd", "start": date(2020, 1, 1), "daily_mg": 800, "intakes_per_day": 2}
    [order] = found(to_request(vignette(medications=[facts]), "danish"), "medicationRequests")
    [dosage] = order["dosageInstruction"]
    assert (dosage["doseAndRate"][0]["doseQuantity"]["value"], dosage["timing"]["repeat"]["frequency"]) == (400, 2)


def test_a_taper_is_written_step_by_step() -> None:
    [order] = found(REQUESTS["danish"]["V-237"], "medicationRequests")
    steps = [
        (d["sequence"], d["timing"]["repeat"]["boundsDuration"]["value"], d["doseAndRate"][0]["doseQuantity"]["value"])
        for d in order["dosageInstruction"]
    ]
    assert steps == [(1, 7, 25), (2, 7, 20), (3, 7, 15), (4, 7, 10), (5, 7, 5)]
    assert order["authoredOn"] == "2025-05-20"


def test_a_rescue_pack_is_as_needed_with_what_was_dispensed() -> None:
    request = REQUESTS["danish"]["V-413"]
    order = found(request, "medicationRequests")[0]
    [dispense] = found(request, "medicationDispenses")
    assert order["dosageInstruction"][0]["asNeededBoolean"] is True
    assert dispense["quantity"]["value"] == 187.5
    assert dispense["authorizingPrescription"] == [{"reference": f"MedicationRequest/{order['id']}"}]


def test_a_replacing_order_points_at_the_older_one() -> None:
    older, newer = found(REQUESTS["danish"]["V-445"], "medicationRequests")
    assert newer["priorPrescription"] == {"reference": f"MedicationRequest/{older['id']}"}
    assert "priorPrescription" not in older


def test_fracture_and_compression_point_at_each_other() -> None:
    request = REQUESTS["danish"]["V-017"]
    compression = next(r for r in found(request, "observations") if "focus" in r)
    fracture = next(r for r in found(request, "conditions") if "evidence" in r)
    assert compression["focus"] == [{"reference": f"Condition/{fracture['id']}"}]
    assert fracture["evidence"][0]["detail"] == [{"reference": f"Observation/{compression['id']}"}]
    assert compression["valueRange"]["low"]["value"] == 20


def test_height_travels_in_metres_at_home() -> None:
    fact = {"concept": "height_cm", "date": date(2025, 1, 1), "value": 165.5, "unit": "cm"}
    [height] = found(to_request(vignette(observations=[fact]), "danish"), "observations")
    assert (height["valueQuantity"]["value"], height["valueQuantity"]["unit"]) == (1.655, "m")


def test_a_relatives_unknown_fracture_is_partial_and_none_is_completed() -> None:
    for fact, status in (({}, "partial"), ({"relative_fracture": False}, "completed")):
        family = {"concept": "family_history_osteoporosis", "relative_dx_age": 70} | fact
        [relative] = found(to_request(vignette(conditions=[family]), "danish"), "familyHistory")
        assert (relative["status"], len(relative["condition"])) == (status, 1)
