"""Values of part 19: what a prefilled journal note can take from the record."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import dxa_dates, latest_study
from hooks.guideline.case import Case
from hooks.guideline.courses import active
from hooks.guideline.drafted import BONE_DRUGS
from hooks.guideline.firing import fires
from hooks.guideline.laboratory import latest_calcium, newest
from hooks.guideline.logic import Yes
from hooks.guideline.risk_factors import CAUSES, present, register
from hooks.guideline.scope import condition
from hooks.guideline.supplements import takes_calcium, takes_vitamin_d
from hooks.guideline.treatment import on_denosumab, on_zol
from hooks.language import Language
from hooks.values import value
from hooks.values.common import day_of, measured
from hooks.values.risk import factor_list

_RESULT = "ioniseret calcium 1,25 mmol/l (31.12.2025)"
#: The entries that say why to look for osteoporosis.
_REASONS = (*(f"INV-{n}" for n in (*range(1, 10), 15)), "GLU-DXA-1")
#: Diseases named as other illness besides those of the risk register.
_OTHER_ILLNESS = (
    *("hypertension", "ischaemic_heart_disease", "myocardial_infarction", "stroke", "heart_failure"),
    *("hyperlipidaemia", "breast_cancer", "venous_thromboembolism", "chronic_back_pain", "sarcoidosis"),
    *("oesophageal_disorder", "secondary_hyperparathyroidism", "orthostatism", "visual_impairment", "multimorbidity"),
)


def _result(measurement: Measurement | None, say: Language) -> str:
    """Name, value, unit and date of a result."""
    if measurement is None:
        return ""
    unit = say.terms.get(f"unit.{measurement.concept}", "")
    return (
        f"{say.term(f'concept.{measurement.concept}')} {measured(measurement, say, unit)} ({day_of(measurement, say)})"
    )


def _results(found: Iterable[Measurement | None], say: Language) -> str:
    return "; ".join(filter(None, (_result(m, say) for m in found))) or say.term("not_recorded")


@value(
    "note_factors",
    "lavenergibrud, genetisk disposition, systemisk glukokortikoid, faldtendens, rygning, diabetes og svær KOL",
)
def _(case: Case, say: Language) -> str:
    return factor_list(present(case, register(case)), say)


@value("note_reason", "lavenergibrud i hofte eller ryg, lavt BMI og systemisk glukokortikoid")
def _(case: Case, say: Language) -> str:
    return say.list(say.term(f"reason.{id_}") for id_ in _REASONS if isinstance(fires(case, id_), Yes))


@value("note_illness", "nedsat nyrefunktion, svær KOL, hypertension, hjertesvigt og kroniske rygsmerter")
def _(case: Case, say: Language) -> str:
    diseases = [f for f in present(case, CAUSES) if f.id not in ("R5", "R13", "R14")]
    others = [c for c in _OTHER_ILLNESS if isinstance(condition(case, c), Yes)]
    names = [*(say.term(f"risk.{f.id}") for f in diseases), *(say.term(f"condition.{c}") for c in others)]
    return say.list(names) or say.term("none")


@value("note_height", "165,5 cm (31.12.2025)")
def _(case: Case, say: Language) -> str:
    latest = newest(case, "height_cm")
    return say.term("not_recorded") if latest is None else f"{measured(latest, say, 'cm')} ({day_of(latest, say)})"


@value("note_weight", "65,5 kg (31.12.2025)")
def _(case: Case, say: Language) -> str:
    latest = newest(case, "weight_kg")
    return say.term("not_recorded") if latest is None else f"{measured(latest, say, 'kg')} ({day_of(latest, say)})"


@value("note_dxa", "31.12.2025: lændehvirvelsøjle −2,5, lårbenshals −2,4, total hofte −2,3")
def _(case: Case, say: Language) -> str:
    study, made = latest_study(case), dxa_dates(case)
    if study is None or (made and made[0] > study.date):
        return say.day(made[0] if made else None)
    values = ", ".join(f"{say.term(f'site.{site}')} {measured(m, say)}" for site, m in study.t.items())
    return f"{say.day(study.date)}: {values}"


@value("note_labs", f"{_RESULT}; {_RESULT}; {_RESULT}")
def _(case: Case, say: Language) -> str:
    return _results((newest(case, "egfr"), *latest_calcium(case), newest(case, "vitamin_d")), say)


@value("note_markers", f"{_RESULT}; {_RESULT}")
def _(case: Case, say: Language) -> str:
    return _results((newest(case, "p1np"), newest(case, "ctx")), say)


@value("note_bone_drug", "alendronat brusetablet")
def _(case: Case, say: Language) -> str:
    names = [drug for drug in sorted(BONE_DRUGS) if isinstance(active(case, drug), Yes)]
    names += ["denosumab"] if isinstance(on_denosumab(case), Yes) else []
    names += ["zoledronate"] if isinstance(on_zol(case), Yes) else []
    return say.list(say.term(f"drug.{name}") for name in names) or say.term("none")


@value("note_supplement", "calcium and vitamin D")
def _(case: Case, say: Language) -> str:
    taken = (("calcium", takes_calcium(case)), ("vitamin_d", takes_vitamin_d(case)))
    return say.list(say.term(f"drug.{name}") for name, answer in taken if isinstance(answer, Yes)) or say.term(
        "not_recorded"
    )


@value("note_smoking", "ikke registreret")
def _(case: Case, say: Language) -> str:
    finding = case.facts.findings.get("smoking_status")
    return say.term("not_recorded") if finding is None else say.term(f"value.{finding.value}")


@value("note_alcohol", "14 genstande/uge")
def _(case: Case, say: Language) -> str:
    return measured(newest(case, "alcohol_units_week"), say, say.term("unit.alcohol_units_week"))


@value("note_dental", "går fast til tandlæge")
def _(case: Case, say: Language) -> str:
    finding = case.facts.findings.get("dental_status")
    return say.term("not_recorded") if finding is None else say.term(f"value.{finding.value}")
