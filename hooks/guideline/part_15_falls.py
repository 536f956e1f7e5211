"""Part 15: fall prevention. Who is at risk and for whom falls are raised stands in falls.py."""

from __future__ import annotations

from hooks.guideline.bone_density import osteopenia, osteoporosis
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case
from hooks.guideline.falls import (
    fall_drug_taken,
    fall_or_tendency,
    fall_risk,
    falls_raised,
    many_drugs,
    new_fall_drug_drafted,
)
from hooks.guideline.logic import Answer, all_of, any_of, at_least
from hooks.guideline.orders import ordered_within
from hooks.guideline.proposal import change_draft, message, order, task
from hooks.guideline.risk_factors import fall_prone, fallen
from hooks.guideline.rule import Group
from hooks.guideline.scope import age, in_scope, multimorbidity, nursing_home
from hooks.guideline.thresholds import AGE_FALLS, FALLS_SEVERAL, REFERRAL_AGE

GROUP = Group(15, "Fall prevention")


@GROUP.rule(
    "FALL-1",
    "Hip protectors (hoftebeskyttere)",
    section="§9.1; B1; B1-K",
    strength="recommended only with high fall risk",
    card="C-FALLS",
    hooks=(PATIENT_VIEW,),
    proposals=(task("hip_protector_talk"), message("hip_protectors")),
)
def fall_1(case: Case) -> Answer:
    """Earlier falls or a rollator is an occasion to discuss hip protectors."""
    return all_of(
        in_scope(case),
        fall_prone(case),
        any_of(osteoporosis(case), osteopenia(case), at_least(age(case), AGE_FALLS)),
    )


@GROUP.rule(
    "FALL-2",
    "Nursing home: staff, hip protectors, subsidy",
    section="§9.1",
    strength="important",
    card="C-FALLS",
    hooks=(PATIENT_VIEW,),
    proposals=(message("hip_protectors_nursing_home"),),
)
def fall_2(case: Case) -> Answer:
    """In a nursing home the staff need to know how and when protectors are used."""
    return all_of(in_scope(case), nursing_home(case))


@GROUP.rule(
    "FALL-3",
    "Review drugs that increase falls",
    section="§9.1; B1-K",
    strength="important",
    card="C-FALLS",
    hooks=(PATIENT_VIEW,),
    proposals=(task("fall_drug_review"),),
)
def fall_3(case: Case) -> Answer:
    """Need, indication and dose of drugs that sedate, cause dizziness or low blood sugar, or reduce movement."""
    return all_of(in_scope(case), fall_risk(case), falls_raised(case), fall_drug_taken(case))


GROUP.explanation(
    "FALL-4",
    "Strength and balance training",
    section="§9.1; B1; B1-K",
    strength="may consider",
    card="C-FALLS",
    shown_with=("FALL-1", "FALL-2", "FALL-3", "FALL-6"),
)

GROUP.explanation(
    "FALL-5",
    "The home",
    section="§9.1; B1-K",
    strength="may",
    card="C-FALLS",
    shown_with=("FALL-1", "FALL-2", "FALL-3", "FALL-6"),
)


def fall_assessment_referred(case: Case) -> Answer:
    """A referral to a fall assessment within 12 months."""
    return ordered_within(case, REFERRAL_AGE, "fall_assessment")


@GROUP.rule(
    "FALL-6",
    "Fall assessment (faldudredning)",
    section="§9.1; B1",
    strength="may consider",
    card="C-FALLS",
    hooks=(PATIENT_VIEW,),
    settled_by=("fall_assessment",),
    unless=fall_assessment_referred,
    proposals=(order("fall_assessment"),),
)
def fall_6(case: Case) -> Answer:
    """A complex course with falls: multimorbidity, several falls or many drugs (a default combination)."""
    return all_of(
        in_scope(case),
        falls_raised(case),
        fall_or_tendency(case),
        any_of(multimorbidity(case), fallen(case, int(FALLS_SEVERAL)), many_drugs(case)),
    )


GROUP.explanation(
    "FALL-7",
    "Vision and light",
    section="B1-K",
    strength="ought",
    card="C-FALLS",
    shown_with=("FALL-1", "FALL-6"),
)


@GROUP.rule(
    "FALL-8",
    "Starting a fall-risk drug",
    section="§9.1; B1-K; §12",
    strength="be aware",
    card="C-FALLS",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=(change_draft("review_date"),),
)
def fall_8(case: Case) -> Answer:
    """A drug that can increase falls is started in somebody with osteoporosis or earlier falls."""
    return all_of(
        new_fall_drug_drafted(case),
        in_scope(case),
        any_of(osteoporosis(case), fall_prone(case)),
    )
