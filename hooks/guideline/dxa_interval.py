"""The suggested minimum interval between scans (§5 table), and what has happened since the last one."""

from __future__ import annotations

from hooks.guideline.bone_density import after_last_dxa, dxa_dates, t_low
from hooks.guideline.calendar import add_months
from hooks.guideline.case import Case, predicate
from hooks.guideline.glucocorticoid import gc_start
from hooks.guideline.logic import NO, Answer, Known, Unknown, Value, Yes, above, any_of, below, yes_if
from hooks.guideline.risk_factors import CAUSES, new_since_dxa, register
from hooks.guideline.scope import age_or_zero, male, years_since_menopause
from hooks.guideline.thresholds import (
    AGE_DXA_INTERVAL,
    INTERVAL_LONG,
    INTERVAL_SHORT,
    INTERVAL_T_NORMAL_OLD,
    T_INTERVAL_LOW,
    T_OSTEOPENIA,
    YEARS_AFTER_MENOPAUSE,
)

#: Months of each row of the table.
INTERVALS: dict[int, float] = {
    1: INTERVAL_T_NORMAL_OLD,
    2: INTERVAL_LONG,
    3: INTERVAL_LONG,
    4: INTERVAL_LONG,
    5: INTERVAL_SHORT,
    6: INTERVAL_SHORT,
}
#: Factors that count as new and important (DXA-NEW-1); Q8 has a condition of its own.
IMPORTANT = ("Q1", "Q2", "Q3", "Q4", "Q5", "Q7", "Q9", *CAUSES)


@predicate
def interval_row(case: Case) -> Value[float]:
    """The row of the table, 1 to 6; unknown without a scan.

    Exactly 75 years, exactly five years after the menopause and an unknown menopause age
    take the shorter interval (C-10).
    """
    lowest = t_low(case)
    if isinstance(lowest, Unknown):
        return lowest
    if above(lowest, T_OSTEOPENIA):
        row = 1 if age_or_zero(case) > AGE_DXA_INTERVAL else 2
    elif below(lowest, T_INTERVAL_LOW):
        row = 6
    elif isinstance(male(case), Yes):
        row = 3
    else:
        row = 4 if isinstance(above(years_since_menopause(case), YEARS_AFTER_MENOPAUSE), Yes) else 5
    return Known(float(row), lowest.evidence)


def in_row(case: Case, *rows: int) -> Answer:
    """Whether the table's row is one of these."""
    row = interval_row(case)
    return row if isinstance(row, Unknown) else yes_if(int(row.value) in rows, *row.evidence)


@predicate
def interval_months(case: Case) -> Value[float]:
    """The suggested minimum in months."""
    row = interval_row(case)
    return row if isinstance(row, Unknown) else Known(INTERVALS[int(row.value)], row.evidence)


@predicate
def interval_passed(case: Case) -> Answer:
    """Whether the suggested minimum has passed since the last scan."""
    months, made = interval_months(case), dxa_dates(case)
    if isinstance(months, Unknown):
        return months
    return yes_if(case.today >= add_months(made[0], months.value), *months.evidence)


@predicate
def new_factor(case: Case) -> Answer:
    """Any factor of the register is dated after the last scan."""
    return new_since_dxa(case, register(case))


@predicate
def new_important_factor(case: Case) -> Answer:
    """One of IMPORTANT, or glucocorticoid begun more than P_GC_DXA_RECENT after the scan."""
    return any_of(new_since_dxa(case, IMPORTANT), new_glucocorticoid(case))


@predicate
def new_glucocorticoid(case: Case) -> Answer:
    """Q8 as a new factor: the scan is more than 12 months older than the first day of the course."""
    begun, made = gc_start(case), dxa_dates(case)
    if begun is None or not made or not after_last_dxa(case, begun):
        return NO
    late = begun > add_months(made[0], case.defaults.gc_dxa_recent)
    return new_since_dxa(case, ("Q8",)) if late else NO
