"""Criteria and contraindications of teriparatide and romosozumab (§9.2, criteria boxes)."""

from __future__ import annotations

from fhir_mappings.facts import Fracture
from hooks.guideline.bone_density import t_low
from hooks.guideline.calendar import within_months
from hooks.guideline.case import CONDITIONS, OBSERVATIONS, Case, absent, predicate, recorded
from hooks.guideline.courses import courses
from hooks.guideline.drafted import draft_medication, draft_referral
from hooks.guideline.fractures import fractures, low_energy, pathological
from hooks.guideline.laboratory import egfr
from hooks.guideline.logic import Answer, Unknown, Yes, above, all_of, any_of, at_most, below, exists
from hooks.guideline.risk_factors import smoker
from hooks.guideline.scope import age, any_condition, male, postmenopausal
from hooks.guideline.thresholds import (
    AGE_MAN_TERIPARATIDE,
    COMPRESSION_ANABOLIC,
    COMPRESSION_DIAGNOSTIC,
    EGFR_TERIPARATIDE,
    FRACTURE_RECENT_ANABOLIC,
    FRACTURES_ANABOLIC,
    T_TERIPARATIDE,
)

#: Sites of the romosozumab box beside the spine; the wrist is read as forearm.
ROMOSOZUMAB_SITES = frozenset({"hip", "pelvis", "humerus", "forearm", "wrist"})


def _compressed(case: Case, percent: float) -> tuple[tuple[Fracture, ...], tuple[Fracture, ...]]:
    """Low-energy vertebral fractures of at least `percent`, and those whose grade is not known well enough."""
    found = fractures(case, lambda f: f.site == "vertebral" and low_energy(case, f) and not pathological(case, f))
    sure = tuple(f for f in found if f.compression_pct is not None and f.compression_pct >= percent)
    perhaps = tuple(f for f in found if f.compression_pct is None or (f.compression_is_range and f not in sure))
    return sure, perhaps


def _enough(case: Case, sure: tuple[Fracture, ...], perhaps: tuple[Fracture, ...], number: float) -> Answer:
    """At least `number` are sure; unknown when those of unknown grade could make up for what lacks."""
    if len(sure) >= number:
        return Yes(sure)
    if len(sure) + len(perhaps) >= number:
        return Unknown(("compression_pct",))
    return absent(case, *CONDITIONS)


def _of_three_years(case: Case, found: tuple[Fracture, ...]) -> tuple[Fracture, ...]:
    return tuple(f for f in found if within_months(f.date, case.today, FRACTURE_RECENT_ANABOLIC))


@predicate
def teriparatide_age(case: Case) -> Answer:
    """After the menopause, or a man over 40."""
    return any_of(postmenopausal(case), all_of(male(case), above(age(case), AGE_MAN_TERIPARATIDE)))


@predicate
def teriparatide_fractures(case: Case) -> Answer:
    """A vertebral fracture of 25 % within three years and a T-score of -3.0 or lower, or two of any age (C-21)."""
    sure, perhaps = _compressed(case, COMPRESSION_ANABOLIC)
    recent = _enough(case, _of_three_years(case, sure), _of_three_years(case, perhaps), 1)
    return any_of(
        all_of(recent, at_most(t_low(case), T_TERIPARATIDE)), _enough(case, sure, perhaps, FRACTURES_ANABOLIC)
    )


@predicate
def romosozumab_fracture(case: Case) -> Answer:
    """A low-energy fracture of hip, pelvis, humerus, forearm or spine (20 % or more) within three years."""
    elsewhere = fractures(
        case, lambda f: f.site in ROMOSOZUMAB_SITES and low_energy(case, f) and not pathological(case, f)
    )
    sure, perhaps = _compressed(case, COMPRESSION_DIAGNOSTIC)
    return _enough(case, _of_three_years(case, (*elsewhere, *sure)), _of_three_years(case, perhaps), 1)


def earlier_course(case: Case, drug: str) -> Answer:
    """The drug was taken before or is taken now. A course not recorded here is not seen."""
    return exists(c for c in courses(case, (drug,)) if c.start is None or c.start <= case.today)


@predicate
def teriparatide_excluded(case: Case) -> Answer:
    """Radiotherapy of the skeleton, cancer in the skeleton, myeloma, or eGFR below 30."""
    return any_of(
        any_condition(case, "skeletal_radiotherapy", "skeletal_malignancy", "bone_metastasis", "myeloma"),
        below(egfr(case), EGFR_TERIPARATIDE),
    )


@predicate
def teriparatide_exclusion_recorded(case: Case) -> Answer:
    """The same as far as recorded: an eGFR never measured does not stand in the way of a referral."""
    return recorded(case, teriparatide_excluded(case), *CONDITIONS, *OBSERVATIONS)


@predicate
def heart_attack_or_stroke(case: Case) -> Answer:
    """Ever a myocardial infarction or stroke."""
    return any_condition(case, "myocardial_infarction", "stroke")


@predicate
def cardiovascular_risk(case: Case) -> Answer:
    """Hypertension, hyperlipidaemia, ischaemic heart disease, diabetes, heart failure or smoking (our list)."""
    return any_of(
        any_condition(case, "hypertension", "hyperlipidaemia", "ischaemic_heart_disease", "heart_failure"),
        any_condition(case, "diabetes_type1", "diabetes_type2"),
        smoker(case),
    )


def drafted_or_referred(case: Case, drug: str) -> Answer:
    """A prescription of the drug, or a referral for it, is drafted."""
    return any_of(draft_medication(case, drug), draft_referral(case, drug))
