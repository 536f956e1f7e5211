"""What the patient takes, was given and fetched (facts-to-fhir 6; 0.5, 0.10 of the catalogue).

Absent: not taken, as far as is recorded; whether the lists were delivered at all stands in
the sources. A product no rule knows is a course without drug names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache

import msgspec
from msgspec import structs

from fhir_mappings.amounts import amount_of
from fhir_mappings.codes import concepts_of, meaning
from fhir_mappings.courses import Entry, course_of
from fhir_mappings.dates import day_or_none, first_day
from fhir_mappings.dosage import clip, lay_out
from fhir_mappings.drugs import ASKED_WHILE_TAKEN, INJECTED
from fhir_mappings.facts import Administration, Dispensing, Drafts, Issue, MedicationCourse, Sex
from fhir_mappings.joining import joined
from fhir_mappings.prefetch import Received
from fhir_mappings.prescriptions import Desk, counts, entry_of_order, entry_of_statement, names_in
from fhir_mappings.products import Products
from fhir_mappings.query import Query
from fhir_mappings.r4.clinical import Procedure
from fhir_mappings.r4.medication import (
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)
from fhir_mappings.resources import Item
from fhir_mappings.routes import route_of
from fhir_mappings.supply import Supply, supplied
from fhir_mappings.timing import days_in

#: No code filter: products that are contained or referenced would be lost.
READS = (
    Query("medicationRequests", "MedicationRequest", 500, "-authoredon"),
    Query("medicationStatements", "MedicationStatement", 500, "-effective"),
    Query("medicationAdministrations", "MedicationAdministration", 500, "-effective-time"),
    Query("medicationDispenses", "MedicationDispense", 500, "-whenhandedover"),
)
_DONE = frozenset({"completed", "in-progress"})
#: No longer taken, or never; as the JSON has it.
_GONE = frozenset(
    {b'"completed"', b'"stopped"', b'"cancelled"', b'"draft"', b'"entered-in-error"', b'"not-taken"', b'"intended"'}
)
_NONE: frozenset[str] = frozenset()


class Medications(msgspec.Struct, frozen=True, gc=False):
    """Courses by start, administrations and dispensings by date.

    `absorbed`: the order a course took in -> the reference of that course.
    """

    courses: tuple[MedicationCourse, ...] = ()
    administrations: tuple[Administration, ...] = ()
    dispensings: tuple[Dispensing, ...] = ()
    absorbed: Mapping[str, str] = msgspec.field(default_factory=dict)


def read_medications(received: Received, as_of: date, issues: list[Issue], sex: Sex | None = None) -> Medications:
    """The medication of the patient on the day `as_of`. `sex` decides what counts as antiandrogen."""
    desk = Desk(as_of, Products(received.resolve, sex, issues), names_in(received))
    entries = joined(_entries(received, desk, issues), as_of)
    dispensings, handed = _dispensings(received, desk, entries, issues)
    administrations, given = _administrations(received, desk, issues)
    administrations += _procedures(received, as_of, issues)
    received.systems.update(desk.products.systems)
    courses = [course_of(entry, as_of) for entry in supplied(entries, [*handed, *given], as_of)]
    return Medications(
        courses=tuple(courses),
        administrations=_each_once(administrations),
        dispensings=tuple(sorted(dispensings, key=lambda d: (d.date, d.reference))),
        absorbed={each: e.reference for e in entries for each in e.references if each != e.reference},
    )


def with_drafts(medications: Medications, drafts: Drafts) -> tuple[Medications, Drafts]:
    """Both as they will be once the drafts are signed (0.10 point 4).

    A running glucocorticoid that a draft names as its priorPrescription, or that is itself
    drafted anew, is counted until the draft begins; it stays active. A drafted one that overlaps
    a running one without naming it is marked as a possible duplicate, and both count.
    """
    if not drafts.medications:
        return medications, drafts
    begins = {
        medications.absorbed.get(reference, reference): draft.course.start
        for draft in drafts.medications
        for reference in (draft.reference, *draft.replaces)
    }
    courses = tuple(
        structs.replace(course, steps=clip(course.steps, None, begins[course.reference]))
        if course.reference in begins and course.systemic
        else course
        for course in medications.courses
    )
    running = [course for course in courses if course.systemic and course.reference not in begins]
    marked = tuple(
        replace(draft, course=structs.replace(draft.course, duplicate=any(_doubles(draft.course, c) for c in running)))
        for draft in drafts.medications
    )
    return structs.replace(medications, courses=courses), replace(drafts, medications=marked)


def _doubles(draft: MedicationCourse, course: MedicationCourse) -> bool:
    if not draft.systemic or draft.prn or course.prn or draft.product != course.product:
        return False
    ended = not course.active and course.stop is None
    begins_within = draft.start is not None and (course.stop is None or draft.start < course.stop)
    return begins_within and not ended and (draft.stop is None or course.start is None or course.start < draft.stop)


def _entries(received: Received, desk: Desk, issues: list[Issue]) -> list[Entry]:
    found = []
    for item in received.items("MedicationRequest", _mattering(received, _GONE)):
        order = received.read(item, MedicationRequest, issues)
        if order is not None and counts(order):
            found.append(entry_of_order(order, item.reference, desk))
    for item in received.items("MedicationStatement", _mattering(received, _GONE)):
        statement = received.read(item, MedicationStatement, issues)
        if statement is not None:
            found.append(entry_of_statement(statement, item.reference, desk))
    return [entry for entry in found if entry is not None]


class _Code(msgspec.Struct, frozen=True, gc=False):
    """What the code of a product says. `known`: a drug of the tables. `now`: asked only while it is taken."""

    systems: frozenset[str]
    known: bool
    now: bool


@lru_cache(maxsize=2048)
def _code(written: bytes) -> _Code | None:
    """What a product's code says, the JSON cached as it stands; None when there is none, or it cannot be read."""
    about = meaning(written) if written else None
    if about is None:
        return None
    drugs = about.concepts.get("medication", _NONE)
    return _Code(about.systems, bool(drugs), drugs <= ASKED_WHILE_TAKEN)


