"""Part 11, continued: the end of denosumab, the doctor's review, and the work list."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_density import t_low
from hooks.guideline.calendar import add_months
from hooks.guideline.case import ORDER_SIGN, PATIENT_VIEW, POPULATION, Case, at_patient_view
from hooks.guideline.denosumab import (
    bisphosphonate_planned,
    bookings,
    infusion_day,
    infusions_after_denosumab,
    last_injection_recent_or_unknown,
    months_on_denosumab,
    months_since_injection,
    scanned_on_denosumab,
    second_infusion_due,
    zoledronate_ordered,
)
from hooks.guideline.drafted import delete_stops, denosumab_stop_drafted
from hooks.guideline.firing import fires
from hooks.guideline.injections import den_last, den_within, denosumab_stop_planned
from hooks.guideline.logic import Answer, Yes, above, all_of, any_of, exists, no, yes_if
from hooks.guideline.monitoring import review_booked
from hooks.guideline.orders import visited
from hooks.guideline.proposal import Proposal, book, order, refer, task
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.scope import male
from hooks.guideline.thresholds import DENOSUMAB_INTERVAL, DENOSUMAB_MAX, DENOSUMAB_REVIEW, T_DENOSUMAB_PAUSE
from hooks.guideline.treatment import antiresorptive_after, on_denosumab

GROUP = Group(11, "The end of denosumab")


def _keep_or_follow(case: Case) -> Sequence[Proposal]:
    taken_back = delete_stops(case, frozenset({"denosumab"}))
    return (*taken_back, order("zoledronate", on=infusion_day(case)), refer("bone_specialist"))


@GROUP.rule(
    "DEN-STOP-1",
    "Denosumab is being stopped without a bisphosphonate plan",
    section="§9.2; §10; B1; B1-C; Skema 2",
    strength="must be followed by bisphosphonate",
    card="C-DENOSUMAB",
    indicator="critical",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    proposals=_keep_or_follow,
)
def den_stop_1(case: Case) -> Answer:
    """A stop without a bisphosphonate means marked bone loss and fractures (C-29).

    A zoledronate order left open from before this denosumab is no plan (zoledronate_ordered).
    """
    return all_of(
        any_of(denosumab_stop_drafted(case), all_of(denosumab_stop_planned(case), at_patient_view(case))),
        last_injection_recent_or_unknown(case),
        no(bisphosphonate_planned(case)),
        yes_if(not infusions_after_denosumab(case)),
    )


def _warning_from_six_months(case: Case) -> Indicator:
    """Warning from the day the infusion is due; info while it is ordered."""
    ordered = isinstance(zoledronate_ordered(case), Yes)
    return "warning" if months_since_injection(case, DENOSUMAB_INTERVAL) and not ordered else "info"


def _infusion(case: Case) -> Sequence[Proposal]:
    return (order("zoledronate", on=infusion_day(case)),)


def protected_since_injection(case: Case) -> Answer:
    """A bisphosphonate or a further injection after the last one."""
    return antiresorptive_after(case, den_last(case))


@GROUP.rule(
    "DEN-STOP-2",
    "Zoledronate six months after the last injection",
    section="§10; B1 (stop paragraph); §9.2",
    strength="must be supplemented",
    card="C-DENOSUMAB",
    indicator=_warning_from_six_months,
    hooks=(PATIENT_VIEW, POPULATION),
    proposals=_infusion,
)
def den_stop_2(case: Case) -> Answer:
    """Denosumab is ending: zoledronate about six months after the last injection; later DEN-INT-2 takes over.

    An order already placed leaves it as info, with the day.
    """
    return all_of(
        denosumab_stop_planned(case),
        den_within(case, DENOSUMAB_MAX),
        no(protected_since_injection(case)),
    )


@GROUP.rule(
    "DEN-STOP-3",
    "Repeat zoledronate after one year",
    section="§10; §9.2; B1",
    strength="may be repeated",
    card="C-DENOSUMAB",
    hooks=(PATIENT_VIEW,),
    proposals=(order("zoledronate"),),
)
def den_stop_3(case: Case) -> Answer:
    """One infusion after denosumab: a second after a year can be considered (C-42)."""
    return all_of(no(on_denosumab(case)), second_infusion_due(case), no(zoledronate_ordered(case)))


GROUP.explanation(
    "DEN-STOP-4",
    "Involve a bone specialist when stopping",
    section="§9.2; §10",
    strength="reasonable / often relevant",
    card="C-DENOSUMAB",
    shown_with=("DEN-STOP-1", "DEN-STOP-2", "DEN-INT-2"),
)


@GROUP.rule(
    "DEN-STOP-5",
    "T-score above -1.5 after long treatment: confer about a pause",
    section="§10",
    strength="may",
    card="C-DENOSUMAB",
    hooks=(PATIENT_VIEW,),
    settled_by=("bone_specialist",),
    proposals=(refer("bone_specialist"),),
)
def den_stop_5(case: Case) -> Answer:
    """Above −1.5 after long treatment a pause can be discussed with a specialist; "long" is a default."""
    return all_of(
        months_on_denosumab(case, case.defaults.den_longterm),
        scanned_on_denosumab(case),
        above(t_low(case), T_DENOSUMAB_PAUSE),
    )


def reviewed_in_three_years(case: Case) -> Answer:
    """A doctor's review within the last 36 months."""
    return visited(case, "physician_bone_review", since=add_months(case.today, -DENOSUMAB_REVIEW))


@GROUP.rule(
    "DEN-3Y-1",
    "Doctor's review every third year",
    section="Skema 2",
    strength="suggested",
    card="C-DENOSUMAB",
    hooks=(PATIENT_VIEW, POPULATION),
    unless=review_booked,
    proposals=(book("physician_bone_review"), order("dxa")),
)
def den_3y_1(case: Case) -> Answer:
    """Every third year the doctor discusses the treatment, a scan if useful, and any stop."""
    return all_of(months_on_denosumab(case, DENOSUMAB_REVIEW), no(reviewed_in_three_years(case)))


GROUP.explanation(
    "DEN-VISIT-1",
    "At each injection",
    section="Skema 2; B1-C",
    strength="suggested",
    card="C-DENOSUMAB",
    shown_with=("DEN-INT-1", "DEN-APPT-1", "DEN-CA-2"),
)


def injection_booked(case: Case) -> Answer:
    """An injection is booked for today or later."""
    return exists(bookings(case))


@GROUP.rule(
    "DEN-REC-1",
    "The practice needs a system that notices no-shows",
    section="§9.2; B1; B1-C",
    strength="important",
    card="C-DENOSUMAB",
    hooks=(POPULATION,),
    proposals=(task("recall_denosumab"),),
)
def den_rec_1(case: Case) -> Answer:
    """The nightly work list: due, overdue, booked too late, or nothing booked."""
    return any_of(
        fires(case, "DEN-INT-1", "DEN-INT-2", "DEN-INT-4"),
        all_of(on_denosumab(case), no(injection_booked(case))),
    )


GROUP.explanation(
    "DEN-MEN-1",
    "Evidence in men is limited",
    section="Tab 1 note",
    strength="information",
    card="C-DENOSUMAB",
    shown_with=("DEN-START-1", "SEL-3"),
    when=male,
)
