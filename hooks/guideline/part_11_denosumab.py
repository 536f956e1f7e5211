"""Part 11 of the catalogue: denosumab on time. Its tests are in part_11_tests.py, its end in part_11_stop.py."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.calendar import add_months
from hooks.guideline.case import (
    ORDER_SELECT,
    ORDER_SIGN,
    PATIENT_VIEW,
    POPULATION,
    Case,
    on_record_hook,
    predicate,
)
from hooks.guideline.denosumab import (
    booked_in_time,
    booked_too_late,
    injection_ahead,
    months_since_injection,
    next_booked,
    next_injection_day,
    planned_early,
    undated_for_long,
)
from hooks.guideline.drafted import bone_drug_drafted
from hooks.guideline.injections import den_last
from hooks.guideline.logic import YES, Answer, all_of, any_of, no
from hooks.guideline.proposal import Proposal, book, change_draft, message, order, refer, task
from hooks.guideline.rule import Group
from hooks.guideline.starting import start_draft
from hooks.guideline.thresholds import DENOSUMAB_INTERVAL
from hooks.guideline.treatment import on_denosumab, overdue

GROUP = Group(11, "Denosumab safety")


def _first_and_next(case: Case) -> Sequence[Proposal]:
    next_time = add_months(case.today, DENOSUMAB_INTERVAL)
    return (task("first_injection"), book("denosumab_injection", on=next_time), message("denosumab_on_time"))


@GROUP.rule(
    "DEN-START-1",
    "Information and conditions at start",
    section="§9.2; B1; B1-C; Skema 2",
    strength="must be informed / ensured",
    card="C-DENOSUMAB",
    hooks=(ORDER_SIGN,),
    proposals=_first_and_next,
)
def den_start_1(case: Case) -> Answer:
    """Every six months, never more than seven, in principle lifelong; a stop needs a bisphosphonate (C-29)."""
    return start_draft(case, "denosumab")


@predicate
def due_and_not_booked(case: Case) -> Answer:
    """Six months are over, seven are not, and nothing is booked in time."""
    return all_of(
        on_denosumab(case),
        months_since_injection(case, DENOSUMAB_INTERVAL),
        no(booked_in_time(case)),
    )


@GROUP.rule(
    "DEN-INT-1",
    "Injection due",
    section="§9.2; B1; B1-C; Skema 2",
    strength="interval ought to be kept exactly",
    card="C-DENOSUMAB",
    indicator="warning",
    hooks=(PATIENT_VIEW, POPULATION),
    proposals=(book("denosumab_injection"), message("injection_due")),
)
def den_int_1(case: Case) -> Answer:
    """Six months are over; the seventh is the last (C-30). On the medicine list without any injection: ask."""
    return any_of(due_and_not_booked(case), undated_for_long(case))


@predicate
def in_view_or_drafting(case: Case) -> Answer:
    """The record is open, or a bone drug is about to be ordered."""
    return YES if on_record_hook(case) else bone_drug_drafted(case)


@GROUP.rule(
    "DEN-INT-2",
    "Injection overdue (more than seven months)",
    section="§9.2; B1; B1-C",
    strength="must not exceed seven months",
    card="C-DENOSUMAB",
    indicator="critical",
    hooks=(PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN, POPULATION),
    proposals=(
        task("record_missing_injection"),
        book("denosumab_injection"),
        order("calcium"),
        order("egfr"),
        refer("bone_specialist"),
        task("call_patient"),
    ),
)
def den_int_2(case: Case) -> Answer:
    """Seven months have passed and nothing protects: rapid bone loss and vertebral fractures threaten.

    What to do then is derived; 24 months back is a default. An injection given elsewhere is
    the commonest false alarm, so the first suggestion is to record it.
    """
    return all_of(overdue(case), in_view_or_drafting(case))


def _six_months_later(case: Case) -> Sequence[Proposal]:
    last = den_last(case)
    return () if last is None else (change_draft("postpone", of="denosumab", on=add_months(last, DENOSUMAB_INTERVAL)),)


@GROUP.rule(
    "DEN-INT-3",
    "Injection clearly early",
    section="§9.2 (interval to be kept exactly)",
    strength="derived",
    card="C-DENOSUMAB",
    hooks=(ORDER_SIGN,),
    proposals=_six_months_later,
)
def den_int_3(case: Case) -> Answer:
    """Six months are not over; 14 days early is accepted (default). The draft's own planned day counts."""
    return planned_early(case)


@GROUP.rule(
    "DEN-INT-4",
    "Booked too late",
    section="§9.2; B1; Skema 2",
    strength="must not exceed seven months",
    card="C-DENOSUMAB",
    indicator="warning",
    hooks=(PATIENT_VIEW, POPULATION),
    proposals=(task("move_injection_forward"),),
)
def den_int_4(case: Case) -> Answer:
    """The booked injection lies after the seven-month day; the day itself is accepted."""
    return all_of(on_denosumab(case), booked_too_late(case))


def _book_next(case: Case) -> Sequence[Proposal]:
    return (book("denosumab_injection", on=next_injection_day(case)),)


@GROUP.rule(
    "DEN-APPT-1",
    "No next appointment",
    section="B1; B1-C; Skema 2; §9.2",
    strength="always give a new time",
    card="C-DENOSUMAB",
    hooks=(PATIENT_VIEW, ORDER_SIGN, POPULATION),
    proposals=_book_next,
)
def den_appt_1(case: Case) -> Answer:
    """A new time is always given, six months ahead."""
    return all_of(injection_ahead(case), no(next_booked(case)))