def _mattering(received: Received, gone: frozenset[bytes] | None) -> Callable[[Item], bool]:
    """What tells of a resource whether a rule may read it, or it must be reported.

    A product without a known code, or of which rules ask only whether it is taken, matters only
    while it is taken (rules count the drugs): not in a status of `gone`, None for all. One that
    reports another order may be that order's.
    """
    systems, problems = received.systems, received.problems

    def matters(item: Item) -> bool:
        head = item.head
        status = bytes(head.status)
        if status and status[:1] != b'"':
            return True
        code = _code(bytes(head.medication_codeable_concept))
        if code is None or head.based_on or head.derived_from or problems[bytes(head.subject)]:
            return True
        if not code.systems <= systems:
            systems.update(code.systems)
        if not code.known:
            return gone is not None and status not in gone
        return gone is None or status not in gone or not code.now

    return matters


def _dispensings(
    received: Received, desk: Desk, entries: Iterable[Entry], issues: list[Issue]
) -> tuple[list[Dispensing], list[Supply]]:
    """What was handed out up to the day asked; one without a date is left out with an issue."""
    found, handed = [], []
    for item in received.items("MedicationDispense", _mattering(received, None)):
        dispense = received.read(item, MedicationDispense, issues)
        if dispense is None or dispense.status not in _DONE:
            continue
        day = day_or_none(dispense.whenHandedOver) or day_or_none(dispense.whenPrepared)
        if day is None:
            issues.append(Issue(item.reference, "neither whenHandedOver nor whenPrepared, expected a date"))
            continue
        if day > desk.as_of:
            continue
        route = route_of(dosage.route for dosage in dispense.dosageInstruction)
        product = desk.products.of(dispense, item.reference).by(route)
        amount = amount_of(dispense.quantity)
        plan = lay_out(dispense.dosageInstruction, day)
        orders = frozenset[str]().union(*map(desk.named, dispense.authorizingPrescription))
        order = next((entry for entry in entries if entry.references & orders), None)
        daily = plan.daily(day) or (order.daily(day) if order is not None else None)
        days = days_in(dispense.daysSupply, "d") or product.strength.ratio(amount, daily)
        mg = product.strength.mg(amount)
        site = product.glucocorticoid(route or (order.route if order is not None else ""))
        handed.append(Supply(item.reference, product, site, day, mg, days, orders))
        intakes = [product.strength.mg(segment.intake) for segment in plan.segments]
        cancer = product.cancer(max((mg for mg in intakes if mg is not None), default=None))
        if product.drugs:
            found.append(Dispensing(product.drugs, day, item.reference, days, mg, cancer))
    return found, handed


def _administrations(received: Received, desk: Desk, issues: list[Issue]) -> tuple[list[Administration], list[Supply]]:
    """Doses given up to the day asked."""
    found, given = [], []
    for item in received.items("MedicationAdministration", _mattering(received, None)):
        dose = received.read(item, MedicationAdministration, issues)
        if dose is None or dose.status not in _DONE:
            continue
        day = day_or_none(dose.effectiveDateTime) or first_day(dose.effectivePeriod)
        if day is None:
            issues.append(Issue(item.reference, "effective has no start, expected a date"))
            continue
        if day > desk.as_of:
            continue
        route = route_of([dose.dosage.route]) if dose.dosage is not None else ""
        product = desk.products.of(dose, item.reference).by(route)
        mg = product.strength.mg(amount_of(dose.dosage.dose)) if dose.dosage is not None else None
        found += [
            Administration(drug, day, item.reference, product.cancer(mg)) for drug in sorted(product.drugs & INJECTED)
        ]
        site = product.glucocorticoid(route)
        given.append(Supply(item.reference, product, site, day, mg, 1.0, desk.named(dose.request), given=True))
    return found, given


def _procedures(received: Received, as_of: date, issues: list[Issue]) -> list[Administration]:
    """Injections and infusions kept as completed procedures (SKS BWHB42, BWHB40A)."""
    found = []
    for item in received.coded("Procedure", lambda about, _: bool(about.concepts.get("procedure", _NONE) & INJECTED)):
        procedure = received.read(item, Procedure, issues)
        if procedure is None or procedure.status != "completed" or procedure.code is None:
            continue
        day = day_or_none(procedure.performedDateTime) or first_day(procedure.performedPeriod)
        drugs = concepts_of(procedure.code.coding, "procedure") & INJECTED
        if drugs and day is None:
            issues.append(Issue(item.reference, "performed has no date"))
        elif day is not None and day <= as_of:
            found += [Administration(drug, day, item.reference) for drug in sorted(drugs)]
    return found


def _each_once(administrations: Iterable[Administration]) -> tuple[Administration, ...]:
    """One per drug and day: a dose kept both as administration and as procedure is one dose.

    The one that tells a cancer product stays.
    """
    kept: dict[tuple[date, str], Administration] = {}
    for each in sorted(administrations, key=lambda a: (a.date, a.drug, not a.cancer_product, a.reference)):
        kept.setdefault((each.date, each.drug), each)
    return tuple(kept.values())
