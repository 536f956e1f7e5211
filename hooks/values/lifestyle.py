"""Values of part 2: alcohol, weight, calcium from food and tablets."""

from __future__ import annotations

from fhir_mappings.facts import Measurement
from hooks.guideline.case import Case
from hooks.guideline.drafted import draft_medications
from hooks.guideline.laboratory import last_calcium_high, newest
from hooks.guideline.logic import Unknown, Value, Yes, at_least
from hooks.guideline.part_02_lifestyle import weight_loss
from hooks.guideline.supplements import CALCIUM_PRODUCTS, calcium_intake, calcium_supplement, calcium_target
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import day_of, measured


def known(amount: Value[float], say: Language, decimals: int = 0) -> str:
    """The number; "not recorded" when it is not known."""
    return say.term("not_recorded") if isinstance(amount, Unknown) else say.number(amount.value, decimals)


@value("alcohol_week", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return measured(newest(case, "alcohol_units_week"), say)


@value("alcohol_limit", "30")
def _(case: Case, say: Language) -> str:
    return say.number(case.defaults.alcohol)


@when("alcohol_measured")
def _(case: Case) -> bool:
    return newest(case, "alcohol_units_week") is not None


@value("weight_loss_pct", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return known(weight_loss(case), say, 1)


@value("weights", "120,5 kg (31.12.2024) – 110,5 kg (31.12.2025)")
def _(case: Case, say: Language) -> str:
    lost = weight_loss(case)
    if isinstance(lost, Unknown):
        return say.term("not_recorded")
    both = [m for m in lost.evidence if isinstance(m, Measurement)]
    return " – ".join(f"{measured(m, say, 'kg')} ({day_of(m, say)})" for m in both)


@when("weight_fell")
def _(case: Case) -> bool:
    return isinstance(at_least(weight_loss(case), case.defaults.weightloss), Yes)


@value("diet_calcium", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return measured(newest(case, "dietary_calcium_mg"), say, decimals=0)


@value("diet_calcium_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return day_of(newest(case, "dietary_calcium_mg"), say)


@value("tablet_calcium", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return known(calcium_supplement(case), say)


@value("calcium_intake", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return known(calcium_intake(case), say)


@value("calcium_target", "1000")
def _(case: Case, say: Language) -> str:
    return say.number(calcium_target(case), 0)


@value("calcium_gap", "ikke registreret")
def _(case: Case, say: Language) -> str:
    intake = calcium_intake(case)
    if isinstance(intake, Unknown):
        return say.term("not_recorded")
    return say.number(max(calcium_target(case) - intake.value, 0), 0)


@value("drafted_calcium", "ikke registreret")
def _(case: Case, say: Language) -> str:
    doses = [d.course.daily_mg for d in draft_medications(case, CALCIUM_PRODUCTS) if d.course.daily_mg is not None]
    return say.number(max(doses), 0) if doses else say.term("not_recorded")


@when("calcium_above_reference")
def _(case: Case) -> bool:
    """The latest calcium is above its reference."""
    return isinstance(last_calcium_high(case), Yes)
