"""One source per glucocorticoid course: dispensings, administrations, orders (0.10 points 3 and 5)."""

from __future__ import annotations

from tests.examples import TODAY
from tests.medication_records import (
    INTRAMUSCULAR,
    INTRAVENOUS,
    administration,
    daily,
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
    statement,
)

TEXT = {"text": "efter skema"}
AS_NEEDED = {"asNeededBoolean": True}


def fetched(number: int, day: str, mg: float, days: int | None = None) -> dict[str, object]:
    supply = {"daysSupply": quantity(days, "d")} if days else {}
    return dispense(number, day, quantity(mg), **supply)


def test_dispensings_tell_the_past_and_the_order_the_plan() -> None:
    """10 mg a day ordered since January, 5 mg a day fetched: 5 mg a day until that is used up."""
    course = only(read(order(1, "2025-01-01", daily(10)), fetched(2, "2025-01-05", 350, 70)))
    assert doses(course) == "2025-01-05 5 x 70, 2025-03-16 10 x open"
    assert course.active


def test_after_a_supply_ran_out_unrenewed_the_order_counts_from_today() -> None:
    course = only(read(order(1, "2025-01-01", daily(10)), fetched(2, "2025-01-05", 100, 10)))
    assert doses(course) == f"2025-01-05 10 x 10, {TODAY} 10 x open"


def test_a_supply_fetched_early_begins_when_the_one_before_is_used_up() -> None:
    course = only(
        read(
            order(1, "2025-01-01", daily(5, **period("2025-01-01", "2025-03-01"))),
            fetched(2, "2025-01-01", 150, 30),
            fetched(3, "2025-01-20", 150, 30),
        )
    )
    assert doses(course) == "2025-01-01 5 x 30, 2025-01-31 5 x 30"


def test_days_of_a_supply_by_the_daily_dose_ordered() -> None:
    course = only(read(order(1, "2025-01-01", daily(5, **for_days(60))), fetched(2, "2025-01-01", 150)))
    assert doses(course) == "2025-01-01 5 x 30"


def test_a_supply_counts_no_longer_than_its_order() -> None:
    course = only(read(order(1, "2025-01-01", daily(50, **for_days(5))), fetched(2, "2025-01-01", 500, 10)))
    assert doses(course) == "2025-01-01 50 x 5"


def test_a_supply_of_unknown_amount_leaves_the_order_as_it_is() -> None:
    handed = dispense(2, "2025-01-05", quantity(1, "pakning"), daysSupply=quantity(10, "d"))
    course = only(read(order(1, "2025-01-01", daily(10)), handed))
    assert doses(course) == "2025-01-01 10 x open"


def test_the_end_of_a_stopped_order_shows_by_its_last_supply() -> None:
    course = only(read(order(1, "2025-01-01", daily(10), status="stopped"), fetched(2, "2025-01-05", 100, 10)))
    assert (doses(course), str(course.stop)) == ("2025-01-05 10 x 10", "2025-01-15")


def test_an_order_without_readable_dose_counts_what_was_fetched_and_asks_for_the_rest() -> None:
    past, rest = read(order(1, "2025-01-01", TEXT), fetched(2, "2025-01-05", 300, 30)).courses
    assert doses(past) == "2025-01-05 10 x 30"
    assert (doses(rest), rest.start, rest.active) == ("unknown", TODAY, True)


def test_a_supply_belongs_to_the_order_it_names() -> None:
    first = order(1, "2025-01-01", daily(10, **for_days(60)))
    second = order(2, "2025-01-01", daily(20, **for_days(60)))
    linked = fetched(3, "2025-01-02", 50, 10) | {"authorizingPrescription": [of("MedicationRequest", 1)]}
    assert [doses(c) for c in read(first, second, linked).courses] == ["2025-01-02 5 x 10", "2025-01-01 20 x 60"]


def test_a_supply_may_name_an_order_that_a_statement_took_in() -> None:
    linked = fetched(3, "2025-01-02", 50, 10) | {"authorizingPrescription": [of("MedicationRequest", 1)]}
    course = only(read(order(1, "2025-01-01", daily(10)), statement(2, "2025-01-01", "2025-02-28", daily(10)), linked))
    assert doses(course) == "2025-01-02 5 x 10"


def test_a_supply_fetched_shortly_before_the_order_begins_is_its_supply() -> None:
    planned = order(1, "2025-03-01", daily(10, **period("2025-03-15", "2025-04-13")))
    assert doses(only(read(planned, fetched(2, "2025-03-05", 300, 30)))) == "2025-03-15 10 x 30"


def test_a_supply_without_order_is_a_course() -> None:
    course = only(read(fetched(1, "2025-02-01", 300, 30), fetched(2, "2025-03-01", 150, 30)))
    assert doses(course) == "2025-02-01 10 x 30, 2025-03-03 5 x 30"
    assert (course.reference, course.active) == ("MedicationDispense/1", True)


