"""Denosumab on the calendar: when the next injection and its tests are due, and what a stop needs (§9.2, §10)."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Administration, Booking, Order
from hooks.guideline.bone_density import latest_study
from hooks.guideline.calendar import add_days, add_months, within_months
from hooks.guideline.case import BOOKINGS, OBSERVATIONS, ORDERS, PATIENT_VIEW, Case, absent, on_record_hook, predicate
from hooks.guideline.courses import BISPHOSPHONATES
from hooks.guideline.drafted import draft_medication, draft_medications, draft_referral, draft_service
from hooks.guideline.injections import den_first, den_last, den_undated, den_undated_start, den_within, infusions
from hooks.guideline.laboratory import CALCIUM, is_low, latest_calcium, newest, values
from hooks.guideline.logic import NO, YES, Answer, Unknown, Yes, all_of, any_of, exists, no, yes_if
from hooks.guideline.scope import multimorbidity, noted
from hooks.guideline.thresholds import (
    DENOSUMAB_CHECK,
    DENOSUMAB_INTERVAL,
    DENOSUMAB_MAX,
    DENOSUMAB_RISK,
    DENOSUMAB_UNDATED,
    REPEAT_FROM,
    REPEAT_UNTIL,
    VITD_START,
)
from hooks.guideline.treatment import bp_after_den, den_cont, on_denosumab, overdue


def months_since_injection(case: Case, months: float) -> Answer:
    """At least `months` since the last injection."""
    last = den_last(case)
    return yes_if(last is not None and case.today >= add_months(last, months))


def months_on_denosumab(case: Case, months: float) -> Answer:
    """On denosumab, and at least `months` since the first recorded injection."""
    first = den_first(case)
    return all_of(on_denosumab(case), yes_if(first is not None and case.today >= add_months(first, months)))


@predicate
def injection_limit(case: Case) -> date | None:
    """The last permitted day: seven calendar months after the last injection (C-30)."""
    last = den_last(case)
    return None if last is None else add_months(last, DENOSUMAB_MAX)


@predicate
def bookings(case: Case) -> tuple[Booking, ...]:
    """Injections booked for today or later, earliest first."""
    found = [b for b in case.facts.bookings if b.concept == "denosumab_injection" and b.date >= case.today]
    return tuple(sorted(found, key=lambda b: b.date))


@predicate
def booked_in_time(case: Case) -> Answer:
    """An injection is booked up to the last permitted day."""
    limit = injection_limit(case)
    return exists((b for b in bookings(case) if limit is None or b.date <= limit), otherwise=absent(case, *BOOKINGS))


@predicate
def booked_too_late(case: Case) -> Answer:
    """The earliest booked injection lies after the last permitted day."""
    first, limit = bookings(case)[:1], injection_limit(case)
    late = [b for b in first if limit is not None and b.date > limit]
    return exists(late, otherwise=absent(case, *BOOKINGS))


@predicate
def next_booked(case: Case) -> Answer:
    """An injection is booked for a day after today."""
    return exists((b for b in bookings(case) if b.date > case.today), otherwise=absent(case, *BOOKINGS))


@predicate
def undated_for_long(case: Case) -> Answer:
    """Denosumab has been on the medicine list for more than a month, and no injection is recorded."""
    start = den_undated_start(case)
    if start is None:
        return all_of(den_undated(case), Unknown(("treatment_start",)) if isinstance(den_undated(case), Yes) else NO)
    return all_of(den_undated(case), yes_if(case.today > add_months(start, DENOSUMAB_UNDATED)))


@predicate
def planned_early(case: Case) -> Answer:
    """The drafted injection is planned more than 14 days before six months are over (P_DEN_EARLY)."""
    last = den_last(case)
    if last is None:
        return NO
    due = add_days(add_months(last, DENOSUMAB_INTERVAL), -case.defaults.den_early)
    drafts = draft_medications(case, frozenset({"denosumab"}))
    return exists(d for d in drafts if max(d.course.start or case.today, case.today) < due)


@predicate
def injection_ahead(case: Case) -> Answer:
    """The record is open and six months are not over, on denosumab; or an injection is about to be signed."""
    if on_record_hook(case):
        return all_of(on_denosumab(case), no(months_since_injection(case, DENOSUMAB_INTERVAL)))
    return draft_medication(case, "denosumab")


@predicate
def continued_or_overdue(case: Case) -> Answer:
    """On denosumab, or the next injection is overdue, with the record open."""
    return all_of(yes_if(case.hook == PATIENT_VIEW), any_of(on_denosumab(case), overdue(case)))


@predicate
def undated_drafted(case: Case) -> Answer:
    """Denosumab is drafted and on the medicine list, and no injection is recorded."""
    return all_of(draft_medication(case, "denosumab"), den_undated(case))


@predicate
def next_injection_near(case: Case) -> Answer:
    """The next injection is being drafted, or five months have passed since the last.

    A draft of denosumab on the medicine list counts also when no injection is recorded: an
    unknown date is no reason to be silent about missing tests (our reading).
    """
    return any_of(
        den_cont(case),
        undated_drafted(case),
        all_of(continued_or_overdue(case), months_since_injection(case, DENOSUMAB_CHECK)),
    )


@predicate
def injected_or_overdue(case: Case) -> Answer:
    """The last injection is at most seven months old, or the next is overdue, with the record open.

    A planned stop or a refusal does not matter here: it never hides low calcium or low eGFR (our reading).
    """
    return all_of(yes_if(case.hook == PATIENT_VIEW), any_of(den_within(case, DENOSUMAB_MAX), overdue(case)))


@predicate
def kidney_bears_on_injection(case: Case) -> Answer:
    """The next injection is being drafted, or five months have passed since the last, a planned stop or not."""
    return any_of(
        den_cont(case),
        all_of(injected_or_overdue(case), months_since_injection(case, DENOSUMAB_CHECK)),
    )


@predicate
def calcium_bears_on_injection(case: Case) -> Answer:
    """As kidney_bears_on_injection; a calcium measured after the last injection bears on it at once."""
    last, latest = den_last(case), latest_calcium(case)
    since = yes_if(last is not None and bool(latest) and latest[0].date > last)
    return any_of(kidney_bears_on_injection(case), all_of(injected_or_overdue(case), since))


@predicate
def kidney_poor(case: Case) -> Answer:
    """The last eGFR is below P_DEN_POOR_RENAL. Never measured is not."""
    latest = newest(case, "egfr")
    if latest is None:
        return absent(case, *OBSERVATIONS)
    return yes_if(latest.value < case.defaults.den_poor_renal, latest)


@predicate
def calcium_was_low(case: Case) -> Answer:
    """A low calcium within 36 months."""
    recent = [m for m in values(case, *CALCIUM) if within_months(m.date, case.today, DENOSUMAB_RISK)]
    return exists((m for m in recent if is_low(m)), otherwise=absent(case, *OBSERVATIONS))


@predicate
def vitamin_d_was_low(case: Case) -> Answer:
    """A vitamin D of 50 or lower within 36 months."""
    recent = [m for m in values(case, "vitamin_d") if within_months(m.date, case.today, DENOSUMAB_RISK)]
    return exists((m for m in recent if m.value <= VITD_START), otherwise=absent(case, *OBSERVATIONS))


@predicate
def hypocalcaemia_risk(case: Case) -> Answer:
    """high_risk: multimorbid, poor kidney function, earlier low calcium or vitamin D (the limits are defaults)."""
    return any_of(multimorbidity(case), kidney_poor(case), calcium_was_low(case), vitamin_d_was_low(case))


@predicate
def zoledronate_ordered(case: Case) -> Answer:
    """An infusion is ordered, and none was given on or after the order.

    After denosumab it counts only when dated, or planned, not earlier than six months before
    the last injection: an older order left open was about something else (our reading).
    """
    given = infusions(case)[-1].date if infusions(case) else None
    waiting = [
        order
        for order in case.facts.orders
        if "zoledronate" in order.concepts
        and order.pending
        and (given is None or order.date is None or given < order.date)
        and _about_this_denosumab(case, order)
    ]
    return exists(waiting, otherwise=absent(case, *ORDERS))


def _about_this_denosumab(case: Case, order: Order) -> bool:
    last = den_last(case)
    if last is None:
        return True
    since = add_months(last, -DENOSUMAB_INTERVAL)
    return any(day is not None and day >= since for day in (order.date, order.planned))


def _plan_noted(case: Case) -> Answer:
    """A plan is noted. One that was read off an order counts as that order does (zoledronate_ordered)."""
    plan = case.facts.findings.get("den_bp_plan")
    by_order = plan is not None and any(plan.reference == order.reference for order in case.facts.orders)
    return NO if by_order else noted(case, "den_bp_plan")


@predicate
def bisphosphonate_planned(case: Case) -> Answer:
    """plan: a bisphosphonate after denosumab is noted, ordered, referred for, drafted or begun."""
    return any_of(
        _plan_noted(case),
        zoledronate_ordered(case),
        draft_service(case, "zoledronate"),
        draft_referral(case, "zoledronate"),
        draft_medication(case, *sorted(BISPHOSPHONATES)),
        bp_after_den(case),
    )


@predicate
def infusions_after_denosumab(case: Case) -> tuple[Administration, ...]:
    """The infusions after the last injection, oldest first; none without an injection."""
    last = den_last(case)
    return tuple(given for given in infusions(case) if last is not None and given.date > last)


@predicate
def second_infusion_due(case: Case) -> Answer:
    """Exactly one infusion after denosumab, 12 to 24 months ago."""
    after = infusions_after_denosumab(case)
    if len(after) != 1:
        return NO
    first = after[0].date
    return yes_if(add_months(first, REPEAT_FROM) <= case.today <= add_months(first, REPEAT_UNTIL), after[0])


@predicate
def scanned_on_denosumab(case: Case) -> Answer:
    """The latest DXA is dated after the first injection."""
    study, first = latest_study(case), den_first(case)
    if study is None:
        return absent(case, *OBSERVATIONS)
    return yes_if(first is not None and study.date > first)


@predicate
def last_injection_recent_or_unknown(case: Case) -> Answer:
    """The last injection is at most 24 months old (P_DEN_LAPSE), or none is recorded."""
    last = den_last(case)
    return YES if last is None else yes_if(case.today <= add_months(last, case.defaults.den_lapse))


def infusion_day(case: Case) -> date:
    """Six months after the last injection; today when that day is past or no injection is recorded."""
    last = den_last(case)
    return case.today if last is None else max(case.today, add_months(last, DENOSUMAB_INTERVAL))


def next_injection_day(case: Case) -> date:
    """Six months after the last injection, or after today when one is being signed."""
    last = den_last(case)
    if last is None or not on_record_hook(case):
        return add_months(case.today, DENOSUMAB_INTERVAL)
    return max(case.today, add_months(last, DENOSUMAB_INTERVAL))
