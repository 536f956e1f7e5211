"""Orders, statements and injections -> what the patient takes and was given (facts-to-fhir 6, 0.10)."""

from __future__ import annotations

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import Dispensing, DoseStep, Issue, MedicationCourse
from fhir_mappings.medications import Medications, read_medications
from fhir_mappings.orders import zoledronate_orders
from fhir_mappings.prefetch import Received
from tests.examples import TODAY, patient
from tests.medication_records import (
    SNOMED,
    administration,
    concept,
    daily,
    days_ago,
    dispense,
    doses,
    drug,
    for_days,
    of,
    only,
    order,
    period,
    quantity,
    read,
    received,
    resource,
    statement,
)
from tests.vignette_facts import facts_of
from tests.vignette_record import Dialect
from tests.vignette_requests import DIALECTS, load_vignettes, to_request, today_of

ALENDRONATE = drug("M05BA04", "Alendronat 70 mg")


def when(course: MedicationCourse) -> str:
    """`2025-01-01 to 2025-02-01 active`."""
    state = "active" if course.active else "paused" if course.paused else "not active"
    return f"{course.start} to {course.stop or 'open'} {state}"


# which orders and statements count

COUNTED = {
    **dict.fromkeys(("active", "on-hold", "completed", "stopped", "unknown"), True),
    **dict.fromkeys(("draft", "cancelled", "entered-in-error"), False),
}


@pytest.mark.parametrize(("status", "counts"), COUNTED.items(), ids=COUNTED)
def test_status_of_an_order(status: str, counts: bool) -> None:
    assert bool(read(order(1, status=status, **ALENDRONATE)).courses) is counts


INTENTS = {
    **dict.fromkeys(("order", "original-order", "reflex-order", "filler-order", "instance-order"), True),
    **dict.fromkeys(("proposal", "plan", "option"), False),
}


@pytest.mark.parametrize(("intent", "counts"), INTENTS.items(), ids=INTENTS)
def test_intent_of_an_order(intent: str, counts: bool) -> None:
    assert bool(read(order(1, intent=intent, **ALENDRONATE)).courses) is counts


STATED = {
    **dict.fromkeys(("active", "on-hold", "completed", "stopped", "unknown"), True),
    **dict.fromkeys(("intended", "not-taken", "entered-in-error"), False),
}


@pytest.mark.parametrize(("status", "counts"), STATED.items(), ids=STATED)
def test_status_of_a_statement(status: str, counts: bool) -> None:
    assert bool(read(statement(1, "2024-01-01", status=status)).courses) is counts


def test_an_order_not_to_give_is_no_course() -> None:
    assert read(order(1, doNotPerform=True, **ALENDRONATE)).courses == ()


def test_a_status_of_no_fhir_version_is_an_issue() -> None:
    issues: list[Issue] = []
    assert read(order(1, status="aktiv"), issues=issues).courses == ()
    assert [(i.reference, "status" in i.problem) for i in issues] == [("MedicationRequest/1", True)]


OTHER_SHAPES: dict[str, dict[str, Any]] = {
    "R5 medication": {"medication": {"concept": concept("H02AB06")}},
    "DSTU2 dateWritten": {"dateWritten": "2025-01-01"},
    "dosage as a text": {"dosageInstruction": "1 daily"},
    "both kinds of product": {"medicationReference": of("Medication", 1)} | drug(),
}


@pytest.mark.parametrize("shape", OTHER_SHAPES.values(), ids=OTHER_SHAPES)
def test_another_shape_is_left_out_and_reported(shape: dict[str, Any]) -> None:
    issues: list[Issue] = []
    wrong = order(1, "2025-01-01", daily(10)) | shape
    assert len(read(wrong, order(2, **ALENDRONATE), issues=issues).courses) == 1
    assert {i.reference for i in issues} == {"MedicationRequest/1"}


