"""One MedicationRequest or MedicationStatement -> an Entry (facts-to-fhir 6, 0.10 points 1 to 6).

End of a course: its explicit end, else the sum of its steps. A systemic glucocorticoid
without either ends when the prescribed quantity, else the expected supply, is used up; else it
is open-ended. Other drugs do not end by quantity: a tablet renewed by phone, or an injection
prescribed one at a time, is still taken (0.5 counts an order without stop as running).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from math import ceil

import msgspec

from fhir_mappings.amounts import amount_of
from fhir_mappings.courses import Entry, Status
from fhir_mappings.dates import day_after, day_or_none, first_day, last_day
from fhir_mappings.dosage import Plan, clip, lay_out, used_up
from fhir_mappings.drugs import GLUCOCORTICOIDS, INJECTED, TAKEN_BONE_DRUGS
from fhir_mappings.facts import DoseStep
from fhir_mappings.prefetch import Received
from fhir_mappings.products import Product, Products
from fhir_mappings.r4.datatypes import Dosage, Reference
from fhir_mappings.r4.medication import DispenseRequest, MedicationRequest, MedicationStatement
from fhir_mappings.routes import route_of
from fhir_mappings.timing import days_in

#: The intents of an order that stands; a plan, a proposal or an option is not one.
ORDERED = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
_CALCIUM = frozenset({"calcium", "calcium_vitd"})
_NOTHING: frozenset[str] = frozenset()
_STATUS: dict[str, Status] = {
    "active": "active",
    "unknown": "active",
    "on-hold": "paused",
    "completed": "ended",
    "stopped": "ended",
}


class Desk(msgspec.Struct, frozen=True):
    """What reading a prescription needs: the day, the products, and who a reference names."""

    as_of: date
    products: Products
    named: Callable[[Reference | None], frozenset[str]]


class Links(msgspec.Struct, frozen=True, gc=False):
    """What an order or statement names: what it replaces, what it carries out or reports, its group."""

    replaces: frozenset[str] = frozenset()
    based_on: frozenset[str] = frozenset()
    group: str = ""


def names_in(received: Received) -> Callable[[Reference | None], frozenset[str]]:
    """Finds what a reference names: `Type/id` as issues and facts have it; empty without one."""

    def named(reference: Reference | None) -> frozenset[str]:
        if reference is None or not reference.reference:
            return _NOTHING
        return frozenset((received.named(reference.reference),))

    return named


def counts(order: MedicationRequest) -> bool:
    """Whether it is an order to take something: not a draft, a plan, cancelled, or "do not take"."""
    return order.intent in ORDERED and order.status in _STATUS and order.doNotPerform is not True


def entry_of_order(order: MedicationRequest, reference: str, desk: Desk) -> Entry | None:
    """The order as an entry; None when it was written after the day asked and plans no later start."""
    written = day_or_none(order.authoredOn)
    plan = lay_out(order.dosageInstruction, written)
    if written is not None and written > desk.as_of:
        planned = lay_out(order.dosageInstruction, None).start
        if planned is None or planned <= desk.as_of:
            return None
    return _prescribed(order, reference, plan, _STATUS.get(order.status, "active"), desk)


def _prescribed(order: MedicationRequest, reference: str, plan: Plan, status: Status, desk: Desk) -> Entry:
    """An order, or a draft of one, on the given plan."""
    group = order.groupIdentifier
    links = Links(
        replaces=desk.named(order.priorPrescription),
        based_on=_all_named(order.basedOn, desk),
        group=f"{group.system or ''}|{group.value}" if group is not None and group.value else "",
    )
    return _entry(
        order, order.dosageInstruction, reference, plan, plan.stop, status, desk, links, order.dispenseRequest
    )


def drafted_order(order: MedicationRequest, reference: str, desk: Desk) -> Entry:
    """An order as it will be when signed: it begins today unless its dosage says otherwise."""
    return _prescribed(order, reference, lay_out(order.dosageInstruction, desk.as_of), "active", desk)


def drafted_statement(statement: MedicationStatement, reference: str, desk: Desk) -> Entry:
    """A drafted statement as it will be: its period, else from today."""
    return _stated(statement, reference, first_day(statement.effectivePeriod) or desk.as_of, "active", desk)


def entry_of_statement(statement: MedicationStatement, reference: str, desk: Desk) -> Entry | None:
    """What the patient takes, as an entry; None when it is not taken or was said after the day asked.

    Without a start a running glucocorticoid counts from the day asked: it is taken today.
    """
    status = _STATUS.get(statement.status)
    said, moment = day_or_none(statement.dateAsserted), day_or_none(statement.effectiveDateTime)
    if status is None or any(each is not None and each > desk.as_of for each in (said, moment)):
        return None
    return _stated(statement, reference, first_day(statement.effectivePeriod) or moment, status, desk)


def _stated(statement: MedicationStatement, reference: str, begin: date | None, status: Status, desk: Desk) -> Entry:
    end = day_after(last_day(statement.effectivePeriod))
    plan = lay_out(statement.dosage, begin)
    stops = [each for each in (plan.stop, end) if each is not None]
    links = Links(based_on=_all_named((*statement.basedOn, *statement.derivedFrom), desk))
    return _entry(statement, statement.dosage, reference, plan, min(stops, default=None), status, desk, links)


def _all_named(references: Sequence[Reference], desk: Desk) -> frozenset[str]:
    return frozenset[str]().union(*map(desk.named, references)) if references else _NOTHING


def _entry(
    resource: MedicationRequest | MedicationStatement,
    dosages: Sequence[Dosage],
    reference: str,
    plan: Plan,
    stop: date | None,
    status: Status,
    desk: Desk,
    links: Links,
    supply: DispenseRequest | None = None,
) -> Entry:
    route = route_of(dosage.route for dosage in dosages)
    product = desk.products.of(resource, reference).by(route)
    site = product.glucocorticoid(route)
    steps, steady, prn_mg = None, None, None
    if site == "systemic":
        quantity = _quantity_mg(supply, product)
        prn_mg = quantity if plan.prn else None
        placed = plan
        if plan.start is None and stop is None and status == "active":
            placed = lay_out(dosages, desk.as_of)  # taken today at least, since when is not known
        if plan.start is not None or placed.stop is None:
            steps = _steps(placed, product, stop)
        if steps is not None:
            steady = steps[0].mg_per_day if len(steps) == 1 else None
            if stop is None:
                steps = _ended_by_supply(steps, quantity, supply)
                stop = steps[-1].end if steps else plan.start
    daily_mg, intakes = _calcium(plan, product, dosages, desk.as_of)
    if not TAKEN_BONE_DRUGS.isdisjoint(product.drugs):
        daily_mg = product.strength.mg(plan.daily(desk.as_of))
    return Entry(
        reference=reference,
        kind="order" if isinstance(resource, MedicationRequest) else "statement",
        product=product,
        status=status,
        start=plan.start,
        stop=stop,
        route=route,
        site=site,
        cancer=not INJECTED.isdisjoint(product.drugs) and product.cancer(_highest_intake(plan, product)),
        steps=steps,
        steady=steady,
        plan=plan,
        prn=plan.prn,
        prn_mg=prn_mg,
        text=plan.text,
        daily_mg=daily_mg,
        intakes=intakes,
        references=frozenset((reference,)),
        replaces=links.replaces,
        based_on=links.based_on,
        group=links.group,
    )


def _highest_intake(plan: Plan, product: Product) -> float | None:
    """mg of the largest dose at a time."""
    found = [product.strength.mg(segment.intake) for segment in plan.segments]
    return max((mg for mg in found if mg is not None), default=None)


def _steps(plan: Plan, product: Product, stop: date | None) -> tuple[DoseStep, ...] | None:
    """mg per day; of a glucocorticoid known by its class alone none are known."""
    if not product.drugs & GLUCOCORTICOIDS:
        return None
    steps = plan.steps(product.strength)
    return None if steps is None else clip(steps, None, stop)


def _quantity_mg(supply: DispenseRequest | None, product: Product) -> float | None:
    """mg prescribed, repeats included; None when not said or not understood."""
    mg = product.strength.mg(amount_of(supply.quantity)) if supply is not None else None
    return mg * _fills(supply) if mg else None


def _ended_by_supply(
    steps: tuple[DoseStep, ...], quantity_mg: float | None, supply: DispenseRequest | None
) -> tuple[DoseStep, ...]:
    """Open-ended steps, ended when what was prescribed is used up."""
    if quantity_mg is not None:
        return used_up(steps, quantity_mg)
    days = days_in(supply.expectedSupplyDuration) if supply is not None else None
    if days is None or not steps:
        return steps
    try:
        return clip(steps, None, steps[0].start + timedelta(days=ceil(days * _fills(supply) - 1e-6)))
    except OverflowError:
        return steps


def _fills(supply: DispenseRequest | None) -> int:
    return 1 + ((supply.numberOfRepeatsAllowed or 0) if supply is not None else 0)


def _calcium(plan: Plan, product: Product, dosages: Sequence[Dosage], as_of: date) -> tuple[float | None, float | None]:
    """mg of calcium per day and intakes per day; a dose without any timing is one intake (SUP-6)."""
    if _CALCIUM.isdisjoint(product.drugs) or not plan.segments:
        return None, None
    if len(plan.segments) == 1 and len(dosages) == 1 and dosages[0].timing is None:
        mg = product.strength.mg(plan.segments[0].intake)
        return (mg, 1.0) if mg is not None else (None, None)
    segments = plan.on(as_of)
    rhythms = [segment.rhythm.per_day for segment in segments if segment.rhythm is not None]
    intakes = sum(rhythms) if len(rhythms) == len(segments) else None
    return product.strength.mg(plan.daily(as_of)), intakes
