"""When a bone drug is about to be started or goes on: the context of the pre-treatment checks (part 7)."""

from __future__ import annotations

from hooks.guideline.bone_density import latest_study
from hooks.guideline.calendar import add_months
from hooks.guideline.case import Case, at_patient_view, predicate
from hooks.guideline.drafted import (
    BONE_DRUGS,
    ORAL_BISPHOSPHONATES,
    draft_medication,
    draft_medications,
    draft_service,
    supplement_drafted,
)
from hooks.guideline.firing import fires, logic_of
from hooks.guideline.fractures import fractures, major_fracture, qualifies
from hooks.guideline.glucocorticoid import gc_threshold
from hooks.guideline.injections import den_undated, denosumab_ever
from hooks.guideline.laboratory import egfr, not_measured, older_than, vitamin_d
from hooks.guideline.logic import NO, Answer, No, Unknown, Value, Yes, all_of, any_of, below, no, yes_if
from hooks.guideline.orders import visited
from hooks.guideline.proposal import Proposal, delete_draft, order, prescribe, refer, task
from hooks.guideline.scope import any_condition
from hooks.guideline.starting import start_any, start_draft, start_or_renewal_any
from hooks.guideline.supplements import supplement_incomplete
from hooks.guideline.thresholds import DENTAL_VISIT, EGFR_FREQUENT, VITD_CONTROL, VITD_VERY_LOW
from hooks.guideline.treatment import den_cont, post_course, stop_date

#: The entries that say a bone drug is indicated.
INDICATIONS = ("TX-IND-1", "TX-IND-2", "GLU-TX-1", "GLU-TX-2")


@predicate
def course_since_scan(case: Case) -> Answer:
    """A course was completed, and the latest scan is no newer than its end."""
    study, stopped = latest_study(case), stop_date(case)
    older = study is not None and stopped is not None and study.date <= stopped
    return all_of(post_course(case), yes_if(older))


@predicate
def course_since_fractures(case: Case) -> Answer:
    """A course was completed, and every hip or vertebral fracture was before its end; an undated one was not."""
    stopped = stop_date(case)
    days = [f.date for f in fractures(case, lambda f: qualifies(case, f))]
    before = stopped is not None and all(day is not None and day < stopped for day in days)
    return all_of(post_course(case), yes_if(before))


@predicate
def indicated(case: Case) -> Answer:
    """On opening the record: an entry that says treatment is indicated fires."""
    return all_of(at_patient_view(case), fires(case, *INDICATIONS))


@predicate
def about_to_start(case: Case) -> Answer:
    """pre_context(start): a bone drug is drafted as a new start, or treatment is indicated."""
    return any_of(start_any(case), indicated(case))


@predicate
def about_to_start_or_renew(case: Case) -> Answer:
    """pre_context(start or renewal)."""
    return any_of(start_or_renewal_any(case), indicated(case))


@predicate
def bone_drug_ahead(case: Case) -> Answer:
    """pre_context(start, renewal or denosumab continuation)."""
    return any_of(about_to_start_or_renew(case), den_cont(case))


@predicate
def jaw_drug_started(case: Case) -> Answer:
    """A bisphosphonate or denosumab is drafted as a new start: the drugs linked to the teeth."""
    return start_draft(case, *sorted(ORAL_BISPHOSPHONATES), "zoledronate", "denosumab")


@predicate
def poor_teeth(case: Case) -> Answer:
    """Poor dental status or no dentist is recorded. Not recorded: no."""
    finding = case.facts.findings.get("dental_status")
    return NO if finding is None else yes_if(finding.value in ("poor", "none"), finding)


@predicate
def dentist_seen(case: Case) -> Answer:
    """A dental visit within 12 months."""
    return visited(case, "dental_visit", since=add_months(case.today, -DENTAL_VISIT))


@predicate
def supplements_lacking(case: Case) -> Answer:
    """No calcium or no vitamin D on the medicine list, and none drafted. Over-the-counter use is not seen."""
    return all_of(
        supplement_incomplete(case),
        no(supplement_drafted(case)),
    )


@predicate
def egfr_not_fresh(case: Case) -> Answer:
    """eGFR never measured, or older than the local defaults allow (shorter below 50)."""
    return any_of(
        not_measured(case, "egfr"),
        older_than(case, "egfr", case.defaults.egfr_age_start),
        all_of(below(egfr(case), EGFR_FREQUENT), older_than(case, "egfr", case.defaults.egfr_age_start_low)),
    )


@predicate
def vitamin_d_first(case: Case) -> Answer:
    """vitd_first: vitamin D below 25, and neither a fracture nor prednisolone that makes waiting for a scan unwise."""
    return all_of(
        below_if_known(vitamin_d(case), VITD_VERY_LOW),
        no(major_fracture(case)),
        no(gc_threshold(case)),
    )


def raise_and_control(case: Case) -> tuple[Proposal, ...]:
    """Vitamin D in the dose the doctor chooses, and the level again after three months."""
    return (prescribe("vitamin_d"), order("vitamin_d", add_months(case.today, VITD_CONTROL)))


@predicate
def cause_to_clarify(case: Case) -> Answer:
    """Cancer may be the cause: suspected in the spine, known in the skeleton, or DEF-PATH-1 (0.7 made stricter).

    No bone drug is offered then, not by prednisolone either: the specialist is asked first.
    """
    return any_of(
        any_condition(case, "malignancy_suspected_spine", "skeletal_malignancy"),
        logic_of(case, "DEF-PATH-1"),
    )


@predicate
def follows_another(case: Case) -> Answer:
    """A drug started now follows another: any denosumab, an infusion or an anabolic course left open.

    DEN-STOP-3, SEL-17 and SEL-20 ask for it; without it the effect is lost, after denosumab with fractures.
    """
    return any_of(denosumab_ever(case), logic_of(case, "DEN-STOP-3", "SEL-17", "SEL-20"))


def below_if_known(value: Value[float], limit: float) -> Answer:
    """value < limit; never measured is no."""
    return NO if isinstance(value, Unknown) else below(value, limit)


def denosumab_goes_on(case: Case) -> bool:
    """The drafted denosumab continues a treatment, dated or not, or may do so."""
    return not isinstance(any_of(den_cont(case), den_undated(case)), No)


def held_denosumab(case: Case) -> tuple[Proposal, ...]:
    """Hold a drafted denosumab that is on the medicine list without a recorded injection, and ask a specialist."""
    if isinstance(draft_medication(case, "denosumab"), No) or isinstance(den_undated(case), No):
        return ()
    return (task("hold_denosumab"), refer("bone_specialist"))


def drop_drafts(case: Case) -> tuple[Proposal, ...]:
    """Take away the drafted starts and renewals of bone drugs.

    Denosumab already taken is never taken away, also when no injection is recorded (den_undated):
    an injection left out brings rebound bone loss. It is held, and a specialist asked.
    """
    continued = {"denosumab"} if denosumab_goes_on(case) else set()
    names = {name for draft in draft_medications(case, BONE_DRUGS) for name in draft.drugs & BONE_DRUGS} - continued
    if isinstance(draft_service(case, "zoledronate"), Yes):
        names.add("zoledronate")
    return tuple(delete_draft(name) for name in sorted(names))