def test_another_patients_medicine_is_left_out_and_reported() -> None:
    issues: list[Issue] = []
    stranger = order(1, "2025-01-01", daily(10), subject=of("Patient", "pat-2"))
    assert read(stranger, issues=issues).courses == ()
    assert issues == [Issue("MedicationRequest/1", "subject is another patient")]


# when


def test_an_open_ended_order_runs_from_its_date() -> None:
    course = only(read(order(1, "2024-05-03T12:00:00+02:00", daily(10))))
    assert (when(course), course.open_ended) == ("2024-05-03 to open active", True)


def test_a_partial_date_stands_for_its_first_day() -> None:
    assert only(read(order(1, "2024-05", **ALENDRONATE))).start == date(2024, 5, 1)


def test_the_bounds_beat_the_day_of_writing() -> None:
    course = only(read(order(1, "2025-02-20", daily(10, **period("2025-02-01", "2025-04-30")))))
    assert (when(course), course.open_ended) == ("2025-02-01 to 2025-05-01 active", False)


def test_a_planned_order_is_kept() -> None:
    course = only(read(order(1, "2025-03-01", daily(10, **period("2025-04-01")))))
    assert (when(course), doses(course)) == ("2025-04-01 to open not active", "2025-04-01 10 x open")


def test_an_order_written_after_the_day_asked_is_not_seen() -> None:
    assert read(order(1, "2025-03-11", daily(10))).courses == ()
    assert read(order(1, "2025-03-11", daily(10, **period("2025-02-01")))).courses == ()


def test_one_written_later_with_a_planned_start_is_planned() -> None:
    assert only(read(order(1, "2025-04-01", daily(10, **period("2025-04-01"))))).start == date(2025, 4, 1)


def test_an_active_order_with_an_end_before_today_has_ended() -> None:
    course = only(read(order(1, "2025-01-01", daily(10, **period("2025-01-01", "2025-03-09")))))
    assert when(course) == "2025-01-01 to 2025-03-10 not active"


def test_the_last_day_is_taken() -> None:
    assert only(read(order(1, "2025-01-01", daily(10, **period("2025-01-01", "2025-03-10"))))).active


def test_on_hold_is_paused() -> None:
    course = only(read(order(1, "2025-01-01", status="on-hold", **ALENDRONATE)))
    assert (when(course), course.open_ended) == ("2025-01-01 to open paused", False)


@pytest.mark.parametrize("status", ["stopped", "completed"])
def test_ended_without_an_end_is_ended_nobody_knows_when(status: str) -> None:
    course = only(read(order(1, "2020-01-01", status=status, **ALENDRONATE)))
    assert (when(course), course.open_ended) == ("2020-01-01 to open not active", False)


def test_a_glucocorticoid_that_ended_nobody_knows_when_has_an_unknown_dose() -> None:
    course = only(read(order(1, "2025-01-01", daily(10), status="stopped")))
    assert (course.dose_known, course.steps) == (False, ())


def test_a_stopped_glucocorticoid_has_no_planned_days() -> None:
    course = only(read(order(1, "2025-03-01", daily(10, **for_days(30)), status="stopped")))
    assert (course.stop, doses(course)) == (TODAY, "2025-03-01 10 x 9")


def test_one_stopped_before_it_began_was_never_taken() -> None:
    assert read(order(1, "2025-03-01", daily(10, **period("2025-04-01")), status="stopped")).courses == ()


def test_the_start_of_a_statement() -> None:
    assert only(read(statement(1, "2024-01-01", "2024-06-30"))).stop == date(2024, 7, 1)
    told = statement(1, effectiveDateTime="2024-02-03")
    assert only(read(told)).start == date(2024, 2, 3)
    assert only(read(statement(1, dateAsserted="2024-02-03"))).start is None


def test_a_statement_made_after_the_day_asked_is_not_seen() -> None:
    assert read(statement(1, "2024-01-01", dateAsserted="2025-03-11")).courses == ()
    assert read(statement(1, effectiveDateTime="2025-03-11")).courses == ()


