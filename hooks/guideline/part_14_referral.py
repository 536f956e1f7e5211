"""Part 14: what belongs with a specialist."""

from __future__ import annotations

from fhir_mappings.facts import Fracture
from hooks.guideline.bone_density import any_t_score, osteoporosis, t_low
from hooks.guideline.case import CONDITIONS, PATIENT_VIEW, Case, absent, predicate
from hooks.guideline.fractures import fractures, pathological
from hooks.guideline.laboratory import egfr
from hooks.guideline.logic import Answer, Unknown, above, all_of, any_of, at_most, below, exists, no
from hooks.guideline.proposal import refer
from hooks.guideline.renal_course import egfr_progressive
from hooks.guideline.rule import Group
from hooks.guideline.scope import age, any_condition, male, noted, premenopausal
from hooks.guideline.thresholds import AGE_MAN_IN_SCOPE, COMPRESSION_DIAGNOSTIC, EGFR_LIMIT, T_OSTEOPOROSIS
from hooks.guideline.treatment import on_antiosteo

GROUP = Group(14, "Referral")

#: Conditions in which osteoporosis is often handled by another specialty; the guideline has no list (REF-6).
OTHER_BONE_CONDITIONS = (
    *("osteogenesis_imperfecta", "ehlers_danlos", "marfan", "mastocytosis"),
    *("acromegaly", "growth_hormone_deficiency", "cushing"),
)

GROUP.explanation(
    "REF-1",
    "Failure that cannot be handled in practice",
    section="§9.2 referral list; §9.3; B1-K",
    strength="ought to be referred",
    card="C-FAILURE",
    shown_with=("FAIL-1", "FAIL-2", "FAIL-3"),
)


@GROUP.rule(
    "REF-2",
    "Progressive loss of kidney function before 35",
    section="§9.2 referral list",
    strength="ought to be referred",
    card="C-REFER",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    settled_by=("bone_specialist",),
    proposals=(refer("bone_specialist"),),
)
def ref_2(case: Case) -> Answer:
    """eGFR is falling: refer before it is under 35, while options remain. How fast is "progressive" is a default."""
    return all_of(
        any_of(osteoporosis(case), on_antiosteo(case)),
        above(egfr(case), EGFR_LIMIT),
        below(egfr(case), case.defaults.egfr_progress_ceiling),
        egfr_progressive(case),
    )


GROUP.explanation(
    "REF-3",
    "Need for anabolic treatment",
    section="§9.2 referral list; §9.3",
    strength="ought to be referred",
    card="C-REFER",
    shown_with=("SEL-5", "SEL-7", "SEL-14"),
)


def _certain(case: Case, fracture: Fracture) -> bool:
    """Recorded, not presumed, as low-energy, of hip or spine, and no other cause."""
    return fracture.low_energy is True and fracture.site in ("hip", "vertebral") and not pathological(case, fracture)


@predicate
def certain_major_fracture(case: Case) -> Answer:
    """A low-energy hip fracture, or a vertebral one of 20 % or more; unknown when only the grade lacks."""
    certain = fractures(case, lambda f: _certain(case, f))
    graded = [f for f in certain if f.site == "hip" or (f.compression_pct or 0) >= COMPRESSION_DIAGNOSTIC]
    ungraded = len(certain) > len(graded) and any(f.compression_pct is None for f in certain if f not in graded)
    return exists(graded, otherwise=Unknown(("compression_pct",)) if ungraded else absent(case, *CONDITIONS))


@predicate
def osteoporosis_found(case: Case) -> Answer:
    """A T-score of -2.5 or lower, or a certain low-energy hip or vertebral fracture, whatever age and sex."""
    return any_of(
        all_of(any_t_score(case), at_most(t_low(case), T_OSTEOPOROSIS)),
        certain_major_fracture(case),
    )


@GROUP.rule(
    "REF-4",
    "Osteoporosis before the menopause",
    section="§9.2 referral list; §1",
    strength="ought to be referred",
    card="C-REFER",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    settled_by=("bone_specialist",),
    proposals=(refer("endocrinology"),),
)
def ref_4(case: Case) -> Answer:
    """Osteoporosis in a premenopausal woman belongs with a specialist for work-up and treatment."""
    return all_of(premenopausal(case), osteoporosis_found(case), no(noted(case, "specialist_bone_care")))


@GROUP.rule(
    "REF-5",
    "Osteoporosis in men under 60",
    section="§9.2 referral list; §1",
    strength="ought to be referred",
    card="C-REFER",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    settled_by=("bone_specialist",),
    proposals=(refer("endocrinology"),),
)
def ref_5(case: Case) -> Answer:
    """Osteoporosis in a man under 60 belongs with a specialist; 60 itself is in scope (C-08)."""
    return all_of(
        male(case),
        below(age(case), AGE_MAN_IN_SCOPE),
        osteoporosis_found(case),
        no(noted(case, "specialist_bone_care")),
    )


@GROUP.rule(
    "REF-6",
    "Other osteoporotic conditions",
    section="§1; Box R",
    strength="often referred",
    card="C-REFER",
    hooks=(PATIENT_VIEW,),
    settled_by=("bone_specialist",),
    proposals=(refer("specialist"),),
)
def ref_6(case: Case) -> Answer:
    """Osteoporosis together with such a condition is often handled by another specialty; the list is a default."""
    return all_of(
        osteoporosis(case),
        any_condition(case, *OTHER_BONE_CONDITIONS),
        no(noted(case, "specialist_bone_care")),
    )


GROUP.explanation(
    "REF-7",
    "Specialist help with denosumab stop, low eGFR, transplant, hypercalcaemia, vertebroplasty",
    section="§3; §9.2; §10; §12",
    strength="may / reasonable",
    card="C-REFER",
    shown_with=("DEN-STOP-1", "DEN-STOP-5", "PRE-EGFR-2", "PRE-EGFR-3", "PRE-EGFR-4", "SUP-10", "PAIN-6"),
)
