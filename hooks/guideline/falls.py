"""Falls (head of part 15): who is at risk of falling, for whom falls are raised, and which drugs count."""

from __future__ import annotations

from hooks.guideline.bone_density import osteopenia, osteoporosis
from hooks.guideline.case import MEDICATIONS, Case, absent, predicate
from hooks.guideline.courses import courses
from hooks.guideline.drafted import draft_medications
from hooks.guideline.fractures import any_fracture, low_energy
from hooks.guideline.logic import YES, Answer, any_of, at_least, exists
from hooks.guideline.risk_factors import fall_prone, fallen
from hooks.guideline.scope import age, condition, nursing_home
from hooks.guideline.thresholds import AGE_FALLS, DRUGS_MANY

#: Drugs whose start is worth a word about falls (FALL-8); where one product has two names, the narrower first.
STARTED_FALL_DRUGS = (
    *("benzodiazepine", "hypnotic", "antipsychotic", "ssri", "tca", "antidepressant", "opioid", "anticholinergic"),
    *("antihypertensive", "loop_diuretic", "diuretic", "pde5_inhibitor"),
    *("insulin", "sulfonylurea", "glucose_lowering"),
)
#: Drugs to go through in somebody at risk of falling (FALL-3); the last two are named only in B1-K.
FALL_DRUGS = (*STARTED_FALL_DRUGS, "statin", "betablocker")


@predicate
def fall_risk(case: Case) -> Answer:
    """Coded fall tendency, rollator, a fall within 12 months, or nursing home."""
    return any_of(fall_prone(case), nursing_home(case))


@predicate
def fall_or_tendency(case: Case) -> Answer:
    """Coded fall tendency, or a fall within 12 months."""
    return any_of(condition(case, "fall_tendency"), fallen(case, 1))


@predicate
def falls_raised(case: Case) -> Answer:
    """gate: osteoporosis, osteopenia, 65 or older, or any low-energy fracture (a default, to limit noise)."""
    return any_of(
        osteoporosis(case),
        osteopenia(case),
        at_least(age(case), AGE_FALLS),
        any_fracture(case, lambda f: low_energy(case, f)),
    )


@predicate
def fall_drug_taken(case: Case) -> Answer:
    """At least one of FALL_DRUGS is being taken."""
    return exists((c for c in courses(case, FALL_DRUGS) if c.active), otherwise=absent(case, *MEDICATIONS))


@predicate
def many_drugs(case: Case) -> Answer:
    """Five or more different drugs are being taken."""
    products = {c.product for c in case.facts.courses if c.active}
    return YES if len(products) >= DRUGS_MANY else absent(case, *MEDICATIONS)


@predicate
def new_fall_drug_drafted(case: Case) -> Answer:
    """One of STARTED_FALL_DRUGS is drafted that is not being taken; a renewal is FALL-3's business."""
    listed = frozenset(STARTED_FALL_DRUGS)
    taken = [c.drugs for c in case.facts.courses if c.active]
    drafts = draft_medications(case, listed)
    return exists(d for d in drafts if not any(d.drugs & listed <= drugs for drugs in taken))