def test_taken_since_nobody_knows_counts_from_today() -> None:
    course = only(read(statement(1, "", "", daily(5))))
    assert (course.start, course.active, doses(course)) == (None, True, "2025-03-10 5 x open")


def test_taken_since_nobody_knows_for_a_week_is_unknown() -> None:
    assert not only(read(statement(1, "", "", daily(5, **for_days(7))))).dose_known


# where a glucocorticoid course ends (0.10 point 6)


def supply(mg: float, **more: Any) -> dict[str, Any]:
    return {"dispenseRequest": {"quantity": quantity(mg), **more}}


ENDS: dict[str, tuple[dict[str, Any], str]] = {
    "explicit end before quantity": (
        order(1, "2025-03-01", daily(5, **period("2025-03-01", "2025-03-20")), **supply(500)),
        "2025-03-01 5 x 20",
    ),
    "sum of the steps before quantity": (
        order(
            1,
            "2025-03-01",
            daily(25, **for_days(7)) | {"sequence": 1},
            daily(5, **for_days(7)) | {"sequence": 2},
            **supply(500),
        ),
        "2025-03-01 25 x 7, 2025-03-08 5 x 7",
    ),
    "quantity divided by daily dose": (order(1, "2025-03-01", daily(5), **supply(500)), "2025-03-01 5 x 100"),
    "quantity with repeats": (
        order(1, "2025-03-01", daily(5), **supply(250, numberOfRepeatsAllowed=1)),
        "2025-03-01 5 x 100",
    ),
    "quantity in tablets": (
        order(
            1,
            "2025-03-01",
            daily(5),
            dispenseRequest={"quantity": quantity(100, "tablet")},
            **drug(text="Prednisolon 5 mg"),
        ),
        "2025-03-01 5 x 100",
    ),
    "quantity that leaves a part of a day": (
        order(1, "2025-03-01", daily(7.5), **supply(500)),
        "2025-03-01 7.5 x 66, 2025-05-06 5 x 1",
    ),
    "quantity before expected duration": (
        order(1, "2025-03-01", daily(5), **supply(500, expectedSupplyDuration=quantity(30, "d"))),
        "2025-03-01 5 x 100",
    ),
    "expected duration": (
        order(1, "2025-03-01", daily(5), dispenseRequest={"expectedSupplyDuration": quantity(30, "d")}),
        "2025-03-01 5 x 30",
    ),
    "quantity in packages is not understood": (
        order(1, "2025-03-01", daily(5), dispenseRequest={"quantity": quantity(2, "pakning")}),
        "2025-03-01 5 x open",
    ),
    "nothing: open": (order(1, "2025-03-01", daily(5)), "2025-03-01 5 x open"),
}


@pytest.mark.parametrize(("written", "expected"), ENDS.values(), ids=ENDS)
def test_end_of_a_glucocorticoid_course(written: dict[str, Any], expected: str) -> None:
    course = only(read(written))
    assert doses(course) == expected
    assert course.stop == (course.steps[-1].end)
    assert course.open_ended is (course.stop is None)


def test_another_drug_does_not_end_by_quantity() -> None:
    weekly = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}},
        "doseAndRate": [{"doseQuantity": quantity(70)}],
    }
    course = only(read(order(1, "2023-01-01", weekly, **supply(840), **ALENDRONATE)))
    assert when(course) == "2023-01-01 to open active"


def test_an_unknown_dose_keeps_its_text() -> None:
    course = only(read(order(1, "2025-01-01", {"text": "2 tabletter morgen i 7 dage"})))
    assert (course.dose_known, course.dose_text) == (False, "2 tabletter morgen i 7 dage")


def test_as_needed_without_dispensing_counts_what_was_prescribed_once() -> None:
    course = only(read(order(1, "2025-01-01", {"asNeededBoolean": True}, **supply(500))))
    assert (course.prn, course.prn_mg, course.dose_known, course.steps) == (True, 500, True, ())


