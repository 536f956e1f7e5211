"""Part 10 of the catalogue: prednisolone and other systemic glucocorticoids.

Women after the menopause and men from 50; younger people individually (§9.4). On the order
hooks the entries are asked only when a systemic glucocorticoid is drafted.
"""

from __future__ import annotations

from hooks.guideline.bone_density import any_t_score, osteoporosis, osteoporosis_by_code_alone, t_low
from hooks.guideline.bone_protection import (
    at_prescribing,
    glucocorticoid_age,
    scanned_for_course,
    started_before_scan,
    younger,
)
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, POPULATION, Case
from hooks.guideline.drafted import dxa_drafted, supplement_drafted
from hooks.guideline.fractures import major_fracture
from hooks.guideline.glucocorticoid import (
    dose_unreadable,
    gc_active,
    gc_below_threshold,
    gc_exposed,
    gc_threshold,
    glucocorticoid_in_view,
    local_only,
)
from hooks.guideline.laboratory import supplement_caution
from hooks.guideline.logic import Answer, Yes, above, all_of, any_of, at_most, no
from hooks.guideline.proposal import order, prescribe, task
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.scope import age
from hooks.guideline.starting import start_any
from hooks.guideline.supplements import supplement_incomplete
from hooks.guideline.thresholds import (
    AGE_TREAT_BEFORE_DXA,
    T_OSTEOPENIA,
    T_OSTEOPOROSIS,
)
from hooks.guideline.treatment import on_antiosteo

GROUP = Group(10, "Prednisolone and other systemic glucocorticoids")


def _warning_at_threshold(case: Case) -> Indicator:
    return "warning" if isinstance(gc_threshold(case), Yes) else "info"


GROUP.explanation(
    "GLU-DOSE-1",
    "Dose arithmetic is shown",
    section="§4; §9.4; B1",
    strength="derived",
    card="C-GLUCO",
    shown_with=("GLU-DXA-1", "GLU-DXA-2", "GLU-TX-1", "GLU-TX-2", "GLU-SUP-1"),
)


@GROUP.rule(
    "GLU-DOSE-2",
    "Dose or duration cannot be computed",
    section="§9.4 (derived)",
    strength="derived",
    card="C-GLUCO",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    proposals=(task("complete_glucocorticoid_dose"),),
)
def glu_dose_2(case: Case) -> Answer:
    """A systemic glucocorticoid of the last 12 months, or a draft, has no readable dose or duration."""
    return all_of(glucocorticoid_in_view(case), dose_unreadable(case))


GROUP.explanation(
    "GLU-PREV-1",
    "Prednisolone: always think of prevention",
    section="§9.4; B1 (attention box)",
    strength="must always be considered",
    card="C-GLUCO",
    shown_with=("GLU-DXA-1", "GLU-DXA-2", "GLU-SUP-1"),
)


