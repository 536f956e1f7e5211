"""What is about to be ordered, changed or stopped (context.draftOrders)."""

from __future__ import annotations

from fhir_mappings.facts import DraftMedication, MedicationCourse
from hooks.guideline.case import Case, on_order_hook, predicate
from hooks.guideline.logic import NO, Answer, Yes, exists, yes_if
from hooks.guideline.proposal import Proposal, delete_draft
from hooks.guideline.scope import condition

ORAL_BISPHOSPHONATES = frozenset({"alendronate", "alendronate_effervescent", "risedronate", "ibandronate"})
ANABOLICS = frozenset({"teriparatide", "romosozumab"})
WITHDRAWN = frozenset({"etidronate", "strontium"})
#: Anti-osteoporotic drugs: "start_draft(any)" of the catalogue is about these.
BONE_DRUGS = ORAL_BISPHOSPHONATES | ANABOLICS | WITHDRAWN | {"zoledronate", "ibandronate_iv", "denosumab", "raloxifene"}
SUPPLEMENTS = frozenset({"calcium", "calcium_vitd", "vitamin_d"})
GLUCOCORTICOIDS = frozenset(
    {
        *("prednisolone", "prednisone", "methylprednisolone", "hydrocortisone", "cortisone"),
        *("dexamethasone", "betamethasone", "triamcinolone", "deflazacort"),
    }
)


def draft_medications(case: Case, drugs: frozenset[str]) -> tuple[DraftMedication, ...]:
    """The drafted prescriptions of these drugs, cancer products left out."""
    if not on_order_hook(case):
        return ()
    return tuple(d for d in case.facts.drafts.medications if d.drugs & drugs and not d.course.cancer_product)


def draft_medication(case: Case, *drugs: str) -> Answer:
    """Whether one of these drugs is drafted."""
    return exists(draft_medications(case, frozenset(drugs))) if on_order_hook(case) else NO


def draft_service(case: Case, *concepts: str) -> Answer:
    """Whether a test, scan or service of these concepts is drafted."""
    if not on_order_hook(case):
        return NO
    wanted = frozenset(concepts)
    return exists(d for d in case.facts.drafts.services if d.concepts & wanted)


def draft_stop(case: Case, drugs: frozenset[str]) -> Answer:
    """Whether a running treatment with one of these drugs is drafted to stop."""
    if not on_order_hook(case):
        return NO
    return exists(d for d in case.facts.drafts.stops if d.drugs & drugs)


def draft_referral(case: Case, *drugs: str) -> Answer:
    """Whether a referral for one of these drugs ("anabolic": the group) is drafted."""
    if not on_order_hook(case):
        return NO
    wanted = frozenset(drugs)
    return exists(d for d in case.facts.drafts.referrals if d.drugs & wanted)


def is_replacement(case: Case, course: MedicationCourse) -> bool:
    """Physiological replacement, hydrocortisone in Addison's disease: no part of GLU-* (0.10 item 2)."""
    return "hydrocortisone" in course.drugs and isinstance(condition(case, "addison"), Yes)


@predicate
def drafted_glucocorticoids(case: Case) -> tuple[DraftMedication, ...]:
    """The drafted systemic glucocorticoids, replacement left out."""
    if not on_order_hook(case):
        return ()
    systemic = (d for d in case.facts.drafts.medications if d.course.systemic)
    return tuple(d for d in systemic if not is_replacement(case, d.course))


@predicate
def draft_glucocorticoid(case: Case) -> Answer:
    """A systemic glucocorticoid is drafted."""
    return exists(drafted_glucocorticoids(case))


@predicate
def bone_drug_drafted(case: Case) -> Answer:
    """Any anti-osteoporotic drug is drafted, as prescription or (zoledronate) as an infusion order."""
    found = draft_medications(case, BONE_DRUGS)
    return exists(found) if found else draft_service(case, "zoledronate")


def drafted_concept(case: Case, concept: str) -> bool:
    """Whether a test or scan of this concept is among the drafts."""
    return on_order_hook(case) and any(concept in d.concepts for d in case.facts.drafts.services)


@predicate
def dxa_drafted(case: Case) -> Answer:
    """A DXA is drafted."""
    return draft_service(case, "dxa")


@predicate
def markers_drafted(case: Case) -> Answer:
    """A bone marker (P1NP or CTX) is drafted."""
    return draft_service(case, "p1np", "ctx")


@predicate
def supplement_drafted(case: Case) -> Answer:
    """Calcium or vitamin D is drafted."""
    return yes_if(bool(draft_medications(case, SUPPLEMENTS)), *draft_medications(case, SUPPLEMENTS))


@predicate
def oral_stop_drafted(case: Case) -> Answer:
    """An oral bisphosphonate is about to be stopped."""
    return draft_stop(case, ORAL_BISPHOSPHONATES)


@predicate
def denosumab_stop_drafted(case: Case) -> Answer:
    """Denosumab is about to be stopped."""
    return draft_stop(case, frozenset({"denosumab"}))


def stops(case: Case, drugs: frozenset[str]) -> tuple[str, ...]:
    """The drugs of these that are about to be stopped."""
    drafts = case.facts.drafts.stops if on_order_hook(case) else ()
    return tuple(sorted({drug for draft in drafts for drug in draft.drugs & drugs}))


def delete_stops(case: Case, drugs: frozenset[str]) -> tuple[Proposal, ...]:
    """Take the drafted stops of these drugs back."""
    return tuple(delete_draft(drug) for drug in stops(case, drugs))
