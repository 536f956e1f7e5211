"""Part 13, continued: after a completed course, beyond five years, and new risk factors (§10, B1-D)."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_density import dxa_since
from hooks.guideline.calendar import add_months
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, POPULATION, Case, predicate
from hooks.guideline.duration import (
    collapse_suspected_after_stop,
    day_after_stop,
    dxa_drafted_too_soon,
    five_year_scan,
    fractured_after_stop,
    marker_rise_after_stop,
    months_after_stop,
    new_factor_after_stop,
    new_factor_in_treatment,
)
from hooks.guideline.firing import fires
from hooks.guideline.injections import infusions, zol_last
from hooks.guideline.logic import Answer, Yes, all_of, any_of, no, yes_if
from hooks.guideline.monitoring import STATUS_VISITS, review_booked, visit_booked
from hooks.guideline.orders import visited
from hooks.guideline.proposal import Proposal, book, change_draft, order, task
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.tablets import months_on_oral
from hooks.guideline.thresholds import (
    COURSE_LONG,
    COURSE_ZOLEDRONATE,
    REVIEW_THIRD,
    STATUS_YEARLY,
    STOP_MIN,
    ZOLEDRONATE_INTERVAL,
    ZOLEDRONATE_PLAN,
)
from hooks.guideline.treatment import antiresorptive_after, post_course

GROUP = Group(13, "After a course, and beyond five years")


@predicate
def controlled_after_stop(case: Case) -> Answer:
    """A DXA or a doctor's review from 24 months after the stop."""
    since = day_after_stop(case, STOP_MIN)
    return any_of(dxa_since(case, since), visited(case, "physician_bone_review", since=since))


def _warning_after_five_years(case: Case) -> Indicator:
    """Info until the day five years after the stop, that day included (P_POST_MAX)."""
    return "warning" if case.today > day_after_stop(case, case.defaults.post_max) else "info"


def control_settled(case: Case) -> Answer:
    """Treatment is indicated again (TX-IND-1, TX-IND-2), or the review is booked."""
    return any_of(fires(case, "TX-IND-1", "TX-IND-2"), review_booked(case))


@GROUP.rule(
    "DUR-7",
    "Control after a completed course",
    section="§10; Skema 1; B1-B; B1-D",
    strength="often makes sense",
    card="C-DURATION",
    indicator=_warning_after_five_years,
    hooks=(PATIENT_VIEW, POPULATION),
    settled_by=("dxa",),
    unless=control_settled,
    proposals=(book("physician_bone_review"), order("dxa")),
)
def dur_7(case: Case) -> Answer:
    """A control, often with DXA, three to five years after the end, never before two (C-11)."""
    return all_of(
        post_course(case),
        months_after_stop(case, case.defaults.post_due),
        no(controlled_after_stop(case)),
    )


def _reassess(case: Case) -> Sequence[Proposal]:
    collapse = (order("spine_xray"),) if isinstance(collapse_suspected_after_stop(case), Yes) else ()
    return (order("dxa"), *collapse, task("reassess_after_course"))


@GROUP.rule(
    "DUR-8",
    "New fracture or suspected collapse after stopping",
    section="§10; B1-D",
    strength="may consider restart",
    card="C-DURATION",
    indicator="warning",
    hooks=(PATIENT_VIEW, POPULATION),
    proposals=_reassess,
)
def dur_8(case: Case) -> Answer:
    """A fracture or a suspected collapse since the end: assess again and consider restarting."""
    return all_of(post_course(case), any_of(fractured_after_stop(case), collapse_suspected_after_stop(case)))


@GROUP.rule(
    "DUR-9",
    "Markers up by at least 30 % during a pause",
    section="§10",
    strength="may be an indication to restart",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    proposals=(order("dxa"), task("reassess_after_course")),
)
def dur_9(case: Case) -> Answer:
    """A rise of 30 % or more since the stop: bone loss is probably increasing again."""
    return all_of(post_course(case), marker_rise_after_stop(case))


GROUP.explanation(
    "DUR-10",
    "After the course: supplement and lifestyle continue",
    section="B1-B; B1-D",
    strength="important",
    card="C-DURATION",
    shown_with=("DUR-3", "DUR-7"),
)


@predicate
def seen_yearly(case: Case) -> Answer:
    """A status visit or doctor's review within 12 months."""
    return visited(case, *STATUS_VISITS, since=add_months(case.today, -STATUS_YEARLY))


