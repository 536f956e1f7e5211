"""Part 10, second half: how long the preventive bisphosphonate goes on after prednisolone."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_protection import (
    longer_after_glucocorticoid,
    months_after_glucocorticoid,
    protection_needed,
    protective_tablet,
    protective_tablet_stopped,
)
from hooks.guideline.calendar import add_months
from hooks.guideline.case import ORDER_SIGN, PATIENT_VIEW, Case
from hooks.guideline.drafted import ORAL_BISPHOSPHONATES, delete_stops
from hooks.guideline.glucocorticoid import course_at_threshold, gc_end
from hooks.guideline.logic import Answer, all_of, no
from hooks.guideline.proposal import Proposal, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import noted
from hooks.guideline.thresholds import GC_AFTER_MAX, GC_AFTER_MIN, GC_LOOKBACK

GROUP = Group(10, "Prednisolone and other systemic glucocorticoids: the end of it")


def _keep_until_window(case: Case) -> Sequence[Proposal]:
    """Take the drafted stop back; agree on a stop half a year after prednisolone, where its end is known."""
    end = gc_end(case)
    planned = (task("plan_protective_stop", on=add_months(end, GC_AFTER_MIN)),) if end else ()
    return (*delete_stops(case, ORAL_BISPHOSPHONATES), *planned)


def tablets_not_tolerated(case: Case) -> Answer:
    """An intolerance of tablets is noted."""
    return noted(case, "oral_bp_intolerance")


@GROUP.rule(
    "GLU-STOP-1",
    "Bisphosphonate stopped too early after prednisolone",
    section="§9.4; B1-E",
    strength="recommended to continue until 0.5-1 year after",
    card="C-DURATION",
    indicator="warning",
    hooks=(ORDER_SIGN,),
    unless=tablets_not_tolerated,
    proposals=_keep_until_window,
)
def glu_stop_1(case: Case) -> Answer:
    """The preventive tablet goes on until half a year to a year after prednisolone (C-07)."""
    return all_of(protective_tablet_stopped(case), course_at_threshold(case), protection_needed(case))


@GROUP.rule(
    "GLU-STOP-2",
    "Window for stopping the preventive bisphosphonate",
    section="§9.4; B1-E",
    strength="recommended",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    proposals=(task("stop_protective_tablet"),),
)
def glu_stop_2(case: Case) -> Answer:
    """Half a year to a year after prednisolone the preventive tablet can be ended.

    A tablet begun earlier than a month before prednisolone was not begun because of it (default).
    """
    return all_of(
        protective_tablet(case),
        months_after_glucocorticoid(case, GC_AFTER_MIN),
        no(longer_after_glucocorticoid(case, GC_AFTER_MAX)),
    )


@GROUP.rule(
    "GLU-STOP-3",
    "Preventive bisphosphonate beyond one year after prednisolone",
    section="§9.4; B1-E",
    strength="derived",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    proposals=(task("review_protective_tablet"),),
)
def glu_stop_3(case: Case) -> Answer:
    """More than a year after prednisolone: is there still a reason for the tablet?"""
    return all_of(
        protective_tablet(case),
        longer_after_glucocorticoid(case, GC_AFTER_MAX),
        no(longer_after_glucocorticoid(case, GC_LOOKBACK)),
    )


GROUP.explanation(
    "GLU-RESCAN-1",
    "No separate reason for a new DXA",
    section="B1-E",
    strength="information",
    card="C-DURATION",
    shown_with=("GLU-STOP-2", "GLU-STOP-3"),
)
GROUP.explanation(
    "GLU-BG-1",
    "Mechanism",
    section="A-Aetiology (cortisol)",
    strength="information",
    card="C-GLUCO",
    shown_with=("GLU-DXA-1",),
)
