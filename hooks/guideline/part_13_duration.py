"""Part 13 of the catalogue: when tablets are stopped or continued (§10). The time after: part_13_after.py."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_density import osteoporosis_ever
from hooks.guideline.calendar import add_months
from hooks.guideline.case import OBSERVATIONS, ORDER_SIGN, PATIENT_VIEW, POPULATION, Case, recorded
from hooks.guideline.drafted import ORAL_BISPHOSPHONATES, delete_stops, oral_stop_drafted, stops
from hooks.guideline.duration import (
    continue_criteria,
    decided,
    five_year_scan,
    five_years_recorded,
    other_drug_drafted,
    stop_criteria,
    stop_in_question,
)
from hooks.guideline.firing import fires
from hooks.guideline.laboratory import egfr
from hooks.guideline.logic import Answer, all_of, at_most, no
from hooks.guideline.proposal import Proposal, book, change_draft, order, task
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.scope import noted
from hooks.guideline.tablets import months_on_oral
from hooks.guideline.thresholds import COURSE_ORAL, EGFR_LIMIT

GROUP = Group(13, "Duration and stop of tablets")


def _reason_or_infusion(case: Case) -> Sequence[Proposal]:
    stopped = stops(case, ORAL_BISPHOSPHONATES)
    return (*(change_draft("add_status_reason", of=drug) for drug in stopped), order("zoledronate"))


def kept_after_prednisolone(case: Case) -> Answer:
    """The stop is answered by GLU-STOP-1."""
    return fires(case, "GLU-STOP-1")


@GROUP.rule(
    "DUR-1",
    "Oral bisphosphonate stopped before five years",
    section="§10; B1; B1-B",
    strength="standard is at least five years",
    card="C-DURATION",
    hooks=(ORDER_SIGN,),
    unless=kept_after_prednisolone,
    proposals=_reason_or_infusion,
)
def dur_1(case: Case) -> Answer:
    """The standard course is at least five years; exactly five is enough. A start not recorded is asked for."""
    return all_of(
        oral_stop_drafted(case),
        osteoporosis_ever(case),
        no(five_years_recorded(case)),
        no(noted(case, "oral_bp_intolerance")),
        no(recorded(case, at_most(egfr(case), EGFR_LIMIT), *OBSERVATIONS)),
        no(other_drug_drafted(case)),
    )


@GROUP.rule(
    "DUR-2",
    "Five years: DXA and decision",
    section="§10; §11; Skema 1; B1-B",
    strength="recommended",
    card="C-DURATION",
    indicator="warning",
    hooks=(PATIENT_VIEW, POPULATION),
    settled_by=("dxa",),
    proposals=(order("dxa"), book("physician_bone_review"), task("measure_height_again")),
)
def dur_2(case: Case) -> Answer:
    """Five years of tablets: a scan, and a doctor's decision on stopping or going on."""
    return all_of(months_on_oral(case, COURSE_ORAL), no(five_year_scan(case)))


def _stop_and_control(case: Case) -> Sequence[Proposal]:
    control = add_months(case.today, case.defaults.post_due)
    return (task("stop_tablets"), book("physician_bone_review", on=control))


@GROUP.rule(
    "DUR-3",
    "Stopping can be considered",
    section="§10 text and box; B1; B1-B",
    strength="may be stopped",
    card="C-DURATION",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    unless=decided,
    proposals=_stop_and_control,
)
def dur_3(case: Case) -> Answer:
    """All criteria for a stop are met: no further protection has been shown from going on (C-32, C-33, C-37, C-46)."""
    return all_of(
        stop_in_question(case),
        months_on_oral(case, COURSE_ORAL),
        five_year_scan(case),
        stop_criteria(case),
    )


def _warning_when_stopping(case: Case) -> Indicator:
    return "warning" if case.hook == ORDER_SIGN else "info"


def _go_on(case: Case) -> Sequence[Proposal]:
    return (*delete_stops(case, ORAL_BISPHOSPHONATES), task("plan_continued_treatment"))


@GROUP.rule(
    "DUR-4",
    "Continuing can be considered",
    section="§10; B1; B1-B",
    strength="consider",
    card="C-DURATION",
    indicator=_warning_when_stopping,
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    unless=decided,
    proposals=_go_on,
)
def dur_4(case: Case) -> Answer:
    """Hip still at or below −2.5 and a fracture: the group that probably benefits from going on."""
    return all_of(
        stop_in_question(case),
        months_on_oral(case, COURSE_ORAL),
        five_year_scan(case),
        continue_criteria(case),
    )


@GROUP.rule(
    "DUR-5",
    "Grey zone at five years",
    section="§10; B1; B1-B",
    strength="individual",
    card="C-DURATION",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    unless=decided,
    proposals=(task("five_year_decision"),),
)
def dur_5(case: Case) -> Answer:
    """Neither all criteria for a stop nor both for going on: the text does not settle it (C-33)."""
    return all_of(
        stop_in_question(case),
        months_on_oral(case, COURSE_ORAL),
        five_year_scan(case),
        no(stop_criteria(case)),
        no(continue_criteria(case)),
    )


GROUP.explanation(
    "DUR-6",
    "Always ask",
    section="§10; §1",
    strength="always consider",
    card="C-DURATION",
    shown_with=("DUR-2", "DUR-3", "DUR-4", "DUR-5", "DUR-11"),
)