@predicate
def reviewed_every_third_year(case: Case) -> Answer:
    """A doctor's review within 36 months."""
    return visited(case, "physician_bone_review", since=add_months(case.today, -REVIEW_THIRD))


def continued_visit_booked(case: Case) -> Answer:
    """The visit that lacks is booked: the doctor's review, else any status."""
    return visit_booked(case) if isinstance(reviewed_every_third_year(case), Yes) else review_booked(case)


def _next_status(case: Case) -> Sequence[Proposal]:
    doctor = not isinstance(reviewed_every_third_year(case), Yes)
    return (book("physician_bone_review" if doctor else "bone_status_visit"),)


@GROUP.rule(
    "DUR-11",
    "Treatment beyond five years",
    section="Skema 1",
    strength="suggested",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    unless=continued_visit_booked,
    proposals=_next_status,
)
def dur_11(case: Case) -> Answer:
    """Beyond five years: a status yearly, every third by the doctor with a decision on going on."""
    return all_of(
        months_on_oral(case, COURSE_LONG),
        five_year_scan(case),
        any_of(no(seen_yearly(case)), no(reviewed_every_third_year(case))),
    )


@predicate
def infusions_complete(case: Case) -> Answer:
    """Three infusions or more, the last 12 to 48 months ago."""
    last = zol_last(case)
    if last is None:
        return yes_if(False)
    done = len(infusions(case)) >= COURSE_ZOLEDRONATE
    between = add_months(last, ZOLEDRONATE_INTERVAL) <= case.today < add_months(last, ZOLEDRONATE_PLAN)
    return yes_if(done and between, *infusions(case))


@predicate
def reviewed_since_infusion(case: Case) -> Answer:
    """A doctor's review since the last infusion."""
    return visited(case, "physician_bone_review", since=zol_last(case) or case.today)


@predicate
def treated_since_infusion(case: Case) -> Answer:
    """An antiresorptive begun or given after the last infusion."""
    return antiresorptive_after(case, zol_last(case))


@GROUP.rule(
    "DUR-12",
    "Zoledronate course complete",
    section="§9.2; §10",
    strength="ought to have a plan",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    unless=review_booked,
    proposals=(book("physician_bone_review"), order("dxa")),
)
def dur_12(case: Case) -> Answer:
    """Three or more yearly infusions: typically the course ends here, with a plan for follow-up."""
    return all_of(
        infusions_complete(case),
        no(reviewed_since_infusion(case)),
        no(treated_since_infusion(case)),
    )


def stop_considered(case: Case) -> Answer:
    """DUR-3 fires."""
    return fires(case, "DUR-3")


@GROUP.rule(
    "DUR-13",
    "New important risk factors can speak for continuing",
    section="§10; B1-D",
    strength="may",
    card="C-DURATION",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    proposals=(task("five_year_decision"),),
)
def dur_13(case: Case) -> Answer:
    """A risk factor that appeared since the start can speak for going on."""
    return all_of(stop_considered(case), new_factor_in_treatment(case))


def _reassess_later(case: Case) -> Sequence[Proposal]:
    """The task now; a scan not before 24 months unless there is another reason."""
    return (task("reassess_after_course"), order("dxa", on=max(case.today, day_after_stop(case, STOP_MIN))))


@GROUP.rule(
    "DUR-15",
    "New important risk factor after a completed course",
    section="B1-D; §10",
    strength="must be re-assessed",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    proposals=_reassess_later,
)
def dur_15(case: Case) -> Answer:
    """A risk factor that appeared since the end: assess the situation again. Fractures are DUR-8."""
    return all_of(post_course(case), new_factor_after_stop(case))


def _scan_later(case: Case) -> Sequence[Proposal]:
    return (change_draft("postpone", of="dxa", on=day_after_stop(case, STOP_MIN)),)


@GROUP.rule(
    "DUR-14",
    "DXA or review too soon after stopping",
    section="§10; B1-D",
    strength="not before 2-3 years; not more often than every second year",
    card="C-DURATION",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=_scan_later,
)
def dur_14(case: Case) -> Answer:
    """A control scan two to three years after the end at the earliest (C-11); a fracture or rising marker excepted."""
    return all_of(
        post_course(case),
        dxa_drafted_too_soon(case),
        no(fractured_after_stop(case)),
        no(collapse_suspected_after_stop(case)),
        no(marker_rise_after_stop(case)),
    )
