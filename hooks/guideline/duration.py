"""How long tablets are taken: the five-year decision, and the time after a completed course (§10)."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import dxa_dates, dxa_since, latest_study, t_hip
from hooks.guideline.calendar import add_months, within_months
from hooks.guideline.case import CONDITIONS, OBSERVATIONS, Case, absent, at_patient_view, on_order_hook, predicate
from hooks.guideline.drafted import BONE_DRUGS, bone_drug_drafted, draft_referral, oral_stop_drafted
from hooks.guideline.failure import treatment_failure
from hooks.guideline.fractures import fracture_since, fracture_within, major_fracture
from hooks.guideline.glucocorticoid import ended_within, gc_exposed
from hooks.guideline.laboratory import values
from hooks.guideline.logic import (
    NO,
    TOLERANCE,
    Answer,
    Unknown,
    Value,
    Yes,
    above,
    all_of,
    any_of,
    at_most,
    evident,
    exists,
    no,
    yes_if,
)
from hooks.guideline.markers import ANALYTES, readable
from hooks.guideline.orders import visited
from hooks.guideline.risk_factors import RiskFactor, register
from hooks.guideline.tablets import bp_start, on_oral_bp
from hooks.guideline.thresholds import (
    COURSE_ORAL,
    DECIDED,
    GC_AFTER_MIN,
    MARKER_RISE,
    MARKER_STOP_AFTER,
    MARKER_STOP_BEFORE,
    STOP_MIN,
    T_STOP_HIP,
)
from hooks.guideline.treatment import stop_date


@predicate
def stop_in_question(case: Case) -> Answer:
    """The record is open, or the stop of a tablet is about to be signed."""
    return any_of(at_patient_view(case), oral_stop_drafted(case))


@predicate
def five_years_recorded(case: Case) -> Answer:
    """Five years of tablets are on record; a start that is not recorded is none."""
    start = bp_start(case)
    return yes_if(start is not None and case.today >= add_months(start, COURSE_ORAL))


@predicate
def other_drug_drafted(case: Case) -> Answer:
    """Another bone drug is drafted or referred for."""
    return any_of(bone_drug_drafted(case), draft_referral(case, *sorted(BONE_DRUGS), "anabolic"))


def _five_years_from(case: Case) -> date | None:
    start = bp_start(case)
    return None if start is None else add_months(start, case.defaults.dxa_5y)


@predicate
def five_year_scan(case: Case) -> Answer:
    """dxa5 exists: a DXA from 48 months into the tablet course (P_DXA_5Y)."""
    since = _five_years_from(case)
    if since is None:
        return Unknown(("treatment_start",)) if isinstance(on_oral_bp(case), Yes) else NO
    return dxa_since(case, since)


@predicate
def hip_at_five_years(case: Case) -> Value[float]:
    """The T-score of the hip on that scan, SD; unknown when it lacks the hip."""
    study, since = latest_study(case), _five_years_from(case)
    if study is None or since is None or study.date < since:
        return Unknown(("t_score_hip",))
    return t_hip(case)


@predicate
def fractured_in_treatment(case: Case) -> Answer:
    """fx_in_treatment: a fracture, not known as high-energy, since the start of the tablet."""
    return fracture_since(case, bp_start(case))


@predicate
def fractured_recently(case: Case) -> Answer:
    """fx_recent: such a fracture within P_DUR_RECENT_FX."""
    return fracture_within(case, case.defaults.dur_recent_fx)


@predicate
def stop_criteria(case: Case) -> Answer:
    """Hip above −2.5, no hip or vertebral fracture ever, none in treatment or recently, nothing against it (C-33).

    A falling T-score, fractures on treatment, and glucocorticoid now or until half a year ago
    speak against it (C-46).
    """
    return all_of(
        above(hip_at_five_years(case), T_STOP_HIP),
        no(major_fracture(case)),
        no(fractured_in_treatment(case)),
        no(fractured_recently(case)),
        no(treatment_failure(case)),
        no(gc_exposed(case)),
        no(ended_within(case, GC_AFTER_MIN)),
    )


@predicate
def continue_criteria(case: Case) -> Answer:
    """Hip still at or below −2.5, and a hip or vertebral fracture ever or any fracture in treatment."""
    return all_of(
        at_most(hip_at_five_years(case), T_STOP_HIP),
        any_of(major_fracture(case), fractured_in_treatment(case)),
    )


@predicate
def decided(case: Case) -> Answer:
    """With the record open: a doctor's review since the five-year scan, and within 36 months."""
    scans = dxa_dates(case)
    if not scans:
        return NO
    since = max(scans[0], add_months(case.today, -DECIDED))
    return all_of(at_patient_view(case), visited(case, "physician_bone_review", since=since))


