"""What a card may offer: the proposals of its entries, filtered by the rules of 0.7, each once, in order.

No drug that kidney or calcium forbid, no drug before its tests, no tablet that does not suit,
no supplement while calcium may be raised, nothing that is ordered, drafted or booked already.
Where the catalogue is silent the safe side is taken (our reading): no bone drug while another
cause is to be clarified, neither zoledronate nor denosumab with very low vitamin D, and no
supplement on a high calcium that was not repeated.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from msgspec import Struct

from hooks.guideline.case import PATIENT_VIEW, Case
from hooks.guideline.courses import active
from hooks.guideline.drafted import BONE_DRUGS, ORAL_BISPHOSPHONATES, SUPPLEMENTS, draft_medication, drafted_concept
from hooks.guideline.firing import Fired, logic_of
from hooks.guideline.indication import below_if_known, cause_to_clarify, egfr_not_fresh, raise_and_control
from hooks.guideline.laboratory import (
    CALCIUM,
    last_calcium_high,
    not_measured_within,
    supplement_caution,
    vitamin_d,
)
from hooks.guideline.logic import Answer, No, Yes, any_of
from hooks.guideline.orders import pending
from hooks.guideline.proposal import Proposal, order, refer
from hooks.guideline.scope import noted
from hooks.guideline.starting import bp_blocked, oral_unsuitable
from hooks.guideline.thresholds import VITD_VERY_LOW

#: The drugs whose draft 0.7 forbids while bp_blocked.
_BLOCKABLE = frozenset({"alendronate", "alendronate_effervescent", "zoledronate", "denosumab"})
#: Entries whose tablet is the first choice of SEL-1, and is offered only where SEL-1 holds.
_FIRST_CHOICE = frozenset({"TX-IND-1", "TX-IND-2", "GLU-TX-1", "GLU-TX-2"})
#: What is wanted before a drug: the entry that misses it, and the test.
_TESTS_FIRST = (("PRE-EGFR-1", "egfr"), ("PRE-CA-2", "calcium"))
#: Drugs named by more than their substance.
_DRUG_OF = {
    "vitamin_d_10ug": "vitamin_d",
    "vitamin_d_20ug": "vitamin_d",
    "to_alendronate": "alendronate",
    "to_effervescent": "alendronate_effervescent",
}
#: The form that is easier to swallow.
_EFFERVESCENT = {
    ("prescribe", "alendronate"): "alendronate_effervescent",
    ("change-draft", "to_alendronate"): "to_effervescent",
}
#: With very low vitamin D: first raise it and control, before or instead of the drug.
_WAITING_FOR_VITAMIN_D = frozenset({"zoledronate", "denosumab"})
_RAISED_FIRST = _WAITING_FOR_VITAMIN_D | ORAL_BISPHOSPHONATES
#: Kinds no drug ever comes of; nor does an order, but for zoledronate.
_WITHOUT_DRUG = frozenset({"task", "message", "note", "plan", "delete-draft"})
#: Deletions first. Offered last: what helps, but nothing is lost without it.
_PLACE = {"delete-draft": -1, "plan": 1, "message": 2, "note": 3}
#: A booking this near a wanted one is the wanted one.
_SAME_BOOKING = timedelta(days=31)


Key = tuple[str, str, str]


class Offer(Struct, eq=False):
    """A proposal and the recommendation it comes from. Offers of one key are the same, whatever their days."""

    fired: Fired
    proposal: Proposal
    key: Key


def offers(members: Iterable[Fired], case: Case) -> list[Offer]:
    """The proposals of a card's members that may be made, deletions first, plans and notes last."""
    found: dict[Key, Offer] = {}
    for fired in members:
        if not fired.rule.proposals:
            continue
        for proposal in fired.rule.proposals_for(case):
            for allowed in _allowed(proposal, fired, case):
                key = allowed.kind, allowed.what, allowed.drug
                earlier = found.get(key)
                if earlier is not None and not _sooner(allowed, earlier.proposal):
                    continue
                if not _done(allowed, case):
                    found[key] = Offer(fired if earlier is None else earlier.fired, allowed, key)
    return sorted(found.values(), key=_place)


def _place(offer: Offer) -> int:
    return _PLACE.get(offer.proposal.kind, 0)


def _sooner(one: Proposal, other: Proposal) -> bool:
    return other.on is not None and (one.on is None or one.on < other.on)


