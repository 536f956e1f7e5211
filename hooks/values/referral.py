"""Values of part 14: the course of kidney function, and what a referral rests on."""

from __future__ import annotations

from hooks.guideline.bone_density import t_low
from hooks.guideline.case import Case
from hooks.guideline.logic import Yes, at_most
from hooks.guideline.part_14_referral import OTHER_BONE_CONDITIONS, certain_major_fracture
from hooks.guideline.renal_course import renal_decline, yearly_fall
from hooks.guideline.scope import condition
from hooks.guideline.thresholds import T_OSTEOPOROSIS
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import day_of, measured


@value("egfr_earlier", "ikke registreret")
def _(case: Case, say: Language) -> str:
    pair = renal_decline(case)
    return measured(pair[0] if pair else None, say)


@value("egfr_earlier_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    pair = renal_decline(case)
    return day_of(pair[0] if pair else None, say)


@value("egfr_per_year", "ikke registreret")
def _(case: Case, say: Language) -> str:
    pair = renal_decline(case)
    return say.number(yearly_fall(*pair), 1) if pair else say.term("not_recorded")


@value("bone_conditions", "osteogenesis imperfecta og Ehlers-Danlos' syndrom")
def _(case: Case, say: Language) -> str:
    found = [c for c in OTHER_BONE_CONDITIONS if isinstance(condition(case, c), Yes)]
    return say.list(say.term(f"condition.{c}") for c in found) or say.term("none")


@when("t_score_osteoporotic")
def _(case: Case) -> bool:
    return isinstance(at_most(t_low(case), T_OSTEOPOROSIS), Yes)


@when("certain_major_fracture")
def _(case: Case) -> bool:
    return isinstance(certain_major_fracture(case), Yes)
