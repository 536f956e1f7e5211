"""Bone protection during and after systemic glucocorticoid (§9.4): whom, whether scanned, how long."""

from __future__ import annotations

from hooks.guideline.bone_density import any_t_score, dxa_since, osteoporosis_ever
from hooks.guideline.calendar import add_months
from hooks.guideline.case import ORDER_SIGN, Case, predicate
from hooks.guideline.drafted import oral_stop_drafted
from hooks.guideline.failure import treatment_failure
from hooks.guideline.glucocorticoid import course_at_threshold, gc_active, gc_end, gc_start, past_course_start
from hooks.guideline.logic import NO, Answer, Unknown, Yes, all_of, any_of, at_least, below, no, yes_if
from hooks.guideline.scope import age, male, postmenopausal, premenopausal, scope_unknown
from hooks.guideline.tablets import bp_start, months_on_oral, on_oral_bp
from hooks.guideline.thresholds import (
    AGE_MAN_GLUCOCORTICOID,
    COURSE_ORAL,
    GC_AFTER_MIN,
    GC_TABLET_BEFORE,
)


@predicate
def glucocorticoid_age(case: Case) -> Answer:
    """After the menopause, or a man from 50 (C-08)."""
    return any_of(postmenopausal(case), all_of(male(case), at_least(age(case), AGE_MAN_GLUCOCORTICOID)))


@predicate
def younger(case: Case) -> Answer:
    """Before the menopause, menopause not recorded from 45 to 54, or a man under 50."""
    return any_of(
        premenopausal(case),
        scope_unknown(case),
        all_of(male(case), below(age(case), AGE_MAN_GLUCOCORTICOID)),
    )


@predicate
def scanned_for_course(case: Case) -> Answer:
    """A DXA from 12 months before the course (P_GC_DXA_RECENT), or later."""
    start = gc_start(case)
    return dxa_since(case, None if start is None else add_months(start, -case.defaults.gc_dxa_recent))


@predicate
def started_before_scan(case: Case) -> Answer:
    """A tablet begun during the course without any scan (GLU-TX-2): the scan is still owed."""
    return all_of(on_oral_bp(case), _begun_in_course(case), no(any_t_score(case)))


def _begun_in_course(case: Case) -> Answer:
    tablet, course = bp_start(case), gc_start(case)
    if tablet is None:
        return _start_unknown(case)
    return yes_if(course is not None and tablet >= course)


def _start_unknown(case: Case) -> Answer:
    """A tablet without a recorded start may have begun any day."""
    return Unknown(("treatment_start",)) if isinstance(on_oral_bp(case), Yes) else NO


@predicate
def at_prescribing(case: Case) -> Answer:
    """At the signature, after the menopause (or menopause not recorded) or a man from 50 (C-34)."""
    return all_of(yes_if(case.hook == ORDER_SIGN), any_of(glucocorticoid_age(case), scope_unknown(case)))


def months_after_glucocorticoid(case: Case, months: float) -> Answer:
    """At least `months` since the day after the last dose."""
    end = gc_end(case)
    return yes_if(end is not None and case.today >= add_months(end, months))


def longer_after_glucocorticoid(case: Case, months: float) -> Answer:
    """More than `months` since the day after the last dose."""
    end = gc_end(case)
    return yes_if(end is not None and case.today > add_months(end, months))


@predicate
def protection_needed(case: Case) -> Answer:
    """Glucocorticoid is taken, or ended less than half a year ago (C-07)."""
    ended = gc_end(case)
    return any_of(gc_active(case), yes_if(ended is not None and case.today < add_months(ended, GC_AFTER_MIN)))


@predicate
def protective_tablet_stopped(case: Case) -> Answer:
    """A tablet is about to be stopped that has no other reason: no osteoporosis, or five years are over."""
    return all_of(
        oral_stop_drafted(case),
        any_of(no(osteoporosis_ever(case)), months_on_oral(case, COURSE_ORAL)),
    )


@predicate
def begun_for_glucocorticoid(case: Case) -> Answer:
    """The tablet was begun from a month before the past course until half a year after it."""
    tablet, start, end = bp_start(case), past_course_start(case), gc_end(case)
    if tablet is None:
        return _start_unknown(case)
    if start is None or end is None:
        return NO
    return yes_if(add_months(start, -GC_TABLET_BEFORE) <= tablet <= add_months(end, GC_AFTER_MIN))


@predicate
def protective_tablet(case: Case) -> Answer:
    """A tablet begun because of a past glucocorticoid course at threshold, without osteoporosis or failure."""
    return all_of(
        on_oral_bp(case),
        no(osteoporosis_ever(case)),
        course_at_threshold(case),
        begun_for_glucocorticoid(case),
        no(gc_active(case)),
        no(treatment_failure(case)),
    )
