"""Injections and infusions (0.5): given, dispensed, planned to stop."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Administration, Dispensing
from hooks.guideline.bone_density import days_of_change
from hooks.guideline.calendar import add_months, within_months
from hooks.guideline.case import INJECTIONS, MEDICATIONS, Case, absent, predicate
from hooks.guideline.courses import active, courses
from hooks.guideline.logic import Answer, all_of, any_of, exists, no, yes_if
from hooks.guideline.scope import noted


@predicate
def injections(case: Case) -> tuple[Administration | Dispensing, ...]:
    """Denosumab injections, oldest first; without any recorded, the dispensings."""
    given = [a for a in case.facts.administrations if a.drug == "denosumab" and not a.cancer_product]
    if given:
        return tuple(sorted(given, key=lambda a: a.date))
    handed = [d for d in case.facts.dispensings if "denosumab" in d.drugs and not d.cancer_product]
    return tuple(sorted(handed, key=lambda d: d.date))


@predicate
def infusions(case: Case) -> tuple[Administration, ...]:
    """Zoledronate infusions, oldest first."""
    given = [a for a in case.facts.administrations if a.drug == "zoledronate" and not a.cancer_product]
    return tuple(sorted(given, key=lambda a: a.date))


@predicate
def den_last(case: Case) -> date | None:
    """The latest denosumab injection (else dispensing)."""
    return injections(case)[-1].date if injections(case) else None


@predicate
def den_first(case: Case) -> date | None:
    """The first recorded denosumab injection (else dispensing)."""
    return injections(case)[0].date if injections(case) else None


@predicate
def zol_last(case: Case) -> date | None:
    """The latest zoledronate infusion."""
    return infusions(case)[-1].date if infusions(case) else None


@predicate
def den_given(case: Case) -> Answer:
    """den_last exists."""
    return exists(injections(case)[-1:], otherwise=absent(case, *INJECTIONS))


@predicate
def den_undated(case: Case) -> Answer:
    """Denosumab is on the medicine list, and no injection is recorded."""
    return all_of(active(case, "denosumab"), no(den_given(case)))


@predicate
def denosumab_ever(case: Case) -> Answer:
    """Denosumab was given or dispensed at any time, or was or is on the medicine list."""
    return any_of(den_given(case), exists(courses(case, ("denosumab",)), otherwise=absent(case, *MEDICATIONS)))


@predicate
def den_undated_start(case: Case) -> date | None:
    """Start of that order."""
    return min((c.start for c in courses(case, ("denosumab",)) if c.active and c.start), default=None)


def den_within(case: Case, months: float) -> Answer:
    """The last denosumab injection is at most `months` old."""
    last = den_last(case)
    return all_of(den_given(case), yes_if(last is not None and case.today <= add_months(last, months)))


@predicate
def denosumab_stop_planned(case: Case) -> Answer:
    """A stop is noted, or the patient declined denosumab while within its reach (0.6 point 4)."""
    declined = any(
        d.topic == "denosumab"
        and within_months(d.date, case.today, case.defaults.decline)
        and not any(day > d.date for day in days_of_change(case))
        for d in case.facts.declined
    )
    return any_of(
        noted(case, "denosumab_stop_planned"),
        all_of(yes_if(declined), den_within(case, case.defaults.den_lapse)),
    )
