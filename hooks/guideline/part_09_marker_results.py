"""Part 9, continued: what the bone markers show, and when they are measured late or again."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.calendar import add_days, add_months
from hooks.guideline.case import PATIENT_VIEW, Case
from hooks.guideline.firing import fires
from hooks.guideline.laboratory import markers_available, not_measured_within
from hooks.guideline.logic import Answer, Yes, all_of, any_of, no
from hooks.guideline.marker_response import (
    marker_below_mean,
    marker_fell,
    marker_fell_exactly,
    marker_fell_too_little,
    marker_fell_too_little_twice,
    marker_shows_effect,
    marker_without_base,
)
from hooks.guideline.markers import (
    ANALYTES,
    fracture_at_start,
    marker_since_treated,
    marker_to_order,
    marker_unusable,
    obstacle_ends,
)
from hooks.guideline.orders import pending
from hooks.guideline.part_09_markers import order_marker
from hooks.guideline.proposal import Proposal, message, order, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import noted
from hooks.guideline.tablets import bp_start, months_on_oral, on_oral_bp, oral_between
from hooks.guideline.thresholds import MARKER_FIRST, MARKER_LATE, MARKER_LATEST, MARKER_REPEAT, VISIT_YEAR

GROUP = Group(9, "What bone markers show")


@GROUP.rule(
    "MON-MARK-6",
    "Marker fall of 30 % or more: the drug works",
    section="§7 box; B1-B; Fig 1",
    strength="adequate effect",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    proposals=(message("treatment_works"), task("plan_next_review")),
)
def mon_mark_6(case: Case) -> Answer:
    """The latest value is 30 % or more below the one before start; exactly 30 is enough (C-01)."""
    return all_of(on_oral_bp(case), marker_shows_effect(case))


def _talk_and_repeat(case: Case) -> Sequence[Proposal]:
    return (task("talk_on_intake"), order(marker_to_order(case), on=add_months(case.today, MARKER_REPEAT)))


@GROUP.rule(
    "MON-MARK-7",
    "Marker fall under 30 % at three months",
    section="§7 box; B1-B; Fig 1",
    strength="adherence and intake must be ensured; may repeat",
    card="C-MONITOR",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    proposals=_talk_and_repeat,
)
def mon_mark_7(case: Case) -> Answer:
    """Less than expected: how the tablet is taken is talked through, and the marker may be repeated."""
    return all_of(on_oral_bp(case), marker_fell_too_little(case), no(marker_fell(case)))


@GROUP.rule(
    "MON-MARK-8",
    "Still under 30 % after three more months",
    section="§7 box; B1-B; Fig 1; §9.3",
    strength="change of treatment must be considered",
    card="C-FAILURE",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    settled_by=("zoledronate",),
    proposals=(order("zoledronate"), task("check_dispensings")),
)
def mon_mark_8(case: Case) -> Answer:
    """Too little twice: without an explanation that can be corrected a change is considered (C-38)."""
    return all_of(on_oral_bp(case), marker_fell_too_little_twice(case), no(marker_fell(case)))


@GROUP.rule(
    "MON-MARK-9",
    "No baseline: value below the geometric mean",
    section="§7 box; Fig 1",
    strength="expected target",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    proposals=(task("plan_next_review"),),
)
def mon_mark_9(case: Case) -> Answer:
    """Without a value before start the target is below the geometric mean of premenopausal women."""
    return all_of(on_oral_bp(case), marker_without_base(case), marker_below_mean(case))


def _late_marker(case: Case) -> Sequence[Proposal]:
    """The test from 12 months if it can be read now; else a reminder for when it can."""
    start = bp_start(case)
    due = add_months(start, MARKER_LATE) if start is not None else case.today
    if case.today >= due and not isinstance(marker_unusable(case), Yes):
        return (order(marker_to_order(case)),)
    later = [day for day in (due, obstacle_ends(case), add_days(case.today, 1)) if day is not None]
    return (task("marker_after_fracture", on=max(later)),)


def late_marker_ordered(case: Case) -> Answer:
    """The marker that is due after a year is ordered."""
    return all_of(months_on_oral(case, MARKER_LATE), pending(case, *ANALYTES))


@GROUP.rule(
    "MON-MARK-10",
    "Fracture within six months before start: marker after one year",
    section="§7 box",
    strength="may",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    unless=late_marker_ordered,
    proposals=_late_marker,
)
def mon_mark_10(case: Case) -> Answer:
    """A fracture raises the markers: measure after a year, against the geometric mean (C-12)."""
    return all_of(
        oral_between(case, MARKER_FIRST, MARKER_LATEST),
        markers_available(case),
        fracture_at_start(case),
        no(marker_since_treated(case, MARKER_LATE)),
    )


@GROUP.rule(
    "MON-MARK-11",
    "Marker fall of exactly 30 %",
    section="§7 box vs Fig 1 vs B1-B",
    strength="derived",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    proposals=_talk_and_repeat,
)
def mon_mark_11(case: Case) -> Answer:
    """Exactly on the limit: counted as effect, with a talk on intake and perhaps one repeat (C-01)."""
    return all_of(on_oral_bp(case), marker_shows_effect(case), marker_fell_exactly(case))


@GROUP.rule(
    "MON-MARK-12",
    "No baseline: value not below the geometric mean",
    section="§7 box; Fig 1",
    strength="not at the expected target",
    card="C-MONITOR",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    proposals=_talk_and_repeat,
)
def mon_mark_12(case: Case) -> Answer:
    """On or above the geometric mean: talk on intake and repeat; one value is less certain than a comparison."""
    return all_of(on_oral_bp(case), marker_without_base(case), no(marker_below_mean(case)))


def adherence_in_doubt(case: Case) -> Answer:
    """A doubt is noted, or the tablets dispensed have run out (MON-ADH-1)."""
    return any_of(noted(case, "adherence_doubt"), fires(case, "MON-ADH-1"))


@GROUP.rule(
    "MON-MARK-13",
    "Marker after renewed adherence doubt",
    section="§11; Skema 1; B1-B",
    strength="may",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    settled_by=ANALYTES,
    proposals=order_marker,
)
def mon_mark_13(case: Case) -> Answer:
    """When it is uncertain whether the tablets are taken, a marker can show whether there is still effect."""
    return all_of(
        months_on_oral(case, VISIT_YEAR),
        markers_available(case),
        adherence_in_doubt(case),
        not_measured_within(case, case.defaults.marker_base, *ANALYTES),
        no(marker_unusable(case)),
    )


GROUP.explanation(
    "MON-MARK-14",
    "Why markers, and where available",
    section="Forord; §7 box; B1",
    strength="information",
    card="C-MONITOR",
    shown_with=("MON-MARK-1", "MON-MARK-5", "MON-MARK-7", "MON-MARK-8"),
)
