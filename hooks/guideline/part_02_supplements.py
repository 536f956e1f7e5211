"""Part 2, supplements: calcium and vitamin D."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, at_patient_view
from hooks.guideline.drafted import SUPPLEMENTS, draft_stop, supplement_drafted
from hooks.guideline.laboratory import (
    calcium_high,
    hypercalcaemia_of_malignancy,
    last_calcium_high,
    not_measured_within,
    supplement_caution,
)
from hooks.guideline.logic import Answer, No, Yes, all_of, any_of, no
from hooks.guideline.proposal import Proposal, change_draft, delete_draft, order, prescribe, refer, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import any_condition, condition, in_scope
from hooks.guideline.supplements import (
    calcium_below_target,
    calcium_drafted,
    full_supplement_group,
    large_single_dose,
    little_sun,
    low_season,
    supplement_incomplete,
    takes_calcium,
    takes_vitamin_d,
    winter_half,
)
from hooks.guideline.treatment import on_antiosteo

GROUP = Group(2, "Calcium and vitamin D")


@GROUP.rule(
    "SUP-1",
    "20 ug vitamin D and 800-1000 mg calcium all year",
    section="§3 box; B1-S; A-CalciumSuppl; A-VitD",
    strength="recommended (food/health authority)",
    card="C-SUPPLEMENT",
    hooks=(PATIENT_VIEW,),
    unless=supplement_caution,
    proposals=(prescribe("calcium_vitd"),),
)
def sup_1(case: Case) -> Answer:
    """From 70, in a nursing home, or at increased risk of osteoporosis; over-the-counter use may not be recorded."""
    return all_of(full_supplement_group(case), supplement_incomplete(case))


@GROUP.rule(
    "SUP-2",
    "10 ug vitamin D all year",
    section="§3 box; B1-S",
    strength="recommended",
    card="C-SUPPLEMENT",
    hooks=(PATIENT_VIEW,),
    unless=supplement_caution,
    proposals=(prescribe("vitamin_d_10ug"),),
)
def sup_2(case: Case) -> Answer:
    """With dark skin, covering dress or little time outdoors. Children and pregnancy are outside the service."""
    return all_of(
        in_scope(case),
        no(full_supplement_group(case)),
        little_sun(case),
        no(takes_vitamin_d(case)),
    )


def winter_without_vitamin_d(case: Case) -> Answer:
    """October to April, in neither group of the table, and no vitamin D on the medicine list."""
    return all_of(
        winter_half(case),
        no(full_supplement_group(case)),
        no(little_sun(case)),
        no(takes_vitamin_d(case)),
    )


GROUP.explanation(
    "SUP-3",
    "5-10 ug vitamin D October to April for other adults",
    section="§3; B1-S; A-VitD",
    strength="recommended",
    card="C-SUPPLEMENT",
    shown_with=("LIF-1",),
    when=winter_without_vitamin_d,
)


@GROUP.rule(
    "SUP-4",
    "Total calcium intake below target",
    section="§3; A-Calcium",
    strength="recommended",
    card="C-SUPPLEMENT",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    unless=supplement_caution,
    proposals=(prescribe("calcium"),),
)
def sup_4(case: Case) -> Answer:
    """Diet and tablets together are below the advised minimum; exactly the minimum is enough (C-24)."""
    return all_of(
        in_scope(case),
        any_of(at_patient_view(case), calcium_drafted(case)),
        calcium_below_target(case),
    )


GROUP.explanation(
    "SUP-5",
    "Size the supplement to the diet",
    section="§3; A-CalciumSuppl",
    strength="ought",
    card="C-SUPPLEMENT",
    shown_with=("SUP-1", "SUP-4", "LIF-10", "PRE-SUP-1", "GLU-SUP-1"),
)


@GROUP.rule(
    "SUP-6",
    "More than 500 mg calcium is split over the day",
    section="§3",
    strength="must (skal fordeles)",
    card="C-SUPPLEMENT",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=(change_draft("split_doses"),),
)
def sup_6(case: Case) -> Answer:
    """More than 500 mg calcium a day is divided; exactly 500 mg may be one dose."""
    return large_single_dose(case)


@GROUP.rule(
    "SUP-7",
    "Constipation from calcium carbonate",
    section="§3",
    strength="may",
    card="C-SUPPLEMENT",
    hooks=(PATIENT_VIEW,),
    proposals=(task("calcium_salt"),),
)
def sup_7(case: Case) -> Answer:
    """Constipation with a calcium supplement. Not modelled: which salt it is."""
    return all_of(in_scope(case), condition(case, "constipation"), takes_calcium(case))


@GROUP.rule(
    "SUP-8",
    "Check vitamin D during treatment, mainly winter and early spring",
    section="§3; §11; Skema 1; Skema 2; B1-B",
    strength="may be necessary",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    settled_by=("vitamin_d",),
    proposals=(order("vitamin_d"),),
)
def sup_8(case: Case) -> Answer:
    """During treatment, no vitamin D measured for a year, in the season of the lowest levels (a default)."""
    return all_of(
        in_scope(case),
        on_antiosteo(case),
        not_measured_within(case, case.defaults.vitd_age, "vitamin_d"),
        low_season(case),
    )


def keep_supplement(case: Case) -> Sequence[Proposal]:
    """Take the drafted stop back; with the record open, prescribe; above the reference confer instead."""
    raised = last_calcium_high(case)
    if not isinstance(raised, No):
        return (refer("specialist"),) if isinstance(raised, Yes) else ()
    if case.hook != PATIENT_VIEW:
        return (delete_draft(),)
    return () if isinstance(supplement_caution(case), Yes) else (prescribe("calcium_vitd"),)


@GROUP.rule(
    "SUP-9",
    "Primary hyperparathyroidism: supplement is kept",
    section="§3",
    strength="must (skal have tilskud)",
    card="C-SUPPLEMENT",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    proposals=keep_supplement,
)
def sup_9(case: Case) -> Answer:
    """In primary hyperparathyroidism calcium and vitamin D go on.

    The guideline gives no ceiling: while the latest calcium is above its reference this is text and a
    referral, no prescription and no withdrawal of a stop (our reading, the safe side).
    """
    return all_of(
        condition(case, "primary_hyperparathyroidism"),
        no(condition(case, "sarcoidosis")),
        no(hypercalcaemia_of_malignancy(case)),
        any_of(
            all_of(at_patient_view(case), supplement_incomplete(case)),
            draft_stop(case, SUPPLEMENTS),
        ),
    )


@GROUP.rule(
    "SUP-10",
    "Hypercalcaemia from malignancy or sarcoidosis: usually no supplement",
    section="§3",
    strength="usually must not",
    card="C-SAFETY",
    indicator="warning",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    suppression="none",
    proposals=(delete_draft(), refer("specialist")),
)
def sup_10(case: Case) -> Answer:
    """Calcium and vitamin D are generally avoided when malignancy or sarcoidosis raises calcium.

    High calcium with active myeloma, bone metastasis or skeletal malignancy counts as the former (our reading).
    """
    return all_of(
        supplement_drafted(case),
        any_of(
            hypercalcaemia_of_malignancy(case),
            all_of(condition(case, "sarcoidosis"), calcium_high(case)),
        ),
    )


@GROUP.rule(
    "SUP-11",
    "Hypercalcaemia of unknown cause and a supplement order",
    section="§3 (derived)",
    strength="derived",
    card="C-SAFETY",
    indicator="warning",
    hooks=(ORDER_SIGN,),
    proposals=(order("pth"), order("calcium")),
)
def sup_11(case: Case) -> Answer:
    """Calcium is raised and no cause is recorded; the advice differs by cause."""
    return all_of(
        supplement_drafted(case),
        calcium_high(case),
        no(any_condition(case, "primary_hyperparathyroidism", "sarcoidosis")),
        no(hypercalcaemia_of_malignancy(case)),
    )