def test_as_needed_without_any_quantity_counts_nothing() -> None:
    course = only(read(order(1, "2025-01-01", {"asNeededBoolean": True})))
    assert (course.prn, course.prn_mg) == (True, None)


# several orders of one drug (0.10 point 4)


def test_a_new_order_that_names_the_old_one_ends_it() -> None:
    old = order(1, "2025-01-01", daily(10))
    new = order(2, "2025-02-01", daily(2.5), priorPrescription=of("MedicationRequest", 1))
    first, second = read(old, new).courses
    assert (when(first), doses(first)) == ("2025-01-01 to 2025-02-01 not active", "2025-01-01 10 x 31")
    assert (when(second), doses(second)) == ("2025-02-01 to open active", "2025-02-01 2.5 x open")
    assert not first.duplicate
    assert not second.duplicate


def test_a_planned_replacement_leaves_the_old_one_running() -> None:
    new = order(2, "2025-03-01", daily(5, **period("2025-04-01")), priorPrescription=of("MedicationRequest", 1))
    first, _ = read(order(1, "2025-01-01", daily(10)), new).courses
    assert when(first) == "2025-01-01 to 2025-04-01 active"


def test_a_link_by_full_url_counts() -> None:
    new = order(
        2,
        "2025-02-01",
        daily(2.5),
        priorPrescription={"reference": "https://ehr.example.org/fhir/MedicationRequest/1"},
    )
    assert read(order(1, "2025-01-01", daily(10)), new).courses[0].stop == date(2025, 2, 1)


def test_orders_that_replace_each_other_do_not_both_vanish() -> None:
    one = order(1, "2025-01-01", daily(10), priorPrescription=of("MedicationRequest", 2))
    two = order(2, "2025-01-01", daily(5), priorPrescription=of("MedicationRequest", 1))
    assert len(read(one, two).courses) == 1


def test_an_order_replaced_by_itself_stays() -> None:
    assert len(read(order(1, "2025-01-01", daily(10), priorPrescription=of("MedicationRequest", 1))).courses) == 1


def test_a_stopped_order_ends_where_the_next_one_of_the_drug_begins() -> None:
    first, second = read(order(1, "2025-01-01", daily(10), status="stopped"), order(2, "2025-02-01", daily(5))).courses
    assert (doses(first), doses(second)) == ("2025-01-01 10 x 31", "2025-02-01 5 x open")


def test_one_corrected_on_its_first_day_was_never_taken() -> None:
    course = only(read(order(1, "2025-01-01", daily(50), status="stopped"), order(2, "2025-01-01", daily(5))))
    assert doses(course) == "2025-01-01 5 x open"


def test_overlapping_orders_without_a_link_both_count_and_are_flagged() -> None:
    courses = read(order(1, "2025-01-01", daily(10)), order(2, "2025-02-01", daily(5))).courses
    assert [(doses(c), c.duplicate) for c in courses] == [
        ("2025-01-01 10 x open", True),
        ("2025-02-01 5 x open", True),
    ]


def test_one_after_the_other_is_no_duplicate() -> None:
    courses = read(order(1, "2025-01-01", daily(10, **for_days(31))), order(2, "2025-02-01", daily(5))).courses
    assert [c.duplicate for c in courses] == [False, False]


def test_orders_written_together_are_no_duplicates() -> None:
    group = {"groupIdentifier": {"value": "recept-1"}}
    courses = read(order(1, "2025-01-01", daily(10), **group), order(2, "2025-01-01", daily(5), **group)).courses
    assert [c.duplicate for c in courses] == [False, False]


def test_different_drugs_are_no_duplicates() -> None:
    prednisone = order(2, "2025-01-01", daily(5), **drug("H02AB07"))
    assert not any(c.duplicate for c in read(order(1, "2025-01-01", daily(5)), prednisone).courses)


