"""Part 9, continued: kidney function, height, adherence and side effects during treatment."""

from __future__ import annotations

from hooks.guideline.case import PATIENT_VIEW, POPULATION, Case
from hooks.guideline.failure import height_lost_on_treatment
from hooks.guideline.laboratory import egfr, not_measured, not_measured_within, older_than
from hooks.guideline.logic import Answer, above, all_of, any_of, at_least, at_most, below, no
from hooks.guideline.monitoring import dispensing_gap, kidney_risk, on_bisphosphonate
from hooks.guideline.proposal import message, order, prescribe, refer, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import noted
from hooks.guideline.tablets import on_oral_bp
from hooks.guideline.thresholds import EGFR_FREQUENT, EGFR_LIMIT
from hooks.guideline.treatment import on_antiosteo, treated_months

GROUP = Group(9, "Kidney function, height and adherence during treatment")


@GROUP.rule(
    "MON-RENAL-1",
    "Kidney function regularly during treatment",
    section="§9.2; §11; Skema 1; B1-B",
    strength="must regularly",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    settled_by=("egfr",),
    proposals=(order("egfr"),),
)
def mon_renal_1(case: Case) -> Answer:
    """Kidney function is followed; 24 months is a default for "regularly". Never measured: now."""
    return all_of(on_bisphosphonate(case), any_of(not_measured(case, "egfr"), _routine_due(case)))


def _routine_due(case: Case) -> Answer:
    return all_of(
        at_least(egfr(case), EGFR_FREQUENT),
        no(kidney_risk(case)),
        older_than(case, "egfr", case.defaults.renal_routine),
    )


@GROUP.rule(
    "MON-RENAL-2",
    "At risk of falling kidney function: yearly or more often",
    section="§9.2; §11",
    strength="ought",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    settled_by=("egfr",),
    proposals=(order("egfr"),),
)
def mon_renal_2(case: Case) -> Answer:
    """At risk of falling kidney function: at least yearly. What counts as risk is a default."""
    return all_of(
        on_bisphosphonate(case),
        at_least(egfr(case), EGFR_FREQUENT),
        kidney_risk(case),
        older_than(case, "egfr", case.defaults.renal_risk),
    )


@GROUP.rule(
    "MON-RENAL-3",
    "eGFR below 50: frequent control",
    section="B1-B",
    strength="often needed",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    settled_by=("egfr",),
    proposals=(order("egfr"),),
)
def mon_renal_3(case: Case) -> Answer:
    """Below 50 kidney function often needs frequent control; six months is a default."""
    return all_of(
        on_bisphosphonate(case),
        above(egfr(case), EGFR_LIMIT),
        below(egfr(case), EGFR_FREQUENT),
        older_than(case, "egfr", case.defaults.renal_low),
    )


@GROUP.rule(
    "MON-RENAL-4",
    "eGFR 35 or lower during bisphosphonate treatment",
    section="§9.2; B1-B",
    strength="must be above 35",
    card="C-REFER",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    proposals=(refer("bone_specialist"), order("egfr")),
)
def mon_renal_4(case: Case) -> Answer:
    """No longer above 35 on a bisphosphonate: confer with a specialist about going on; 35 included (C-04)."""
    return all_of(on_bisphosphonate(case), at_most(egfr(case), EGFR_LIMIT))


@GROUP.rule(
    "MON-HEIGHT-1",
    "Height at follow-up",
    section="Skema 1; Skema 2; B1-B; B2",
    strength="is repeated",
    card="C-STATUS",
    hooks=(PATIENT_VIEW,),
    proposals=(task("measure_height_again"),),
)
def mon_height_1(case: Case) -> Answer:
    """Height is measured at the start and again; every 24 months is a default."""
    return all_of(
        treated_months(case, case.defaults.height_age),
        not_measured_within(case, case.defaults.height_age, "height_cm"),
    )


@GROUP.rule(
    "MON-HEIGHT-2",
    "Height loss during treatment",
    section="§4; §12; B1-B",
    strength="derived",
    card="C-FAILURE",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    settled_by=("spine_xray",),
    proposals=(order("spine_xray"),),
)
def mon_height_2(case: Case) -> Answer:
    """Height lost on treatment: think of a vertebral collapse; imaging if it would have a consequence."""
    return all_of(on_antiosteo(case), at_least(height_lost_on_treatment(case), case.defaults.height_loss))


@GROUP.rule(
    "MON-ADH-1",
    "Dispensing gap",
    section="§9.3; §11; B1-B",
    strength="check adherence",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW, POPULATION),
    proposals=(task("open_talk_on_tablets"), message("how_is_it_going")),
)
def mon_adh_1(case: Case) -> Answer:
    """The tablets dispensed ran out more than 60 days ago (default): ask openly, without reproach."""
    return all_of(on_oral_bp(case), dispensing_gap(case))


GROUP.explanation(
    "MON-ADH-2",
    "Neutral tone, no blame",
    section="B1-B; §9.1; B1-K",
    strength="important",
    card="C-MONITOR",
    shown_with=("MON-MARK-7", "MON-MARK-8", "MON-MARK-12", "MON-ADH-1", "MON-VISIT-1", "FAIL-4"),
)


@GROUP.rule(
    "MON-SIDE-1",
    "Unacceptable side effects",
    section="Fig 1; §9.2; B1",
    strength="refer to parenteral treatment",
    card="C-TREATMENT",
    hooks=(PATIENT_VIEW,),
    settled_by=("zoledronate",),
    proposals=(order("zoledronate"), prescribe("alendronate_effervescent")),
)
def mon_side_1(case: Case) -> Answer:
    """Side effects that cannot be remedied: the effervescent form, or treatment by infusion or injection."""
    return all_of(on_oral_bp(case), noted(case, "oral_bp_intolerance"))
