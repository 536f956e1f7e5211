"""Values of part 9, visits and controls: kidney risk, height lost on treatment, tablets dispensed."""

from __future__ import annotations

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import any_t_score
from hooks.guideline.case import Case
from hooks.guideline.failure import height_lost_on_treatment
from hooks.guideline.laboratory import newest
from hooks.guideline.logic import Known, Yes, below
from hooks.guideline.monitoring import KIDNEY_DISEASES, covered_until, last_tablets
from hooks.guideline.scope import condition, noted
from hooks.guideline.starting import bp_blocked
from hooks.guideline.thresholds import EGFR_REDUCED
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import measured

_DAY = "ikke registreret"


@value("kidney_reasons", "eGFR 59, kronisk nyresygdom, type 1-diabetes, type 2-diabetes, hypertension og hjertesvigt")
def _(case: Case, say: Language) -> str:
    latest = newest(case, "egfr")
    low = latest is not None and isinstance(below(Known(latest.value), EGFR_REDUCED), Yes)
    reasons = [f"{say.term('concept.egfr')} {measured(latest, say)}"] if low else []
    reasons += [say.term(f"condition.{c}") for c in KIDNEY_DISEASES if isinstance(condition(case, c), Yes)]
    return say.list(reasons) or say.term("none")


@value("treatment_height_loss", "ikke registreret")
def _(case: Case, say: Language) -> str:
    lost = height_lost_on_treatment(case)
    return say.number(lost.value, 1) if isinstance(lost, Known) else say.term("not_recorded")


@value("treatment_heights", "170,5 cm (31.12.2024) – 165,5 cm (31.12.2025)")
def _(case: Case, say: Language) -> str:
    lost = height_lost_on_treatment(case)
    facts = lost.evidence if isinstance(lost, Known) else ()
    heights = sorted({(f.date, f.value) for f in facts if isinstance(f, Measurement)})
    return " – ".join(f"{say.number(cm)} cm ({say.day(day)})" for day, cm in heights) or say.term("not_recorded")


@value("height_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    latest = newest(case, "height_cm")
    return say.day(latest.date if latest is not None else None)


@value("tablets_until", _DAY)
def _(case: Case, say: Language) -> str:
    last = last_tablets(case)
    return say.day(covered_until(last) if last is not None else None)


@value("tablets_dispensed", _DAY)
def _(case: Case, say: Language) -> str:
    last = last_tablets(case)
    return say.day(last.date if last is not None else None)


@value("unable_because", "kan ikke holde sig oprejst i 30 minutter og sygdom i spiserøret")
def _(case: Case, say: Language) -> str:
    reasons = ["concept.cannot_stay_upright"] if isinstance(noted(case, "cannot_stay_upright"), Yes) else []
    reasons += ["condition.oesophageal_disorder"] if isinstance(condition(case, "oesophageal_disorder"), Yes) else []
    return say.list(say.term(name) for name in reasons) or say.term("none")


@when("bone_drugs_blocked")
def _(case: Case) -> bool:
    return isinstance(bp_blocked(case), Yes)


@when("severe_or_rapid")
def _(case: Case) -> bool:
    return isinstance(noted(case, "severe_or_rapid_op"), Yes)


@when("no_t_score")
def _(case: Case) -> bool:
    """No valid T-score on record."""
    return not isinstance(any_t_score(case), Yes)
