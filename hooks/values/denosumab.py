"""Values of part 11: injections on the calendar, what was measured, and the plan after denosumab."""

from __future__ import annotations

from fhir_mappings.facts import Order
from hooks.guideline.case import Case
from hooks.guideline.denosumab import (
    bookings,
    calcium_was_low,
    infusion_day,
    infusions_after_denosumab,
    injection_limit,
    kidney_poor,
    next_injection_day,
    undated_for_long,
    vitamin_d_was_low,
    zoledronate_ordered,
)
from hooks.guideline.injections import den_first, den_last, den_undated, den_undated_start, denosumab_stop_planned
from hooks.guideline.laboratory import latest_calcium, newest
from hooks.guideline.logic import Yes, any_of
from hooks.guideline.scope import multimorbidity
from hooks.guideline.treatment import on_denosumab
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import measured

_DAY = "ikke registreret"


@value("den_days_over", "517")
def _(case: Case, _say: Language) -> str:
    limit = injection_limit(case)
    return str((case.today - limit).days if limit is not None else 0)


@value("den_booked", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return say.day(bookings(case)[0].date if bookings(case) else None)


@value("den_next", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(next_injection_day(case))


@value("den_first", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(den_first(case))


@value("den_listed_since", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return say.day(den_undated_start(case))


@value("hypocalcaemia_reasons", "multimorbiditet, eGFR 49, tidligere lavt calcium og tidligere lavt D-vitamin")
def _(case: Case, say: Language) -> str:
    reasons = [say.term("condition.multimorbidity")] if isinstance(multimorbidity(case), Yes) else []
    if isinstance(kidney_poor(case), Yes):
        reasons.append(f"{say.term('concept.egfr')} {measured(newest(case, 'egfr'), say)}")
    reasons += [say.term("den.calcium_was_low")] if isinstance(calcium_was_low(case), Yes) else []
    reasons += [say.term("den.vitamin_d_was_low")] if isinstance(vitamin_d_was_low(case), Yes) else []
    return say.list(reasons) or say.term("none")


@value("infusion_day", _DAY)
def _(case: Case, say: Language) -> str:
    return say.day(infusion_day(case))


@value("infusion_after_denosumab", _DAY)
def _(case: Case, say: Language) -> str:
    after = infusions_after_denosumab(case)
    return say.day(after[0].date if after else None)


@value("zoledronate_planned", "ikke registreret")
def _(case: Case, say: Language) -> str:
    """The day the ordered infusion is for; the day of the order when none is written."""
    waiting = zoledronate_ordered(case)
    found = waiting.evidence if isinstance(waiting, Yes) else ()
    days = [each.planned or each.date for each in found if isinstance(each, Order)]
    return say.day(min((day for day in days if day is not None), default=None))


@value("den_due_words", "dato for seneste injektion mangler")
def _(case: Case, say: Language) -> str:
    """By when the next injection is given; that the last one is missing, when it is."""
    limit = injection_limit(case)
    return say.term("den.date_missing") if limit is None else say.term("den.latest").format(day=say.day(limit))


@when("den_dispensed_only")
def _(case: Case) -> bool:
    """The last denosumab is a dispensing; no injection is recorded."""
    return den_last(case) is not None and not any(
        a.drug == "denosumab" and not a.cancer_product for a in case.facts.administrations
    )


@when("den_without_injection")
def _(case: Case) -> bool:
    """On the medicine list, no injection recorded."""
    return isinstance(undated_for_long(case), Yes)


@when("den_injection_known")
def _(case: Case) -> bool:
    return den_last(case) is not None


@when("den_injection_unknown")
def _(case: Case) -> bool:
    return den_last(case) is None


@when("calcium_after_injection")
def _(case: Case) -> bool:
    """The calcium was measured after the last injection."""
    last, latest = den_last(case), latest_calcium(case)
    return last is not None and bool(latest) and latest[0].date > last


@when("infusion_ordered")
def _(case: Case) -> bool:
    return isinstance(zoledronate_ordered(case), Yes)


@when("infusion_not_ordered")
def _(case: Case) -> bool:
    return not isinstance(zoledronate_ordered(case), Yes)


@when("den_stop_noted")
def _(case: Case) -> bool:
    """A stop is noted, or the patient declined denosumab."""
    return isinstance(denosumab_stop_planned(case), Yes)


@when("denosumab_goes_on")
def _(case: Case) -> bool:
    """On denosumab, also when no injection is recorded."""
    return isinstance(any_of(on_denosumab(case), den_undated(case)), Yes)