def _allowed(proposal: Proposal, fired: Fired, case: Case) -> list[Proposal]:
    """The proposal, what stands in for it, or nothing."""
    if proposal.kind in _WITHOUT_DRUG or (proposal.kind == "order" and proposal.what != "zoledronate"):
        return [proposal]
    proposal = _suited(proposal, case)
    drug = _drug(proposal)
    if not drug and proposal.kind not in ("refer", "book"):
        return [proposal]  # no drug comes of it
    if _for_specialists(proposal, drug, case):
        return [refer("bone_specialist")]
    before: list[Proposal] = []
    if drug in _RAISED_FIRST and isinstance(_vitamin_d_very_low(case), Yes):
        before = [each for first in raise_and_control(case) for each in _allowed(first, fired, case)]
        if drug in _WAITING_FOR_VITAMIN_D:
            return before
    if drug in BONE_DRUGS and drug != "zoledronate":
        missing = _tests_first(proposal, case)
        if missing:
            return [*before, *map(order, missing)]
        if drug in ORAL_BISPHOSPHONATES and isinstance(oral_unsuitable(case), Yes):
            return before
        first_choice = case.hook == PATIENT_VIEW and fired.rule.id in _FIRST_CHOICE
        if first_choice and not isinstance(logic_of(case, "SEL-1"), Yes):
            return before
    if drug in SUPPLEMENTS and not isinstance(any_of(supplement_caution(case), last_calcium_high(case)), No):
        return [*before, order("calcium")] if isinstance(last_calcium_high(case), Yes) else before
    return [*before, proposal]


def _vitamin_d_very_low(case: Case) -> Answer:
    """The latest vitamin D, at most P_VITD_AGE old, is below 25."""
    return below_if_known(vitamin_d(case), VITD_VERY_LOW)


def _suited(proposal: Proposal, case: Case) -> Proposal:
    """With noted difficulty swallowing, the effervescent form instead of the tablet (SEL-13)."""
    form = _EFFERVESCENT.get((proposal.kind, proposal.what))
    return replace(proposal, what=form) if form and isinstance(noted(case, "swallowing_difficulty"), Yes) else proposal


def _for_specialists(proposal: Proposal, drug: str, case: Case) -> bool:
    """A bone drug, prescribed or by referral, that is not offered here: the specialist is asked instead.

    While another cause is to be clarified that is every bone drug. While kidney or calcium forbid
    it, it is also an injection of denosumab to be booked now; a later day leaves time to put that right.
    """
    referred = proposal.drug if proposal.kind == "refer" else ""
    if (drug in BONE_DRUGS or referred) and isinstance(cause_to_clarify(case), Yes):
        return True
    if referred in _WAITING_FOR_VITAMIN_D and isinstance(_vitamin_d_very_low(case), Yes):
        return True
    injected_now = proposal.kind == "book" and proposal.what == "denosumab_injection" and proposal.on is None
    forbidden = injected_now or not _BLOCKABLE.isdisjoint((drug, referred))
    return forbidden and isinstance(bp_blocked(case), Yes)


def _tests_first(proposal: Proposal, case: Case) -> list[str]:
    """The tests missing before a start: the entries that ask for them hold, or a new prescription has none as fresh."""
    missing = [test for entry, test in _TESTS_FIRST if not isinstance(logic_of(case, entry), No)]
    if proposal.kind == "prescribe":
        calcium = not_measured_within(case, case.defaults.ca_age_start, *CALCIUM)
        fresh = {"egfr": egfr_not_fresh(case), "calcium": calcium}
        missing += [test for test, stale in fresh.items() if test not in missing and not isinstance(stale, No)]
    return missing


def _drug(proposal: Proposal) -> str:
    """The drug a proposal would bring about; "" for none."""
    if proposal.kind in ("prescribe", "change-draft"):
        return _DRUG_OF.get(proposal.what, proposal.what if proposal.kind == "prescribe" else "")
    return proposal.what if proposal.kind == "order" and proposal.what == "zoledronate" else ""


def _done(proposal: Proposal, case: Case) -> bool:
    """Whether it is ordered, drafted, taken or booked already."""
    match proposal.kind:
        case "order":
            return drafted_concept(case, proposal.what) or isinstance(pending(case, proposal.what), Yes)
        case "refer":
            drafted = any(not proposal.drug or proposal.drug in d.drugs for d in case.facts.drafts.referrals)
            return drafted or drafted_concept(case, proposal.what) or isinstance(pending(case, proposal.what), Yes)
        case "prescribe":
            drug = _drug(proposal)
            taken = drug != "vitamin_d" and isinstance(active(case, drug), Yes)
            return taken or isinstance(draft_medication(case, drug), Yes)
        case "book":
            latest = (proposal.on or case.today) + _SAME_BOOKING
            return any(b.concept == proposal.what and case.today <= b.date <= latest for b in case.facts.bookings)
        case _:
            return False
