"""Dosages -> mg per day and days (facts-to-fhir 6 "How much", 0.10 point 3).

Each row: a dosage as it is sent, and what is read from it. `10 x 7` is 10 mg a day for seven
days, `5 x open` 5 mg a day without end, `unknown` a dose that asks the doctor.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_mappings.amounts import Strength, amount_of, package_mg, strength_in, strength_of
from fhir_mappings.dosage import Plan, clip, flatten, lay_out, used_up
from fhir_mappings.facts import DoseStep
from fhir_mappings.r4.datatypes import Dosage, Quantity, Ratio

START = date(2025, 3, 10)  # a Monday
TABLET_5 = Strength(mg_per_piece=5.0)
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}


def mg(value: float) -> dict[str, Any]:
    return {"doseAndRate": [{"doseQuantity": {"value": value, "unit": "mg", "code": "mg"}}]}


def dose(value: float, unit: str | None = None, code: str | None = None) -> dict[str, Any]:
    quantity = {"value": value} | ({"unit": unit} if unit else {}) | ({"code": code} if code else {})
    return {"doseAndRate": [{"doseQuantity": quantity}]}


def every(**repeat: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}}


def coded(code: str) -> dict[str, Any]:
    return {"timing": {"code": {"coding": [{"code": code}]}}}


def days(number: float, unit: str = "d") -> dict[str, Any]:
    return {"boundsDuration": {"value": number, "code": unit}}


def plan_of(*dosages: dict[str, Any], start: date | None = START) -> Plan:
    return lay_out(msgspec.convert(dosages, tuple[Dosage, ...]), start)


def in_words(steps: tuple[DoseStep, ...] | None, start: date = START) -> str:
    """`10 x 7, 5 x open`; days before the first step are named as `after n`."""
    if steps is None:
        return "unknown"
    words = []
    for step in steps:
        gap = f"after {(step.start - start).days} " if step.start != start else ""
        length = "open" if step.end is None else str((step.end - step.start).days)
        words.append(f"{gap}{round(step.mg_per_day, 3):g} x {length}")
        start = step.end or start
    return ", ".join(words)


ONE_DOSAGE: dict[str, tuple[dict[str, Any], str]] = {
    # amount
    "10 mg once a day": (mg(10) | every(**DAILY), "10 x open"),
    "5 mg twice a day": (mg(5) | every(frequency=2, period=1, periodUnit="d"), "10 x open"),
    "0.01 g a day": (dose(0.01, "g", "g") | every(**DAILY), "10 x open"),
    "500 ug a day": (dose(500, "ug", "ug") | every(**DAILY), "0.5 x open"),
    "500 mikrogram a day": (dose(500, "mikrogram") | every(**DAILY), "0.5 x open"),
    "2 tablets of 5 mg": (dose(2, "tablet(ter)") | every(**DAILY), "10 x open"),
    "2 tablets, UCUM": (dose(2, None, "{tablet}") | every(**DAILY), "10 x open"),
    "half a tablet": (dose(0.5, "TAB", "TAB") | every(**DAILY), "2.5 x open"),
    "2 stk": (dose(2, "stk.") | every(**DAILY), "10 x open"),
    "2 without unit, as Synthea sends it": (dose(2) | every(**DAILY), "10 x open"),
    "2 of unit 1": (dose(2, None, "1") | every(**DAILY), "10 x open"),
    "no amount": (every(**DAILY), "unknown"),
    "an amount of zero is a dose of zero": (mg(0) | every(**DAILY), "0 x open"),
    "a negative amount": (mg(-5) | every(**DAILY), "unknown"),
    "less than 5 mg": (
        {"doseAndRate": [{"doseQuantity": {"value": 5, "code": "mg", "comparator": "<"}}]} | every(**DAILY),
        "unknown",
    ),
    "10 mL of tablets": (dose(10, "mL", "mL") | every(**DAILY), "unknown"),
    "a puff": (dose(1, "puff") | every(**DAILY), "unknown"),
    "10 mg per kg": (dose(10, "mg/kg", "mg/kg") | every(**DAILY), "unknown"),
    "5 to 10 mg: the high end": (
        {"doseAndRate": [{"doseRange": {"low": {"value": 5, "code": "mg"}, "high": {"value": 10, "code": "mg"}}}]}
        | every(**DAILY),
        "10 x open",
    ),
    "from 5 mg, no high end": (
        {"doseAndRate": [{"doseRange": {"low": {"value": 5, "code": "mg"}}}]} | every(**DAILY),
        "unknown",
    ),
    "a rate alone": ({"doseAndRate": [{"rateQuantity": {"value": 10, "unit": "mg/h"}}]} | every(**DAILY), "unknown"),
    "a maximum alone": (
        {"maxDosePerPeriod": {"numerator": {"value": 40, "code": "mg"}, "denominator": {"value": 1, "code": "d"}}}
        | every(**DAILY),
        "unknown",
    ),
    # how often
    "no timing": (mg(10), "unknown"),
    "free text alone": ({"text": "2 tabletter morgen i 7 dage"}, "unknown"),
    "text beside a structured dose": ({"text": "1 dagligt"} | mg(5) | every(**DAILY), "5 x open"),
    "10 mg every second day": (mg(10) | every(frequency=1, period=2, periodUnit="d"), "5 x open"),
    "period without frequency is once": (mg(10) | every(period=1, periodUnit="d"), "10 x open"),
    "frequency without period": (mg(10) | every(frequency=2), "unknown"),
    "7 mg once a week": (mg(7) | every(frequency=1, period=1, periodUnit="wk"), "1 x open"),
    "monthly": (mg(30.4375) | every(frequency=1, period=1, periodUnit="mo"), "1 x open"),
    "yearly": (mg(365.25) | every(frequency=1, period=1, periodUnit="a"), "1 x open"),
    "every 12 hours": (mg(5) | every(frequency=1, period=12, periodUnit="h"), "10 x open"),
    "a period of zero": (mg(5) | every(frequency=1, period=0, periodUnit="d"), "unknown"),
    "one to three times a day: three": (
        mg(5) | every(frequency=1, frequencyMax=3, period=1, periodUnit="d"),
        "15 x open",
    ),
    "every 1 to 2 days: every day": (mg(5) | every(frequency=1, period=1, periodMax=2, periodUnit="d"), "5 x open"),
    "morning and evening": (mg(5) | every(when=["MORN", "EVE"]), "10 x open"),
    "at eight and at twenty": (mg(5) | every(timeOfDay=["08:00:00", "20:00:00"]), "10 x open"),
    "once daily, in the morning": (mg(5) | every(**DAILY, when=["MORN"]), "5 x open"),
    "every second day in the morning": (mg(10) | every(period=2, periodUnit="d", when=["MORN"]), "5 x open"),
    "with meals, not said how many": (mg(5) | every(when=["C"]), "unknown"),
    "three times a day with meals": (mg(5) | every(frequency=3, period=1, periodUnit="d", when=["C"]), "15 x open"),
    "Monday and Thursday": (mg(7) | every(dayOfWeek=["mon", "thu"]), "2 x open"),
    "daily on Monday and Thursday": (mg(7) | every(**DAILY, dayOfWeek=["mon", "thu"]), "2 x open"),
    "once a week, on Monday": (
        mg(70) | every(frequency=1, period=1, periodUnit="wk", dayOfWeek=["mon"]),
        "10 x open",
    ),
    "every second week on Monday": (
        mg(70) | every(frequency=1, period=2, periodUnit="wk", dayOfWeek=["mon"]),
        "5 x open",
    ),
    "every third day on Monday": (mg(7) | every(period=3, periodUnit="d", dayOfWeek=["mon"]), "unknown"),
    "QD": (mg(10) | coded("QD"), "10 x open"),
    "BID": (mg(5) | coded("BID"), "10 x open"),
    "TID": (mg(5) | coded("TID"), "15 x open"),
    "QID": (mg(5) | coded("QID"), "20 x open"),
    "QOD": (mg(10) | coded("QOD"), "5 x open"),
    "AM": (mg(10) | coded("AM"), "10 x open"),
    "a code nobody knows": (mg(10) | coded("NOW-AND-THEN"), "unknown"),
    "a code and its bounds": (
        mg(5) | {"timing": {"code": {"coding": [{"code": "BID"}]}, "repeat": days(7)}},
        "10 x 7",
    ),
    "bounds without a rhythm": (mg(5) | every(**days(7)), "unknown"),
    # how long
    "seven days": (mg(10) | every(**DAILY, **days(7)), "10 x 7"),
    "two weeks": (mg(10) | every(**DAILY, **days(2, "wk")), "10 x 14"),
    "three months are 92 days": (mg(10) | every(**DAILY, **days(3, "mo")), "10 x 92"),
    "two weeks in words": (mg(10) | every(**DAILY, boundsDuration={"value": 2, "unit": "uger"}), "10 x 14"),
    "a duration that is not understood": (
        mg(10) | every(**DAILY, boundsDuration={"value": 2, "unit": "moons"}),
        "unknown",
    ),
    "7 to 10 days: the longer": (
        mg(10) | every(**DAILY, boundsRange={"low": {"value": 7, "code": "d"}, "high": {"value": 10, "code": "d"}}),
        "10 x 10",
    ),
    "a period, both days included": (
        mg(10) | every(**DAILY, boundsPeriod={"start": "2025-03-10", "end": "2025-03-16"}),
        "10 x 7",
    ),
    "a period with time of day": (
        mg(10) | every(**DAILY, boundsPeriod={"start": "2025-03-10T23:30:00+01:00", "end": "2025-03-16T08:00:00Z"}),
        "10 x 7",
    ),
    "a period that begins later": (
        mg(10) | every(**DAILY, boundsPeriod={"start": "2025-03-20"}),
        "after 10 10 x open",
    ),
    "a period that ends before it starts": (
        mg(10) | every(**DAILY, boundsPeriod={"start": "2025-03-16", "end": "2025-03-10"}),
        "unknown",
    ),
    "ten times": (mg(10) | every(**DAILY, count=10), "10 x 10"),
    "ten to twelve times": (mg(10) | every(**DAILY, count=10, countMax=12), "10 x 12"),
    "ten times every second day": (mg(10) | every(frequency=1, period=2, periodUnit="d", count=10), "5 x 20"),
    "ten times within a week": (mg(10) | every(**DAILY, count=10, **days(7)), "10 x 7"),
    "on three days": (
        mg(10) | {"timing": {"event": ["2025-03-10", "2025-03-11", "2025-03-14"]}},
        "10 x 1, 10 x 1, after 2 10 x 1",
    ),
    "events beside a rhythm": (mg(10) | {"timing": {"event": ["2025-03-10"], "repeat": DAILY}}, "unknown"),
    # as needed
    "as needed": (mg(10) | every(**DAILY) | {"asNeededBoolean": True}, "unknown"),
    "not as needed": (mg(10) | every(**DAILY) | {"asNeededBoolean": False}, "10 x open"),
    "two doses, the calculated one lower": (
        {"doseAndRate": [{"doseQuantity": {"value": 10, "code": "mg"}}, {"doseQuantity": {"value": 8, "code": "mg"}}]}
        | every(**DAILY),
        "10 x open",
    ),
    "changed by an extension that must be understood": (
        mg(10) | every(**DAILY) | {"modifierExtension": [{"url": "https://example.org/not", "valueBoolean": True}]},
        "unknown",
    ),
}


@pytest.mark.parametrize(("dosage", "expected"), ONE_DOSAGE.values(), ids=ONE_DOSAGE)
def test_one_dosage(dosage: dict[str, Any], expected: str) -> None:
    assert in_words(plan_of(dosage).steps(TABLET_5)) == expected


def step(sequence: int | None, milligrams: float, **repeat: Any) -> dict[str, Any]:
    return mg(milligrams) | every(**DAILY, **repeat) | ({} if sequence is None else {"sequence": sequence})


SEVERAL: dict[str, tuple[list[dict[str, Any]], str]] = {
    "a taper": ([step(1, 25, **days(7)), step(2, 12.5, **days(7)), step(3, 5, **days(14))], "25 x 7, 12.5 x 7, 5 x 14"),
    "a taper sent backwards": ([step(2, 12.5, **days(7)), step(1, 25, **days(7))], "25 x 7, 12.5 x 7"),
    "a taper into a lasting dose": ([step(1, 25, **days(7)), step(2, 5)], "25 x 7, 5 x open"),
    "morning and evening doses": ([step(None, 10), step(None, 5)], "15 x open"),
    "same sequence is at the same time": ([step(1, 10, **days(7)), step(1, 5, **days(3))], "15 x 3, 10 x 4"),
    "a step with its own start": (
        [step(1, 25, **days(7)), step(2, 5, boundsPeriod={"start": "2025-03-20"})],
        "25 x 7, after 3 5 x open",
    ),
    "an open step ends where the next begins": (
        [step(1, 25), step(2, 5, boundsPeriod={"start": "2025-03-20"})],
        "25 x 10, 5 x open",
    ),
    "touching periods are not counted twice": (
        [
            step(1, 25, boundsPeriod={"start": "2025-03-10", "end": "2025-03-17"}),
            step(2, 5, boundsPeriod={"start": "2025-03-17", "end": "2025-03-23"}),
        ],
        "25 x 7, 5 x 7",
    ),
    "a step after an open one begins nobody knows when": ([step(1, 25), step(2, 5)], "unknown"),
    "one step not understood": ([step(1, 25, **days(7)), {"sequence": 2, "text": "derefter nedtrapning"}], "unknown"),
    "one bound not understood": ([step(1, 25, boundsDuration={"value": 7}), step(2, 5, **days(7))], "unknown"),
    "as needed beside a fixed dose": ([step(1, 5), mg(10) | {"asNeededBoolean": True}], "5 x open"),
}


@pytest.mark.parametrize(("dosages", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_several_dosages(dosages: list[dict[str, Any]], expected: str) -> None:
    assert in_words(plan_of(*dosages).steps(TABLET_5)) == expected


def test_an_as_needed_order_has_no_days() -> None:
    plan = plan_of(mg(25) | every(**DAILY) | {"asNeededCodeableConcept": {"text": "ved KOL-forværring"}})
    assert plan.prn
    assert plan.segments == ()


def test_no_dosage_at_all_is_unknown() -> None:
    assert plan_of().steps(TABLET_5) is None


def test_the_end_is_known_even_where_the_dose_is_not() -> None:
    plan = plan_of({"text": "efter skema", "timing": {"repeat": days(7)}})
    assert (plan.start, plan.stop) == (START, START + timedelta(days=7))
    assert plan.steps(TABLET_5) is None
    assert plan.text == "efter skema"


def test_tablets_of_unknown_strength_are_an_unknown_dose() -> None:
    assert plan_of(dose(2, "tablet(ter)") | every(**DAILY)).steps(Strength()) is None


def test_millilitres_times_concentration() -> None:
    assert in_words(plan_of(dose(5, "mL", "mL") | every(**DAILY)).steps(Strength(mg_per_ml=2))) == "10 x open"


def test_without_a_start_the_days_are_not_known() -> None:
    assert plan_of(mg(10) | every(**DAILY), start=None).steps(TABLET_5) is None


STRENGTHS = {
    "Prednisolon 2,5 mg tabletter": Strength(mg_per_piece=2.5),
    "Prednisolone 5 MG Oral Tablet": Strength(mg_per_piece=5),
    "{21 (prednisolone 5 MG Oral Tablet) } Pack": Strength(mg_per_piece=5),
    "prednisolone 3 MG/ML Oral Solution": Strength(mg_per_ml=3),
    "Mikstur 5 mg/5 ml": Strength(mg_per_ml=1),
    "Unikalk 400 mg + 19 mikrogram": Strength(mg_per_piece=400),
    "500 mg/10 mikrogram tyggetabletter": Strength(mg_per_piece=500),
    "38 mikrogram + 400 mg": Strength(mg_per_piece=400),
    "alendronic acid 70 MG / cholecalciferol 5600 UNT Oral Tablet": Strength(mg_per_piece=70),
    "Hydrokortison 10 mg/g creme": Strength(),
    "Plaster 25 mg/24 timer": Strength(),
    "Inhalator 0,2 mg/dosis": Strength(),
    "1.250 mg": Strength(),  # thousands in Danish, decimals in English
    "0.125 mg": Strength(mg_per_piece=0.125),
    "500 mikrogram": Strength(),
    "Prednisolon": Strength(),
    "0 mg": Strength(),
}


@pytest.mark.parametrize(("text", "expected"), STRENGTHS.items(), ids=STRENGTHS)
def test_strength_in_a_name(text: str, expected: Strength) -> None:
    assert strength_in(text) == expected


def test_strength_of_an_ingredient() -> None:
    def ratio(mass: float, per: dict[str, Any]) -> Strength:
        return strength_of(msgspec.convert({"numerator": {"value": mass, "code": "mg"}, "denominator": per}, Ratio))

    assert ratio(5, {"value": 1, "code": "{tablet}"}) == Strength(mg_per_piece=5)
    assert ratio(10, {"value": 2}) == Strength(mg_per_piece=5)
    assert ratio(40, {"value": 5, "unit": "ml"}) == Strength(mg_per_ml=8)
    assert ratio(5, {"value": 1, "unit": "spoon"}) == Strength()
    assert ratio(0, {"value": 1}) == Strength()


PACKAGES = {
    "Prolia 60 mg, injektionsvæske": 60,
    "1 ML denosumab 60 MG/ML Prefilled Syringe": 60,
    "1.7 ML denosumab 70 MG/ML Injection [Xgeva]": 119,
    "100 ML zoledronic acid 0.05 MG/ML Injection": 5,
    "Zoledronsyre 4 mg/100 ml": 4,
    "denosumab 60 MG/ML Injectable Solution": None,
}


@pytest.mark.parametrize(("text", "expected"), PACKAGES.items(), ids=PACKAGES)
def test_mg_in_a_package(text: str, expected: float | None) -> None:
    assert package_mg(text) == (None if expected is None else pytest.approx(expected))


def test_a_quantity_ends_an_open_dose_with_what_is_left_on_the_last_day() -> None:
    open_dose = (DoseStep(START, None, 7.5),)
    assert in_words(used_up(open_dose, 500)) == "7.5 x 66, 5 x 1"
    assert in_words(used_up(open_dose, 75)) == "7.5 x 10"
    assert in_words(used_up((DoseStep(START, START + timedelta(days=7), 10), *open_dose), 60)) == "10 x 7"


STEPS = st.lists(
    st.builds(
        lambda begin, length, milligrams: DoseStep(
            START + timedelta(days=begin),
            None if length is None else START + timedelta(days=begin + length),
            float(milligrams),
        ),
        st.integers(0, 30),
        st.none() | st.integers(1, 30),
        st.integers(1, 20),
    ),
    max_size=6,
)


@given(STEPS, st.integers(0, 80))
def test_steps_laid_flat_give_every_day_the_same_dose(steps: list[DoseStep], offset: int) -> None:
    day = START + timedelta(days=offset)

    def on(laid: tuple[DoseStep, ...]) -> float:
        return sum(s.mg_per_day for s in laid if s.start <= day and (s.end is None or day < s.end))

    flat = flatten(steps)
    assert on(flat) == on(tuple(steps))
    assert all(a.end is not None and a.end <= b.start for a, b in pairwise(flat))
    assert on(clip(flat, START + timedelta(days=40), None)) == (on(flat) if offset >= 40 else 0)


@given(
    st.dictionaries(
        st.sampled_from(["frequency", "frequencyMax", "count", "countMax"]), st.integers(1, 2**31 - 1), max_size=4
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["s", "min", "h", "d", "wk", "mo", "a", None]),
    st.sampled_from(["mg", "g", "mL", "{tablet}", "nonsense", ""]),
)
def test_no_number_breaks_the_arithmetic(
    counts: dict[str, int], period: float, value: float, unit: str | None, amount: str
) -> None:
    repeat = counts | {"period": period} | ({"periodUnit": unit} if unit else {})
    steps = plan_of(dose(value, amount or None) | every(**repeat, **days(abs(value)))).steps(TABLET_5)
    for each in steps or ():
        assert each.mg_per_day >= 0
        assert each.end is None or each.end > each.start


def test_an_amount_in_another_unit_is_not_understood() -> None:
    assert amount_of(Quantity(value=1000, unit="IE")) is None
    assert amount_of(Quantity(value=1, unit="pakning")) is None
