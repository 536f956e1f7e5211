"""Glucocorticoid treatment as the rules ask about it (0.10 item 7, part 10); the arithmetic is in prednisolone.py."""

from __future__ import annotations

from datetime import date, timedelta

from hooks.guideline.calendar import add_months, within_months
from hooks.guideline.case import MEDICATIONS, Case, absent, on_order_hook, predicate
from hooks.guideline.drafted import draft_glucocorticoid
from hooks.guideline.logic import NO, YES, Answer, Unknown, Yes, all_of, any_of, exists, no
from hooks.guideline.prednisolone import (
    Run,
    active_within_a_year,
    each_once,
    given_in,
    glucocorticoids,
    last_day,
    latest_run,
    reaches,
    run_at_threshold,
    runs,
    series,
    taken_on,
    windows,
)
from hooks.guideline.thresholds import GC_LOOKBACK


@predicate
def gc_threshold(case: Case) -> Answer:
    """A 365-day window that contains today reaches 90 days at 5 mg, or 450 mg (C-05).

    Unknown when a course whose dose cannot be read could make up for what lacks.
    """
    counted = series(case)
    if reaches(windows(case)):
        return Yes(given_in(counted, windows(case)))
    return Unknown(("glucocorticoid_dose",)) if counted.unreadable else absent(case, *MEDICATIONS)


@predicate
def gc_active(case: Case) -> Answer:
    """A systemic glucocorticoid is taken today (also without a readable dose), or is drafted."""
    taken = exists(taken_on(case, case.today), otherwise=absent(case, *MEDICATIONS))
    return any_of(draft_glucocorticoid(case), taken)


@predicate
def gc_current(case: Case) -> Answer:
    """Active, or the last day with a dose lies within P_GC_RECENT."""
    last = last_day(case)
    recent = last is not None and within_months(last, case.today, case.defaults.gc_recent)
    past = Yes(taken_on(case, last)) if recent and last is not None else absent(case, *MEDICATIONS)
    return any_of(gc_active(case), past)


@predicate
def gc_exposed(case: Case) -> Answer:
    """gc_threshold and gc_current."""
    return all_of(gc_threshold(case), gc_current(case))


@predicate
def gc_start(case: Case) -> date | None:
    """First day of the current course, gaps of up to 90 days bridged; None without one.

    The current course contains today; else it ended within P_GC_RECENT; else it is the
    drafted one. Without any readable dose it is the first start written.
    """
    run = _current_run(case)
    if run is not None:
        return run.start
    if not isinstance(gc_active(case), Yes):
        return None
    starts = [c.start for c in glucocorticoids(case) if c.start is not None and active_within_a_year(case, c)]
    return min(starts, default=case.today)


def _current_run(case: Case) -> Run | None:
    if not isinstance(gc_current(case), Yes):
        return None
    running = next((run for run in runs(case) if run.start <= case.today < run.end), None)
    if running is not None:
        return running
    latest = latest_run(case)
    if latest is not None and within_months(last_day(case), case.today, case.defaults.gc_recent):
        return latest
    return next((run for run in runs(case) if run.start > case.today), None)


@predicate
def gc_end(case: Case) -> date | None:
    """Day after the last day with a dose, within 36 months; None while active or without a course."""
    last = last_day(case)
    if last is None or isinstance(gc_active(case), Yes) or not within_months(last, case.today, GC_LOOKBACK):
        return None
    return last + timedelta(days=1)


@predicate
def past_course_start(case: Case) -> date | None:
    """First day of the course that ended on gc_end."""
    run = latest_run(case)
    return run.start if run is not None and gc_end(case) is not None else None


@predicate
def course_at_threshold(case: Case) -> Answer:
    """The course that runs, or else the one that ended on gc_end, reached the threshold in some 365 days."""
    run = _current_run(case) if isinstance(gc_active(case), Yes) else latest_run(case)
    if run is not None and run_at_threshold(case, run):
        return Yes(each_once([s.course for s in series(case).stretches if run.start <= s.start < run.end]))
    return Unknown(("glucocorticoid_dose",)) if series(case).unreadable else absent(case, *MEDICATIONS)


def ended_within(case: Case, months: float) -> Answer:
    """A course at threshold ended less than `months` ago, and none is taken now."""
    end = gc_end(case)
    if end is not None and case.today < add_months(end, months):
        return course_at_threshold(case)
    return absent(case, *MEDICATIONS)


@predicate
def local_only(case: Case) -> Answer:
    """A local glucocorticoid active or given within 12 months, and no systemic one within 12 months."""
    local = [c for c in case.facts.courses if c.local and _begun(case, c) and active_within_a_year(case, c)]
    systemic = any(active_within_a_year(case, c) for c in glucocorticoids(case))
    return all_of(exists(local, otherwise=absent(case, *MEDICATIONS)), NO if systemic else YES)


def _begun(case: Case, course: object) -> bool:
    start = getattr(course, "start", None)
    return start is None or start <= case.today


@predicate
def dose_unreadable(case: Case) -> Answer:
    """A systemic glucocorticoid of the last 12 months, or a draft, without a readable dose or duration."""
    return exists(series(case).unreadable, otherwise=absent(case, *MEDICATIONS))


@predicate
def glucocorticoid_in_view(case: Case) -> Answer:
    """On the order hooks GLU-* is asked only when a systemic glucocorticoid is among the drafts (part 10)."""
    return draft_glucocorticoid(case) if on_order_hook(case) else YES


@predicate
def gc_below_threshold(case: Case) -> Answer:
    """The threshold is known not to be reached."""
    return no(gc_threshold(case))
