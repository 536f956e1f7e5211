"""What is missing before a bone drug, in texts: tests on the way, supplements, teeth."""

from __future__ import annotations

from fhir_mappings.facts import Measurement, Order
from hooks.guideline.case import Case
from hooks.guideline.courses import active
from hooks.guideline.drafted import draft_medication
from hooks.guideline.indication import vitamin_d_first
from hooks.guideline.laboratory import is_low, latest_calcium, newest
from hooks.guideline.logic import Yes
from hooks.guideline.orders import pending
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import measured

_DAY = "ikke registreret"  # longer than any date


def _ordered(case: Case, concept: str) -> Order | None:
    answer = pending(case, concept)
    orders = [fact for fact in answer.evidence if isinstance(fact, Order)] if isinstance(answer, Yes) else []
    return orders[0] if orders else None


def _ordered_day(case: Case, say: Language, concept: str) -> str:
    order = _ordered(case, concept)
    return say.day(order.date if order else None)


@value("egfr_ordered", _DAY)
def _(case: Case, say: Language) -> str:
    return _ordered_day(case, say, "egfr")


@value("calcium_ordered", _DAY)
def _(case: Case, say: Language) -> str:
    return _ordered_day(case, say, "calcium")


@when("egfr_on_the_way")
def _(case: Case) -> bool:
    """An eGFR is ordered and not answered."""
    return _ordered(case, "egfr") is not None


@when("calcium_on_the_way")
def _(case: Case) -> bool:
    """Calcium is ordered and not answered."""
    return _ordered(case, "calcium") is not None


def _latest(measurement: Measurement | None, say: Language, decimals: int | None = None) -> str:
    """The value with unit and day; "not recorded" when there is none."""
    if measurement is None:
        return say.term("not_recorded")
    unit = say.term(f"unit.{measurement.concept}")
    return f"{measured(measurement, say, unit, decimals)} ({say.day(measurement.date)})"


@value("egfr_latest", ">100,5 ml/min/1,73 m² (31.12.2025)")
def _(case: Case, say: Language) -> str:
    return _latest(newest(case, "egfr"), say)


@value("vitamin_d_latest", ">100,5 nmol/l (31.12.2025)")
def _(case: Case, say: Language) -> str:
    return _latest(newest(case, "vitamin_d"), say)


@value("calcium_latest", "<1,18 mmol/l (31.12.2025)")
def _(case: Case, say: Language) -> str:
    latest = latest_calcium(case)
    return _latest(latest[0] if latest else None, say, decimals=2)


@value("low_calcium", "ikke registreret")
def _(case: Case, say: Language) -> str:
    """The low value of the latest day, with its unit."""
    low = [m for m in latest_calcium(case) if is_low(m)]
    return f"{say.number(low[0].value, 2)} {say.term('unit.calcium')}" if low else say.term("not_recorded")


@value("supplement_missing", "calcium and vitamin D")
def _(case: Case, say: Language) -> str:
    lacking = [
        say.term(f"drug.{drug}")
        for drug in ("calcium", "vitamin_d")
        if not isinstance(active(case, drug, "calcium_vitd"), Yes)
    ]
    return say.list(lacking) or say.term("none")


@when("denosumab_drafted")
def _(case: Case) -> bool:
    """Denosumab is among the drafts."""
    return isinstance(draft_medication(case, "denosumab"), Yes)


@when("wait_for_vitamin_d")
def _(case: Case) -> bool:
    """Vitamin D comes first, and the indication rests on the scan."""
    return isinstance(vitamin_d_first(case), Yes)


@when("not_wait_for_vitamin_d")
def _(case: Case) -> bool:
    """A fracture or prednisolone: the indication does not rest on the scan."""
    return not isinstance(vitamin_d_first(case), Yes)


@when("dental_status_unknown")
def _(case: Case) -> bool:
    """Nothing is recorded about the teeth."""
    return case.facts.findings.get("dental_status") is None
