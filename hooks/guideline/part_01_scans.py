"""Part 1 of the catalogue, continued: what a scan can and cannot say, and secondary causes."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_density import any_t_score, osteoporosis, t_low
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, at_patient_view
from hooks.guideline.drafted import dxa_drafted
from hooks.guideline.firing import fires
from hooks.guideline.logic import Answer, Yes, all_of, any_of, at_most, no
from hooks.guideline.proposal import Proposal, order, task
from hooks.guideline.risk_factors import CAUSES, any_factor
from hooks.guideline.rule import Group
from hooks.guideline.scan_quality import (
    any_z_score,
    scanners_differ,
    spine_value_doubtful,
    t_score_elsewhere,
    vitamin_d_very_low_near_scan,
)
from hooks.guideline.scope import in_scope
from hooks.guideline.starting import start_any
from hooks.guideline.thresholds import T_OSTEOPENIA

GROUP = Group(1, "Definitions and data quality: scans")


def _scan_if_worth_it(case: Case) -> Sequence[Proposal]:
    investigate = fires(case, *(f"INV-{n}" for n in (*range(1, 10), 15)))
    return (order("dxa"),) if isinstance(investigate, Yes) else ()


@GROUP.rule(
    "DEF-SITE-1",
    "DXA of other sites is not diagnostic",
    section="§5",
    strength="definition (cannot be used)",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
    proposals=_scan_if_worth_it,
)
def def_site_1(case: Case) -> Answer:
    """Only spine, femoral neck and total hip can define osteoporosis; the recorded value is of another site."""
    return all_of(in_scope(case), t_score_elsewhere(case), no(any_t_score(case)))


@GROUP.rule(
    "DEF-Z-1",
    "Z-score is never a diagnosis or an indication",
    section="§5 Z-score box; §6",
    strength="must not",
    card="C-STATUS",
    hooks=(PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN),
    proposals=(task("obtain_t_scores"),),
)
def def_z_1(case: Case) -> Answer:
    """Only a Z-score is on record; diagnosis and indication rest on the T-score."""
    return all_of(
        in_scope(case),
        any_z_score(case),
        no(any_t_score(case)),
        any_of(at_patient_view(case), dxa_drafted(case), start_any(case)),
    )


GROUP.explanation(
    "DEF-Z-2",
    "Z-score may show whether bone mass fits the age",
    section="§6; §5 interval footnote",
    strength="may",
    card="C-STATUS",
    shown_with=("DEF-OPENIA-1",),
)


@GROUP.rule(
    "DEF-DXAQ-1",
    "Spine T-score may be falsely high",
    section="§5 sources of error",
    strength="caution",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_dxaq_1(case: Case) -> Answer:
    """Degenerative changes and collapsed vertebrae can make the spine value too high."""
    return all_of(in_scope(case), spine_value_doubtful(case))


@GROUP.rule(
    "DEF-DXAQ-2",
    "T-score may be falsely low because of vitamin D deficiency",
    section="§5 sources of error; §7",
    strength="caution",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_dxaq_2(case: Case) -> Answer:
    """Vitamin D below 25 around the scan: under-mineralised bone gives too low a value."""
    return all_of(
        in_scope(case),
        any_t_score(case),
        at_most(t_low(case), T_OSTEOPENIA),
        vitamin_d_very_low_near_scan(case),
    )


@GROUP.rule(
    "DEF-DXAQ-3",
    "Scans from different scanners",
    section="§5; B1-K",
    strength="caution",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_dxaq_3(case: Case) -> Answer:
    """The two latest scans come from different machines: natural variation is larger."""
    return scanners_differ(case)


@GROUP.rule(
    "DEF-SEC-1",
    "Possible secondary osteoporosis",
    section="§2; A-Aetiology",
    strength="definition",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
)
def def_sec_1(case: Case) -> Answer:
    """Osteoporosis with a disease or drug that may have contributed."""
    return all_of(osteoporosis(case), any_factor(case, (*CAUSES, "Q8")))
