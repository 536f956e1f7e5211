"""Values of part 13: years on tablets, the five-year decision, and what happened since the course ended."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import SPINE, latest_study
from hooks.guideline.calendar import add_months, completed_years
from hooks.guideline.case import Case
from hooks.guideline.duration import (
    collapse_suspected_after_stop,
    day_after_stop,
    fractured_after_stop,
    fractured_in_treatment,
    fractured_recently,
    hip_at_five_years,
    new_factors,
)
from hooks.guideline.failure import treatment_failure
from hooks.guideline.fractures import major_fracture, not_high_energy
from hooks.guideline.glucocorticoid import ended_within, gc_exposed
from hooks.guideline.logic import Known, Yes, at_most
from hooks.guideline.risk_factors import RiskFactor
from hooks.guideline.tablets import bp_start
from hooks.guideline.thresholds import GC_AFTER_MIN, STOP_MIN, T_OSTEOPOROSIS, T_STOP_HIP
from hooks.guideline.treatment import stop_date
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import t_text
from hooks.values.fractures import fracture_list

_DAY = "ikke registreret"
_FACTORS = "reumatoid artritis (31.12.2025) og nedsat nyrefunktion (31.12.2025)"
_FRACTURES = "ryghvirvelbrud (31.12.2025) og underarmsbrud (31.12.2024)"


@value("tablet_years", "ikke registreret")
def _(case: Case, say: Language) -> str:
    start = bp_start(case)
    return say.term("not_recorded") if start is None else str(completed_years(start, case.today))


@value("hip_five", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return _hip(case, say)


def _hip(case: Case, say: Language) -> str:
    """The T-score of the hip on the five-year scan."""
    hip = hip_at_five_years(case)
    scores = [f for f in hip.evidence if isinstance(f, Measurement)] if isinstance(hip, Known) else []
    return t_text(scores[0] if scores else None, say)


@value("spine_latest", "ikke registreret")
def _(case: Case, say: Language) -> str:
    study = latest_study(case)
    return t_text(study.lowest(SPINE) if study is not None else None, say)


@value("continue_because", "hoftebrud, ryghvirvelbrud eller brud under behandlingen")
def _(case: Case, say: Language) -> str:
    """The fractures that speak for going on."""
    start = bp_start(case)
    found = fracture_list(
        case, say, lambda f: not_high_energy(f) and start is not None and f.date is not None and f.date >= start
    )
    major = say.term("dur.major_fracture") if isinstance(major_fracture(case), Yes) else ""
    treated = f"{say.term('dur.fracture_in_treatment')}: {found}" if _yes_in_treatment(case) else ""
    return say.list(filter(None, (major, treated))) or say.term("none")


def _yes_in_treatment(case: Case) -> bool:
    return isinstance(fractured_in_treatment(case), Yes)


@value("grey_reasons", "T-score i hoften −2,51, tidligere brud i hofte eller ryg, brud inden for fem år og prednisolon")
def _(case: Case, say: Language) -> str:
    """What speaks against a stop, where not both criteria for going on are met."""
    reasons = []
    if isinstance(at_most(hip_at_five_years(case), T_STOP_HIP), Yes):
        reasons.append(say.term("dur.hip").format(t=_hip(case, say)))
    for name, answer in (
        ("dur.major_fracture", major_fracture(case)),
        ("dur.fracture_in_treatment", fractured_in_treatment(case)),
        ("dur.fracture_recent", fractured_recently(case)),
        ("dur.failure", treatment_failure(case)),
        ("dur.glucocorticoid", gc_exposed(case)),
        ("dur.glucocorticoid_ended", ended_within(case, GC_AFTER_MIN)),
    ):
        reasons += [say.term(name)] if isinstance(answer, Yes) else []
    return say.list(reasons) or say.term("none")


def _factors(found: list[RiskFactor], say: Language) -> str:
    named = ((f"risk.{f.id.removesuffix('T')}", f.onset) for f in found)
    return say.list(f"{say.term(name)} ({say.day(onset)})" for name, onset in named) or say.term("none")


@value("new_factors_in_treatment", _FACTORS)
def _(case: Case, say: Language) -> str:
    return _factors(new_factors(case, bp_start(case), same_day=False), say)


@value("new_factors_after_stop", _FACTORS)
def _(case: Case, say: Language) -> str:
    return _factors(new_factors(case, stop_date(case), same_day=True), say)


@value("fractures_after_stop", _FRACTURES)
def _(case: Case, say: Language) -> str:
    stopped = stop_date(case)

    def later(day: date | None) -> bool:
        return day is not None and stopped is not None and day >= stopped

    return fracture_list(case, say, lambda f: not_high_energy(f) and later(f.date))


@value("stopped_years", "ikke registreret")
def _(case: Case, say: Language) -> str:
    stopped = stop_date(case)
    return str(completed_years(stopped, case.today)) if stopped is not None else say.term("not_recorded")


@value("control_earliest", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(day_after_stop(case, STOP_MIN))


@value("control_in_three_years", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(add_months(case.today, case.defaults.post_due))


@when("spine_low")
def _(case: Case) -> bool:
    """The spine of the latest scan is at or below −2.5 (C-37)."""
    study = latest_study(case)
    lowest = study.lowest(SPINE) if study is not None else None
    return lowest is not None and isinstance(at_most(Known(lowest.value), T_OSTEOPOROSIS), Yes)


@when("tablet_start_unknown")
def _(case: Case) -> bool:
    return bp_start(case) is None


@when("tablet_start_known")
def _(case: Case) -> bool:
    return bp_start(case) is not None


@when("hip_value_missing")
def _(case: Case) -> bool:
    """The latest scan has no hip value."""
    study = latest_study(case)
    return study is not None and not {"femoral_neck", "total_hip"} & study.t.keys()


@when("fracture_after_stop")
def _(case: Case) -> bool:
    return isinstance(fractured_after_stop(case), Yes)


@when("collapse_after_stop")
def _(case: Case) -> bool:
    return isinstance(collapse_suspected_after_stop(case), Yes)
