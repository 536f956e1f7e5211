"""Part 8 of the catalogue: the order of the drugs, and what is not started here (§9.2; B3; Tab 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case
from hooks.guideline.denosumab import zoledronate_ordered
from hooks.guideline.drafted import draft_medication
from hooks.guideline.drug_choice import zoledronate_course_open
from hooks.guideline.firing import fires, logic_of
from hooks.guideline.indication import indicated, vitamin_d_first
from hooks.guideline.logic import Answer, Yes, all_of, any_of, no
from hooks.guideline.proposal import Proposal, change_draft, delete_draft, order, prescribe, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import condition, in_scope, noted
from hooks.guideline.starting import bp_blocked, oral_unsuitable, start_draft
from hooks.guideline.tablets import on_oral_bp
from hooks.guideline.treatment import on_denosumab, on_zol

GROUP = Group(8, "Drug choice")

CARD = "C-TREATMENT"
SAFETY = "C-SAFETY"
ORDER_HOOKS = (ORDER_SELECT, ORDER_SIGN)


@GROUP.rule(
    "SEL-1",
    "Alendronate is first choice",
    section="§9.2; B1; Fig 1 (start)",
    strength="recommended",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    proposals=(prescribe("alendronate"),),
)
def sel_1(case: Case) -> Answer:
    """Alendronate first, unless tablets do not suit, or something else is to be settled before.

    The contraindications are from the product information: the guideline does not list them.
    """
    return all_of(
        indicated(case),
        no(oral_unsuitable(case)),
        no(bp_blocked(case)),
        no(vitamin_d_first(case)),
        no(logic_of(case, "SEL-17", "DEN-STOP-3")),
        no(logic_of(case, "DEF-PATH-1")),
    )


@GROUP.rule(
    "SEL-2",
    "Zoledronate is second choice",
    section="§9.2; Fig 1; B1",
    strength="recommended",
    card=CARD,
    hooks=(PATIENT_VIEW,),
    settled_by=("zoledronate",),
    proposals=(order("zoledronate"),),
)
def sel_2(case: Case) -> Answer:
    """Yearly zoledronate when tablets do not suit or do not work; before denosumab (C-19)."""
    return all_of(
        in_scope(case),
        no(on_zol(case)),
        no(on_denosumab(case)),
        any_of(
            all_of(
                oral_unsuitable(case),
                no(vitamin_d_first(case)),
                no(logic_of(case, "DEF-PATH-1")),
                any_of(on_oral_bp(case), indicated(case)),
            ),
            fires(case, "MON-MARK-8", "FAIL-1", "FAIL-2", "FAIL-3"),
        ),
        no(bp_blocked(case)),
    )


@GROUP.rule(
    "SEL-3",
    "Denosumab is third choice",
    section="§9.2",
    strength="recommended order",
    card=CARD,
    hooks=ORDER_HOOKS,
    settled_by=("zoledronate",),
    proposals=(order("zoledronate"), change_draft("add_reason", of="denosumab")),
)
def sel_3(case: Case) -> Answer:
    """Denosumab binds for life in principle; a recorded reason against zoledronate silences it."""
    return all_of(
        start_draft(case, "denosumab"),
        no(noted(case, "zoledronate_unsuitable")),
        no(on_zol(case)),
    )


def _instead_alendronate(*drugs: str) -> Callable[[Case], Sequence[Proposal]]:
    """Take the drafted drug away and offer alendronate where it fits."""

    def proposals(case: Case) -> Sequence[Proposal]:
        drafted = [drug for drug in drugs if isinstance(draft_medication(case, drug), Yes)]
        return (*(delete_draft(drug) for drug in drafted), prescribe("alendronate"))

    return proposals


@GROUP.rule(
    "SEL-10",
    "Raloxifene is not recommended",
    section="B3; Tab 1",
    strength="not recommended",
    card=SAFETY,
    hooks=ORDER_HOOKS,
    indicator="warning",
    suppression="none",
    proposals=_instead_alendronate("raloxifene"),
)
def sel_10(case: Case) -> Answer:
    """Raloxifene is not advised: a clearly higher risk of stroke and a weaker effect."""
    return start_draft(case, "raloxifene")


@GROUP.rule(
    "SEL-11",
    "Ibandronate is not among the recommended drugs",
    section="B3; Tab 1",
    strength="not recommended, may be used",
    card=CARD,
    hooks=ORDER_HOOKS,
    proposals=(change_draft("to_alendronate", of="ibandronate"),),
)
def sel_11(case: Case) -> Answer:
    """Ibandronate can be used but has not shown the same effect (C-22)."""
    return start_draft(case, "ibandronate", "ibandronate_iv")


@GROUP.rule(
    "SEL-12",
    "Withdrawn drugs",
    section="B3",
    strength="withdrawn",
    card=SAFETY,
    hooks=ORDER_HOOKS,
    indicator="warning",
    suppression="none",
    proposals=_instead_alendronate("etidronate", "strontium"),
)
def sel_12(case: Case) -> Answer:
    """Etidronate and strontium ranelate are withdrawn."""
    return start_draft(case, "etidronate", "strontium")


def _to_effervescent(case: Case) -> Sequence[Proposal]:
    drafted = [drug for drug in ("alendronate", "risedronate") if isinstance(draft_medication(case, drug), Yes)]
    return tuple(change_draft("to_effervescent", of=drug) for drug in drafted)


@GROUP.rule(
    "SEL-13",
    "Effervescent alendronate for swallowing problems",
    section="§9.2",
    strength="may be preferred",
    card=CARD,
    hooks=ORDER_HOOKS,
    proposals=_to_effervescent,
)
def sel_13(case: Case) -> Answer:
    """The effervescent form can be preferred with trouble swallowing or stomach complaints."""
    return all_of(
        draft_medication(case, "alendronate", "risedronate"),
        any_of(noted(case, "swallowing_difficulty"), noted(case, "oral_bp_intolerance")),
        no(condition(case, "oesophageal_disorder")),
    )


GROUP.explanation(
    "SEL-15",
    "Reimbursement (tilskud)",
    section="§9.2; B3",
    strength="information",
    card=CARD,
    shown_with=("SEL-1", "SEL-13", "PRE-DENT-1"),
)
GROUP.explanation(
    "SEL-16",
    "Documented effect by drug (table 1)",
    section="Tab 1; §9.2",
    strength="information",
    card=CARD,
    shown_with=("SEL-2", "SEL-3", "SEL-5", "SEL-7", "SEL-10", "SEL-11"),
)


@GROUP.rule(
    "SEL-17",
    "Zoledronate given in hospital after hip fracture",
    section="§9.2",
    strength="ought to have a plan",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    indicator="warning",
    proposals=(task("clarify_zoledronate_plan"), order("zoledronate")),
)
def sel_17(case: Case) -> Answer:
    """One or two infusions, the next is due, and no plan is recorded; asked for 36 months (local default).

    Not modelled: infusions and plans outside this record.
    """
    return all_of(
        in_scope(case),
        zoledronate_course_open(case),
        no(zoledronate_ordered(case)),
        no(noted(case, "specialist_bone_care")),
    )


GROUP.explanation(
    "SEL-18",
    "Side effects to mention",
    section="§9.2",
    strength="information",
    card=CARD,
    shown_with=("SEL-1", "SEL-2", "SEL-3", "PRE-DENT-1", "DEN-START-1"),
)
