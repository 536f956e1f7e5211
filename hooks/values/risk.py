"""Risk factors in texts: which count for what, and the drugs that only go along."""

from __future__ import annotations

from fhir_mappings.facts import Measurement
from hooks.guideline.case import Case
from hooks.guideline.courses import courses
from hooks.guideline.laboratory import bmi, height_loss, values
from hooks.guideline.logic import Known
from hooks.guideline.risk_factors import ASSOCIATED_DRUGS, CAUSES, RiskFactor, present, register
from hooks.language import Language
from hooks.values import value, when

_LONGEST = "reumatoid artritis, nedsat nyrefunktion, inflammatorisk tarmsygdom og svær KOL"


def factor_list(found: list[RiskFactor], say: Language) -> str:
    """The factors by name."""
    return say.list(say.term(f"risk.{f.id.removesuffix('T')}") for f in found) or say.term("none")


@value("causes", _LONGEST)
def _(case: Case, say: Language) -> str:
    return factor_list(present(case, CAUSES), say)


@value("contributing_causes", _LONGEST)
def _(case: Case, say: Language) -> str:
    return factor_list(present(case, (*CAUSES, "Q8")), say)


@value("factors_to_weigh", _LONGEST)
def _(case: Case, say: Language) -> str:
    return factor_list(present(case, [f.id for f in register(case).values() if f.investigate != "no"]), say)


@value("associated_drugs", "antiepileptikum, SSRI og syrepumpehæmmer (PPI)")
def _(case: Case, say: Language) -> str:
    taken = {drug for c in courses(case, ASSOCIATED_DRUGS) if c.active for drug in c.drugs}
    return say.list(say.term(f"drug.{d}") for d in ASSOCIATED_DRUGS if d in taken) or say.term("none")


@value("bmi", "ikke registreret")
def _(case: Case, say: Language) -> str:
    found = bmi(case)
    return say.number(round(found.value, 1)) if isinstance(found, Known) else say.term("not_recorded")


@value("bmi_date", "ikke registreret")
def _(case: Case, say: Language) -> str:
    found = bmi(case)
    days = [fact.date for fact in found.evidence if isinstance(fact, Measurement)] if isinstance(found, Known) else []
    return say.day(max(days, default=None))


@value("height_loss", "ikke registreret")
def _(case: Case, say: Language) -> str:
    found = height_loss(case)
    return say.number(round(found.value, 1)) if isinstance(found, Known) else say.term("not_recorded")


@when("height_lost")
def _(case: Case) -> bool:
    """The loss of height reaches the limit."""
    found = height_loss(case)
    return isinstance(found, Known) and found.value >= case.defaults.height_loss


@when("one_height_only")
def _(case: Case) -> bool:
    """No earlier height to compare with."""
    return len(values(case, "height_cm", "peak_height_cm")) < 2


@when("family_details_unknown")
def _(case: Case) -> bool:
    """The relative's age, or whether there was a fracture, is not recorded."""
    return any(
        f.relative_fracture is None or (f.relative_fracture_age is None and f.relative_dx_age is None)
        for f in case.facts.family_history
    )
