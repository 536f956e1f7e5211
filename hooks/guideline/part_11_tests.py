"""Part 11, continued: calcium and kidney function before the next injection."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, on_order_hook
from hooks.guideline.denosumab import (
    calcium_bears_on_injection,
    hypocalcaemia_risk,
    kidney_bears_on_injection,
    next_injection_near,
)
from hooks.guideline.injections import den_given
from hooks.guideline.laboratory import CALCIUM, calcium_low, egfr, not_measured_within, not_measured_within_days
from hooks.guideline.logic import Answer, all_of, below, equals, no
from hooks.guideline.proposal import Proposal, delete_draft, order, prescribe, refer
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.thresholds import EGFR_LIMIT

GROUP = Group(11, "Denosumab: calcium and kidney function")


def critical_when_ordering(case: Case) -> Indicator:
    """Critical while an injection is being ordered, warning with the record open."""
    return "critical" if on_order_hook(case) else "warning"


def _hold_and_measure(case: Case) -> Sequence[Proposal]:
    held = (delete_draft("denosumab"),) if on_order_hook(case) else ()
    tests = (order("calcium"), order("vitamin_d"), order("pth"), order("magnesium"))
    return (*held, *tests, prescribe("calcium_vitd"))


@GROUP.rule(
    "DEN-CA-1",
    "Hypocalcaemia before an injection",
    section="§9.2; B1; B1-C; Skema 2",
    strength="must not be present",
    card="C-DENOSUMAB",
    indicator=critical_when_ordering,
    hooks=(PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN),
    suppression="deceased",
    proposals=_hold_and_measure,
)
def den_ca_1(case: Case) -> Answer:
    """Low calcium is corrected before the injection (C-18); one measured after the last is shown at once (derived).

    A planned stop or a refusal does not hide it (our reading): the last injection still works.
    """
    return all_of(den_given(case), calcium_low(case), calcium_bears_on_injection(case))


@GROUP.rule(
    "DEN-CA-2",
    "Calcium older than a year",
    section="B1-C; Skema 2",
    strength="at least yearly",
    card="C-DENOSUMAB",
    indicator="warning",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    settled_by=("calcium",),
    proposals=(order("calcium"), order("egfr")),
)
def den_ca_2(case: Case) -> Answer:
    """Calcium at least yearly during denosumab (C-40)."""
    return all_of(
        next_injection_near(case),
        not_measured_within(case, case.defaults.den_ca_age, *CALCIUM),
        no(hypocalcaemia_risk(case)),
    )


@GROUP.rule(
    "DEN-CA-3",
    "Calcium before every injection in people at risk",
    section="B1-C",
    strength="is checked before each injection",
    card="C-DENOSUMAB",
    indicator="warning",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    settled_by=("calcium",),
    proposals=(order("calcium"),),
)
def den_ca_3(case: Case) -> Answer:
    """At risk of hypocalcaemia calcium is checked before each injection; 28 days is a default (C-40)."""
    return all_of(
        next_injection_near(case),
        not_measured_within_days(case, case.defaults.den_ca_risk_age, *CALCIUM),
        hypocalcaemia_risk(case),
    )


def _hold_and_ask(case: Case) -> Sequence[Proposal]:
    held = (delete_draft("denosumab"),) if on_order_hook(case) else ()
    return (*held, refer("bone_specialist"), order("calcium"))


@GROUP.rule(
    "DEN-EGFR-1",
    "eGFR under 35 during denosumab",
    section="B1; B1-C",
    strength="must not be present at injection",
    card="C-DENOSUMAB",
    indicator=critical_when_ordering,
    hooks=(PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN),
    suppression="deceased",
    proposals=_hold_and_ask,
)
def den_egfr_1(case: Case) -> Answer:
    """Under 35: ask a specialist before the seven-month day; the injection is not simply left out.

    A planned stop or a refusal does not hide it (our reading): the last injection still works.
    """
    return all_of(den_given(case), below(egfr(case), EGFR_LIMIT), kidney_bears_on_injection(case))


@GROUP.rule(
    "DEN-EGFR-2",
    "eGFR exactly 35 during denosumab",
    section="B1 (> 35) vs B1-C (not under 35)",
    strength="derived",
    card="C-DENOSUMAB",
    indicator="warning",
    hooks=(PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN),
    suppression="deceased",
    proposals=(order("egfr"), order("calcium")),
)
def den_egfr_2(case: Case) -> Answer:
    """Exactly 35 is at the limit: repeat and confer without passing seven months (C-04); as DEN-EGFR-1."""
    return all_of(den_given(case), equals(egfr(case), EGFR_LIMIT), kidney_bears_on_injection(case))


@GROUP.rule(
    "DEN-EGFR-3",
    "eGFR older than a year during denosumab",
    section="Skema 2; B1-C; §9.2",
    strength="at least yearly",
    card="C-DENOSUMAB",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    settled_by=("egfr",),
    proposals=(order("egfr"),),
)
def den_egfr_3(case: Case) -> Answer:
    """Kidney function at least yearly during denosumab."""
    return all_of(next_injection_near(case), not_measured_within(case, case.defaults.den_ca_age, "egfr"))
