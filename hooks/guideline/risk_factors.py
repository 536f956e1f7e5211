"""The risk-factor register (0.5): Box Q and Box R as one list, with the day each factor appeared.

`investigate`: counts towards an investigation alone ("yes"), or only together with others
("combined"). `treat`: counts as the one risk factor of TX-IND-1. Factors are what the record
says: smoking or BMI never recorded is no factor, but a source that was not delivered is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fhir_mappings.facts import Condition, FamilyHistory, Measurement, MedicationCourse
from hooks.guideline.bone_density import after_last_dxa
from hooks.guideline.calendar import within_months
from hooks.guideline.case import CONDITIONS, FAMILY, OBSERVATIONS, Case, absent, predicate, recorded
from hooks.guideline.courses import active, courses
from hooks.guideline.fractures import (
    major_fracture,
    other_low_energy,
    other_low_energy_fracture,
    qualifies,
)
from hooks.guideline.glucocorticoid import gc_start, gc_threshold
from hooks.guideline.laboratory import bmi, height_loss, newest, values
from hooks.guideline.logic import (
    NO,
    Answer,
    Known,
    No,
    Unknown,
    Yes,
    all_of,
    any_of,
    at_least,
    at_most,
    below,
    exists,
    no,
    several,
    yes_if,
)
from hooks.guideline.scope import any_condition, condition
from hooks.guideline.thresholds import AGE_EARLY_MENOPAUSE, AGE_RELATIVE_WEAK, EGFR_REDUCED, VITD_VERY_LOW

Weight = Literal["yes", "combined", "no"]
RECORD = (*CONDITIONS, *OBSERVATIONS)


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """One factor of the register in one patient. `onset` None: undated, never new."""

    id: str
    present: Answer
    onset: date | None
    investigate: Weight
    treat: bool


def _first(facts: Iterable[Condition | FamilyHistory | MedicationCourse]) -> date | None:
    """The earliest day among facts, None when any is undated or there is none."""
    days = [fact.onset if isinstance(fact, Condition) else fact.date for fact in facts]
    return None if not days or None in days else min(d for d in days if d is not None)


def first_meeting(history: Iterable[Measurement], meets: Callable[[Measurement], bool]) -> date | None:
    """The day of the first value that met a limit; None when the earliest recorded value already did."""
    ordered = sorted(history, key=lambda m: m.date)
    for index, measurement in enumerate(ordered):
        if meets(measurement):
            return measurement.date if index else None
    return None


@predicate
def family_history(case: Case) -> Answer:
    """Q2: osteoporosis or fracture in a first-degree relative, unless weak (INV-3)."""
    found = [
        f
        for f in case.facts.family_history
        if not (
            f.relative_fracture is False and f.relative_dx_age is not None and f.relative_dx_age >= AGE_RELATIVE_WEAK
        )
    ]
    return exists(found, otherwise=absent(case, *FAMILY))


@predicate
def falls_in_a_year(case: Case) -> int:
    """Falls dated within P_FALL_LOOKBACK."""
    months = case.defaults.fall_lookback
    return sum(f.count for f in case.facts.falls if within_months(f.date, case.today, months))


@predicate
def fall_tendency(case: Case) -> Answer:
    """Coded fall tendency, or rollator. A fall without a date is not known to be recent (0.2)."""
    return any_condition(case, "fall_tendency", "rollator")


def fallen(case: Case, times: int) -> Answer:
    """At least `times` falls within the look-back."""
    if not case.facts.falls:
        return absent(case, *CONDITIONS)
    months = case.defaults.fall_lookback
    found = [f for f in case.facts.falls if within_months(f.date, case.today, months)]
    return exists(found if falls_in_a_year(case) >= times else (), otherwise=absent(case, *CONDITIONS))


@predicate
def fall_prone(case: Case) -> Answer:
    """Coded, rollator, or at least one fall within 12 months (P_HIGH_FALL)."""
    return any_of(fall_tendency(case), fallen(case, 1))


@predicate
def smoker(case: Case) -> Answer:
    """Current smoking; not recorded is unknown."""
    finding = case.facts.findings.get("smoking_status")
    if finding is None:
        return Unknown(("smoking_status",))
    return yes_if(finding.value == "current", finding)


@predicate
def alcohol_overuse(case: Case) -> Answer:
    """Coded, or the latest recorded amount above P_ALCOHOL."""
    measurement = newest(case, "alcohol_units_week")
    amount = NO if measurement is None else yes_if(measurement.value > case.defaults.alcohol, measurement)
    coded = condition(case, "alcohol_overuse")
    return any_of(coded, Unknown(("alcohol_units_week",)) if measurement is None and coded == NO else amount)


@predicate
def early_menopause(case: Case) -> Answer:
    """R5: menopause before 45 without later oestrogen."""
    at = case.facts.menopause_age
    if at is None or at >= AGE_EARLY_MENOPAUSE:
        return NO
    finding = case.facts.findings.get("menopause_status")
    return all_of(yes_if(True, *([finding] if finding else [])), yes_if(not courses(case, ("hrt",))))


@predicate
def height_signs(case: Case) -> Answer:
    """Q5: height loss, marked kyphosis, reduced rib-iliac distance."""
    return any_of(
        recorded(case, at_least(height_loss(case), case.defaults.height_loss), *OBSERVATIONS),
        any_condition(case, "kyphosis", "reduced_rib_iliac_distance"),
    )


@predicate
def reduced_renal_function(case: Case) -> Answer:
    """R19: coded CKD or latest eGFR below 60."""
    latest = newest(case, "egfr")
    measured = absent(case, *OBSERVATIONS) if latest is None else yes_if(latest.value < EGFR_REDUCED, latest)
    return any_of(condition(case, "ckd"), measured)


@predicate
def deficiency(case: Case) -> Answer:
    """R4: coded deficiency of calcium or vitamin D, or latest vitamin D very low."""
    latest = newest(case, "vitamin_d")
    low = absent(case, *OBSERVATIONS) if latest is None else yes_if(latest.value < VITD_VERY_LOW, latest)
    return any_of(any_condition(case, "vitamin_d_deficiency", "calcium_deficiency"), low)


_DISEASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Q4", ("immobilisation",)),
    ("Q7", ("halisteresis",)),
    ("R6", ("hypogonadism",)),
    ("R7", ("primary_hyperparathyroidism",)),
    ("R8", ("hyperthyroidism",)),
    ("R9", ("acromegaly", "growth_hormone_deficiency")),
    ("R10", ("cushing",)),
    ("R11", ("addison",)),
    ("R12", ("diabetes_type1", "diabetes_type2")),
    ("R16", ("rheumatoid_arthritis",)),
    ("R17", ("ankylosing_spondylitis",)),
    ("R18", ("sle",)),
    ("R20", ("coeliac",)),
    ("R21", ("pernicious_anaemia",)),
    ("R22", ("ibd",)),
    ("R23", ("malabsorption",)),
    ("R24", ("anorexia",)),
    ("R25", ("bulimia",)),
    ("R26", ("copd_severe",)),
    ("R27", ("myeloma",)),
    ("R28", ("mastocytosis",)),
    ("R29", ("osteogenesis_imperfecta",)),
    ("R30", ("ehlers_danlos",)),
    ("R31", ("marfan",)),
    ("R32", ("haemochromatosis",)),
    ("R33", ("organ_transplant", "kidney_transplant")),
)
_DISEASE_CONCEPTS = frozenset(concept for _, concepts in _DISEASES for concept in concepts)

#: Drugs that go with low bone mass but are no reason by themselves (R15, C-15).
ASSOCIATED_DRUGS = (
    "anticonvulsant",
    "loop_diuretic",
    "lithium",
    "heparin",
    "warfarin",
    "ssri",
    "tca",
    "ppi",
    "glitazone",
)
#: R5 to R14 and R16 to R33: diseases and drugs that can cause bone loss.
CAUSES = ("R5", "R6", "R7", "R8", "R9", "R10", "R11", "R12", "R13", "R14", *(f"R{n}" for n in range(16, 34)))


@predicate
def associated_drug(case: Case) -> Answer:
    """R15: one of the associated drugs is being taken."""
    return active(case, *ASSOCIATED_DRUGS)


@predicate
def register(case: Case) -> dict[str, RiskFactor]:
    """The factors of the register that are present, or unknown, by id; what is not there is not present."""
    found: dict[str, RiskFactor] = {}
    for number, present_, onset, investigate, treat in (*_box_q(case), *_box_r(case), *_supporting(case)):
        if not isinstance(present_, No):
            day = onset(case) if isinstance(present_, Yes) else None
            found[number] = RiskFactor(number, present_, day, investigate, treat)
    return found


Onset = Callable[[Case], date | None]
Line = tuple[str, Answer, Onset, Weight, bool]


def _undated(_case: Case) -> date | None:
    return None


def _box_q(case: Case) -> list[Line]:
    return [
        ("Q1", any_of(major_fracture(case), other_low_energy_fracture(case)), _onset_fracture, "yes", True),
        ("Q2", family_history(case), lambda c: _first(c.facts.family_history), "yes", True),
        ("Q3", recorded(case, below(bmi(case), case.defaults.low_bmi), *OBSERVATIONS), _onset_bmi, "yes", True),
        ("Q5", height_signs(case), _onset_height, "yes", True),
        ("Q8", gc_threshold(case), gc_start, "yes", True),
        ("Q9", fall_prone(case), _onset_falls, "yes", False),
        ("Q9T", any_of(fall_tendency(case), fallen(case, 2)), _onset_falls, "no", True),
    ]


def _box_r(case: Case) -> list[Line]:
    return [
        ("R2", recorded(case, alcohol_overuse(case), *RECORD), _onset_alcohol, "combined", True),
        ("R3", recorded(case, smoker(case), *OBSERVATIONS), _undated, "combined", True),
        ("R4", deficiency(case), _undated, "combined", False),
        ("R5", early_menopause(case), _undated, "yes", True),
        *_diseases(case),
        ("R13", active(case, "aromatase_inhibitor"), _onset_drug("aromatase_inhibitor"), "yes", True),
        ("R14", active(case, "antiandrogen"), _onset_drug("antiandrogen"), "yes", True),
        ("R19", reduced_renal_function(case), _onset_renal, "yes", True),
    ]


def _supporting(case: Case) -> list[Line]:
    low_normal = all_of(at_least(bmi(case), case.defaults.low_bmi), at_most(bmi(case), case.defaults.low_normal_bmi))
    diet = all_of(
        any_condition(case, "vegan_diet", "dairy_free_diet"),
        no(active(case, "calcium", "calcium_vitd")),
    )
    return [
        ("A1", recorded(case, low_normal, *OBSERVATIONS), _undated, "combined", False),
        ("A2", diet, _undated, "combined", False),
    ]


def _diseases(case: Case) -> list[Line]:
    """The coded diseases; on a complete record only those that are coded at all are looked at."""
    coded = case.facts.conditions.keys() & _DISEASE_CONCEPTS
    complete = absent(case, *CONDITIONS) == NO
    if complete and not coded:
        return []
    return [
        (number, any_condition(case, *concepts), _onset_disease(concepts), "yes", True)
        for number, concepts in _DISEASES
        if not (complete and coded.isdisjoint(concepts))
    ]


def _onset_disease(concepts: tuple[str, ...]) -> Onset:
    return lambda case: _first(c for name in concepts for c in case.facts.conditions.get(name, ()) if c.active)


def _onset_drug(drug: str) -> Onset:
    return lambda case: _first(c for c in courses(case, (drug,)) if c.active)


def _onset_fracture(case: Case) -> date | None:
    qualifying = [f for f in case.facts.fractures if qualifies(case, f) or other_low_energy(case, f)]
    return max((f.date for f in qualifying if f.date), default=None)


def _onset_falls(case: Case) -> date | None:
    return _first(case.facts.conditions.get("fall_tendency", ())) or _first_fall(case)


def _first_fall(case: Case) -> date | None:
    months = case.defaults.fall_lookback
    days = [f.date for f in case.facts.falls if f.date and within_months(f.date, case.today, months)]
    return min(days, default=None)


def _onset_bmi(case: Case) -> date | None:
    return first_meeting(values(case, "bmi"), lambda m: m.value < case.defaults.low_bmi)


def _onset_alcohol(case: Case) -> date | None:
    coded = _first(case.facts.conditions.get("alcohol_overuse", ()))
    return coded or first_meeting(values(case, "alcohol_units_week"), lambda m: m.value > case.defaults.alcohol)


def _onset_renal(case: Case) -> date | None:
    coded = _first(c for c in case.facts.conditions.get("ckd", ()) if c.active)
    return coded or first_meeting(values(case, "egfr"), lambda m: m.value < EGFR_REDUCED)


def _onset_height(case: Case) -> date | None:
    """The newest sign: each is a new reason to look."""
    signs = [
        c.onset
        for concept in ("kyphosis", "reduced_rib_iliac_distance")
        for c in case.facts.conditions.get(concept, ())
        if c.active
    ]
    peaks = values(case, "height_cm", "peak_height_cm")
    highest = max((m.value for m in peaks), default=0.0)
    limit = case.defaults.height_loss
    lost = first_meeting(values(case, "height_cm"), lambda m: bool(at_least(Known(highest - m.value), limit)))
    return max((day for day in (*signs, lost) if day is not None), default=None)


def count(case: Case, chosen: Callable[[RiskFactor], bool], at: int) -> Answer:
    """Whether at least `at` chosen factors are present."""
    return several((f.present for f in register(case).values() if chosen(f)), at)


def count_i(case: Case, at: int) -> Answer:
    """count_I >= `at`: factors that count for investigation, alone or combined."""
    return count(case, lambda f: f.investigate != "no", at)


def count_t(case: Case, at: int) -> Answer:
    """count_T >= `at`: factors that count as the risk factor of TX-IND-1."""
    return count(case, lambda f: f.treat, at)


def any_factor(case: Case, ids: Iterable[str]) -> Answer:
    """Whether any of the named factors is present."""
    found = register(case)
    return any_of(*(found[number].present for number in ids if number in found))


def present(case: Case, ids: Iterable[str]) -> list[RiskFactor]:
    """The named factors that are present."""
    found = register(case)
    return [found[n] for n in ids if n in found and isinstance(found[n].present, Yes)]


def new_since_dxa(case: Case, ids: Iterable[str]) -> Answer:
    """Whether any of the named factors appeared after the last DXA; undated is not new."""
    found = register(case)
    return any_of(*(_new(case, found[number]) for number in ids if number in found))


def _new(case: Case, factor: RiskFactor) -> Answer:
    if isinstance(factor.present, Yes):
        return factor.present if after_last_dxa(case, factor.onset) else NO
    return factor.present