def test_a_supply_without_order_and_days_asks() -> None:
    assert doses(only(read(fetched(1, "2025-02-01", 300)))) == "unknown"


def test_a_supply_of_a_local_course_is_local() -> None:
    depot = order(1, "2025-01-01", daily(40, INTRAMUSCULAR), **drug("H02AB04"))
    course = only(read(depot, dispense(2, "2025-01-02", quantity(40), **drug("H02AB04"))))
    assert (course.local, course.steps) == (True, ())


def test_other_drugs_keep_their_orders() -> None:
    tablets = drug("M05BA04")
    course = only(
        read(
            order(1, "2024-01-01", **tablets),
            dispense(2, "2024-01-02", quantity(280), daysSupply=quantity(28, "d"), **tablets),
        )
    )
    assert (course.active, course.stop) == (True, None)


# as needed


def test_as_needed_counts_each_supply_on_its_day() -> None:
    courses = read(
        order(1, "2024-10-01", AS_NEEDED, dispenseRequest={"quantity": quantity(500)}),
        fetched(2, "2024-10-02", 187.5),
        fetched(3, "2025-01-15", 187.5),
    ).courses
    assert [(str(c.start), c.prn, c.prn_mg, c.steps) for c in courses] == [
        ("2024-10-02", True, 187.5, ()),
        ("2025-01-15", True, 187.5, ()),
    ]


def test_a_new_as_needed_order_has_its_own_supplies() -> None:
    courses = read(
        order(1, "2024-10-01", AS_NEEDED),
        order(2, "2025-01-15", AS_NEEDED),
        fetched(3, "2024-10-01", 100),
        fetched(4, "2025-01-15", 200),
    ).courses
    assert [(c.reference, c.prn_mg) for c in courses] == [("MedicationRequest/1", 100), ("MedicationRequest/2", 200)]
    assert not any(c.duplicate for c in courses)


def test_tablets_fetched_as_needed_count_by_their_strength() -> None:
    product = drug(text="Prednisolon 25 mg")
    handed = dispense(2, "2025-01-15", quantity(20, "tablet"), **product)
    assert only(read(order(1, "2025-01-01", AS_NEEDED, **product), handed)).prn_mg == 500


# administrations


def test_doses_given_without_an_order_count_by_the_day() -> None:
    pulses = [
        administration(number, f"2025-02-0{number}", "H02AB04", 1000) | route_of_dose(INTRAVENOUS)
        for number in (1, 2, 3)
    ]
    assert doses(only(read(*pulses))) == "2025-02-01 1000 x 1, 2025-02-02 1000 x 1, 2025-02-03 1000 x 1"


def route_of_dose(route: str) -> dict[str, object]:
    coding = {"coding": [{"system": "http://snomed.info/sct", "code": route}]}
    return {"dosage": {"dose": quantity(1000), "route": coding}}


def test_doses_given_to_carry_out_an_order_are_counted_instead_of_it() -> None:
    pulses = [
        administration(number, f"2025-02-0{number}", "H02AB06", 500, request=of("MedicationRequest", 1))
        for number in (2, 3)
    ]
    course = only(read(order(1, "2025-02-01", daily(1000, **for_days(3))), *pulses))
    assert doses(course) == "2025-02-02 500 x 1, 2025-02-03 500 x 1"


def test_a_dose_given_while_an_order_runs_is_part_of_it() -> None:
    given = administration(2, "2025-02-01", "H02AB06", 10)
    assert doses(only(read(order(1, "2025-01-01", daily(10)), given))) == "2025-01-01 10 x open"


def test_dispensings_beat_administrations() -> None:
    given = administration(2, "2025-01-02", "H02AB06", 50, request=of("MedicationRequest", 1))
    course = only(read(order(1, "2025-01-01", daily(10, **for_days(20))), given, fetched(3, "2025-01-03", 100, 10)))
    assert doses(course) == "2025-01-03 10 x 10"


def test_a_depot_injection_given_is_a_local_course_of_that_day() -> None:
    given = administration(1, "2025-02-01", "H02AB04", 40) | route_of_dose(INTRAMUSCULAR)
    course = only(read(given))
    assert (course.local, course.systemic, course.steps) == (True, False, ())
    assert (str(course.start), str(course.stop)) == ("2025-02-01", "2025-02-02")


def test_a_depot_injection_is_no_part_of_the_tablets() -> None:
    given = administration(2, "2025-02-01", "H02AB04", 40) | route_of_dose(INTRAMUSCULAR)
    tablets, depot = read(order(1, "2025-01-01", daily(4), **drug("H02AB04")), given).courses
    assert (doses(tablets), depot.local) == ("2025-01-01 4 x open", True)
