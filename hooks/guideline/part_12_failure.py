"""Part 12 of the catalogue: treatment failure (§9.3)."""

from __future__ import annotations

from hooks.guideline.case import PATIENT_VIEW, Case
from hooks.guideline.failure import fractured_on_treatment, fractured_twice, hip_fallen, spine_fallen
from hooks.guideline.logic import Answer, all_of, no
from hooks.guideline.marker_response import marker_rising
from hooks.guideline.markers import ANALYTES, marker_to_order
from hooks.guideline.proposal import Proposal, order, refer, task
from hooks.guideline.rule import Group
from hooks.guideline.secondary import panel_to_order
from hooks.guideline.tablets import on_oral_bp
from hooks.guideline.treatment import on_antiosteo

GROUP = Group(12, "Treatment failure")


def _look_into(case: Case) -> tuple[Proposal, ...]:
    """Talk about intake, look for another disease, ask a specialist when nothing more can be done here."""
    panel = (order(test) for test in panel_to_order(case))
    return (task("look_into_failure"), *panel, refer("bone_specialist"))


@GROUP.rule(
    "FAIL-1",
    "Spine T-score fallen by 0.3 or more",
    section="§9.3 box; B1-K; §5",
    strength="defined as treatment failure",
    card="C-FAILURE",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    proposals=_look_into,
)
def fail_1(case: Case) -> Answer:
    """A fall of 0.3 in the spine on treatment (C-31); what was lost before the start is no failure of it."""
    return all_of(on_antiosteo(case), spine_fallen(case))


@GROUP.rule(
    "FAIL-2",
    "Hip T-score fallen by 0.5 or more",
    section="§9.3 box; B1-K; §5",
    strength="defined as treatment failure",
    card="C-FAILURE",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    proposals=_look_into,
)
def fail_2(case: Case) -> Answer:
    """A fall of 0.5 in the hip on treatment, at the same site, total hip preferred (C-31)."""
    return all_of(on_antiosteo(case), hip_fallen(case))


@GROUP.rule(
    "FAIL-3",
    "Two or more fractures after more than one year of treatment",
    section="§9.3 box",
    strength="defined as treatment failure",
    card="C-FAILURE",
    indicator="warning",
    hooks=(PATIENT_VIEW,),
    proposals=_look_into,
)
def fail_3(case: Case) -> Answer:
    """Two fractures after more than a year; exactly a year is not more (C-39)."""
    return all_of(on_antiosteo(case), fractured_twice(case))


@GROUP.rule(
    "FAIL-4",
    "A fracture during treatment is not necessarily failure",
    section="§9.3; B1-K",
    strength="must be ensured / considered",
    card="C-FAILURE",
    hooks=(PATIENT_VIEW,),
    proposals=(task("talk_on_intake"), task("check_dispensings")),
)
def fail_4(case: Case) -> Answer:
    """Drugs halve the risk, so fractures occur: make sure of intake, think of other disease (C-39)."""
    return all_of(on_antiosteo(case), fractured_on_treatment(case), no(fractured_twice(case)))


def _repeat_marker(case: Case) -> tuple[Proposal, ...]:
    return (order(marker_to_order(case)), task("talk_on_intake"))


@GROUP.rule(
    "FAIL-5",
    "Bone markers rising again on treatment",
    section="§9.3 box",
    strength="may be a sign",
    card="C-FAILURE",
    hooks=(PATIENT_VIEW,),
    settled_by=ANALYTES,
    proposals=_repeat_marker,
)
def fail_5(case: Case) -> Answer:
    """Markers that rise again may mean less effect; 30 % is borrowed from the pause (default)."""
    return all_of(on_oral_bp(case), marker_rising(case))


GROUP.explanation(
    "FAIL-6",
    "What to do with failure",
    section="§9.3; B1-K",
    strength="consider",
    card="C-FAILURE",
    shown_with=("FAIL-1", "FAIL-2", "FAIL-3", "FAIL-5", "MON-MARK-8"),
)
GROUP.explanation(
    "FAIL-7",
    "Read DXA changes with care",
    section="§5; §9.3; B1-K",
    strength="caution",
    card="C-FAILURE",
    shown_with=("FAIL-1", "FAIL-2"),
)
