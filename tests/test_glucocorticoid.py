"""The glucocorticoid arithmetic of the catalogue (0.10), item by item."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappings.facts import (
    Condition,
    DoseStep,
    DraftMedication,
    Drafts,
    MedicationCourse,
    PatientFacts,
    Source,
    SourceState,
)
from hooks.guideline.case import ORDER_SIGN, PATIENT_VIEW, Case, Hook
from hooks.guideline.defaults import Defaults
from hooks.guideline.glucocorticoid import (
    course_at_threshold,
    dose_unreadable,
    ended_within,
    gc_active,
    gc_current,
    gc_end,
    gc_exposed,
    gc_start,
    gc_threshold,
    local_only,
    past_course_start,
)
from hooks.guideline.logic import No, Unknown, Yes
from hooks.guideline.prednisolone import Window, past_sum, planned_sum, series, shares, windows
from hooks.guideline.register import RULES
from hooks.language import language
from hooks.texts import render, texts

TODAY = date(2025, 6, 1)
SOURCES = {
    key: Source(key, SourceState.COMPLETE)
    for key in ("conditions", "observations", "medicationRequests", "medicationStatements")
}


def day(distance: int) -> date:
    return TODAY + timedelta(days=distance)


def course(
    mg: float = 5.0, first: int = -30, days: int | None = 30, drug: str = "prednisolone", **facts: Any
) -> MedicationCourse:
    """A course of `days` days (None: no end) that begins `first` days from today."""
    start = day(first)
    stop = None if days is None else start + timedelta(days=days)
    given_facts: dict[str, Any] = {
        "drugs": frozenset({drug}),
        "product": drug,
        "reference": f"MedicationRequest/{drug}-{mg}-{first}-{days}",
        "start": start,
        "stop": stop,
        "active": start <= TODAY and (stop is None or stop > TODAY),
        "systemic": True,
        "steps": (DoseStep(start, stop, mg),),
        "open_ended": stop is None,
    }
    return MedicationCourse(**(given_facts | facts))


def rescue(mg: float | None, first: int) -> MedicationCourse:
    """An as-needed course, dispensed `first` days from today."""
    reference = f"MedicationRequest/prn{first}"
    return course(first=first, days=None, prn=True, prn_mg=mg, steps=(), active=True, reference=reference)


def case_of(
    *courses: MedicationCourse,
    drafts: Iterable[MedicationCourse] = (),
    hook: Hook = PATIENT_VIEW,
    conditions: tuple[str, ...] = (),
) -> Case:
    drafted = tuple(DraftMedication(c, f"MedicationRequest/draft{i}") for i, c in enumerate(drafts))
    facts = PatientFacts(
        TODAY,
        "p",
        "female",
        date(1955, 1, 1),
        courses=courses,
        drafts=Drafts(medications=drafted),
        conditions={c: (Condition(c, None, None, True, f"Condition/{c}"),) for c in conditions},
        sources=SOURCES,
    )
    return Case(facts, ORDER_SIGN if drafted else hook, Defaults(), RULES)


def highest(case: Case) -> float:
    best = windows(case)
    return best[0].total if best else 0.0


def most_days(case: Case) -> int:
    best = windows(case)
    return best[1].days if best else 0


# 1. systemic only


def test_local_products_never_enter_the_sums() -> None:
    inhaled = course(800, -30, None, "budesonide", systemic=False, local=True, steps=())
    depot = course(40, -30, 60, "methylprednisolone", systemic=False, local=True)
    case = case_of(inhaled, depot)
    assert (past_sum(case), planned_sum(case)) == (0, 0)
    assert isinstance(gc_threshold(case), No)
    assert isinstance(gc_active(case), No)
    assert isinstance(local_only(case), Yes)


def test_a_local_product_beside_a_systemic_one_is_not_alone() -> None:
    inhaled = course(800, -30, None, "budesonide", systemic=False, local=True, steps=())
    assert isinstance(local_only(case_of(inhaled, course(first=-40, days=5))), No)
    assert isinstance(local_only(case_of(inhaled, course(first=-400, days=5))), Yes)


# 2. equivalence

EQUAL_TO_5_MG = {
    "prednisolone": 5,
    "prednisone": 5,
    "methylprednisolone": 4,
    "triamcinolone": 4,
    "dexamethasone": 0.75,
    "betamethasone": 0.6,
    "hydrocortisone": 20,
}


@pytest.mark.parametrize(("drug", "mg"), EQUAL_TO_5_MG.items())
def test_ninety_days_of_the_equal_dose_reach_the_threshold(drug: str, mg: float) -> None:
    case = case_of(course(mg, -60, 90, drug))
    assert highest(case) == pytest.approx(450, abs=1e-9)
    assert most_days(case) == 90
    assert isinstance(gc_exposed(case), Yes)
    assert isinstance(gc_exposed(case_of(course(mg, -60, 89, drug))), No)


def test_the_fraction_counts_not_the_rounded_factor() -> None:
    assert past_sum(case_of(course(0.9, -30, 30, "dexamethasone"))) == pytest.approx(0.9 * 5 / 0.75 * 30)


def test_replacement_in_addisons_disease_is_left_out() -> None:
    replacement = course(30, -300, None, "hydrocortisone")
    assert isinstance(gc_exposed(case_of(replacement)), Yes)
    assert isinstance(gc_exposed(case_of(replacement, conditions=("addison",))), No)
    drafted = case_of(drafts=(replacement,), conditions=("addison",))
    assert isinstance(gc_active(drafted), No)
    assert isinstance(gc_active(case_of(course(), drafts=(course(first=0),), conditions=("addison",))), Yes)


# 3. daily dose


def test_alternate_days_are_spread_evenly() -> None:
    assert most_days(case_of(course(10 / 2, -60, 90))) == 90


def test_a_taper_fills_its_own_days() -> None:
    doses = (25.0, 20.0, 15.0, 10.0, 5.0)
    steps = tuple(DoseStep(day(-12 + 7 * i), day(-5 + 7 * i), mg) for i, mg in enumerate(doses))
    case = case_of(course(first=-12, days=35, steps=steps))
    assert highest(case) == pytest.approx(525)
    assert most_days(case) == 35
    assert past_sum(case) == pytest.approx(25 * 7 + 20 * 6)
    assert planned_sum(case) == pytest.approx(525 - past_sum(case))


def test_as_needed_counts_once_on_its_day_and_never_as_a_day_of_5_mg() -> None:
    case = case_of(rescue(187.5, -200), rescue(187.5, -100), rescue(187.5, -10))
    assert highest(case) == pytest.approx(562.5)
    assert most_days(case) == 0
    assert isinstance(gc_threshold(case), Yes)
    assert isinstance(gc_current(case), Yes), "dispensed ten days ago"
    assert isinstance(gc_active(case), No)
    assert isinstance(gc_current(case_of(rescue(500, -100))), No)


def test_as_needed_without_an_amount_is_not_counted_and_named() -> None:
    case = case_of(rescue(None, -10))
    assert past_sum(case) == 0
    assert len(series(case).uncounted) == 1
    assert isinstance(dose_unreadable(case), No)


def test_a_missing_dose_contributes_nothing_and_leaves_the_threshold_unknown() -> None:
    unread = course(first=-10, days=None, steps=(), dose_known=False)
    case = case_of(unread, course(5, -40, 20))
    assert past_sum(case) == pytest.approx(100)
    assert isinstance(gc_threshold(case), Unknown)
    assert isinstance(dose_unreadable(case), Yes)
    assert isinstance(gc_active(case), Yes), "it is taken, whatever the dose"
    assert isinstance(gc_threshold(case_of(unread, course(5, -90, 90))), Yes), "reached without it"


@pytest.mark.parametrize(
    ("stop", "known"),
    [(-366, True), (-365, True), (-364, False), (None, False)],
    ids=["over a year ago", "a year ago", "within a year", "running"],
)
def test_a_missing_dose_matters_for_twelve_months(stop: int | None, known: bool) -> None:
    first = -800 if stop is None else stop - 10
    unread = course(first=first, days=None if stop is None else 10, steps=(), dose_known=False)
    assert isinstance(gc_threshold(case_of(unread)), No if known else Unknown)


def test_an_order_ended_on_an_unknown_day_matters_by_its_start() -> None:
    def ended(first: int) -> MedicationCourse:
        return course(first=first, days=None, steps=(), dose_known=False, active=False)

    assert isinstance(dose_unreadable(case_of(ended(-200))), Yes)
    assert isinstance(dose_unreadable(case_of(ended(-400))), No)


# 4. several orders


def test_overlapping_orders_are_summed() -> None:
    case = case_of(course(2.5, -60, 90), course(2.5, -60, 90, reference="MedicationRequest/2", duplicate=True))
    assert most_days(case) == 90
    assert highest(case) == pytest.approx(450)


def test_different_drugs_are_summed() -> None:
    assert most_days(case_of(course(2.5, -60, 90), course(0.375, -60, 90, "dexamethasone"))) == 90


# 6. end of a course


def test_an_open_end_runs_until_365_days_after_today_whatever_the_start() -> None:
    case = case_of(course(5, -2200, None))
    assert past_sum(case) == pytest.approx(5 * 365)
    assert planned_sum(case) == pytest.approx(5 * 364)
    assert isinstance(gc_exposed(case), Yes)
    assert gc_start(case) == day(-2200)
    assert series(case).assumed
    assert isinstance(gc_exposed(case_of(course(5, -10, None))), Yes)


# 7. windows


@pytest.mark.parametrize(
    ("mg", "days", "reached"),
    [(5, 89, No), (5, 90, Yes), (4.9, 90, No), (5.1, 90, Yes), (2.5, 179, No), (2.5, 180, Yes), (150, 3, Yes)],
)
def test_threshold(mg: float, days: int, reached: type) -> None:
    assert isinstance(gc_threshold(case_of(course(mg, 1 - days, days))), reached)


@pytest.mark.parametrize(
    ("first", "reached"),
    [(-364, Yes), (-365, No), (364, Yes), (365, No)],
    ids=["first day of the oldest window", "a day before it", "last day of the newest window", "a day after it"],
)
def test_every_window_contains_today(first: int, reached: type) -> None:
    assert isinstance(gc_threshold(case_of(course(450, first, 1))), reached)


def test_doses_more_than_a_window_apart_are_not_added() -> None:
    assert isinstance(gc_threshold(case_of(course(300, -300, 1), course(300, 64, 1))), Yes)
    assert isinstance(gc_threshold(case_of(course(300, -300, 1), course(300, 65, 1))), No)


def test_drafts_count_on_the_order_hooks_only() -> None:
    past, draft = course(10, -182, 30), course(5, 0, 30)
    assert isinstance(gc_exposed(case_of(past, drafts=(draft,))), Yes)
    assert isinstance(gc_exposed(case_of(past, drafts=(course(5, 0, 29),))), No)
    facts = case_of(past, drafts=(draft,)).facts
    assert isinstance(gc_exposed(Case(facts, PATIENT_VIEW, Defaults(), RULES)), No)


@pytest.mark.parametrize(("last", "current"), [(-92, Yes), (-93, No)], ids=["three months ago", "a day before"])
def test_a_course_is_current_for_three_months(last: int, current: type) -> None:
    assert day(-92) == date(2025, 3, 1)
    assert isinstance(gc_current(case_of(course(5, last - 99, 100))), current)


@pytest.mark.parametrize(
    ("gap", "first"), [(90, -130), (91, -20)], ids=["ninety days are bridged", "ninety-one are not"]
)
def test_start_of_the_current_course(gap: int, first: int) -> None:
    case = case_of(course(5, -20, 40), course(5, -20 - gap - 20, 20))
    assert gc_start(case) == day(first)


def test_a_planned_course_does_not_hide_the_current_one() -> None:
    assert gc_start(case_of(course(5, -20, 40), course(5, 200, 10))) == day(-20)


def test_start_with_a_bare_draft_is_its_day() -> None:
    assert gc_start(case_of(drafts=(course(5, 0, 10),))) == TODAY
    assert gc_start(case_of(drafts=(course(first=0, days=None, steps=(), dose_known=False),))) == TODAY


def test_end_of_a_past_course() -> None:
    case = case_of(course(10, -200, 60))
    assert gc_end(case) == day(-140)
    assert past_course_start(case) == day(-200)
    assert isinstance(course_at_threshold(case), Yes)
    assert isinstance(ended_within(case, 6), Yes)
    assert isinstance(ended_within(case, 4), No)
    assert gc_end(case_of(course(10, -20, 60))) is None, "still taken"
    assert gc_end(case_of(course(10, -1200, 60))) is None, "more than 36 months ago"


def test_a_small_course_long_after_a_large_one_is_not_at_threshold() -> None:
    large, small = course(10, -1000, 90), course(25, -100, 5)
    assert isinstance(course_at_threshold(case_of(large, small)), No)
    assert isinstance(course_at_threshold(case_of(course(10, -300, 90), small)), Yes)


def test_medicines_not_delivered_are_not_absent() -> None:
    facts = PatientFacts(TODAY, "p", "female", date(1955, 1, 1))
    assert isinstance(gc_threshold(Case(facts, PATIENT_VIEW)), Unknown)
    assert isinstance(gc_active(Case(facts, PATIENT_VIEW)), Unknown)


# 8. the arithmetic is shown


def test_the_arithmetic_is_shown_with_a_line_for_each_order() -> None:
    unnamed = course(5, -20, None, "cloprednol", display="Cure [x](http://example.org) *5 mg*")
    drafted = course(0.75, 0, 10, "dexamethasone", reference="MedicationRequest/draft0")
    case = case_of(course(10, -60, 30), rescue(100, -40), unnamed, drafts=(drafted,))
    english = render("GLU-DOSE-1", "detail", case, texts("en"))
    assert "510 mg in the 365 days up to and with today" in english
    assert "1865 mg planned" in english
    assert "5 mg prednisolone equals dexamethasone 0.75 mg" in english
    lines = [line.strip() for line in english.splitlines()[1:]]
    assert len(lines) == 4
    assert lines[0] == "- prednisolone, 2025-04-02 – 2025-05-01: 300 mg up to and with today, 0 mg planned"
    assert lines[1].startswith("- prednisolone as needed, 2025-04-22: 100 mg")
    assert r"Cure \[x\](http\://example.org) \*5 mg\*, 2025-05-12 – no end date: 105 mg" in lines[2]
    assert lines[3].startswith("- dexamethasone, draft, 2025-06-01 – 2025-06-10: 5 mg today, 45 mg planned")


def test_a_sum_below_the_limit_never_looks_like_the_limit() -> None:
    case = case_of(course(449.96, -10, 1), drafts=(course(0.01, 0, 1),))
    assert "449.97 mg of 450" in render("GLU-SHORT-1", "detail", case, texts("en"))
    assert language("da").number(449.97, 2) == "449,97"


# the arithmetic against a calendar, day by day

COURSES = st.lists(
    st.builds(
        lambda mg, first, days, once: rescue(mg * 10, first) if once else course(mg, first, days),
        st.sampled_from([2.5, 4.9, 5.0, 7.5, 20.0]),
        st.integers(-800, 500),
        st.one_of(st.none(), st.integers(1, 400)),
        st.booleans(),
    ),
    max_size=5,
)


def by_hand(courses: list[MedicationCourse]) -> tuple[float, int]:
    """Highest sum and most days of the 365-day windows that contain today, counted day by day."""
    mg, regular = dict.fromkeys(range(-364, 365), 0.0), dict.fromkeys(range(-364, 365), 0.0)
    for each in courses:
        if each.prn:
            at = (each.start - TODAY).days if each.start else 0
            mg |= {at: mg[at] + (each.prn_mg or 0)} if at in mg else {}
        for step in each.steps:
            for distance in mg:
                if step.start <= day(distance) < (step.end or day(366)):
                    mg[distance] += step.mg_per_day
                    regular[distance] += step.mg_per_day
    starts = [range(s, s + 365) for s in range(-364, 1)]
    return (
        max(sum(mg[d] for d in window) for window in starts),
        max(sum(regular[d] >= 5 - 1e-9 for d in window) for window in starts),
    )


@settings(max_examples=60, deadline=None)
@given(COURSES)
def test_windows_equal_the_count_day_by_day(courses: list[MedicationCourse]) -> None:
    case = case_of(*courses)
    total, days = by_hand(courses)
    assert highest(case) == pytest.approx(total, abs=1e-6)
    assert most_days(case) == days


@settings(max_examples=60, deadline=None)
@given(COURSES.flatmap(lambda courses: st.tuples(st.just(courses), st.permutations(courses))))
def test_the_order_of_the_courses_changes_nothing(both: tuple[list[MedicationCourse], list[MedicationCourse]]) -> None:
    one, other = (case_of(*courses) for courses in both)
    assert rounded(windows(one)) == rounded(windows(other))
    assert past_sum(one) == pytest.approx(past_sum(other))
    assert gc_start(one) == gc_start(other)
    assert gc_end(one) == gc_end(other)
    for ask in (gc_threshold, gc_active, gc_current, course_at_threshold):
        assert type(ask(one)) is type(ask(other)), ask.__name__
    assert len(shares(one)) == len(shares(other))


def rounded(best: tuple[Window, Window] | None) -> list[tuple[date, float, int]]:
    return [(window.start, round(window.total, 3), window.days) for window in best or ()]
