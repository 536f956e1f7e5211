"""Orders, bookings and visits on record: how recent, since which day, still without answer (STD point 3)."""

from __future__ import annotations

from datetime import date

from fhir_mappings.facts import Order
from hooks.guideline.bone_density import t_studies
from hooks.guideline.calendar import within_months
from hooks.guideline.case import ORDERS, Case, absent
from hooks.guideline.injections import infusions
from hooks.guideline.laboratory import CALCIUM, values
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


def pending(case: Case, *concepts: str) -> Answer:
    """An active order of these concepts, at most P_ORDER_PENDING old, without a result dated after it."""
    orders = case.facts.orders
    if not orders:
        return absent(case, *ORDERS)
    wanted = frozenset(concepts)
    found = []
    for order in orders:
        if not order.pending or not any(_unanswered(case, order, concept) for concept in order.concepts & wanted):
            continue
        if order.date is None or within_months(order.date, case.today, case.defaults.order_pending):
            found.append(order)
    return exists(found, otherwise=absent(case, *ORDERS))


def _unanswered(case: Case, order: Order, concept: str) -> bool:
    """Whether nothing of this concept is dated on or after the order."""
    since = order.date
    if since is None:
        return True
    if concept == "dxa":
        return not any(study.date >= since for study in t_studies(case))
    if concept == "zoledronate":
        return not any(given.date >= since for given in infusions(case))
    results = values(case, *CALCIUM) if concept == "calcium" else values(case, concept)
    return not any(result.date >= since for result in results)


def booked(case: Case, concept: str, *, since: date, until: date | None = None) -> Answer:
    """A booking of this kind on or after `since` (and up to `until`)."""
    found = [
        b
        for b in case.facts.bookings
        if b.concept == concept and b.date >= since and (until is None or b.date <= until)
    ]
    return exists(found, otherwise=absent(case, "appointments"))


def visited(case: Case, *concepts: str, since: date) -> Answer:
    """A visit of one of these kinds on or after `since`; visits are in appointments or encounters."""
    found = [v for v in case.facts.visits if v.concept in concepts and v.date >= since]
    either = "appointments" if "appointments" in case.facts.sources else "encounters"
    return exists(found, otherwise=absent(case, either))
