"""Values of part 16: the fracture that hurts, and the opioid that runs on."""

from __future__ import annotations

from fhir_mappings.facts import Fracture, MedicationCourse
from hooks.guideline.calendar import within_days
from hooks.guideline.case import Case, predicate
from hooks.guideline.fractures import fractures, latest_date, not_high_energy
from hooks.guideline.logic import Yes
from hooks.guideline.part_16_pain import opioid_after_healing
from hooks.guideline.thresholds import PAIN_DAYS
from hooks.language import Language
from hooks.values import value


def _named(fracture: Fracture | None, say: Language) -> str:
    return say.term("fracture.other") if fracture is None else say.term(f"fracture.{fracture.site}")


@predicate
def _recent(case: Case) -> Fracture | None:
    found = fractures(case, lambda f: not_high_energy(f) and within_days(f.date, case.today, PAIN_DAYS))
    return max(found, key=lambda f: f.date or case.today, default=None)


@value("recent_fracture", "vertebral fracture")
def _(case: Case, say: Language) -> str:
    return _named(_recent(case), say)


@value("recent_fracture_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    fracture = _recent(case)
    return say.day(fracture.date if fracture else None)


def _opioid(case: Case) -> tuple[MedicationCourse | None, Fracture | None]:
    answer = opioid_after_healing(case)
    facts = answer.evidence if isinstance(answer, Yes) else ()
    course = next((f for f in facts if isinstance(f, MedicationCourse)), None)
    return course, next((f for f in facts if isinstance(f, Fracture)), None)


@value("opioid_start", "ikke registreret")
def _(case: Case, say: Language) -> str:
    course = _opioid(case)[0]
    return say.day(course.start if course else None)


@value("opioid_fracture", "vertebral fracture")
def _(case: Case, say: Language) -> str:
    return _named(_opioid(case)[1], say)


@value("opioid_fracture_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    fracture = _opioid(case)[1]
    return say.day(fracture.date if fracture else None)


@value("vertebral_fracture_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return say.day(latest_date(fractures(case, lambda f: f.site == "vertebral")))
