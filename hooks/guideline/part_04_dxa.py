"""Part 4, DXA: the interval between scans, new reasons to scan, and what the referral says."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.facts import DraftService
from hooks.guideline.bone_density import any_t_score, dxa_dates, osteoporosis, t_low
from hooks.guideline.calendar import add_months
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Case, predicate
from hooks.guideline.drafted import dxa_drafted
from hooks.guideline.dxa_interval import in_row, interval_months, interval_passed, new_factor, new_important_factor
from hooks.guideline.firing import fires
from hooks.guideline.fractures import major_fracture
from hooks.guideline.glucocorticoid import gc_exposed
from hooks.guideline.laboratory import not_measured
from hooks.guideline.logic import Answer, Unknown, Yes, all_of, any_of, at_least, exists, no
from hooks.guideline.proposal import Proposal, change_draft, delete_draft, order
from hooks.guideline.risk_factors import count_i
from hooks.guideline.rule import Group
from hooks.guideline.scope import age, in_scope
from hooks.guideline.secondary import rescan_after_repletion
from hooks.guideline.thresholds import AGE_NO_REPEAT, T_NO_REPEAT
from hooks.guideline.treatment import untreated

GROUP = Group(4, "DXA and the interval between scans")


def later_or_not(case: Case) -> Sequence[Proposal]:
    """Move the drafted scan to the end of the interval, or take it away."""
    months = interval_months(case)
    if isinstance(months, Unknown) or not dxa_dates(case):
        return (delete_draft("dxa"),)
    due = add_months(dxa_dates(case)[0], months.value)
    return (Proposal("change-draft", "postpone", on=due, drug="dxa"), delete_draft("dxa"))


@GROUP.rule(
    "DXA-EARLY-1",
    "DXA ordered earlier than the suggested minimum",
    section="§5 interval table; §6",
    strength="suggestion",
    card="C-INVESTIGATE",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=later_or_not,
)
def dxa_early_1(case: Case) -> Answer:
    """A scan is drafted before the suggested minimum, and nothing new explains it. Minima are suggestions only."""
    return all_of(
        dxa_drafted(case),
        in_scope(case),
        any_t_score(case),
        untreated(case),
        no(interval_passed(case)),
        no(new_factor(case)),
        no(gc_exposed(case)),
        no(rescan_after_repletion(case)),
    )


@GROUP.rule(
    "DXA-DUE-1",
    "Repeat DXA may be considered",
    section="§5 interval table and text; §6",
    strength="may",
    card="C-INVESTIGATE",
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def dxa_due_1(case: Case) -> Answer:
    """The suggested interval has passed. With a normal value only if a factor counts; the last condition is ours."""
    return all_of(
        in_scope(case),
        any_t_score(case),
        untreated(case),
        no(major_fracture(case)),
        no(fires(case, "TX-IND-1")),
        interval_passed(case),
        any_of(in_row(case, 3, 4, 5, 6), all_of(in_row(case, 2), count_i(case, 1))),
        no(all_of(at_least(age(case), AGE_NO_REPEAT), at_least(t_low(case), T_NO_REPEAT))),
    )


@GROUP.rule(
    "DXA-NEW-1",
    "New important risk factor since the last DXA",
    section="§5",
    strength="interval is re-evaluated",
    card="C-INVESTIGATE",
    hooks=(PATIENT_VIEW,),
    settled_by=("dxa",),
    proposals=(order("dxa"),),
)
def dxa_new_1(case: Case) -> Answer:
    """A factor dated after the last scan can change the agreed interval; an undated factor is not new."""
    return all_of(
        in_scope(case),
        any_t_score(case),
        untreated(case),
        no(osteoporosis(case)),
        new_important_factor(case),
    )


@predicate
def interpretation_not_stated(case: Case) -> Answer:
    """A drafted DXA does not say whether interpretation is wanted."""
    return exists(d for d in _scans(case) if d.interpretation_wanted is None)


@predicate
def interpretation_wanted(case: Case) -> Answer:
    """A drafted DXA asks for interpretation."""
    return exists(d for d in _scans(case) if d.interpretation_wanted)


@predicate
def reason_lacking(case: Case) -> Answer:
    """A drafted DXA that asks for interpretation states no reason."""
    return exists(d for d in _scans(case) if d.interpretation_wanted and not d.has_reason)


def _scans(case: Case) -> Sequence[DraftService]:
    return [d for d in case.facts.drafts.services if "dxa" in d.concepts]


def complete_referral(case: Case) -> Sequence[Proposal]:
    """Fill the referral from the record; order vitamin D when none is known."""
    level = (order("vitamin_d"),) if isinstance(not_measured(case, "vitamin_d"), Yes) else ()
    return (change_draft("add_reason", "dxa"), *level)


@GROUP.rule(
    "DXA-REF-1",
    "What the DXA referral states",
    section="§5 referral paragraphs",
    strength="must state whether interpretation is wanted",
    card="C-INVESTIGATE",
    hooks=(ORDER_SIGN,),
    proposals=complete_referral,
)
def dxa_ref_1(case: Case) -> Answer:
    """The referral says whether interpretation is wanted, and if so why and with the vitamin D level."""
    return all_of(
        dxa_drafted(case),
        any_of(
            interpretation_not_stated(case),
            all_of(interpretation_wanted(case), any_of(reason_lacking(case), not_measured(case, "vitamin_d"))),
        ),
    )


GROUP.explanation(
    "DXA-REF-2",
    "What the DXA answer contains",
    section="§5",
    strength="ought",
    card="C-INVESTIGATE",
    shown_with=("DXA-REF-1",),
)

GROUP.explanation(
    "DXA-DECIDE-1",
    "The treating doctor decides, not the scan report",
    section="Forord; §5; §8; §9",
    strength="recommended",
    card="C-TREATMENT",
    shown_with=("TX-IND-1", "TX-IND-2", "TX-IND-3", "DXA-REF-1"),
)