def test_an_order_that_carries_out_another_is_not_counted_again() -> None:
    part = order(2, "2025-02-01", daily(10), intent="filler-order", basedOn=[of("MedicationRequest", 1)])
    assert doses(only(read(order(1, "2025-01-01", daily(10)), part))) == "2025-01-01 10 x open"


# statements beside orders


def test_a_statement_and_its_order_are_one_course() -> None:
    course = only(read(order(1, "2025-01-05", daily(10)), statement(2, "2025-01-01", "2025-01-31", daily(5))))
    assert (course.reference, doses(course)) == ("MedicationStatement/2", "2025-01-01 5 x 31")


def test_a_statement_without_dosage_takes_that_of_the_order() -> None:
    course = only(read(order(1, "2025-01-05", daily(10)), statement(2, "2025-01-01", "2025-01-31")))
    assert doses(course) == "2025-01-01 10 x 31"


def test_a_statement_without_dosage_takes_those_of_all_its_orders() -> None:
    old = order(1, "2025-01-01", daily(10))
    new = order(2, "2025-02-01", daily(2.5), priorPrescription=of("MedicationRequest", 1))
    course = only(read(old, new, statement(3, "2025-01-01", "2025-03-05")))
    assert doses(course) == "2025-01-01 10 x 31, 2025-02-01 2.5 x 33"


def test_a_statement_of_another_time_is_another_course() -> None:
    courses = read(order(1, "2025-01-05", daily(10)), statement(2, "2023-01-01", "2023-01-31", daily(5))).courses
    assert [c.reference for c in courses] == ["MedicationStatement/2", "MedicationRequest/1"]


def test_a_statement_without_start_takes_that_of_the_order() -> None:
    course = only(read(order(1, "2025-01-05", daily(10)), statement(2, "", "", daily(5))))
    assert (course.start, doses(course)) == (date(2025, 1, 5), "2025-01-05 5 x open")


def test_a_statement_that_ended_some_day_does_not_end_a_running_order() -> None:
    courses = read(order(1, "2022-01-01", **ALENDRONATE), statement(2, "2022-06-01", status="completed", **ALENDRONATE))
    assert sorted(c.active for c in courses.courses) == [False, True]


def test_two_drugs_of_one_class_are_two_courses() -> None:
    morphine, tramadol = drug("N02AA01"), drug("N02AX02")
    assert len(read(order(1, **morphine), statement(2, "2025-01-01", **tramadol)).courses) == 2
    assert len(read(order(1, **morphine), statement(2, "2025-01-01", **morphine)).courses) == 1


def test_a_statement_that_names_its_order_is_that_course_whatever_the_code() -> None:
    told = statement(2, "2025-01-01", basedOn=[of("MedicationRequest", 1)], **drug("73572009", "", SNOMED))
    assert len(read(order(1, **drug("N02AX02")), told).courses) == 1


def test_products_tell_drugs_apart_when_they_are_counted() -> None:
    courses = read(order(1, **drug("N02AA01")), order(2, **drug("N02AX02")), order(3, **drug("C10AA05"))).courses
    assert len({c.product for c in courses}) == 3


def test_a_product_no_rule_knows_matters_while_it_is_taken() -> None:
    assert only(read(order(1, **drug("J01CE02", "Penicillin")))).display == "Penicillin"
    assert read(order(1, status="completed", **drug("J01CE02"))).courses == ()
    assert read(statement(1, "2024-01-01", status="stopped", **drug("J01CE02"))).courses == ()


def test_what_no_rule_knows_still_ends_the_order_it_reports() -> None:
    told = statement(2, "2024-01-01", "2024-06-30", basedOn=[of("MedicationRequest", 1)], **drug("", "Alendronat"))
    course = only(read(order(1, "2024-01-01", **ALENDRONATE), told | {"status": "completed"}))
    assert when(course) == "2024-01-01 to 2024-07-01 not active"
    assert course.drugs == {"alendronate"}


