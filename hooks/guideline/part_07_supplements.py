"""Part 7 of the catalogue, continued: vitamin D, calcium, teeth and height before a bone drug (§9.1; §9.2)."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.bone_density import osteopenia, osteoporosis
from hooks.guideline.calendar import add_months
from hooks.guideline.case import ORDER_SIGN, PATIENT_VIEW, Case, at_patient_view
from hooks.guideline.drafted import bone_drug_drafted, draft_medication
from hooks.guideline.indication import (
    about_to_start,
    bone_drug_ahead,
    dentist_seen,
    drop_drafts,
    follows_another,
    jaw_drug_started,
    poor_teeth,
    raise_and_control,
    supplements_lacking,
    vitamin_d_first,
)
from hooks.guideline.laboratory import (
    not_measured_within,
    supplement_caution,
    vitamin_d,
)
from hooks.guideline.logic import (
    Answer,
    Yes,
    above,
    all_of,
    any_of,
    at_least,
    at_most,
    below,
    no,
)
from hooks.guideline.proposal import Proposal, message, order, prescribe, task
from hooks.guideline.rule import Group, Indicator
from hooks.guideline.scope import in_scope
from hooks.guideline.starting import start_any
from hooks.guideline.thresholds import (
    REPLETED,
    VITD_START,
    VITD_TARGET_HIGH,
    VITD_TARGET_LOW,
    VITD_VERY_LOW,
)
from hooks.guideline.treatment import on_antiosteo

GROUP = Group(7, "Pre-treatment checks: vitamin D, calcium, teeth and height")

SIGNED = (PATIENT_VIEW, ORDER_SIGN)


def _warning_for_denosumab(case: Case) -> Indicator:
    return "warning" if isinstance(draft_medication(case, "denosumab"), Yes) else "info"


@GROUP.rule(
    "PRE-VITD-1",
    "Vitamin D 50 or lower before start",
    section="§9.2",
    strength="ought to be above 50",
    card="C-TREATMENT",
    hooks=SIGNED,
    indicator="warning",
    unless=supplement_caution,
    proposals=raise_and_control,
)
def pre_vitd_1(case: Case) -> Answer:
    """Vitamin D from 25 to 50 is raised before the start; exactly 50 is not above 50 (C-03)."""
    return all_of(about_to_start(case), at_least(vitamin_d(case), VITD_VERY_LOW), at_most(vitamin_d(case), VITD_START))


@GROUP.rule(
    "PRE-VITD-2",
    "Vitamin D between 50 and 70",
    section="§9.1; §9.2; B1; B1-B; B1-C",
    strength="aim (tilstræbes)",
    card="C-TREATMENT",
    hooks=SIGNED,
    proposals=(task("adjust_vitamin_d"),),
)
def pre_vitd_2(case: Case) -> Answer:
    """High enough to start; the aim is 70 to 125."""
    return all_of(about_to_start(case), above(vitamin_d(case), VITD_START), below(vitamin_d(case), VITD_TARGET_LOW))


@GROUP.rule(
    "PRE-VITD-3",
    "Vitamin D missing or old before start",
    section="§9.2; §7; B1-C",
    strength="must be clarified",
    card="C-TREATMENT",
    hooks=SIGNED,
    indicator=_warning_for_denosumab,
    settled_by=("vitamin_d",),
    proposals=(order("vitamin_d"),),
)
def pre_vitd_3(case: Case) -> Answer:
    """Vitamin D is to be known: at most 12 months old (local default)."""
    return all_of(about_to_start(case), not_measured_within(case, case.defaults.vitd_age, "vitamin_d"))


def _replete_first(case: Case) -> Sequence[Proposal]:
    wait = isinstance(vitamin_d_first(case), Yes)
    scan = (order("dxa", add_months(case.today, REPLETED)),) if wait else ()
    dropped = drop_drafts(case) if wait and not isinstance(follows_another(case), Yes) else ()
    return (*dropped, *raise_and_control(case), *scan)


@GROUP.rule(
    "PRE-VITD-4",
    "Vitamin D below 25: recommended level for 6 (preferably 12) months and a new DXA first",
    section="§9.1; §7",
    strength="recommended",
    card="C-TREATMENT",
    hooks=SIGNED,
    indicator="warning",
    proposals=_replete_first,
)
def pre_vitd_4(case: Case) -> Answer:
    """The T-score may be falsely low. Not waited for with a hip or vertebral fracture or prednisolone (C-17).

    The draft of a drug that follows another is not offered for deletion (our reading): the vitamin is raised beside it.
    """
    return all_of(about_to_start(case), below(vitamin_d(case), VITD_VERY_LOW))


@GROUP.rule(
    "PRE-VITD-5",
    "Vitamin D above 125",
    section="§7; §9.1 (upper end of the range)",
    strength="derived",
    card="C-SUPPLEMENT",
    hooks=SIGNED,
    proposals=(task("review_vitamin_d_dose"),),
)
def pre_vitd_5(case: Case) -> Answer:
    """Vitamin D above the range of 70 to 125; 125 itself is inside."""
    return all_of(
        in_scope(case),
        any_of(at_patient_view(case), bone_drug_drafted(case), draft_medication(case, "vitamin_d", "calcium_vitd")),
        above(vitamin_d(case), VITD_TARGET_HIGH),
        any_of(osteoporosis(case), osteopenia(case), on_antiosteo(case), about_to_start(case)),
    )


@GROUP.rule(
    "PRE-SUP-1",
    "Calcium and vitamin D with every bone drug",
    section="§9.2; B1; Skema 1; Skema 2; B1-B; B1-C",
    strength="required (kræver)",
    card="C-TREATMENT",
    hooks=SIGNED,
    indicator=_warning_for_denosumab,
    unless=supplement_caution,
    proposals=(prescribe("calcium_vitd"),),
)
def pre_sup_1(case: Case) -> Answer:
    """Bone drugs are given together with calcium and vitamin D. Not modelled: what is bought over the counter."""
    return all_of(bone_drug_ahead(case), supplements_lacking(case))


@GROUP.rule(
    "PRE-DENT-1",
    "The patient tells the dentist",
    section="§9.2 (bisphosphonate and denosumab); B2",
    strength="ought",
    card="C-TREATMENT",
    hooks=(ORDER_SIGN,),
    proposals=(message("tell_the_dentist"),),
)
def pre_dent_1(case: Case) -> Answer:
    """Unless the teeth are known to be poor, the patient tells the dentist about the treatment."""
    return all_of(jaw_drug_started(case), no(poor_teeth(case)))


@GROUP.rule(
    "PRE-DENT-2",
    "Poor teeth or no dentist: dental visit before start",
    section="§9.2",
    strength="recommended",
    card="C-TREATMENT",
    hooks=(ORDER_SIGN,),
    indicator="warning",
    proposals=(task("dental_visit_first"), message("dental_visit_first")),
)
def pre_dent_2(case: Case) -> Answer:
    """With poor teeth or no dentist a dental visit comes first, unless there was one within a year."""
    return all_of(
        jaw_drug_started(case),
        poor_teeth(case),
        no(dentist_seen(case)),
    )


def _measure(case: Case) -> Sequence[Proposal]:
    denosumab = isinstance(draft_medication(case, "denosumab"), Yes)
    return (task("measure_height_and_weight" if denosumab else "measure_height"),)


@GROUP.rule(
    "PRE-HEIGHT-1",
    "Note the height (weight too for denosumab) at start",
    section="Skema 1; Skema 2; B1-B; B2",
    strength="is noted",
    card="C-TREATMENT",
    hooks=(ORDER_SIGN,),
    proposals=_measure,
)
def pre_height_1(case: Case) -> Answer:
    """Height (for denosumab also weight) at the start shows a later loss; at most 24 months old (local default)."""
    return all_of(
        start_any(case),
        any_of(
            not_measured_within(case, case.defaults.height_age, "height_cm"),
            all_of(
                draft_medication(case, "denosumab"),
                not_measured_within(case, case.defaults.height_age, "weight_kg"),
            ),
        ),
    )
