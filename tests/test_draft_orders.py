"""context.draftOrders -> what is about to be ordered (facts-to-fhir 7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.draft_orders import read_drafts
from fhir_mappings.facts import DraftReferral, Drafts, DraftService, DraftStop, Issue
from fhir_mappings.medications import read_medications, with_drafts
from fhir_mappings.prefetch import Received
from tests.examples import PATIENT_ID, TODAY
from tests.medication_records import (
    RXNORM,
    concept,
    daily,
    doses,
    drug,
    for_days,
    of,
    order,
    period,
    quantity,
    received,
    resource,
    statement,
)
from tests.vignette_facts import facts_of
from tests.vignette_record import Dialect
from tests.vignette_requests import DIALECTS, load_vignettes, to_request, today_of

OWN = "https://osteo-cds.org/fhir/CodeSystem/facts"
LOINC = "http://loinc.org"
SCT = "http://snomed.info/sct"
ALENDRONATE = drug("M05BA04")
DENOSUMAB = drug("M05BX04")


def draft(number: int | str, *dosages: dict[str, Any], **elements: Any) -> dict[str, Any]:
    """A drafted prescription, of prednisolone unless said otherwise."""
    return order(number, TODAY.isoformat(), *dosages) | {"status": "draft"} | elements


def service(number: int | str, code: dict[str, Any] | None, **elements: Any) -> dict[str, Any]:
    """A drafted ServiceRequest."""
    coded = {"code": code} if code else {}
    return resource("ServiceRequest", number, status="draft", intent="order") | coded | elements


DXA = concept("38268-9", "", LOINC)
SPECIALIST = concept("412717001", "", SCT)


def bundle(*resources: dict[str, Any]) -> bytes:
    entries = [{"resource": each} for each in resources]
    return msgspec.json.encode({"resourceType": "Bundle", "type": "collection", "entry": entries})


def read(
    *drafts: dict[str, Any],
    record: Sequence[dict[str, Any]] = (),
    selections: Sequence[str] | None = None,
    issues: list[Issue] | None = None,
) -> Drafts:
    """The drafts; without `issues` none may come up."""
    found: list[Issue] = [] if issues is None else issues
    result, _ = read_drafts(bundle(*drafts), selections, received(*record), TODAY, found)
    assert issues is not None or not found, found
    return result


# prescriptions


def test_a_drafted_prescription_begins_today() -> None:
    (drafted,) = read(draft(1, daily(5, **for_days(30)))).medications
    assert drafted.drugs == {"prednisolone"}
    assert drafted.reference == "MedicationRequest/1"
    assert (drafted.course.start, doses(drafted.course)) == (TODAY, "2025-03-10 5 x 30")
    assert (drafted.course.systemic, drafted.course.active) == (True, True)


def test_it_begins_when_its_bounds_say() -> None:
    (drafted,) = read(draft(1, daily(5, **period("2025-04-01")))).medications
    assert (drafted.course.start, doses(drafted.course)) == (date(2025, 4, 1), "2025-04-01 5 x open")


def test_without_length_it_is_open_ended() -> None:
    (drafted,) = read(draft(1, **ALENDRONATE)).medications
    assert (drafted.course.stop, drafted.course.open_ended) == (None, True)


def test_a_drafted_statement_is_a_prescription() -> None:
    (drafted,) = read(statement(1, "", "", daily(5, **for_days(30)), status="intended")).medications
    assert doses(drafted.course) == "2025-03-10 5 x 30"


def test_other_glucocorticoids_keep_their_own_mg() -> None:
    (drafted,) = read(draft(1, daily(0.75), **drug("3264", "", RXNORM))).medications
    assert drafted.drugs == {"dexamethasone"}
    assert doses(drafted.course) == "2025-03-10 0.75 x open"


def test_calcium_with_its_intakes() -> None:
    (drafted,) = read(draft(1, daily(1000), **drug("A12AA04"))).medications
    assert (drafted.course.daily_mg, drafted.course.intakes_per_day) == (1000, 1)


def test_a_product_in_the_drafts_or_in_the_record() -> None:
    product = {"resourceType": "Medication", "id": "m", "code": concept("M05BX04")}
    by_reference = draft(1) | {"medicationReference": of("Medication", "m")}
    del by_reference["medicationCodeableConcept"]
    assert read(by_reference, product).medications[0].drugs == {"denosumab"}
    assert read(by_reference, record=[product]).medications[0].drugs == {"denosumab"}


# tests, scans, referrals


def test_a_drafted_scan() -> None:
    wanted = concept("interpretation-wanted", "", OWN)
    planned = service(
        1, DXA, orderDetail=[wanted], reasonCode=[{"text": "håndledsbrud"}], occurrenceDateTime="2025-05-01"
    )
    assert read(planned).services == (
        DraftService(frozenset({"dxa"}), "ServiceRequest/1", True, True, date(2025, 5, 1)),
    )


def test_what_a_scan_does_not_say() -> None:
    assert read(service(1, DXA)).services == (DraftService(frozenset({"dxa"}), "ServiceRequest/1"),)


def test_no_interpretation_wanted() -> None:
    detail = concept("interpretation-not-wanted", "", OWN)
    assert read(service(1, DXA, orderDetail=[detail])).services[0].interpretation_wanted is False


SERVICES = {
    "DXA": (DXA, "dxa"),
    "DXA with vertebral views": (concept("83014-1", "", LOINC), "dxa vfa"),
    "VFA": (concept("83051-3", "", LOINC), "vfa"),
    "spine X-ray": (concept("24984-7", "", LOINC), "spine_xray"),
    "P1NP": (concept("NPU19893", "", "http://npu-terminology.org"), "p1np"),
    "CTX": (concept("NPU21715", "", "urn:oid:1.2.208.176.2.1"), "ctx"),
    "eGFR": (concept("62238-1", "", LOINC), "egfr"),
    "calcium": (concept("NPU04169", "", "http://npu-terminology.org"), "calcium"),
    "vitamin D": (concept("NPU10267", "", "http://npu-terminology.org"), "vitamin_d"),
    "zoledronate": (concept("BWHB40A", "", "urn:oid:1.2.208.176.2.4"), "zoledronate"),
    "bone clinic": (SPECIALIST, "bone_specialist"),
}


@pytest.mark.parametrize(("code", "names"), SERVICES.values(), ids=SERVICES)
def test_what_is_asked_for(code: dict[str, Any], names: str) -> None:
    (drafted,) = read(service(1, code)).services
    assert " ".join(sorted(drafted.concepts)) == names


def test_a_test_no_rule_knows_is_no_issue() -> None:
    assert read(service(1, concept("12345-6", "", LOINC)), service(2, None)) == Drafts()


def test_an_order_not_to_do_it_is_no_order() -> None:
    assert read(service(1, DXA, doNotPerform=True)) == Drafts()


REFERRALS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "by ATC": ({"orderDetail": [concept("H05AA02")]}, {"teriparatide"}),
    "by RxNorm": ({"orderDetail": [concept("2123126", "", RXNORM)]}, {"romosozumab"}),
    "in the reason": ({"reasonCode": [concept("H05AA02")]}, {"teriparatide"}),
    "any anabolic": ({"orderDetail": [concept("anabolic-treatment", "", OWN)]}, {"anabolic"}),
    "zoledronate": ({"orderDetail": [concept("M05BA08")]}, {"zoledronate"}),
}


@pytest.mark.parametrize(("elements", "drugs"), REFERRALS.values(), ids=REFERRALS)
def test_a_referral_for_a_drug(elements: dict[str, Any], drugs: set[str]) -> None:
    drafts = read(service(1, SPECIALIST, **elements))
    assert drafts.referrals == (DraftReferral(frozenset(drugs), "ServiceRequest/1"),)
    assert drafts.services[0].concepts == {"bone_specialist"}


def test_an_anabolic_drug_is_a_referral_whoever_it_is_addressed_to() -> None:
    elsewhere = concept("", "Henvisning til endokrinologisk afdeling")
    named = service(1, elsewhere, orderDetail=[concept("H05AA02")])
    assert read(named).referrals == (DraftReferral(frozenset({"teriparatide"}), "ServiceRequest/1"),)


def test_a_reason_elsewhere_is_no_referral() -> None:
    assert read(service(1, DXA, reasonCode=[concept("H05AA02")])).referrals == ()


# stops


def abort(number: int | str, focus: dict[str, Any] | None, **elements: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "abort"}]}
    about = {"focus": focus} if focus else {}
    patient_ = {"for": {"reference": f"Patient/{PATIENT_ID}"}}
    base = {"resourceType": "Task", "id": str(number), "status": "requested", "intent": "order", "code": code}
    return base | about | patient_ | elements


RUNNING = order(7, "2022-01-01", **DENOSUMAB)
STOPS: dict[str, dict[str, Any]] = {
    "an order not to give it": draft(1, doNotPerform=True, **DENOSUMAB),
    "of a local product, by the order it ends": draft(
        1, doNotPerform=True, priorPrescription=of("MedicationRequest", 7), **drug("", "Prolia")
    ),
    "the order stopped": RUNNING | {"id": "1", "status": "stopped"},
    "the order cancelled": RUNNING | {"id": "1", "status": "cancelled"},
    "a statement stopped": statement(1, "2022-01-01", status="stopped", **DENOSUMAB),
    "a task to abort it": abort(1, of("MedicationRequest", 7)),
}


@pytest.mark.parametrize("stop", STOPS.values(), ids=STOPS)
def test_the_end_of_a_treatment(stop: dict[str, Any]) -> None:
    drafts = read(stop, record=[RUNNING])
    assert drafts.stops == (DraftStop(frozenset({"denosumab"}), f"{stop['resourceType']}/1"),)
    assert drafts.medications == ()


def test_a_task_to_abort_a_drafted_order() -> None:
    drafts = read(abort(1, of("MedicationRequest", 8)), draft(8, **DENOSUMAB))
    assert drafts.stops[0].drugs == {"denosumab"}


def test_a_task_to_abort_what_was_not_received_is_reported() -> None:
    issues: list[Issue] = []
    assert read(abort(1, of("MedicationRequest", 99)), issues=issues) == Drafts()
    assert issues == [Issue("Task/1", "focus is no order that was received")]


def test_another_task_ends_nothing() -> None:
    fulfil = {"coding": [{"system": "http://hl7.org/fhir/CodeSystem/task-code", "code": "fulfill"}]}
    assert read(abort(1, of("MedicationRequest", 7), code=fulfil), record=[RUNNING]) == Drafts()
    assert read(abort(1, of("MedicationRequest", 7), status="rejected"), record=[RUNNING]) == Drafts()


# which drafts


def test_on_order_select_only_the_selected_ones() -> None:
    drafts = read(draft(1), draft(2, **ALENDRONATE), service(3, DXA), selections=["MedicationRequest/2"])
    assert [d.reference for d in drafts.medications] == ["MedicationRequest/2"]
    assert drafts.services == ()


def test_what_is_not_selected_can_still_be_referred_to() -> None:
    drafts = read(abort(1, of("MedicationRequest", 8)), draft(8, **DENOSUMAB), selections=["Task/1"])
    assert drafts.stops[0].drugs == {"denosumab"}


def test_a_selection_of_nothing_is_reported() -> None:
    issues: list[Issue] = []
    assert read(draft(1), selections=["MedicationRequest/9"], issues=issues) == Drafts()
    assert issues == [Issue("MedicationRequest/9", "selected, but not in draftOrders")]


def test_no_drafts_on_patient_view() -> None:
    assert read_drafts(None, None, received(), TODAY, []) == (Drafts(), {})


LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "another patient": (draft(1, subject=of("Patient", "pat-2")), "subject is another patient"),
    "no patient": ({k: v for k, v in draft(1).items() if k != "subject"}, "subject is missing"),
    "a task for another patient": (
        abort(1, of("MedicationRequest", 7), **{"for": of("Patient", "pat-2")}),
        "for is another patient",
    ),
    "an invalid draft": (draft(1, authoredOn="tomorrow"), "authoredOn"),
    "an R5 draft": (draft(1) | {"medication": {"concept": concept("H02AB06")}}, "medication"),
    "a DSTU2 order": (resource("MedicationOrder", 1), "MedicationOrder is no order of FHIR R4"),
    "a STU3 order": (resource("ProcedureRequest", 1), "ProcedureRequest is no order of FHIR R4"),
    "an order that failed": (draft(1, status="entered-in-error"), "status entered-in-error, expected draft"),
    "an order done": (service(1, DXA, status="completed"), "status completed, expected draft"),
}


@pytest.mark.parametrize(("wrong", "problem"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_left_out_and_reported(wrong: dict[str, Any], problem: str) -> None:
    issues: list[Issue] = []
    drafts, sent = read_drafts(bundle(wrong, draft(2)), None, received(RUNNING), TODAY, issues)
    assert [d.reference for d in drafts.medications] == ["MedicationRequest/2"]
    assert list(sent) == ["MedicationRequest/2"]
    assert [issue.reference for issue in issues] == [f"{wrong['resourceType']}/1"]
    assert problem in issues[0].problem


def test_an_entry_that_is_no_resource_is_reported() -> None:
    issues: list[Issue] = []
    entries = [{"resource": "x"}, 7, {"resource": draft(2)}]
    sent = msgspec.json.encode({"resourceType": "Bundle", "entry": entries})
    drafts, _ = read_drafts(sent, None, received(), TODAY, issues)
    assert len(drafts.medications) == 1
    assert [i.reference for i in issues] == ["draftOrders[0]", "draftOrders[1]"]


def test_a_draft_without_id_goes_by_its_place() -> None:
    nameless = {k: v for k, v in draft(1).items() if k != "id"}
    drafts, sent = read_drafts(bundle(draft(2), nameless), None, received(), TODAY, [])
    assert [d.reference for d in drafts.medications] == ["MedicationRequest/2", "draftOrders[1]"]
    assert sent["draftOrders[1]"] == nameless


def test_each_draft_comes_back_as_it_was_sent() -> None:
    prescription, scan = draft(1, daily(5), note=[{"text": "x"}]), service(2, DXA)
    _, sent = read_drafts(bundle(prescription, scan), None, received(), TODAY, [])
    assert sent == {"MedicationRequest/1": prescription, "ServiceRequest/2": scan}


# drafts beside the record (0.10 point 4)


def together(drafted: dict[str, Any], *record: dict[str, Any]) -> tuple[list[str], list[bool], bool]:
    """Doses and activity of the courses, and whether the draft is marked as a duplicate."""
    arrived = received(*record)
    drafts, _ = read_drafts(bundle(drafted), None, arrived, TODAY, [])
    medications, drafts = with_drafts(read_medications(arrived, TODAY, []), drafts)
    courses = medications.courses
    return [doses(c) for c in courses], [c.active for c in courses], drafts.medications[0].course.duplicate


def test_a_draft_that_names_the_running_order_replaces_it() -> None:
    renewal = draft(1, daily(2.5), priorPrescription=of("MedicationRequest", 7))
    assert together(renewal, order(7, "2025-03-01", daily(10))) == (["2025-03-01 10 x 9"], [True], False)


def test_also_when_a_statement_took_the_running_order_in() -> None:
    renewal = draft(1, daily(2.5), priorPrescription=of("MedicationRequest", 7))
    record = (order(7, "2025-03-01", daily(10)), statement(8, "2025-03-01", "", daily(10)))
    assert together(renewal, *record) == (["2025-03-01 10 x 9"], [True], False)


def test_a_draft_that_names_nothing_is_added_and_marked() -> None:
    assert together(draft(1, daily(2.5)), order(7, "2025-03-01", daily(10))) == (["2025-03-01 10 x open"], [True], True)
    assert together(draft(1, daily(2.5)), order(7, "2025-03-01", daily(10), **drug("H02AB07")))[2] is False


def test_a_running_order_drafted_anew_is_counted_once() -> None:
    again = draft(7, daily(2.5))
    assert together(again, order(7, "2025-03-01", daily(10))) == (["2025-03-01 10 x 9"], [True], False)


def test_a_renewed_tablet_is_still_being_taken() -> None:
    renewal = draft(1, priorPrescription=of("MedicationRequest", 7), **ALENDRONATE)
    assert together(renewal, order(7, "2022-03-01", **ALENDRONATE))[1] == [True]


# properties

MIXED = (
    draft(1, daily(5, **for_days(30))),
    draft(2, **ALENDRONATE),
    service(3, DXA),
    service(4, SPECIALIST, orderDetail=[concept("H05AA02")]),
    abort(5, of("MedicationRequest", 7)),
    draft(6, doNotPerform=True, **DENOSUMAB),
)


@given(st.permutations(MIXED))
@settings(max_examples=30, deadline=None)
def test_the_order_of_drafts_is_of_no_effect(drafts: list[dict[str, Any]]) -> None:
    assert read(*drafts, record=[RUNNING]) == read(*MIXED, record=[RUNNING])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(MIXED), st.data())
@settings(max_examples=200, deadline=None)
def test_no_garbage_breaks_the_reading(whole: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from([*sorted(whole), "extra"]), min_size=1, max_size=3))
    broken = whole | {name: data.draw(JSON) for name in names}
    found = read(broken, draft("other", **ALENDRONATE), record=[RUNNING], issues=[])
    assert "MedicationRequest/other" in {d.reference for d in found.medications}


@given(JSON)
@settings(deadline=None)
def test_no_json_at_all_breaks_the_reading(anything: Any) -> None:
    read_drafts(msgspec.json.encode(anything), None, received(), TODAY, [])


# the worked patients

VIGNETTES = [v for v in load_vignettes() if v.get("draft_orders")]
CASES = [pytest.param(v, dialect, id=f"{v['id']}-{dialect}") for v in VIGNETTES for dialect in DIALECTS]


def told(drafts: Drafts) -> dict[str, Any]:
    """What a vignette says of drafts; groups a drug also counts in are left out."""
    courses = [d.course for d in drafts.medications]
    steps = [tuple((s.start, s.end, round(s.mg_per_day, 6)) for s in c.steps) for c in courses if c.systemic]
    return {
        "drugs": sorted(sorted(c.drugs) for c in courses),
        "dates": sorted((str(c.start), str(c.stop), c.open_ended) for c in courses),
        "calcium": sorted((c.daily_mg or 0, c.intakes_per_day or 0) for c in courses),
        "steps": sorted(steps),
        "services": sorted(
            (sorted(s.concepts), str(s.interpretation_wanted), s.has_reason)
            for s in drafts.services
            if s.concepts != {"bone_specialist"}
        ),
        "stops": sorted(sorted(s.drugs) for s in drafts.stops),
        "referrals": sorted(sorted(r.drugs) for r in drafts.referrals),
    }


@pytest.mark.parametrize(("vignette", "dialect"), CASES)
def test_the_drafts_of_a_worked_patient(vignette: dict[str, Any], dialect: Dialect) -> None:
    request = to_request(vignette, dialect)
    context, issues = request["context"], list[Issue]()
    prefetch = {key: msgspec.json.encode(value) for key, value in request["prefetch"].items()}
    arrived = Received(prefetch, context["patientId"], issues)
    sent = msgspec.json.encode(context["draftOrders"])
    drafts, by_reference = read_drafts(sent, context.get("selections"), arrived, today_of(vignette), issues)
    assert not issues
    assert told(drafts) == told(facts_of(vignette).drafts)
    assert len(by_reference) == len(vignette["draft_orders"])


def test_quantities_of_a_draft_end_it() -> None:
    prescribed = draft(1, daily(5), dispenseRequest={"quantity": quantity(500)})
    assert doses(read(prescribed).medications[0].course) == "2025-03-10 5 x 100"
