"""Orders and visits already on record: how recent, and since which day (STD point 3 is in treatment.pending)."""

from __future__ import annotations

from datetime import date

from hooks.guideline.calendar import within_months
from hooks.guideline.case import ORDERS, Case, absent
from hooks.guideline.logic import Answer, any_of, exists


def ordered_within(case: Case, months: float, *concepts: str) -> Answer:
    """An order of these concepts, pending or done, within the last `months`."""
    wanted = frozenset(concepts)
    found = [o for o in case.facts.orders if o.concepts & wanted and within_months(o.date, case.today, months)]
    return exists(found, otherwise=absent(case, *ORDERS))


def ordered_since(case: Case, day: date | None, *concepts: str) -> Answer:
    """An order of these concepts, pending or done, on or after `day`; any at all when `day` is not known."""
    wanted = frozenset(concepts)
    found = [o for o in case.facts.orders if o.concepts & wanted and (day is None or o.date is None or o.date >= day)]
    return exists(found, otherwise=absent(case, *ORDERS))


def offered_within(case: Case, months: float, concept: str) -> Answer:
    """An order or a visit of this concept within the last `months`."""
    visits = [v for v in case.facts.visits if v.concept == concept and within_months(v.date, case.today, months)]
    return any_of(exists(visits), ordered_within(case, months, concept))
