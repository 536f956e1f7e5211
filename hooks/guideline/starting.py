"""Bone drugs drafted: what is about to be started or renewed, and what stands against tablets."""

from __future__ import annotations

from collections.abc import Iterable

from hooks.guideline.case import Case, on_order_hook, predicate
from hooks.guideline.drafted import BONE_DRUGS, ORAL_BISPHOSPHONATES, draft_medication, draft_medications, draft_service
from hooks.guideline.laboratory import calcium_low, egfr
from hooks.guideline.logic import NO, YES, Answer, Unknown, Yes, all_of, any_of, at_most, exists, no
from hooks.guideline.scope import condition, noted
from hooks.guideline.thresholds import EGFR_LIMIT
from hooks.guideline.treatment import den_cont, running


def start_draft(case: Case, *drugs: str) -> Answer:
    """A new start of one of these drugs is drafted (the drug or its class is not being taken)."""
    return _any_drafted(case, drugs, renewal=False)


def renewal_draft(case: Case, *drugs: str) -> Answer:
    """A renewal of one of these drugs is drafted (the drug or its class is being taken)."""
    return _any_drafted(case, drugs, renewal=True)


def _any_drafted(case: Case, drugs: Iterable[str], *, renewal: bool) -> Answer:
    drafts = case.facts.drafts
    if not on_order_hook(case) or not (drafts.medications or drafts.services):
        return NO
    named = frozenset[str]().union(*[d.drugs for d in drafts.medications], *[d.concepts for d in drafts.services])
    return any_of(*[_drafted(case, drug, renewal=renewal) for drug in drugs if drug in named])


def _drafted(case: Case, drug: str, *, renewal: bool) -> Answer:
    draft = draft_medication(case, drug)
    if drug == "zoledronate":
        draft = any_of(draft, draft_service(case, "zoledronate"))
    if draft == NO:
        return NO
    taken = running(case, drug)
    status = taken if renewal else no(taken)
    return all_of(draft, status, no(den_cont(case)) if drug == "denosumab" else YES)


@predicate
def start_any(case: Case) -> Answer:
    """start_draft(any)."""
    return start_draft(case, *sorted(BONE_DRUGS))


@predicate
def start_or_renewal_any(case: Case) -> Answer:
    """start_draft(any) or renewal(any): which of the two need not be known.

    What is drafted is one of them, whatever the patient takes now; only denosumab may be neither, the next
    dose. Where that cannot be told it counts here (our reading): what stands against a start stands against
    the next dose too. So a medicine list that could not be had hides no contraindication.
    """
    drafts = draft_medications(case, BONE_DRUGS)
    plain = exists(d for d in drafts if d.drugs & (BONE_DRUGS - {"denosumab"}))
    next_dose = isinstance(den_cont(case), Yes)
    return any_of(plain, draft_service(case, "zoledronate"), NO if next_dose else draft_medication(case, "denosumab"))


@predicate
def start_oral_bp(case: Case) -> Answer:
    """start_draft(oral bisphosphonate)."""
    return start_draft(case, *sorted(ORAL_BISPHOSPHONATES))


@predicate
def oral_bp_drafted(case: Case) -> Answer:
    """An oral bisphosphonate is drafted, start or renewal."""
    return exists(draft_medications(case, ORAL_BISPHOSPHONATES))


@predicate
def bp_blocked(case: Case) -> Answer:
    """Kidney or calcium forbids a bone drug in general practice: raw facts, any age (0.5).

    Never measured is not blocked: the PRE entries ask for the tests instead.
    """
    return any_of(
        *(known for known in (at_most(egfr(case), EGFR_LIMIT), calcium_low(case)) if not isinstance(known, Unknown)),
        condition(case, "kidney_transplant"),
    )


@predicate
def oral_unsuitable(case: Case) -> Answer:
    """Tablets do not suit: oesophageal disorder, cannot stay upright, intolerance (SEL-1)."""
    return any_of(
        condition(case, "oesophageal_disorder"),
        noted(case, "cannot_stay_upright"),
        noted(case, "oral_bp_intolerance"),
    )