# injections and infusions


def test_injections_given() -> None:
    given_ = read(
        administration(1, "2024-09-01T10:00:00+02:00", "M05BX04", 60),
        administration(2, "2024-03-01", "M05BX04"),
        administration(3, "2024-03-01", "M05BX04", status="not-done"),
        administration(4, "2025-03-11", "M05BX04"),
        administration(5, "2024-05-01", "M05BX04", 120),
        administration(6, "2024-06-01", "M05BA08", 4),
        administration(7, "2024-06-01", "J01CE02"),
    ).administrations
    assert [(a.drug, str(a.date), a.cancer_product) for a in given_] == [
        ("denosumab", "2024-03-01", False),
        ("denosumab", "2024-05-01", True),
        ("zoledronate", "2024-06-01", True),
        ("denosumab", "2024-09-01", False),
    ]


def test_a_period_counts_by_its_start() -> None:
    infusion = resource("MedicationAdministration", 1, status="in-progress") | drug("M05BA08")
    given_ = read(infusion | {"effectivePeriod": {"start": "2024-03-01", "end": "2024-03-02"}}).administrations
    assert [a.date for a in given_] == [date(2024, 3, 1)]


def procedure(number: int, code: str, day: str, status: str = "completed") -> dict[str, Any]:
    return resource(
        "Procedure", number, status=status, code=concept(code, "", "urn:oid:1.2.208.176.2.4"), performedDateTime=day
    )


def test_procedures_that_are_injections() -> None:
    given_ = read(
        procedure(1, "BWHB42", "2024-03-01"),
        procedure(2, "BWHB40A", "2024-04-01"),
        procedure(3, "BWHB40B", "2024-05-01"),  # ibandronate
        procedure(4, "BWHB42", "2024-06-01", status="not-done"),
    ).administrations
    assert [(a.drug, str(a.date)) for a in given_] == [("denosumab", "2024-03-01"), ("zoledronate", "2024-04-01")]


def test_a_dose_kept_twice_is_one() -> None:
    given_ = read(procedure(1, "BWHB40A", "2024-04-01"), administration(2, "2024-04-01", "M05BA08", 5)).administrations
    assert [a.reference for a in given_] == ["MedicationAdministration/2"]


def test_a_prescription_of_zoledronate_is_an_infusion_ordered() -> None:
    def ordered(*resources: dict[str, Any]) -> list[tuple[str, str]]:
        found = read(*resources)
        orders = zoledronate_orders(found.courses, found.administrations, TODAY)
        return [(str(o.date), str(o.planned)) for o in orders if o.pending]

    zoledronate = drug("M05BA08", "Aclasta 5 mg/100 ml")
    once = {"timing": {"event": ["2025-06-01"]}}
    assert ordered(order(1, "2025-02-01", **zoledronate)) == [("2025-02-01", "None")]
    assert ordered(order(1, "2025-02-01", once, **zoledronate)) == [("None", "2025-06-01")]
    assert ordered(order(1, "2025-02-01", **zoledronate), administration(2, "2025-03-01", "M05BA08")) == []
    assert ordered(order(1, "2025-02-01", status="stopped", **zoledronate)) == []
    assert ordered(order(1, "2025-02-01", **drug("M05BA08", "Zometa 4 mg"))) == []


# dispensings