@GROUP.rule(
    "GLU-DXA-1",
    "DXA early when prednisolone reaches 5 mg/day for three months or 450 mg in a year",
    section="§4; §9.4 text and box; B1",
    strength="consider / normally ordered",
    card="C-GLUCO",
    indicator="warning",
    hooks=(PATIENT_VIEW, ORDER_SIGN, POPULATION),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def glu_dxa_1(case: Case) -> Answer:
    """From 5 mg a day for three months, or 450 mg in a year, a DXA is usually ordered early in the course.

    Expected doses count as well as past ones; an open-ended order is assumed to run on (stated).
    Osteoporosis that rests on a code alone, without any T-score, does not silence it: whether to
    protect the bones turns on the scan, which is then asked for (our reading).
    """
    return all_of(
        glucocorticoid_in_view(case),
        glucocorticoid_age(case),
        gc_exposed(case),
        no(scanned_for_course(case)),
        any_of(no(osteoporosis(case)), osteoporosis_by_code_alone(case)),
        any_of(no(on_antiosteo(case)), started_before_scan(case)),
    )


@GROUP.rule(
    "GLU-DXA-2",
    "Younger people on prednisolone: individual judgement",
    section="§9.4 text and box",
    strength="individual",
    card="C-GLUCO",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    settled_by=("dxa",),
    proposals=(task("glucocorticoid_scan_decision"), order("dxa")),
)
def glu_dxa_2(case: Case) -> Answer:
    """Before the menopause, or in men under 50, whether to scan is an individual decision."""
    return all_of(
        glucocorticoid_in_view(case),
        younger(case),
        gc_exposed(case),
        no(scanned_for_course(case)),
        no(on_antiosteo(case)),
    )


@GROUP.rule(
    "GLU-TX-1",
    "Osteopenia during prednisolone: preventive bisphosphonate",
    section="§6; §9.4 text and box; B1-E",
    strength="recommended",
    card="C-GLUCO",
    indicator="warning",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    proposals=(prescribe("alendronate"), order("ctx")),
)
def glu_tx_1(case: Case) -> Answer:
    """Osteopenia at this dose: preventive bisphosphonate, until half a year to a year after prednisolone (C-07)."""
    return all_of(
        glucocorticoid_in_view(case),
        glucocorticoid_age(case),
        gc_exposed(case),
        above(t_low(case), T_OSTEOPOROSIS),
        at_most(t_low(case), T_OSTEOPENIA),
        no(major_fracture(case)),
        no(on_antiosteo(case)),
    )


@GROUP.rule(
    "GLU-TX-2",
    "Older people: start before the DXA",
    section="§9.4; Fig 3 caption",
    strength="may",
    card="C-GLUCO",
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    proposals=(prescribe("alendronate"), order("dxa")),
)
def glu_tx_2(case: Case) -> Answer:
    """Over 75 most have at least osteopenia: alendronate can be started without waiting for the scan.

    Women over 75 and men over 80 firmly; men of 76 to 80 in weaker words (C-02).
    """
    return all_of(
        glucocorticoid_in_view(case),
        gc_exposed(case),
        no(any_t_score(case)),
        no(major_fracture(case)),
        no(on_antiosteo(case)),
        above(age(case), AGE_TREAT_BEFORE_DXA),
    )


GROUP.explanation(
    "GLU-TX-3",
    "Osteoporosis found during prednisolone: treated as ordinary osteoporosis",
    section="§9.4; B1-E",
    strength="recommended",
    card="C-GLUCO",
    shown_with=("TX-IND-1", "TX-IND-2"),
    when=gc_exposed,
)
GROUP.explanation(
    "GLU-LAB-1",
    "Biochemical work-up as for osteoporosis",
    section="§9.4",
    strength="must be done when treatment is indicated",
    card="C-GLUCO",
    shown_with=("GLU-TX-1", "GLU-TX-2"),
)
GROUP.explanation(
    "GLU-MARK-1",
    "CTX before and three months after start",
    section="§9.4; B1; B1-E",
    strength="may",
    card="C-GLUCO",
    shown_with=("GLU-TX-1", "GLU-TX-2"),
)


@GROUP.rule(
    "GLU-SUP-1",
    "Always calcium and vitamin D with prednisolone",
    section="§9.4 text and box; B1; B1-E",
    strength="recommended / always",
    card="C-GLUCO",
    indicator=_warning_at_threshold,
    hooks=(PATIENT_VIEW, ORDER_SIGN),
    unless=supplement_caution,
    proposals=(prescribe("calcium_vitd"),),
)
def glu_sup_1(case: Case) -> Answer:
    """Calcium and vitamin D throughout; below the threshold only at prescribing (C-34)."""
    return all_of(
        glucocorticoid_in_view(case),
        gc_active(case),
        any_of(gc_threshold(case), at_prescribing(case)),
        supplement_incomplete(case),
        no(supplement_drafted(case)),
    )


GROUP.explanation(
    "GLU-SHORT-1",
    "Short courses are less harmful",
    section="§9.4",
    strength="information",
    card="C-GLUCO",
    shown_with=("GLU-SUP-1",),
    when=gc_below_threshold,
)


@GROUP.rule(
    "GLU-LOCAL-1",
    "Local glucocorticoids",
    section="§9.4",
    strength="no evidence; individual",
    card="C-GLUCO",
    hooks=(ORDER_SELECT, ORDER_SIGN),
)
def glu_local_1(case: Case) -> Answer:
    """Only local glucocorticoid: no evidence that preventive bone medicine helps; judge individually."""
    return all_of(local_only(case), any_of(dxa_drafted(case), start_any(case)))


GROUP.explanation(
    "GLU-LIFE-1",
    "Lifestyle and modifiable risk factors",
    section="§9.4 box; B1-E",
    strength="recommended",
    card="C-GLUCO",
    shown_with=("GLU-DXA-1", "GLU-DXA-2", "GLU-TX-1"),
)
GROUP.explanation(
    "GLU-HOSP-1",
    "Hospital clinic may already be responsible",
    section="§9.4",
    strength="information",
    card="C-GLUCO",
    shown_with=("GLU-DXA-1", "GLU-DXA-2", "GLU-TX-1", "GLU-TX-2"),
)
