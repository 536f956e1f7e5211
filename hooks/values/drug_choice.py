"""Earlier treatment, open courses, anabolic drugs and what speaks against them, in texts."""

from __future__ import annotations

from datetime import date

from hooks.guideline.case import Case
from hooks.guideline.drafted import ANABOLICS, BONE_DRUGS, ORAL_BISPHOSPHONATES
from hooks.guideline.drug_choice import ended_anabolic
from hooks.guideline.injections import injections, zol_last
from hooks.guideline.laboratory import newest
from hooks.guideline.logic import Yes
from hooks.guideline.scope import condition, noted
from hooks.guideline.starting import oral_unsuitable
from hooks.guideline.tablets import Course, joined_courses, on_oral_bp
from hooks.guideline.thresholds import EGFR_TERIPARATIDE, ROMOSOZUMAB_MAX, TERIPARATIDE_MAX
from hooks.language import Language
from hooks.values import value, when

_DAY = "ikke registreret"  # longer than any date
_CARDIOVASCULAR = ("hypertension", "hyperlipidaemia", "ischaemic_heart_disease", "heart_failure")
_DIABETES = ("diabetes_type1", "diabetes_type2")
_NOT_TERIPARATIDE = ("skeletal_radiotherapy", "skeletal_malignancy", "bone_metastasis", "myeloma")


_COURSES = {"treatment.tablets": ORAL_BISPHOSPHONATES} | {
    f"drug.{drug}": frozenset({drug}) for drug in sorted(BONE_DRUGS - ORAL_BISPHOSPHONATES)
}


def _earlier(case: Case) -> list[tuple[str, date | None]]:
    """What was given or taken before: its term and its last day."""
    found: list[tuple[str, date | None]] = []
    if zol_last(case) is not None:
        found.append(("drug.zoledronate", zol_last(case)))
    if injections(case):
        found.append(("drug.denosumab", injections(case)[-1].date))
    given = {term for term, _ in found}
    recorded = frozenset().union(*[course.drugs for course in case.facts.courses])
    for term, drugs in _COURSES.items():
        if term not in given and not drugs.isdisjoint(recorded):
            found += [(term, course.stop) for course in joined_courses(case, drugs) if not course.running]
    return found


@value("earlier_treatment", "zoledronat (31.12.2022), denosumab (31.12.2021) og bisfosfonattabletter (31.12.2019)")
def _(case: Case, say: Language) -> str:
    return say.list(f"{say.term(term)} ({say.day(day)})" for term, day in _earlier(case)) or say.term("none")


@when("treated_before")
def _(case: Case) -> bool:
    """An infusion, an injection or an ended course is on record."""
    return bool(_earlier(case))


@when("never_treated")
def _(case: Case) -> bool:
    """No infusion, injection or ended course is on record."""
    return not _earlier(case)


@value("unsuitable_because", "sygdom i spiserøret og tåler ikke bisfosfonat i tabletform")
def _(case: Case, say: Language) -> str:
    notes = ("cannot_stay_upright", "oral_bp_intolerance")
    found = [say.term(f"concept.{name}") for name in notes if isinstance(noted(case, name), Yes)]
    if isinstance(condition(case, "oesophageal_disorder"), Yes):
        found.insert(0, say.term("condition.oesophageal_disorder"))
    return say.list(found) or say.term("none")


@when("tablets_unsuitable")
def _(case: Case) -> bool:
    """Something recorded speaks against tablets."""
    return isinstance(oral_unsuitable(case), Yes)


@value("teriparatide_contraindications", "strålebehandling af skelettet, malign knogletumor og eGFR 29 (31.12.2025)")
def _(case: Case, say: Language) -> str:
    found = [say.term(f"condition.{c}") for c in _NOT_TERIPARATIDE if isinstance(condition(case, c), Yes)]
    egfr = newest(case, "egfr")
    if egfr is not None and egfr.value < EGFR_TERIPARATIDE:
        found.append(f"eGFR {say.number(egfr.value)} ({say.day(egfr.date)})")
    return say.list(found) or say.term("none")


@value("heart_or_stroke", "myokardieinfarkt (31.12.2020) og apopleksi (31.12.2021)")
def _(case: Case, say: Language) -> str:
    found = [c for name in ("myocardial_infarction", "stroke") for c in case.facts.conditions.get(name, ()) if c.active]
    return say.list(f"{say.term(f'condition.{c.concept}')} ({say.day(c.onset)})" for c in found) or say.term("none")


@value("cardiovascular_factors", "hypertension, hyperlipidæmi, iskæmisk hjertesygdom, diabetes og rygning")
def _(case: Case, say: Language) -> str:
    found = [say.term(f"condition.{c}") for c in _CARDIOVASCULAR if isinstance(condition(case, c), Yes)]
    found += [say.term("risk.R12")] if any(isinstance(condition(case, c), Yes) for c in _DIABETES) else []
    smoking = case.facts.findings.get("smoking_status")
    found += [say.term("risk.R3")] if smoking is not None and smoking.value == "current" else []
    return say.list(found) or say.term("none")


@value("anabolic_stop", _DAY)
def _(case: Case, say: Language) -> str:
    course = ended_anabolic(case)
    return say.day(course.stop if course else None)


@value("anabolic_ended", "knogleopbyggende behandling")
def _(case: Case, say: Language) -> str:
    course = ended_anabolic(case)
    names = {drug for order in (course.evidence if course else ()) for drug in getattr(order, "drugs", ())} & ANABOLICS
    return say.list(say.term(f"drug.{name}") for name in sorted(names)) or say.term("drug.anabolic")


def _running_anabolic(case: Case) -> tuple[str, Course] | None:
    for drug in sorted(ANABOLICS):
        for course in joined_courses(case, (drug,)):
            if course.running:
                return drug, course
    return None


@value("anabolic_running", "knogleopbyggende behandling")
def _(case: Case, say: Language) -> str:
    found = _running_anabolic(case)
    return say.term(f"drug.{found[0]}" if found else "drug.anabolic")


@value("anabolic_start", _DAY)
def _(case: Case, say: Language) -> str:
    found = _running_anabolic(case)
    return say.day(found[1].start if found else None)


@value("anabolic_limit", "24")
def _(case: Case, say: Language) -> str:
    found = _running_anabolic(case)
    return say.number(ROMOSOZUMAB_MAX if found and found[0] == "romosozumab" else TERIPARATIDE_MAX, 0)


@when("egfr_never_measured")
def _(case: Case) -> bool:
    """No eGFR at all is on record."""
    return newest(case, "egfr") is None


@when("on_tablets")
def _(case: Case) -> bool:
    """A bisphosphonate tablet is being taken."""
    return isinstance(on_oral_bp(case), Yes)


@when("tablet_not_tolerated")
def _(case: Case) -> bool:
    """Intolerance of bisphosphonate tablets is noted: no tablet is offered."""
    return isinstance(noted(case, "oral_bp_intolerance"), Yes)
