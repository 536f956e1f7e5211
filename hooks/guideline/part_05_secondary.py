"""Part 5: secondary causes, the biochemical panel, and vitamin D around the scan."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_density import any_t_score, osteoporosis, t_low
from hooks.guideline.calendar import add_months
from hooks.guideline.case import PATIENT_VIEW, Case
from hooks.guideline.firing import fires
from hooks.guideline.laboratory import markers_available, not_measured_within, supplement_caution, vitamin_d
from hooks.guideline.logic import Answer, all_of, any_of, at_most, below
from hooks.guideline.proposal import Proposal, order, prescribe
from hooks.guideline.rule import Group
from hooks.guideline.scope import age, in_scope, male
from hooks.guideline.secondary import panel_missing, panel_to_order, rescan_after_repletion
from hooks.guideline.thresholds import LEVEL_AGAIN, T_OSTEOPENIA, VITD_VERY_LOW
from hooks.guideline.treatment import untreated

GROUP = Group(5, "Secondary causes and biochemistry")


def missing_tests(case: Case) -> Sequence[Proposal]:
    """One order per missing test of the panel."""
    return tuple(order(item) for item in panel_to_order(case))


@GROUP.rule(
    "SEC-1",
    "Biochemical screening when osteoporosis or markedly low BMD is found",
    section="§7 (biochemical screening box); §9.4",
    strength="is done (laves)",
    card="C-TREATMENT",
    hooks=(PATIENT_VIEW,),
    proposals=missing_tests,
)
def sec_1(case: Case) -> Answer:
    """The panel looks for comorbidity, secondary causes and the vitamin D level; it belongs to the finding.

    Tests already ordered are left out; eGFR counts as creatinine.
    """
    return all_of(
        any_of(osteoporosis(case), fires(case, "GLU-TX-1", "GLU-TX-2")),
        untreated(case),
        panel_missing(case),
    )


@GROUP.rule(
    "SEC-2",
    "Testosterone in men with early osteoporosis",
    section="§7",
    strength="is added",
    card="C-TREATMENT",
    hooks=(PATIENT_VIEW,),
    settled_by=("testosterone",),
    proposals=(order("testosterone"),),
)
def sec_2(case: Case) -> Answer:
    """In a man with early osteoporosis testosterone belongs to the panel; "early" is below 70 by default."""
    return all_of(
        male(case),
        osteoporosis(case),
        below(age(case), case.defaults.early_op_man),
        untreated(case),
        not_measured_within(case, case.defaults.screen_age, "testosterone"),
    )


GROUP.explanation(
    "SEC-3",
    "Further tests on indication",
    section="§7",
    strength="on indication",
    card="C-TREATMENT",
    shown_with=("SEC-1", "FAIL-4", "DEF-PATH-1"),
)


def marker_baseline_possible(case: Case) -> Answer:
    """Markers can be ordered, and a bisphosphonate is likely."""
    return all_of(markers_available(case), fires(case, "TX-IND-1", "TX-IND-2", "GLU-TX-1", "GLU-TX-2"))


GROUP.explanation(
    "SEC-4",
    "Bone marker in the same sample when an oral bisphosphonate is likely",
    section="§7",
    strength="may",
    card="C-TREATMENT",
    shown_with=("SEC-1",),
    when=marker_baseline_possible,
)


def replete(case: Case) -> Sequence[Proposal]:
    """Vitamin D now, and a new level in three months."""
    return (prescribe("vitamin_d"), order("vitamin_d", on=add_months(case.today, LEVEL_AGAIN)))


@GROUP.rule(
    "SEC-5",
    "Vitamin D below 25: replete, then re-scan after 6-12 months at a normal level",
    section="§7; §9.1",
    strength="recommended",
    card="C-TREATMENT",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    unless=supplement_caution,
    proposals=replete,
)
def sec_5(case: Case) -> Answer:
    """Very low vitamin D makes the scan falsely low: replete first; exactly 25 is PRE-VITD-1's business."""
    return all_of(
        in_scope(case),
        any_t_score(case),
        at_most(t_low(case), T_OSTEOPENIA),
        below(vitamin_d(case), VITD_VERY_LOW),
    )


@GROUP.rule(
    "SEC-6",
    "Re-scan after repletion",
    section="§7; §9.1",
    strength="may / recommended before treatment",
    card="C-INVESTIGATE",
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def sec_6(case: Case) -> Answer:
    """The level has been normal for six months; twelve are preferred."""
    return rescan_after_repletion(case)


GROUP.explanation(
    "SEC-7",
    "Look for contributing causes, also with a family history",
    section="§7",
    strength="must be sought",
    card="C-TREATMENT",
    shown_with=("SEC-1", "TX-IND-1", "TX-IND-2", "TX-IND-3"),
)

GROUP.explanation(
    "SEC-8",
    "Other important changes can also justify a new scan",
    section="§7",
    strength="may",
    card="C-INVESTIGATE",
    shown_with=("SEC-6", "DXA-NEW-1"),
)
