"""Part 6 of the catalogue: when a bone drug is indicated, and when not (§6 to §9)."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_density import (
    any_t_score,
    dxa_older_than,
    osteopenia,
    osteoporosis_ever,
    t_low,
)
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, at_patient_view
from hooks.guideline.firing import logic_of
from hooks.guideline.fractures import major_fracture, unclear_fracture
from hooks.guideline.glucocorticoid import ended_within, gc_exposed
from hooks.guideline.indication import INDICATIONS, course_since_fractures, course_since_scan, follows_another
from hooks.guideline.logic import Answer, Yes, all_of, any_of, at_most, no
from hooks.guideline.proposal import Proposal, delete_draft, note, order, task
from hooks.guideline.risk_factors import count_t
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.scope import condition, in_scope, limited_life
from hooks.guideline.starting import start_any
from hooks.guideline.thresholds import GC_AFTER_MAX, T_OSTEOPOROSIS
from hooks.guideline.treatment import on_antiosteo, untreated

GROUP = Group(6, "Treatment indication")

CARD = "C-TREATMENT"
ORDER_HOOKS = (ORDER_SELECT, ORDER_SIGN)


def _talk(case: Case) -> Sequence[Proposal]:
    """The conversation; a new scan first when the last one is old."""
    talk = (task("treatment_conversation"), note("PHR-2"))
    old = isinstance(dxa_older_than(case, case.defaults.dxa_age_note), Yes)
    return (order("dxa"), *talk) if old else talk


@GROUP.rule(
    "TX-IND-1",
    "T-score -2.5 or lower plus at least one risk factor",
    section="§8; §7",
    strength="indication; offered for shared decision",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    indicator="warning",
    proposals=_talk,
)
def tx_ind_1(case: Case) -> Answer:
    """T-score -2.5 or lower and one risk factor of the boxes; associated drugs, age and Z-score do not count."""
    return all_of(
        in_scope(case),
        at_most(t_low(case), T_OSTEOPOROSIS),
        count_t(case, 1),
        no(major_fracture(case)),
        no(on_antiosteo(case)),
        no(course_since_scan(case)),
    )


@GROUP.rule(
    "TX-IND-2",
    "Low-energy fracture of hip or spine",
    section="§8; §2",
    strength="indication regardless of T-score",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    indicator="warning",
    proposals=(task("treatment_conversation"), note("PHR-2")),
)
def tx_ind_2(case: Case) -> Answer:
    """A low-energy hip or vertebral fracture indicates treatment whatever the T-score."""
    return all_of(
        in_scope(case),
        major_fracture(case),
        no(on_antiosteo(case)),
        no(course_since_fractures(case)),
    )


def _what_may_be_missing(case: Case) -> Sequence[Proposal]:
    review = (task("review_risk_factors"),)
    return (task("clarify_fracture_mechanism"), *review) if isinstance(unclear_fracture(case), Yes) else review


@GROUP.rule(
    "TX-IND-3",
    "T-score -2.5 or lower without risk factor",
    section="§8",
    strength="not in itself enough",
    card=CARD,
    hooks=(PATIENT_VIEW, *ORDER_HOOKS),
    proposals=_what_may_be_missing,
)
def tx_ind_3(case: Case) -> Answer:
    """The T-score alone is as a rule not enough. Never scanned: silent, nobody is scanned for this.

    A fracture outside hip and spine whose mechanism is not recorded is no risk factor yet, but may be
    one: it is named, and the mechanism asked for (our reading).
    """
    return all_of(
        in_scope(case),
        any_t_score(case),
        at_most(t_low(case), T_OSTEOPOROSIS),
        no(count_t(case, 1)),
        no(major_fracture(case)),
        no(on_antiosteo(case)),
        any_of(at_patient_view(case), start_any(case)),
    )


def _warning_on_orders(case: Case) -> Indicator:
    return "info" if case.hook == PATIENT_VIEW else "warning"


def _rather_habits(case: Case) -> Sequence[Proposal]:
    return () if case.hook == PATIENT_VIEW else (delete_draft(), task("lifestyle_conversation"))


@GROUP.rule(
    "TX-IND-4",
    "Osteopenia is not an indication",
    section="§6",
    strength="not an indication unless on prednisolone",
    card=CARD,
    hooks=(PATIENT_VIEW, *ORDER_HOOKS),
    indicator=_warning_on_orders,
    proposals=_rather_habits,
)
def tx_ind_4(case: Case) -> Answer:
    """Osteopenia without prednisolone calls for habits, vitamin D and calcium, not for a bone drug.

    Silent where a drug follows another (DEN-STOP-3, SEL-17, SEL-20) and after any denosumab: a drug
    that protects against rebound loss is never called unfounded, nor its draft taken away (our reading).
    """
    return all_of(
        osteopenia(case),
        no(osteoporosis_ever(case)),
        no(gc_exposed(case)),
        untreated(case),
        any_of(at_patient_view(case), start_any(case)),
        no(ended_within(case, GC_AFTER_MAX)),
        no(follows_another(case)),
    )


GROUP.explanation(
    "TX-IND-5",
    "Shared decision with realistic expectations",
    section="§8; §1; Generelt",
    strength="must be discussed / offered",
    card=CARD,
    shown_with=(*INDICATIONS, "DUR-3", "DUR-4", "DUR-5"),
)


@GROUP.rule(
    "TX-IND-6",
    "Enough expected lifetime to benefit",
    section="§8",
    strength="must be judged individually",
    card=CARD,
    hooks=ORDER_HOOKS,
    suppression="override",
    proposals=(delete_draft(),),
)
def tx_ind_6(case: Case) -> Answer:
    """A bone drug is started although a limited life expectancy is recorded. Not modelled: remaining lifetime."""
    return all_of(limited_life(case), start_any(case))


GROUP.explanation(
    "TX-IND-7",
    "How large is the effect",
    section="§8; §9.2",
    strength="information",
    card=CARD,
    shown_with=("TX-IND-1", "TX-IND-2"),
)
GROUP.explanation(
    "TX-IND-8",
    "Advice on habits and supplement to everyone with osteoporosis",
    section="§8; §9.1",
    strength="offered to all",
    card=CARD,
    shown_with=("DEF-OP-1", "DEF-OP-2", "TX-IND-1", "TX-IND-2", "TX-IND-3"),
)


@GROUP.rule(
    "TX-IND-9",
    "No recorded basis for a bone drug",
    section="§7; §8 (derived)",
    strength="derived",
    card=CARD,
    hooks=ORDER_HOOKS,
    proposals=(order("dxa"), task("record_basis")),
)
def tx_ind_9(case: Case) -> Answer:
    """A bone drug is started with no scan, no hip or vertebral fracture, no diagnosis and no prednisolone."""
    return all_of(
        in_scope(case),
        start_any(case),
        no(any_t_score(case)),
        no(major_fracture(case)),
        no(condition(case, "osteoporosis_coded")),
        no(logic_of(case, "GLU-TX-2")),
    )


GROUP.explanation(
    "TX-IND-10",
    "Non-drug measures are preferred where possible and sufficient",
    section="§9",
    strength="ought",
    card=CARD,
    shown_with=("TX-IND-1", "TX-IND-2", "TX-IND-3", "TX-IND-4"),
)
