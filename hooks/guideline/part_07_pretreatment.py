"""Part 7 of the catalogue: what is to be known and in order before a bone drug (§9.1; §9.2).

On the order hooks for a drafted drug; on opening the record as lines beside an indication, then
at most a warning. A drafted denosumab that continues injections is looked after in part 11.
"""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, on_order_hook
from hooks.guideline.indication import (
    about_to_start,
    about_to_start_or_renew,
    drop_drafts,
    egfr_not_fresh,
    held_denosumab,
)
from hooks.guideline.laboratory import (
    CALCIUM,
    calcium_low,
    egfr,
    not_measured_within,
    older_than,
)
from hooks.guideline.logic import (
    Answer,
    Yes,
    above,
    all_of,
    at_most,
    below,
    equals,
)
from hooks.guideline.proposal import Proposal, order, prescribe, refer
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.scope import condition
from hooks.guideline.thresholds import EGFR_LIMIT

GROUP = Group(7, "Pre-treatment checks")

ALL_HOOKS = (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN)
SIGNED = (PATIENT_VIEW, ORDER_SIGN)


def _critical_on_orders(case: Case) -> Indicator:
    return "critical" if on_order_hook(case) else "warning"


@GROUP.rule(
    "PRE-EGFR-1",
    "eGFR missing or old before start",
    section="§9.2; Skema 2; B1-B; B1-C",
    strength="must be measured before start",
    card="C-TREATMENT",
    hooks=SIGNED,
    indicator="warning",
    settled_by=("egfr",),
    proposals=(order("egfr"),),
)
def pre_egfr_1(case: Case) -> Answer:
    """Kidney function is to be known: at most 6 months old, 3 when the last value was below 50 (local defaults)."""
    return all_of(about_to_start(case), egfr_not_fresh(case))


def _dropped_or_held(case: Case) -> tuple[Proposal, ...]:
    """Take the drafts away; denosumab that is already taken is held instead (our reading, the safe side)."""
    return (*drop_drafts(case), *held_denosumab(case))


def _specialist_kidney(case: Case) -> Sequence[Proposal]:
    old = isinstance(older_than(case, "egfr", case.defaults.egfr_age_start_low), Yes)
    again = (order("egfr"),) if old else ()
    return (*_dropped_or_held(case), refer("nephrology"), refer("bone_specialist"), *again)


@GROUP.rule(
    "PRE-EGFR-2",
    "eGFR below 35",
    section="§9.2",
    strength="must not be started in general practice (specialist task)",
    card="C-SAFETY",
    hooks=ALL_HOOKS,
    indicator=_critical_on_orders,
    suppression="deceased",
    proposals=_specialist_kidney,
)
def pre_egfr_2(case: Case) -> Answer:
    """The last eGFR, of any age, is below 35: bone treatment is a specialist task."""
    return all_of(about_to_start_or_renew(case), below(egfr(case), EGFR_LIMIT))


@GROUP.rule(
    "PRE-EGFR-3",
    "eGFR exactly 35",
    section="§9.2 (gap)",
    strength="derived",
    card="C-SAFETY",
    hooks=ALL_HOOKS,
    indicator="warning",
    suppression="deceased",
    proposals=lambda case: (*held_denosumab(case), order("egfr"), refer("bone_specialist")),
)
def pre_egfr_3(case: Case) -> Answer:
    """The guideline starts above 35 and refers below it; 35 itself is read as not sufficient (C-04)."""
    return all_of(about_to_start_or_renew(case), equals(egfr(case), EGFR_LIMIT))


@GROUP.rule(
    "PRE-EGFR-4",
    "Kidney transplant",
    section="§9.2",
    strength="must not be started in general practice",
    card="C-SAFETY",
    hooks=ALL_HOOKS,
    indicator=_critical_on_orders,
    suppression="deceased",
    proposals=lambda case: (*_dropped_or_held(case), refer("nephrology"), refer("bone_specialist")),
)
def pre_egfr_4(case: Case) -> Answer:
    """After a kidney transplantation bone treatment is a specialist task."""
    return all_of(about_to_start_or_renew(case), condition(case, "kidney_transplant"))


@GROUP.rule(
    "PRE-EGFR-5",
    "Chronic kidney disease with eGFR close to 35",
    section="§9.2",
    strength="may consider",
    card="C-TREATMENT",
    hooks=SIGNED,
    proposals=(refer("bone_specialist", drug="zoledronate"),),
)
def pre_egfr_5(case: Case) -> Answer:
    """Zoledronate can be considered while the kidneys still allow it; "close to" is up to 45 (local default)."""
    return all_of(
        about_to_start(case),
        condition(case, "ckd"),
        above(egfr(case), EGFR_LIMIT),
        at_most(egfr(case), case.defaults.near35),
    )


def _find_the_cause(case: Case) -> Sequence[Proposal]:
    tests = (order(test) for test in ("calcium", "vitamin_d", "pth", "magnesium"))
    return (*_dropped_or_held(case), *tests, prescribe("calcium_vitd"))


@GROUP.rule(
    "PRE-CA-1",
    "Hypocalcaemia",
    section="§9.2 box; B1",
    strength="must not be present",
    card="C-SAFETY",
    hooks=ALL_HOOKS,
    indicator=_critical_on_orders,
    suppression="deceased",
    proposals=_find_the_cause,
)
def pre_ca_1(case: Case) -> Answer:
    """Any calcium below its reference; it is to be normal first, most of all before denosumab (C-18)."""
    return all_of(about_to_start_or_renew(case), calcium_low(case))


@GROUP.rule(
    "PRE-CA-2",
    "Calcium missing or old before start",
    section="§9.2 box; Skema 2; B1-B; B1-C",
    strength="must be clarified before start",
    card="C-TREATMENT",
    hooks=SIGNED,
    indicator="warning",
    settled_by=("calcium",),
    proposals=(order("calcium"),),
)
def pre_ca_2(case: Case) -> Answer:
    """Calcium is to be known: ionised or albumin-corrected, at most 6 months old (local default)."""
    return all_of(about_to_start(case), not_measured_within(case, case.defaults.ca_age_start, *CALCIUM))
