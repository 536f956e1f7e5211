"""Part 1 of the catalogue: who the guideline is about, what the scan and the fractures say, what is unclear."""

from __future__ import annotations

from hooks.guideline.bone_density import any_t_score, osteopenia, t_low
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, at_patient_view, predicate
from hooks.guideline.drafted import bone_drug_drafted, draft_glucocorticoid, dxa_drafted
from hooks.guideline.fractures import (
    any_fracture,
    details_missing,
    low_energy,
    major_fracture,
    perhaps_pathological_fracture,
    small_compression,
)
from hooks.guideline.glucocorticoid import gc_exposed
from hooks.guideline.logic import Answer, above, all_of, any_of, at_most, no
from hooks.guideline.proposal import refer, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import in_scope, scope_out, scope_unknown
from hooks.guideline.starting import start_any
from hooks.guideline.thresholds import T_OSTEOPENIA, T_OSTEOPOROSIS

GROUP = Group(1, "Definitions and data quality")

ALL_HOOKS = (PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN)


@predicate
def bone_concern(case: Case) -> Answer:
    """A low T-score, a low-energy fracture, or a scan or bone drug about to be ordered."""
    return any_of(
        all_of(any_t_score(case), at_most(t_low(case), T_OSTEOPOROSIS)),
        any_fracture(case, lambda f: low_energy(case, f)),
        dxa_drafted(case),
        start_any(case),
    )


@GROUP.rule(
    "DEF-SCOPE-1",
    "Person outside the guideline population",
    section="Forord; §1; §9.2 referral list",
    strength="definition; such conditions often need another specialty",
    card="C-REFER",
    hooks=ALL_HOOKS,
)
def def_scope_1(case: Case) -> Answer:
    """The guideline is about women after the menopause and men from 60; others often need a specialist."""
    return all_of(
        scope_out(case),
        bone_concern(case),
        any_of(at_patient_view(case), dxa_drafted(case), start_any(case)),
    )


@GROUP.rule(
    "DEF-SCOPE-2",
    "Menopausal status needed",
    section="Forord; §1 (derived)",
    strength="derived",
    card="C-STATUS",
    hooks=ALL_HOOKS,
    proposals=(task("record_menopausal_status"),),
)
def def_scope_2(case: Case) -> Answer:
    """From 45 to 54 the advice turns on whether the menopause has passed (the ages are local defaults)."""
    return all_of(
        scope_unknown(case),
        any_of(bone_concern(case), gc_exposed(case)),
        any_of(at_patient_view(case), dxa_drafted(case), bone_drug_drafted(case), draft_glucocorticoid(case)),
    )


@GROUP.rule(
    "DEF-OP-1",
    "Osteoporosis by T-score",
    section="§2 definition box; §5 T-score box",
    strength="definition",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_op_1(case: Case) -> Answer:
    """The lowest T-score of spine and hip is -2.5 or lower. Never scanned: silent."""
    return all_of(in_scope(case), any_t_score(case), at_most(t_low(case), T_OSTEOPOROSIS))


@GROUP.rule(
    "DEF-OP-2",
    "Osteoporosis by low-energy hip or vertebral fracture",
    section="§2; §4 first bullet",
    strength="definition",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_op_2(case: Case) -> Answer:
    """A low-energy hip fracture or vertebral compression of 20 % or more, whatever the T-score."""
    return all_of(in_scope(case), major_fracture(case))


@GROUP.rule(
    "DEF-OPENIA-1",
    "Osteopenia",
    section="§2; §5; §6",
    strength="definition",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_openia_1(case: Case) -> Answer:
    """The lowest T-score lies above -2.5 and not above -1.0, without a hip or vertebral fracture."""
    return osteopenia(case)


@GROUP.rule(
    "DEF-NORM-1",
    "Normal bone mass",
    section="§5 interval table (derived)",
    strength="derived",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_norm_1(case: Case) -> Answer:
    """The lowest T-score is above -1.0, without a hip or vertebral fracture."""
    return all_of(in_scope(case), any_t_score(case), above(t_low(case), T_OSTEOPENIA), no(major_fracture(case)))


@GROUP.rule(
    "DEF-FX-1",
    "Fracture details missing",
    section="§2 (definition of low-energy fracture); §5 X-ray paragraph",
    strength="derived (definition needs mechanism and compression)",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
    proposals=(task("clarify_fracture"),),
)
def def_fx_1(case: Case) -> Answer:
    """The mechanism of a hip or vertebral fracture, or the grade of a compression, is not recorded."""
    return all_of(in_scope(case), any_fracture(case, lambda f: details_missing(case, f)))


@GROUP.rule(
    "DEF-FX-2",
    "Vertebral height loss under 20 % is not diagnostic",
    section="§2; §5 X-ray paragraph",
    strength="definition",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_fx_2(case: Case) -> Answer:
    """A vertebral compression below 20 % neither establishes osteoporosis nor predicts fractures."""
    return all_of(in_scope(case), small_compression(case), no(major_fracture(case)))


@GROUP.rule(
    "DEF-PATH-1",
    "Fracture with a possible other cause",
    section="§2",
    strength="definition (other causes must be unlikely)",
    card="C-REFER",
    hooks=(PATIENT_VIEW,),
    indicator="warning",
    proposals=(task("clarify_fracture_cause"), refer("bone_specialist")),
)
def def_path_1(case: Case) -> Answer:
    """A hip or vertebral fracture with myeloma, metastasis, or flagged as pathological.

    Not modelled: a cancer without skeletal disease.
    """
    return perhaps_pathological_fracture(case)
