"""Part 9 of the catalogue: how tablets are taken, and when bone markers are measured.

What the markers show is in part_09_marker_results.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, POPULATION, Case
from hooks.guideline.courses import active
from hooks.guideline.drafted import (
    ORAL_BISPHOSPHONATES,
    draft_medications,
    draft_service,
    markers_drafted,
)
from hooks.guideline.glucocorticoid import gc_active
from hooks.guideline.laboratory import markers_available
from hooks.guideline.logic import Answer, all_of, any_of, no
from hooks.guideline.markers import (
    ANALYTES,
    fracture_near,
    marker_since_treated,
    marker_to_order,
    marker_unusable,
    obstacle_ends,
    other_obstacle_today,
    usable_marker_within_base,
)
from hooks.guideline.proposal import Proposal, change_draft, delete_draft, message, order
from hooks.guideline.rule import Group
from hooks.guideline.scope import condition, noted
from hooks.guideline.starting import oral_bp_drafted, start_draft
from hooks.guideline.tablets import oral_between
from hooks.guideline.thresholds import MARKER_FIRST, VISIT_YEAR

GROUP = Group(9, "Starting; bone markers to measure")

#: Tablets that are swallowed or drunk fasting, once a week.
WEEKLY_TABLETS = ("alendronate", "alendronate_effervescent", "risedronate")


def _drafted_tablets(case: Case) -> list[str]:
    return sorted(d for m in draft_medications(case, ORAL_BISPHOSPHONATES) for d in m.drugs & ORAL_BISPHOSPHONATES)


def _intake(case: Case) -> Sequence[Proposal]:
    changes = (change_draft("intake_instruction", of=drug) for drug in _drafted_tablets(case))
    return (*changes, message("tablet_intake"))


@GROUP.rule(
    "MON-INTAKE-1",
    "How alendronate is taken",
    section="§9.2; B1; B1-B",
    strength="crucial",
    card="C-TREATMENT",
    hooks=(ORDER_SIGN,),
    proposals=_intake,
)
def mon_intake_1(case: Case) -> Answer:
    """Weekly, fasting, upright, with a large glass of water, nothing else for at least half an hour (C-23)."""
    return start_draft(case, *WEEKLY_TABLETS)


def takes_ppi(case: Case) -> Answer:
    """A proton pump inhibitor is being taken."""
    return active(case, "ppi")


GROUP.explanation(
    "MON-INTAKE-2",
    "PPI is not an absorption problem",
    section="§9.2",
    strength="information",
    card="C-TREATMENT",
    shown_with=("MON-INTAKE-1",),
    when=takes_ppi,
)


def _infusion_instead(case: Case) -> Sequence[Proposal]:
    return (*(delete_draft(drug) for drug in _drafted_tablets(case)), order("zoledronate"))


@GROUP.rule(
    "MON-INTAKE-3",
    "Upright position not possible",
    section="§9.2 (derived)",
    strength="derived",
    card="C-SAFETY",
    indicator="warning",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=_infusion_instead,
)
def mon_intake_3(case: Case) -> Answer:
    """A tablet needs half an hour upright and a sound oesophagus (the latter from product information)."""
    return all_of(
        oral_bp_drafted(case),
        any_of(noted(case, "cannot_stay_upright"), condition(case, "oesophageal_disorder")),
    )


def order_marker(case: Case) -> Sequence[Proposal]:
    """P1NP, or CTX while a glucocorticoid is taken."""
    return (order(marker_to_order(case)),)


@GROUP.rule(
    "MON-MARK-1",
    "Baseline bone marker before an oral bisphosphonate",
    section="§7; §9.2; §11; B1; Skema 1; Fig 1",
    strength="recommended if possible",
    card="C-MONITOR",
    hooks=(ORDER_SIGN,),
    settled_by=ANALYTES,
    proposals=order_marker,
)
def mon_mark_1(case: Case) -> Answer:
    """A marker before the first tablet makes the control after three months reliable (C-26)."""
    return all_of(
        start_draft(case, *sorted(ORAL_BISPHOSPHONATES)),
        markers_available(case),
        no(marker_unusable(case)),
        no(usable_marker_within_base(case)),
    )


@GROUP.rule(
    "MON-MARK-2",
    "On prednisolone only CTX can be used",
    section="§7 box; Fig 1; §9.4; B1; B1-E",
    strength="only CTX",
    card="C-MONITOR",
    indicator="warning",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=(change_draft("to_ctx", of="p1np"),),
)
def mon_mark_2(case: Case) -> Answer:
    """Prednisolone suppresses P1NP; any systemic glucocorticoid counts (safe side)."""
    return all_of(draft_service(case, "p1np"), gc_active(case))


def _wait_or_drop(case: Case) -> Sequence[Proposal]:
    """The day the fracture is six months old; without such a day only to drop the test."""
    drafted = [analyte for analyte in ANALYTES if draft_service(case, analyte)]
    ready = obstacle_ends(case)
    later = [change_draft("postpone", of=analyte, on=ready) for analyte in drafted if ready is not None]
    return (*later, *(delete_draft(analyte) for analyte in drafted))


@GROUP.rule(
    "MON-MARK-3",
    "Situations where markers cannot be used",
    section="§7 box",
    strength="cannot be used",
    card="C-MONITOR",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=_wait_or_drop,
)
def mon_mark_3(case: Case) -> Answer:
    """Fracture within six months, untreated metabolic bone disease, severe acute illness or new immobility (C-12)."""
    return all_of(markers_drafted(case), marker_unusable(case))


@GROUP.rule(
    "MON-MARK-4",
    "CTX sampling",
    section="§7 box; Fig 1; B1",
    strength="must be fasting in the morning, preferably before 10",
    card="C-MONITOR",
    hooks=(ORDER_SIGN,),
    proposals=(change_draft("fasting_instruction", of="ctx"),),
)
def mon_mark_4(case: Case) -> Answer:
    """CTX is taken fasting in the morning, preferably before 10 (C-41)."""
    return draft_service(case, "ctx")


@GROUP.rule(
    "MON-MARK-5",
    "Three-month marker due",
    section="§7 box; §11; B1-B; Skema 1; Fig 1",
    strength="recommended if possible",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW, POPULATION),
    settled_by=ANALYTES,
    proposals=order_marker,
)
def mon_mark_5(case: Case) -> Answer:
    """Three months on tablets: the same marker again; without a value before start against the geometric mean."""
    return all_of(
        oral_between(case, MARKER_FIRST, VISIT_YEAR),
        markers_available(case),
        no(marker_since_treated(case, MARKER_FIRST)),
        no(fracture_near(case)),
        no(other_obstacle_today(case)),
    )
