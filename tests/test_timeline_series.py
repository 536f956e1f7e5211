"""What the timeline draws: values, limits, lanes, gaps, and what has no date."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from cds_service.workbench.timeline import section
from cds_service.workbench.timeline.lanes import Gap, Lane
from cds_service.workbench.timeline.series import Panel, Timeline, timeline
from fhir_mappings.facts import Booking, DoseStep, Fracture
from hooks.guideline.drafted import BONE_DRUGS, GLUCOCORTICOIDS, SUPPLEMENTS
from hooks.guideline.thresholds import EGFR_LIMIT, T_OSTEOPENIA, T_OSTEOPOROSIS, VITD_START
from hooks.language import LANGUAGES, LanguageCode, language
from tests.timeline_patients import TODAY, course, injection, long_course, many_results, person, result
from tests.vignette_facts import facts_of
from tests.vignette_requests import load_vignettes


def panel(drawn: Timeline, name: str) -> Panel:
    return next(p for p in drawn.panels if p.name == name)


def lane(drawn: Timeline, drug: str) -> Lane:
    return next(found for found in drawn.lanes if found.drug == drug)


def limits(found: Panel) -> list[tuple[str, float]]:
    return [(limit.name, limit.value) for limit in found.limits]


def test_t_scores_stand_by_site_with_both_lines() -> None:
    found = panel(timeline(long_course()), "t_score")
    assert found.series == ("lumbar_spine", "femoral_neck", "total_hip")
    assert limits(found) == [("t_score.osteopenia", T_OSTEOPENIA), ("t_score.osteoporosis", T_OSTEOPOROSIS)]
    spine = [(p.day.year, p.fact.value) for p in found.points if p.series == "lumbar_spine"]
    assert spine == [(2014, -2.9), (2017, -2.6), (2019, -2.2), (2025, -2.1)]


def test_a_t_score_without_a_site_is_of_no_stated_site() -> None:
    assert panel(timeline(person(result("t_score", -1, TODAY, 1))), "t_score").series == ("unstated",)


def test_egfr_and_vitamin_d_have_the_guidelines_limits() -> None:
    drawn = timeline(long_course())
    assert limits(panel(drawn, "egfr")) == [("egfr.limit", EGFR_LIMIT)]
    vitamin_d = panel(drawn, "vitamin_d")
    assert limits(vitamin_d) == [("vitamin_d.start", VITD_START)]
    assert vitamin_d.band is not None
    assert (vitamin_d.band.low, vitamin_d.band.high) == (70, 125)


def test_a_comparator_keeps_its_limit_as_the_value() -> None:
    first = panel(timeline(long_course()), "egfr").points[0].fact
    assert (first.comparator, first.value) == (">", 90)


@pytest.mark.parametrize(("analyte", "base"), [("p1np", 62), ("ctx", 520)])
def test_the_markers_line_is_30_percent_below_the_value_before_the_start(analyte: str, base: float) -> None:
    (line,) = panel(timeline(long_course()), analyte).limits
    assert line.value == pytest.approx(base * 0.7)
    assert (line.start, line.end) == (date(2014, 4, 20), date(2019, 5, 31))
    assert line.ground is not None
    assert line.ground.value == base


def test_the_line_of_a_running_course_goes_to_today() -> None:
    facts = person(
        result("p1np", 60, date(2025, 1, 20), 1),
        result("p1np", 30, date(2025, 5, 1), 2),
        courses=(course("alendronate", 1, date(2025, 2, 1), None),),
    )
    (line,) = panel(timeline(facts), "p1np").limits
    assert (line.start, line.end) == (date(2025, 2, 1), TODAY)


def test_the_base_is_the_latest_of_the_six_months_up_to_the_start() -> None:
    days = {date(2024, 7, 31): 80, date(2024, 8, 1): 70, date(2025, 2, 1): 60, date(2025, 2, 2): 20}
    facts = person(
        *(result("ctx", value, day, day) for day, value in days.items()),
        courses=(course("alendronate", 1, date(2025, 2, 1), None),),
    )
    (line,) = panel(timeline(facts), "ctx").limits
    assert line.value == pytest.approx(42)


def test_p1np_taken_during_prednisolone_is_no_base() -> None:
    steroid = course("prednisolone", 2, date(2025, 1, 1), date(2025, 4, 1), DoseStep(date(2025, 1, 1), None, 10))
    facts = person(
        result("p1np", 60, date(2025, 1, 20), 1),
        result("p1np", 30, date(2025, 6, 1), 2),
        courses=(course("alendronate", 1, date(2025, 2, 1), None), steroid),
    )
    found = panel(timeline(facts), "p1np")
    assert found.limits == ()
    assert found.uncompared


def test_a_marker_without_tablets_has_no_line_and_lacks_none() -> None:
    found = panel(timeline(person(result("p1np", 60, date(2025, 1, 20), 1))), "p1np")
    assert (found.limits, found.uncompared) == ((), False)


def test_each_injection_has_its_limit_seven_calendar_months_later() -> None:
    given = lane(timeline(person(administrations=(injection(date(2025, 7, 31), 1),))), "denosumab").given
    assert [(g.day, g.limit) for g in given] == [(date(2025, 7, 31), date(2026, 2, 28))]


def test_a_late_and_an_overdue_injection_leave_gaps() -> None:
    assert lane(timeline(long_course()), "denosumab").gaps == (
        Gap(date(2023, 12, 3), date(2023, 12, 28)),
        Gap(date(2025, 1, 20), TODAY),
    )


@pytest.mark.parametrize(("last", "gaps"), [(date(2025, 2, 1), 0), (date(2025, 1, 31), 1)])
def test_the_limits_day_is_in_time_and_the_next_is_not(last: date, gaps: int) -> None:
    found = lane(timeline(person(administrations=(injection(last, 1),))), "denosumab")
    assert len(found.gaps) == gaps


def test_denosumab_that_a_tablet_replaced_is_not_overdue() -> None:
    facts = person(
        administrations=(injection(date(2024, 6, 1), 1),), courses=(course("alendronate", 1, date(2024, 12, 1), None),)
    )
    assert lane(timeline(facts), "denosumab").gaps == ()


def test_a_cancer_product_and_a_booking_are_drawn_without_a_limit() -> None:
    facts = person(
        administrations=(injection(date(2025, 6, 1), 1, cancer_product=True), injection(TODAY, 2, "zoledronate")),
        bookings=(Booking("denosumab_injection", date(2025, 10, 1), "Appointment/1"),),
    )
    drawn = timeline(facts)
    assert [(g.limit, g.booked) for g in lane(drawn, "denosumab").given] == [(None, False), (None, True)]
    assert [g.limit for g in lane(drawn, "zoledronate").given] == [None]
    assert drawn.end == date(2025, 10, 1)


def test_prednisolone_keeps_its_steps_and_an_open_course_runs_to_today() -> None:
    steroid = lane(timeline(long_course()), "prednisolone")
    ended, running = steroid.courses
    assert [(d.start, d.end, d.mg) for d in ended.doses] == [
        (date(2021, 2, 1), date(2021, 5, 1), 25),
        (date(2021, 5, 1), date(2021, 9, 1), 7.5),
    ]
    assert (running.end, running.open) == (TODAY, True)
    assert steroid.most == 25


def test_planned_days_are_drawn_a_year_ahead_at_most() -> None:
    start = date(2025, 8, 1)
    steroid = course("prednisolone", 1, start, date(2028, 1, 1), DoseStep(start, date(2028, 1, 1), 5))
    (found,) = lane(timeline(person(courses=(steroid,))), "prednisolone").courses
    assert (found.end, found.open) == (date(2026, 9, 1), True)


def test_an_end_nobody_recorded_is_said_and_not_made_up() -> None:
    ended = course("alendronate", 1, date(2020, 1, 1), None, active=False)
    (found,) = lane(timeline(person(courses=(ended,))), "alendronate").courses
    assert found.end_unknown
    assert (found.end - found.start).days == 1


def test_other_drugs_and_local_steroid_are_not_drawn() -> None:
    others = (course("statin", 1, TODAY, None), course("prednisolone", 2, TODAY, None, local=True))
    assert timeline(person(courses=others)).empty


def test_what_has_no_date_is_kept_and_not_drawn() -> None:
    drawn = timeline(long_course())
    assert [fact.reference for fact in drawn.undated] == ["Condition/4", "MedicationRequest/5"]
    assert [f.fact.reference for f in drawn.fractures] == ["Condition/1", "Condition/2", "Condition/3"]


def test_after_ten_empty_years_the_axis_begins_anew_with_the_year() -> None:
    drawn = timeline(long_course())
    assert drawn.begin == date(2011, 1, 1)
    assert drawn.early


def test_one_point_gets_a_year_before_today() -> None:
    drawn = timeline(person(result("t_score", -2.7, TODAY, 1, site="total_hip")))
    assert (drawn.begin, drawn.end, drawn.early) == (date(2024, 9, 1), TODAY, False)


@pytest.mark.parametrize("extra", [{}, {"fractures": (Fracture("hip", None, "Condition/1"),)}])
def test_nothing_dated_leaves_nothing_to_draw(extra: dict[str, Any]) -> None:
    drawn = timeline(person(**extra))
    assert drawn.empty
    assert len(drawn.undated) == len(extra)


def test_two_thousand_results_are_all_drawn_in_order() -> None:
    points = panel(timeline(many_results()), "egfr").points
    assert len(points) == 2000
    assert [p.day for p in points] == sorted(p.day for p in points)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_drug_of_a_lane_has_a_word(code: LanguageCode) -> None:
    say = language(code)
    for drug in BONE_DRUGS | GLUCOCORTICOIDS | SUPPLEMENTS | {"glucocorticoid"}:
        assert f"drug.{drug}" in say.terms


VIGNETTES = load_vignettes()


@pytest.mark.parametrize("number", range(0, len(VIGNETTES), 25))
def test_every_worked_patient_is_drawn_whole_and_alike_each_time(number: int) -> None:
    for vignette in VIGNETTES[number : number + 25]:
        facts = facts_of(vignette)
        drawn = timeline(facts)
        assert drawn == timeline(facts)
        for code in LANGUAGES:
            assert section(facts, code).count("<tr>") >= len(list(drawn.marks()))
        shown = {mark.fact.reference for mark in drawn.marks()} | {fact.reference for fact in drawn.undated}
        wanted = {f.reference for f in facts.fractures} | {a.reference for a in facts.administrations}
        for concept in ("t_score", "p1np", "ctx", "egfr", "vitamin_d"):
            wanted |= {m.reference for m in facts.measurements.get(concept, ())}
        assert wanted <= shown, vignette["id"]
        assert all(drawn.begin < drawn.end for _ in drawn.marks())