def months_after_stop(case: Case, months: float) -> Answer:
    """At least `months` since the end of the completed course."""
    stopped = stop_date(case)
    return yes_if(stopped is not None and case.today >= add_months(stopped, months))


def day_after_stop(case: Case, months: float) -> date:
    """`months` after the end of the completed course; today without one (the rules then answer no)."""
    stopped = stop_date(case)
    return case.today if stopped is None else add_months(stopped, months)


@predicate
def fractured_after_stop(case: Case) -> Answer:
    """A fracture, not known as high-energy, since the end of the completed course."""
    return fracture_since(case, stop_date(case))


@predicate
def collapse_suspected_after_stop(case: Case) -> Answer:
    """A suspected vertebral collapse dated since the end of the completed course."""
    stopped = stop_date(case)
    found = [
        c
        for c in case.facts.conditions.get("suspected_vertebral_collapse", ())
        if c.active and c.onset is not None and stopped is not None and c.onset >= stopped
    ]
    return exists(found, otherwise=absent(case, *CONDITIONS))


def marker_pair_after_stop(case: Case, analyte: str) -> tuple[Measurement, Measurement] | None:
    """The readable value nearest the stop (six months before to three after), and the latest after it."""
    stopped = stop_date(case)
    if stopped is None:
        return None
    found = [m for m in values(case, analyte) if readable(case, m)]
    first, last = add_months(stopped, -MARKER_STOP_BEFORE), add_months(stopped, MARKER_STOP_AFTER)
    at_stop = [m for m in found if first <= m.date <= last]
    base = min(at_stop, key=lambda m: abs((m.date - stopped).days), default=None)
    if base is None or found[0].date <= base.date:
        return None
    return base, found[0]


@predicate
def marker_rise_after_stop(case: Case) -> Answer:
    """The latest value, at most P_MARKER_ACT old, is 30 % or more above the one at the stop."""
    for analyte in ANALYTES:
        pair = marker_pair_after_stop(case, analyte)
        if pair is None or not within_months(pair[1].date, case.today, case.defaults.marker_act):
            continue
        if pair[1].value >= pair[0].value * (1 + MARKER_RISE / 100) - TOLERANCE:
            return Yes(pair)
    return absent(case, *OBSERVATIONS)


@predicate
def dxa_drafted_too_soon(case: Case) -> Answer:
    """A DXA is drafted for a day before 24 months after the stop (C-11)."""
    earliest = day_after_stop(case, STOP_MIN)
    drafts = case.facts.drafts.services if on_order_hook(case) else ()
    scans = [d for d in drafts if "dxa" in d.concepts]
    return exists(d for d in scans if max(d.planned or case.today, case.today) < earliest)


def new_factors(case: Case, day: date | None, *, same_day: bool) -> list[RiskFactor]:
    """Factors of TX-IND-1 other than a fracture that appeared after `day` (or on it)."""
    if day is None:
        return []
    counted = (f for f in register(case).values() if f.treat and f.id != "Q1" and isinstance(f.present, Yes))
    return [f for f in counted if f.onset is not None and (f.onset > day or (same_day and f.onset == day))]


def _any_new(case: Case, found: list[RiskFactor]) -> Answer:
    if found:
        return Yes(evident(f.present for f in found))
    return any_of(*(f.present for f in register(case).values() if f.treat and isinstance(f.present, Unknown)))


@predicate
def new_factor_in_treatment(case: Case) -> Answer:
    """A factor appeared after the start of the tablet; undated is not new."""
    return _any_new(case, new_factors(case, bp_start(case), same_day=False))


@predicate
def new_factor_after_stop(case: Case) -> Answer:
    """A factor appeared since the end of the completed course; undated is not new."""
    return _any_new(case, new_factors(case, stop_date(case), same_day=True))
