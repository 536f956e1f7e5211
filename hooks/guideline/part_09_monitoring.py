"""Part 9, continued: visits and scans during treatment with tablets (Skema 1)."""

from __future__ import annotations

from hooks.guideline.calendar import add_months
from hooks.guideline.case import PATIENT_VIEW, POPULATION, Case
from hooks.guideline.firing import fires
from hooks.guideline.logic import Answer, all_of, any_of, no
from hooks.guideline.marker_response import marker_response
from hooks.guideline.monitoring import (
    not_scanned_from,
    review_booked,
    reviewed_from,
    seen_from,
    visit_booked,
)
from hooks.guideline.proposal import book, order, task
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.scope import noted
from hooks.guideline.tablets import bp_start, oral_between
from hooks.guideline.thresholds import (
    DXA_MIDWAY,
    DXA_MIDWAY_COUNTS,
    DXA_MIDWAY_LAST,
    VISIT_FIRST,
    VISIT_FOURTH,
    VISIT_LAST,
    VISIT_MIDWAY,
    VISIT_MIDWAY_LATE,
    VISIT_YEAR,
)

GROUP = Group(9, "Visits and scans during treatment")


@GROUP.rule(
    "MON-VISIT-1",
    "Consultation at three months",
    section="§11; Skema 1; B1-B",
    strength="recommended in all cases",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW, POPULATION),
    unless=visit_booked,
    proposals=(book("bone_status_visit"), task("three_month_talk")),
)
def mon_visit_1(case: Case) -> Answer:
    """A talk after three months in every case: how it goes, worries, side effects, intake, supplements."""
    return all_of(oral_between(case, VISIT_FIRST, VISIT_YEAR), no(seen_from(case, VISIT_FIRST)))


@GROUP.rule(
    "MON-VISIT-2",
    "Annual status after the first year",
    section="§11; Skema 1; B1-B",
    strength="recommended (not strictly necessary)",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW, POPULATION),
    unless=visit_booked,
    proposals=(book("bone_status_visit"), task("annual_status")),
)
def mon_visit_2(case: Case) -> Answer:
    """A status after the first year, in which many stop; how often to meet is agreed then (C-27)."""
    return all_of(oral_between(case, VISIT_YEAR, VISIT_MIDWAY), no(seen_from(case, VISIT_YEAR)))


def _warning_after_three_years(case: Case) -> Indicator:
    start = bp_start(case)
    late = start is not None and case.today > add_months(start, VISIT_MIDWAY_LATE)
    return "warning" if late else "info"


@GROUP.rule(
    "MON-VISIT-3",
    "Midway review by a doctor at 2-3 years",
    section="§11; Skema 1; B1-B",
    strength="recommended in all cases",
    card="C-MONITOR",
    indicator=_warning_after_three_years,
    hooks=(PATIENT_VIEW, POPULATION),
    unless=review_booked,
    proposals=(book("physician_bone_review"), order("egfr"), order("vitamin_d")),
)
def mon_visit_3(case: Case) -> Answer:
    """A doctor's review after two to three years in every case; exactly three years is not late."""
    return all_of(oral_between(case, VISIT_MIDWAY, VISIT_LAST), no(reviewed_from(case, VISIT_MIDWAY)))


def midway_review_due(case: Case) -> Answer:
    """The doctor's review is due (MON-VISIT-3), or a visit is booked."""
    return any_of(fires(case, "MON-VISIT-3"), visit_booked(case))


@GROUP.rule(
    "MON-VISIT-4",
    "Optional status at four years",
    section="Skema 1",
    strength="optional (evt.)",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    unless=midway_review_due,
    proposals=(book("bone_status_visit"),),
)
def mon_visit_4(case: Case) -> Answer:
    """An optional status after four years."""
    return all_of(oral_between(case, VISIT_FOURTH, VISIT_LAST), no(seen_from(case, VISIT_FOURTH)))


@GROUP.rule(
    "MON-DXA-1",
    "DXA after 2-3 years of treatment",
    section="§11; Skema 1; B1-B; §7 box",
    strength="generally recommended",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def mon_dxa_1(case: Case) -> Answer:
    """A control scan after two to three years, above all in severe or rapid disease or without markers (C-28)."""
    return all_of(
        oral_between(case, DXA_MIDWAY, DXA_MIDWAY_LAST),
        not_scanned_from(case, DXA_MIDWAY_COUNTS),
        any_of(noted(case, "severe_or_rapid_op"), no(marker_response(case))),
    )


@GROUP.rule(
    "MON-DXA-2",
    "DXA at 2-3 years may be left out when markers showed effect",
    section="§7 box; B1-B; Forord",
    strength="may",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def mon_dxa_2(case: Case) -> Answer:
    """Markers showed effect: the scan can perhaps wait until five years (C-28)."""
    return all_of(
        oral_between(case, DXA_MIDWAY, DXA_MIDWAY_LAST),
        not_scanned_from(case, DXA_MIDWAY_COUNTS),
        marker_response(case),
        no(noted(case, "severe_or_rapid_op")),
    )
