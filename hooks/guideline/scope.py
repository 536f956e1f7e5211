"""Whom the guideline is about (0.4): women after the menopause, men from 60."""

from __future__ import annotations

from collections.abc import Sequence

from fhir_mappings.facts import Finding
from hooks.guideline.calendar import completed_years
from hooks.guideline.case import CONDITIONS, Case, absent, predicate
from hooks.guideline.logic import NO, Answer, Known, Unknown, Value, Yes, all_of, any_of, several, yes_if
from hooks.guideline.thresholds import AGE_ADULT, AGE_MAN_IN_SCOPE


@predicate
def age(case: Case) -> Value[float]:
    """Completed years on the day."""
    born = case.facts.birth_date
    if born is None:
        return Unknown(("birth_date",))
    return Known(float(completed_years(born, case.today)))


def age_or_zero(case: Case) -> float:
    """Completed years, 0 when unknown (no card is made then)."""
    years = age(case)
    return years.value if isinstance(years, Known) else 0.0


@predicate
def female(case: Case) -> Answer:
    """Patient.gender female."""
    return Unknown(("sex",)) if case.facts.sex is None else yes_if(case.facts.sex == "female")


@predicate
def male(case: Case) -> Answer:
    """Patient.gender male."""
    return Unknown(("sex",)) if case.facts.sex is None else yes_if(case.facts.sex == "male")


@predicate
def adult(case: Case) -> Answer:
    """From 18 years."""
    return yes_if(age_or_zero(case) >= AGE_ADULT)


def menopause_status(case: Case) -> Finding | None:
    """The recorded menopausal status: pre or post. None: not recorded.

    "Pre" recorded before the 55th birthday (P_POST_ASSUME_AGE), or without a date, says nothing
    from 55 on: it is treated as not recorded, so that an old entry never hides osteoporosis.
    """
    status = case.facts.findings.get("menopause_status")
    return None if status is not None and status.value == "pre" and _outgrown(case, status) else status


def _outgrown(case: Case, status: Finding) -> bool:
    born, limit = case.facts.birth_date, case.defaults.post_assume_age
    if born is None or completed_years(born, case.today) < limit:
        return False
    return status.date is None or completed_years(born, status.date) < limit


@predicate
def menopause_unknown(case: Case) -> Answer:
    """A woman without a recorded menopausal status."""
    return all_of(female(case), yes_if(menopause_status(case) is None))


@predicate
def postmenopausal(case: Case) -> Answer:
    """Recorded, or presumed from P_POST_ASSUME_AGE; unknown between the two age limits."""
    return _menopausal(case, "post")


@predicate
def premenopausal(case: Case) -> Answer:
    """Recorded, or presumed below the lower age limit; unknown between the two age limits."""
    return _menopausal(case, "pre")


def _menopausal(case: Case, wanted: str) -> Answer:
    woman = female(case)
    if not isinstance(woman, Yes):
        return woman
    status = menopause_status(case)
    if status is not None:
        return yes_if(status.value == wanted, status)
    years = age_or_zero(case)
    if years >= case.defaults.post_assume_age:
        return yes_if(wanted == "post")
    if years < case.defaults.pre_assume_age:
        return yes_if(wanted == "pre")
    return Unknown(("menopause_status",))


@predicate
def scope_unknown(case: Case) -> Answer:
    """A woman of 45 to 54 whose menopausal status is not recorded."""
    years = age_or_zero(case)
    return all_of(
        menopause_unknown(case),
        yes_if(case.defaults.pre_assume_age <= years < case.defaults.post_assume_age),
    )


@predicate
def in_scope(case: Case) -> Answer:
    """Postmenopausal, or a man from 60."""
    return any_of(postmenopausal(case), all_of(male(case), yes_if(age_or_zero(case) >= AGE_MAN_IN_SCOPE)))


@predicate
def scope_out(case: Case) -> Answer:
    """An adult outside the guideline: premenopausal, or a man under 60."""
    return all_of(
        adult(case),
        any_of(premenopausal(case), all_of(male(case), yes_if(age_or_zero(case) < AGE_MAN_IN_SCOPE))),
    )


def condition(case: Case, concept: str) -> Answer:
    """Whether the condition is active, or ever recorded where the reader counts it so."""
    found = case.facts.conditions.get(concept)
    if found and (active := tuple([c for c in found if c.active])):
        return Yes(active)
    return absent(case, *CONDITIONS)


def any_condition(case: Case, *concepts: str) -> Answer:
    """Whether any of the conditions is active."""
    if case.facts.conditions.keys().isdisjoint(concepts):
        return absent(case, *CONDITIONS)
    return any_of(*[condition(case, concept) for concept in concepts])


def noted(case: Case, concept: str) -> Answer:
    """A note of the doctor (0.9 notes): absent and false are both no."""
    finding = case.facts.findings.get(concept)
    if finding is None:
        return NO
    return yes_if(bool(finding.value), finding)


@predicate
def limited_life(case: Case) -> Answer:
    """A recorded limit of life expectancy: terminal declaration, palliative plan or the like."""
    return condition(case, "limited_life_expectancy")


@predicate
def nursing_home(case: Case) -> Answer:
    """Lives in a nursing home. Not recorded: at home."""
    finding = case.facts.findings.get("residence")
    return yes_if(finding is not None and finding.value == "nursing_home", *([finding] if finding else []))


@predicate
def years_since_menopause(case: Case) -> Value[float]:
    """Age minus the age at menopause, in years."""
    years, at = age(case), case.facts.menopause_age
    if at is None or isinstance(years, Unknown):
        return Unknown(("menopause_age",))
    return Known(years.value - at)


@predicate
def multimorbidity(case: Case) -> Answer:
    """Coded, or three or more of the listed chronic diseases (a default of 0.5)."""
    counted = [any_condition(case, "diabetes_type1", "diabetes_type2")]
    counted += [condition(case, concept) for concept in _on_record(case, _CHRONIC)]
    return any_of(condition(case, "multimorbidity"), several(counted, 3))


def _on_record(case: Case, concepts: Sequence[str]) -> Sequence[str]:
    """Those of the concepts that may be present: on a complete record only what is recorded."""
    if absent(case, *CONDITIONS) != NO:
        return concepts
    return [concept for concept in concepts if concept in case.facts.conditions]


_CHRONIC = (
    "ckd",
    "hypertension",
    "heart_failure",
    "ischaemic_heart_disease",
    "stroke",
    "copd_severe",
    "rheumatoid_arthritis",
    "sle",
    "ibd",
    "malabsorption",
)