def test_dispensings() -> None:
    weekly = {
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "wk"}},
        "doseAndRate": [{"doseQuantity": quantity(1, "tablet")}],
    }
    taken = order(9, "2024-01-01", weekly, **ALENDRONATE)
    linked = {"authorizingPrescription": [of("MedicationRequest", 9)]} | ALENDRONATE
    found = read(
        taken,
        dispense(1, "2024-09-01", quantity(12, "tablet"), daysSupply=quantity(84, "d"), **ALENDRONATE),
        dispense(2, "2024-10-01", quantity(12, "tablet"), **linked),
        dispense(3, "2024-11-01", quantity(4, "tablet"), dosageInstruction=[weekly], **drug("M05BA04")),
        dispense(4, "2024-12-01", None, **drug("M05BX04", "Xgeva 120 mg")),
        dispense(5, "2024-12-01", None, status="cancelled", **ALENDRONATE),
        dispense(6, "2025-03-11", None, **ALENDRONATE),
    ).dispensings
    assert found == (
        Dispensing(frozenset({"alendronate"}), date(2024, 9, 1), "MedicationDispense/1", 84, 840),
        Dispensing(frozenset({"alendronate"}), date(2024, 10, 1), "MedicationDispense/2", 84, 840),
        Dispensing(frozenset({"alendronate"}), date(2024, 11, 1), "MedicationDispense/3", 28, None),
        Dispensing(frozenset({"denosumab"}), date(2024, 12, 1), "MedicationDispense/4", None, None, True),
    )


def test_a_dispensing_without_a_day_is_reported() -> None:
    issues: list[Issue] = []
    undated = resource("MedicationDispense", 1, status="completed") | ALENDRONATE
    assert read(undated, issues=issues).dispensings == ()
    assert [i.reference for i in issues] == ["MedicationDispense/1"]


# the whole record

MIXED = (
    order(1, "2025-01-01", daily(10)),
    order(2, "2025-02-01", daily(2.5), priorPrescription=of("MedicationRequest", 1)),
    order(3, "2025-02-01", daily(5)),
    order(4, "2024-01-01", status="stopped", **ALENDRONATE),
    order(5, "2024-06-01", **ALENDRONATE),
    statement(6, "2024-02-01", "", **ALENDRONATE),
    statement(7, "", "", daily(4), **drug("H02AB04")),
    order(8, "2025-02-15", {"asNeededBoolean": True}, **drug("H02AB07")),
    dispense(9, "2025-02-16", quantity(100), **drug("H02AB07")),
    dispense(10, "2025-02-20", quantity(50), **drug("H02AB07")),
    dispense(11, "2025-02-02", quantity(140), daysSupply=quantity(28, "d")),
    administration(12, "2024-06-01", "M05BX04", 60),
    administration(13, "2025-01-20", "H02AB04", 1000),
    procedure(14, "BWHB42", "2024-06-01"),
)


@given(st.permutations(MIXED))
@settings(max_examples=60, deadline=None)
def test_the_order_of_entries_is_of_no_effect(resources: list[dict[str, Any]]) -> None:
    assert read(*resources) == read(*MIXED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(MIXED),
    st.data(),
)
@settings(max_examples=200, deadline=None)
def test_no_garbage_breaks_the_reading(whole: dict[str, Any], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from([*sorted(whole), "contained", "extra"]), min_size=1, max_size=3))
    broken = whole | {name: data.draw(JSON) for name in names if name not in ("resourceType", "subject")}
    found = read(broken, order("other", "2025-01-01", daily(10)), issues=[])
    assert "MedicationRequest/other" in {c.reference for c in found.courses}


@given(
    st.lists(
        st.builds(
            lambda kind, number, start, length, mg, status, prior: (
                order(
                    number,
                    days_ago(start),
                    daily(mg, **(for_days(length) if length else {})),
                    status=status,
                    **({"priorPrescription": of("MedicationRequest", prior)} if prior else {}),
                )
                if kind
                else statement(number, days_ago(start), days_ago(start - length) if length else "", daily(mg))
            ),
            st.booleans(),
            st.integers(1, 5),
            st.integers(-30, 400),
            st.integers(0, 60),
            st.integers(0, 40),
            st.sampled_from(["active", "stopped", "completed", "on-hold"]),
            st.integers(0, 5),
        ),
        max_size=5,
        unique_by=lambda r: (r["resourceType"], r["id"]),
    )
)
@settings(max_examples=200, deadline=None)
def test_any_record_gives_sound_courses(resources: list[dict[str, Any]]) -> None:
    for course in read(*resources, issues=[]).courses:
        assert course.stop is None or course.start is None or course.start <= course.stop
        assert not (course.active and course.stop is not None and course.stop <= TODAY)
        assert course.dose_known or not course.steps
        ends = [step.end for step in course.steps]
        assert None not in ends[:-1]
        for step, following in pairwise(course.steps):
            assert step.end is not None
            assert step.start < step.end <= following.start


