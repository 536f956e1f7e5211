"""Part 8 of the catalogue, continued: anabolic drugs, which specialists start (§9.2)."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.anabolic import (
    cardiovascular_risk,
    drafted_or_referred,
    earlier_course,
    heart_attack_or_stroke,
    romosozumab_fracture,
    teriparatide_age,
    teriparatide_excluded,
    teriparatide_exclusion_recorded,
    teriparatide_fractures,
)
from hooks.guideline.bone_density import t_low
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case
from hooks.guideline.drafted import ANABOLICS, draft_medication, draft_referral
from hooks.guideline.drug_choice import anabolic_left_open, anabolic_too_long
from hooks.guideline.firing import logic_of
from hooks.guideline.logic import Answer, Yes, all_of, at_most, no
from hooks.guideline.proposal import Proposal, delete_draft, message, prescribe, refer, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import postmenopausal
from hooks.guideline.starting import start_draft, start_oral_bp
from hooks.guideline.thresholds import T_OSTEOPOROSIS
from hooks.guideline.treatment import on_anabolic

GROUP = Group(8, "Drug choice: anabolic drugs")

SAFETY = "C-SAFETY"
ORDER_HOOKS = (ORDER_SELECT, ORDER_SIGN)


def _refer_instead(case: Case) -> Sequence[Proposal]:
    drafted = [drug for drug in sorted(ANABOLICS) if isinstance(draft_medication(case, drug), Yes)]
    referrals = tuple(refer("bone_specialist", drug=drug) for drug in drafted)
    return (*(delete_draft(drug) for drug in drafted), *referrals)


@GROUP.rule(
    "SEL-4",
    "Anabolic drugs are started by specialists only",
    section="§9.2",
    strength="must (kun)",
    card=SAFETY,
    hooks=ORDER_HOOKS,
    indicator="warning",
    suppression="none",
    proposals=_refer_instead,
)
def sel_4(case: Case) -> Answer:
    """Teriparatide and romosozumab are started by specialists, in every reading of the guideline (C-20)."""
    return start_draft(case, "teriparatide", "romosozumab")


@GROUP.rule(
    "SEL-5",
    "Teriparatide criteria met: referral can be offered",
    section="§9.2 criteria box; §9.3",
    strength="may refer",
    card="C-REFER",
    hooks=(PATIENT_VIEW,),
    proposals=(refer("bone_specialist", drug="teriparatide"),),
)
def sel_5(case: Case) -> Answer:
    """The reimbursement criteria for teriparatide appear to be met; an eGFR never measured does not stop it."""
    return all_of(
        teriparatide_age(case),
        teriparatide_fractures(case),
        no(on_anabolic(case)),
        no(earlier_course(case, "teriparatide")),
        no(teriparatide_exclusion_recorded(case)),
    )


@GROUP.rule(
    "SEL-6",
    "Teriparatide contraindications",
    section="§9.2",
    strength="contraindicated",
    card=SAFETY,
    hooks=ORDER_HOOKS,
    indicator="critical",
    suppression="none",
    proposals=(delete_draft("teriparatide"),),
)
def sel_6(case: Case) -> Answer:
    """Radiotherapy or cancer of the skeleton, myeloma, or eGFR below 30; exactly 30 is not below."""
    return all_of(drafted_or_referred(case, "teriparatide"), teriparatide_excluded(case))


@GROUP.rule(
    "SEL-7",
    "Romosozumab criteria met: referral can be offered",
    section="§9.2 criteria box",
    strength="may refer",
    card="C-REFER",
    hooks=(PATIENT_VIEW,),
    proposals=(refer("bone_specialist", drug="romosozumab"),),
)
def sel_7(case: Case) -> Answer:
    """Severe osteoporosis and a recent fracture after the menopause. Not modelled: what the region offers."""
    return all_of(
        postmenopausal(case),
        romosozumab_fracture(case),
        at_most(t_low(case), T_OSTEOPOROSIS),
        no(on_anabolic(case)),
        no(earlier_course(case, "romosozumab")),
        no(heart_attack_or_stroke(case)),
    )


@GROUP.rule(
    "SEL-8",
    "Romosozumab contraindicated after AMI or stroke",
    section="§9.2 criteria box",
    strength="contraindicated",
    card=SAFETY,
    hooks=ORDER_HOOKS,
    indicator="critical",
    suppression="none",
    proposals=(delete_draft("romosozumab"),),
)
def sel_8(case: Case) -> Answer:
    """A myocardial infarction or stroke at any time. Not modelled: TIA, which is not named."""
    return all_of(drafted_or_referred(case, "romosozumab"), heart_attack_or_stroke(case))


@GROUP.rule(
    "SEL-9",
    "Romosozumab: caution with cardiovascular risk factors",
    section="§9.2",
    strength="caution",
    card=SAFETY,
    hooks=ORDER_HOOKS,
    indicator="warning",
    proposals=(task("discuss_with_specialist"),),
)
def sel_9(case: Case) -> Answer:
    """Cardiovascular risk factors call for caution; the list is a local default."""
    return all_of(
        drafted_or_referred(case, "romosozumab"),
        no(logic_of(case, "SEL-8")),
        cardiovascular_risk(case),
    )


@GROUP.rule(
    "SEL-14",
    "Anabolic criteria met while a tablet is being started",
    section="§9.2 (oral bisphosphonate paragraph)",
    strength="may refer",
    card="C-TREATMENT",
    hooks=ORDER_HOOKS,
    proposals=(refer("bone_specialist", drug="anabolic"),),
)
def sel_14(case: Case) -> Answer:
    """Who fulfils the criteria for anabolic treatment can be referred before a tablet is started."""
    return all_of(start_oral_bp(case), logic_of(case, "SEL-5", "SEL-7"))


GROUP.explanation(
    "SEL-19",
    "Side effects of anabolic drugs",
    section="§9.2",
    strength="information",
    card="C-REFER",
    shown_with=("SEL-5", "SEL-7"),
)


@GROUP.rule(
    "SEL-20",
    "Anabolic course must be followed by another drug",
    section="§9.2",
    strength="is followed by",
    card="C-DURATION",
    hooks=(PATIENT_VIEW,),
    indicator="warning",
    proposals=(task("contact_treating_department"), prescribe("alendronate")),
)
def sel_20(case: Case) -> Answer:
    """The anabolic course ended and no bisphosphonate or denosumab followed; asked for 24 months (local default)."""
    return anabolic_left_open(case)


@GROUP.rule(
    "SEL-21",
    "Inform before an anabolic referral",
    section="§9.2",
    strength="important",
    card="C-REFER",
    hooks=(ORDER_SIGN,),
    proposals=(message("anabolic_is_injected"),),
)
def sel_21(case: Case) -> Answer:
    """The patient is told that anabolic treatment is injected, as a rule by the patient."""
    return draft_referral(case, "teriparatide", "romosozumab", "anabolic")


@GROUP.rule(
    "SEL-22",
    "Anabolic course longer than its limit",
    section="§9.2",
    strength="up to 24 months / 12 months",
    card="C-REFER",
    hooks=(PATIENT_VIEW,),
    indicator="warning",
    proposals=(task("contact_treating_department"),),
)
def sel_22(case: Case) -> Answer:
    """Teriparatide beyond 24 months or romosozumab beyond 12; exactly so long is not beyond."""
    return anabolic_too_long(case)
