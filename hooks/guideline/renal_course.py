"""How kidney function goes over time (REF-2)."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Measurement
from hooks.guideline.calendar import add_days, add_months, completed_years, within_months
from hooks.guideline.case import Case, predicate
from hooks.guideline.laboratory import values
from hooks.guideline.logic import Answer, Known, Unknown, at_least


def years_between(first: date, last: date) -> float:
    """Calendar years, the last one in parts: from 15 May 2024 to 15 May 2025 is exactly one."""
    whole = completed_years(first, last)
    begun = add_months(first, 12 * whole)
    return whole + (last - begun).days / (add_months(first, 12 * (whole + 1)) - begun).days


@predicate
def renal_decline(case: Case) -> tuple[Measurement, Measurement] | None:
    """The earlier and the latest eGFR between which the fall per year is steepest; None without two such values.

    Both at most P_EGFR_PROGRESS_MONTHS old and at least P_EGFR_PROGRESS_DAYS apart.
    """
    history = values(case, "egfr")
    if not history:
        return None
    latest = history[0]
    before = add_days(latest.date, -case.defaults.egfr_progress_days)
    months = case.defaults.egfr_progress_months
    earlier = [m for m in history[1:] if m.date <= before and within_months(m.date, case.today, months)]
    if not earlier:
        return None
    return max(earlier, key=lambda m: yearly_fall(m, latest)), latest


def yearly_fall(earlier: Measurement, later: Measurement) -> float:
    """mL/min/1.73 m² per year."""
    return (earlier.value - later.value) / years_between(earlier.date, later.date)


@predicate
def egfr_progressive(case: Case) -> Answer:
    """A fall of P_EGFR_PROGRESS a year or more; a single value tells nothing."""
    pair = renal_decline(case)
    if pair is None:
        return Unknown(("egfr",))
    return at_least(Known(yearly_fall(*pair), pair), case.defaults.egfr_progress)