@pytest.mark.parametrize(
    ("code", "repeat", "expected"),
    [
        ("M05BA04", {"period": 1, "periodUnit": "wk"}, 10.0),  # alendronate, weekly
        ("G03XC01", {}, 70.0),  # raloxifene, daily
        ("M05BX04", {"period": 6, "periodUnit": "mo"}, None),  # denosumab: an injection has no day's dose
        ("C03AB01", {}, None),  # no bone drug
    ],
)
def test_the_average_day_of_a_bone_drug_that_is_taken(
    code: str, repeat: dict[str, Any], expected: float | None
) -> None:
    course = only(read(order(1, "2025-01-01", daily(70, **repeat), **drug(code))))
    assert course.daily_mg == (None if expected is None else pytest.approx(expected))


# the worked patients, written in FHIR and read back

VIGNETTES = load_vignettes()
CASES = [pytest.param(v, dialect, id=f"{v['id']}-{dialect}") for v in VIGNETTES for dialect in DIALECTS]
#: The group a drug also counts in: the vignettes name the smaller one.
ALSO = {"ssri": {"antidepressant"}, "loop_diuretic": {"diuretic"}, "budesonide": {"glucocorticoid_local"}}


def reading_of(vignette: dict[str, Any], dialect: Dialect) -> Medications:
    request = to_request(vignette, dialect)
    issues: list[Issue] = []
    prefetch = {key: msgspec.json.encode(value) for key, value in request["prefetch"].items()}
    arrived = Received(prefetch, request["context"]["patientId"], issues)
    medications = read_medications(arrived, today_of(vignette), issues, vignette["patient"]["sex"])
    assert not issues
    return medications


def told(course: MedicationCourse) -> tuple[Any, ...]:
    """What a vignette says of a course."""
    names = frozenset(course.drugs) - set().union(*(ALSO.get(name, set()) for name in course.drugs))
    steps = tuple(DoseStep(s.start, s.end, round(s.mg_per_day, 6)) for s in course.steps) if course.systemic else ()
    calcium = (course.daily_mg, course.intakes_per_day)
    return (
        *(names, course.start, course.stop, course.active, course.paused, course.systemic, course.local),
        *(course.prn, course.prn_mg, course.dose_known or not course.systemic, steps, course.open_ended, calcium),
    )


@pytest.mark.parametrize(("vignette", "dialect"), CASES)
def test_the_medicines_of_a_worked_patient(vignette: dict[str, Any], dialect: Dialect) -> None:
    read_, written = reading_of(vignette, dialect), facts_of(vignette)
    assert Counter(map(told, read_.courses)) == Counter(map(told, written.courses))
    assert not any(c.cancer_product for c in read_.courses)
    assert Counter((a.drug, a.date, a.cancer_product) for a in read_.administrations) == Counter(
        (a.drug, a.date, a.cancer_product) for a in written.administrations
    )
    handed = [d for d in read_.dispensings if d.days_supply is not None or d.quantity_mg is None]
    assert Counter((d.drugs, d.date, d.days_supply) for d in handed) == Counter(
        (d.drugs, d.date, d.days_supply) for d in written.dispensings
    )


def test_the_patient_of_the_examples_takes_nothing() -> None:
    assert read_medications(received(person=patient()), TODAY, []) == Medications()
