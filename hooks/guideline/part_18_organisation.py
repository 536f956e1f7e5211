"""Part 18: plans of contacts, and the nightly recall lists (hook population: one task per patient, no card)."""

from __future__ import annotations

from collections.abc import Sequence

from hooks.guideline.calendar import add_days
from hooks.guideline.case import ORDER_SIGN, PATIENT_VIEW, POPULATION, Case, predicate
from hooks.guideline.firing import fires
from hooks.guideline.logic import Answer, Yes, all_of
from hooks.guideline.orders import booked
from hooks.guideline.proposal import Proposal, plan, task
from hooks.guideline.rule import Group
from hooks.guideline.starting import start_draft, start_oral_bp
from hooks.guideline.thresholds import REVIEW_AHEAD

GROUP = Group(18, "Practice organisation and recall")


@GROUP.rule(
    "ORG-BP-1",
    "Plan of contacts for oral bisphosphonate (Skema 1)",
    section="Skema 1; §11; B2",
    strength="proposal",
    card="C-MONITOR",
    hooks=(ORDER_SIGN,),
    proposals=(plan("bisphosphonate_contacts"),),
)
def org_bp_1(case: Case) -> Answer:
    """A tablet is started: the guideline's proposed plan of contacts. The practice decides how it organises."""
    return start_oral_bp(case)


@GROUP.rule(
    "ORG-DEN-1",
    "Plan of contacts for denosumab (Skema 2)",
    section="Skema 2; B1-C",
    strength="proposal",
    card="C-DENOSUMAB",
    hooks=(ORDER_SIGN,),
    proposals=(plan("denosumab_contacts"),),
)
def org_den_1(case: Case) -> Answer:
    """Denosumab is started: a doctor starts and reviews every third year, a nurse injects every six months."""
    return start_draft(case, "denosumab")


GROUP.explanation(
    "ORG-ROLE-1",
    "Who does what",
    section="B1-K; Skema 1; Skema 2",
    strength="ought",
    card="C-MONITOR",
    shown_with=(
        *("ORG-BP-1", "ORG-DEN-1", "MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3"),
        *("DUR-2", "TX-IND-1", "TX-IND-2"),
    ),
)


@predicate
def annual_review_near(case: Case) -> Answer:
    """An annual review of another chronic disease is booked within the next 90 days."""
    return booked(case, "chronic_annual_review", since=case.today, until=add_days(case.today, REVIEW_AHEAD))


@GROUP.rule(
    "ORG-MERGE-1",
    "Combine with another annual review",
    section="§11; B1; B1-A; B1-B",
    strength="the practice decides",
    card="C-MONITOR",
    hooks=(PATIENT_VIEW,),
    proposals=(task("combine_with_review"),),
)
def org_merge_1(case: Case) -> Answer:
    """A status visit or a control is due, and an annual review is already booked."""
    return all_of(
        fires(case, "MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3", "MON-VISIT-4", "DUR-7"),
        annual_review_near(case),
    )


def bisphosphonate_recall(case: Case) -> Sequence[Proposal]:
    """A task for the nurse; for the doctor midway and at five years."""
    doctor = isinstance(fires(case, "MON-VISIT-3", "DUR-2"), Yes)
    return (task("recall_bisphosphonate_doctor" if doctor else "recall_bisphosphonate_nurse"),)


@GROUP.rule(
    "ORG-REC-1",
    "Recall list: bisphosphonate",
    section="Skema 1; B1-B; §11",
    strength="proposal",
    card="C-MONITOR",
    hooks=(POPULATION,),
    proposals=bisphosphonate_recall,
)
def org_rec_1(case: Case) -> Answer:
    """Something is due in the course of tablets: a visit, a marker, a refill, or the five-year decision."""
    return fires(case, "MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3", "MON-MARK-5", "MON-ADH-1", "DUR-2")


@GROUP.rule(
    "ORG-REC-2",
    "Recall list: after completed treatment",
    section="B1-D; Skema 1",
    strength="proposal",
    card="C-DURATION",
    hooks=(POPULATION,),
    proposals=(task("recall_after_course"),),
)
def org_rec_2(case: Case) -> Answer:
    """A control is due after a completed course, or a new fracture came after it."""
    return fires(case, "DUR-7", "DUR-8")


@GROUP.rule(
    "ORG-REC-3",
    "Recall list: prednisolone",
    section="B1-E; §9.4",
    strength="proposal",
    card="C-GLUCO",
    hooks=(POPULATION,),
    proposals=(task("recall_glucocorticoid"),),
)
def org_rec_3(case: Case) -> Answer:
    """Systemic glucocorticoid at threshold, and no scan yet."""
    return fires(case, "GLU-DXA-1")


GROUP.explanation(
    "ORG-A-1",
    "People at risk without osteoporosis",
    section="B1-A",
    strength="may be agreed",
    card="C-INVESTIGATE",
    shown_with=("INV-7", "INV-9"),
)

GROUP.explanation(
    "ORG-D-1",
    "After treatment: interval of contacts",
    section="B1-D",
    strength="suggested",
    card="C-DURATION",
    shown_with=("DUR-7", "DUR-14"),
)

GROUP.explanation(
    "ORG-NEXT-1",
    "Next time, prescriptions and medicine list",
    section="B2",
    strength="proposal",
    card="C-MONITOR",
    shown_with=("MON-VISIT-1", "MON-VISIT-2", "MON-VISIT-3", "TX-IND-1", "TX-IND-2"),
)

GROUP.explanation(
    "ORG-INFO-1",
    "Material for patients",
    section="§9.1; B1-K; B2",
    strength="information",
    card="C-STATUS",
    shown_with=("DEF-OP-1", "DEF-OP-2", "TX-IND-1", "TX-IND-2"),
)
