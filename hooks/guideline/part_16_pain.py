"""Part 16: pain after fractures."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.facts import Fact, Fracture, MedicationCourse
from hooks.guideline.bone_density import osteoporosis
from hooks.guideline.calendar import add_days, within_days, within_months
from hooks.guideline.case import (
    CONDITIONS,
    MEDICATIONS,
    ORDER_SELECT,
    ORDER_SIGN,
    PATIENT_VIEW,
    Case,
    absent,
    at_patient_view,
    predicate,
)
from hooks.guideline.courses import courses
from hooks.guideline.drafted import draft_medication
from hooks.guideline.falls import fall_or_tendency
from hooks.guideline.fractures import any_fracture, not_high_energy
from hooks.guideline.logic import Answer, all_of, any_of, exists
from hooks.guideline.proposal import Proposal, order, refer, task
from hooks.guideline.rule import Group
from hooks.guideline.scope import condition, in_scope
from hooks.guideline.thresholds import FRACTURE_OPIOID, OPIOID_REVIEW, PAIN_DAYS

GROUP = Group(16, "Pain")


@predicate
def recent_fracture(case: Case) -> Answer:
    """A fracture of the last eight weeks, not known as high-energy."""
    return any_fracture(case, lambda f: not_high_energy(f) and within_days(f.date, case.today, PAIN_DAYS))


@predicate
def fracture_within_half_year(case: Case) -> Answer:
    """Any fracture within six months."""
    return any_fracture(case, lambda f: within_months(f.date, case.today, FRACTURE_OPIOID))


@predicate
def fracture_on_record(case: Case) -> Answer:
    """Any fracture."""
    return any_fracture(case, lambda _: True)


@predicate
def vertebral_fracture(case: Case) -> Answer:
    """Any vertebral fracture."""
    return any_fracture(case, lambda f: f.site == "vertebral")


@predicate
def healed_vertebral_fracture(case: Case) -> Answer:
    """A vertebral fracture more than eight weeks old; an undated one is not known to be recent."""
    return any_fracture(case, lambda f: f.site == "vertebral" and _healed(case, f))


def _healed(case: Case, fracture: Fracture) -> bool:
    return fracture.date is None or case.today > add_days(fracture.date, PAIN_DAYS)


def _begun_around(course: MedicationCourse, fracture: Fracture) -> bool:
    if course.start is None or fracture.date is None:
        return False
    return fracture.date <= course.start <= add_days(fracture.date, PAIN_DAYS)


@predicate
def opioid_after_healing(case: Case) -> Answer:
    """An opioid begun within eight weeks after a fracture is still taken more than eight weeks after it."""
    pairs = [
        (course, fracture)
        for course in courses(case, ("opioid",))
        for fracture in case.facts.fractures
        if course.active and _begun_around(course, fracture) and _healed(case, fracture)
    ]
    found: list[Fact] = [fact for pair in pairs for fact in pair]
    return exists(found, otherwise=absent(case, *MEDICATIONS, *CONDITIONS))


@GROUP.rule(
    "PAIN-1",
    "Pain after a fracture",
    section="§12",
    strength="usual guidelines",
    card="C-PAIN",
    hooks=(PATIENT_VIEW,),
    proposals=(order("physiotherapy"), task("fracture_pain_follow_up")),
)
def pain_1(case: Case) -> Answer:
    """A fracture usually hurts for four to eight weeks; pain is treated by the usual rules."""
    return all_of(in_scope(case), recent_fracture(case))


def opioid_plan(case: Case) -> Sequence[Proposal]:
    """An end date on the draft, and a review in four weeks (a default)."""
    review = add_days(case.today, OPIOID_REVIEW)
    return (Proposal("change-draft", "end_date", on=review, drug="opioid"), task("opioid_review", on=review))


@GROUP.rule(
    "PAIN-2",
    "Opioid started: dizziness, falls and an end date",
    section="§12",
    strength="be especially aware",
    card="C-PAIN",
    hooks=(ORDER_SELECT, ORDER_SIGN),
    proposals=opioid_plan,
)
def pain_2(case: Case) -> Answer:
    """An opioid raises dizziness and falls: agree on an end date."""
    return all_of(
        draft_medication(case, "opioid"),
        in_scope(case),
        any_of(osteoporosis(case), fracture_within_half_year(case), fall_or_tendency(case)),
    )


@GROUP.rule(
    "PAIN-3",
    "Opioid still running after the fracture has healed",
    section="§12",
    strength="remember to stop",
    card="C-PAIN",
    hooks=(PATIENT_VIEW,),
    proposals=(task("opioid_stop_review"),),
)
def pain_3(case: Case) -> Answer:
    """An opioid begun around the fracture is still running after the usual four to eight weeks."""
    return opioid_after_healing(case)


@GROUP.rule(
    "PAIN-4",
    "Neuropathic pain is untypical",
    section="§12",
    strength="the diagnosis must be reconsidered",
    card="C-PAIN",
    hooks=(PATIENT_VIEW, ORDER_SELECT, ORDER_SIGN),
    proposals=(task("neuropathic_reassess"),),
)
def pain_4(case: Case) -> Answer:
    """Fracture pain is not usually neuropathic. On the order hooks an analgesic must be drafted."""
    return all_of(
        in_scope(case),
        any_of(osteoporosis(case), fracture_on_record(case)),
        any_of(
            all_of(condition(case, "neuropathic_pain"), pain_is_the_topic(case)),
            draft_medication(case, "neuropathic_agent"),
        ),
    )


@predicate
def pain_is_the_topic(case: Case) -> Answer:
    """The record is open, or an analgesic is drafted."""
    return any_of(at_patient_view(case), draft_medication(case, "opioid", "nsaid", "paracetamol"))


@GROUP.rule(
    "PAIN-5",
    "Chronic back pain after vertebral fractures",
    section="§12",
    strength="important (back training)",
    card="C-PAIN",
    hooks=(PATIENT_VIEW,),
    proposals=(order("physiotherapy"),),
)
def pain_5(case: Case) -> Answer:
    """A thorough pain history; back training matters but may not solve it."""
    return all_of(in_scope(case), condition(case, "chronic_back_pain"), healed_vertebral_fracture(case))


@GROUP.rule(
    "PAIN-6",
    "Percutaneous vertebroplasty (PVP)",
    section="§12",
    strength="may; no clear guideline",
    card="C-PAIN",
    hooks=(PATIENT_VIEW,),
    proposals=(refer("specialist"),),
)
def pain_6(case: Case) -> Answer:
    """Severe pain from an unhealed collapse that resists treatment: vertebroplasty may be discussed."""
    return all_of(in_scope(case), condition(case, "severe_refractory_vertebral_pain"), vertebral_fracture(case))


GROUP.explanation(
    "PAIN-7",
    "Osteoporosis itself does not hurt",
    section="§12; §1",
    strength="information",
    card="C-PAIN",
    shown_with=("PAIN-1", "PAIN-3", "PAIN-5"),
)

GROUP.explanation(
    "PAIN-8",
    "Consequences of repeated collapses",
    section="§12",
    strength="information",
    card="C-PAIN",
    shown_with=("PAIN-5", "PAIN-6"),
)
