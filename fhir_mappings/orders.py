"""ServiceRequest -> orders placed, refusals, overrides (facts-to-fhir 7). Absent: not ordered.

Done tests also come as Procedures and DiagnosticReports, refusals also as MedicationRequests
and Tasks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

import msgspec

from fhir_mappings.codes import RECOMMENDATIONS, SNOMED, Coded, Meaning, canonical, concepts_of, has_code
from fhir_mappings.dates import day_or_none, first_day, last_day
from fhir_mappings.facts import Administration, Declined, Issue, MedicationCourse, Order, Override
from fhir_mappings.observed import MEASURED
from fhir_mappings.prefetch import Received
from fhir_mappings.products import Products
from fhir_mappings.query import Query
from fhir_mappings.r4.clinical import DiagnosticReport, Procedure
from fhir_mappings.r4.datatypes import CodeableConcept
from fhir_mappings.r4.medication import MedicationRequest
from fhir_mappings.r4.workflow import ServiceRequest, Task
from fhir_mappings.resources import Item, read

READS = (Query("serviceRequests", "ServiceRequest", 300, "-authored"),)

#: Orders known by codes of their own.
SERVICES = frozenset(
    {
        *("dxa", "vfa", "spine_xray", "zoledronate", "bone_specialist", "smoking_cessation"),
        *("municipal_offer", "fall_assessment"),
    }
)
#: Tests, ordered with the codes of their results; either calcium is the calcium.
TESTS = {concept: concept for concept in MEASURED} | {
    "calcium_ionised": "calcium",
    "calcium_corrected": "calcium",
}
#: Drugs whose refusal is a refusal of osteoporosis treatment.
BONE_DRUGS = frozenset(
    {
        *("alendronate", "alendronate_effervescent", "risedronate", "ibandronate", "zoledronate", "denosumab"),
        *("teriparatide", "romosozumab", "raloxifene", "etidronate", "strontium"),
    }
)
_ORDERED = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
_PENDING = frozenset({"active", "on-hold"})
_FINAL = frozenset({"final", "amended", "corrected", "appended"})
_VOID = frozenset({"entered-in-error", "revoked", "draft"})
_VFA_WITH_DXA = frozenset({"83014-1"})
_REFUSED = frozenset({"105480006"})


@dataclass(slots=True)
class Orders:
    """What was ordered, done, declined and overridden."""

    orders: list[Order] = field(default_factory=list)
    declined: list[Declined] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)


def read_orders(received: Received, as_of: date, issues: list[Issue]) -> Orders:
    """Orders, refusals and overrides up to the day `as_of`, newest first."""
    found = Orders()
    for item in received.coded("ServiceRequest", _wanted):
        request = received.read(item, ServiceRequest, issues)
        if request is None or not _seen(day_or_none(request.authoredOn), as_of):
            continue
        if request.doNotPerform:
            _take_refusal(request, item.reference, found)
        else:
            _take_order(request, item.reference, found)
    _take_done(received, as_of, issues, found)
    _take_refused_drugs(received, as_of, found)
    _take_refused_tasks(received, as_of, issues, found)
    found.orders.sort(key=lambda each: (each.date or date.min, each.reference), reverse=True)
    found.declined.sort(key=lambda each: (each.date, each.reference), reverse=True)
    found.overrides.sort(key=lambda each: (each.date, each.reference), reverse=True)
    return found


def order_concepts(request: ServiceRequest) -> frozenset[str]:
    """What a ServiceRequest asks for, by its code and its details."""
    return _asked_for(
        request.code.coding if request.code else (),
        [coding for detail in request.orderDetail for coding in detail.coding],
    )


def zoledronate_orders(
    courses: Iterable[MedicationCourse], administrations: Iterable[Administration], as_of: date
) -> list[Order]:
    """Prescriptions of zoledronate, running or planned, without an infusion after them: an infusion ordered."""
    given = [each.date for each in administrations if each.drug == "zoledronate"]
    found = []
    for course in courses:
        planned = course.start is not None and course.start > as_of
        if not (course.active or planned) or "zoledronate" not in course.drugs or course.cancer_product:
            continue
        if any(course.start is None or day >= course.start for day in given):
            continue
        day, on = (None, course.start) if planned else (course.start, None)
        found.append(Order(frozenset({"zoledronate"}), day, True, course.reference, on))
    return found


def _wanted(about: Meaning, _: Item) -> bool:
    concepts = about.concepts
    return (
        "order" in concepts
        or "declined" in concepts
        or RECOMMENDATIONS in about.systems
        or not MEASURED.isdisjoint(concepts.get("observation", ()))
    )


def _asked_for(codings: Iterable[Coded], details: Iterable[Coded] = ()) -> frozenset[str]:
    own, more = tuple(codings), tuple(details)
    services = concepts_of(own, "order") & SERVICES
    if has_code(own, "http://loinc.org", _VFA_WITH_DXA):
        services |= {"dxa"}
    if "dxa" in services:
        services |= concepts_of(more, "order") & {"vfa"}
    tests = concepts_of((*own, *more), "observation")
    return services | {TESTS[test] for test in tests if test in TESTS}


def _take_order(request: ServiceRequest, reference: str, found: Orders) -> None:
    concepts = order_concepts(request)
    pending = request.status in _PENDING
    if not concepts or request.intent not in _ORDERED or not (pending or request.status == "completed"):
        return
    planned = day_or_none(request.occurrenceDateTime) or first_day(request.occurrencePeriod)
    found.orders.append(Order(concepts, day_or_none(request.authoredOn), pending, reference, planned))


def _take_refusal(request: ServiceRequest, reference: str, found: Orders) -> None:
    """An override when the code is a recommendation, else a step the patient declined."""
    day = day_or_none(request.authoredOn)
    if day is None or request.status in _VOID or request.code is None:
        return
    for coding in request.code.coding:
        if coding.code and coding.system and canonical(coding.system) == RECOMMENDATIONS:
            found.overrides.append(Override(coding.code, day, reference))
    if _by_patient(request.reasonCode):
        found.declined.extend(Declined(topic, day, reference) for topic in _topics(request.code))


def _topics(code: CodeableConcept | None) -> list[str]:
    """What was declined, as topics of 0.6."""
    codings = code.coding if code else ()
    topics = set(concepts_of(codings, "declined"))
    if "dxa" in concepts_of(codings, "order"):
        topics.add("dxa")
    return sorted(topics)


def _by_patient(reasons: Iterable[CodeableConcept]) -> bool:
    """Whether it was the patient who declined: said so, or no other reason given."""
    coded = [reason for reason in reasons if reason.coding]
    return not coded or any(has_code(reason.coding, SNOMED, _REFUSED) for reason in coded)


def _take_done(received: Received, as_of: date, issues: list[Issue], found: Orders) -> None:
    """Scans done, as Procedure completed or DiagnosticReport final."""
    for item in received.coded("Procedure", _is_scan):
        procedure = received.read(item, Procedure, issues)
        if procedure is not None and procedure.status == "completed":
            day = day_or_none(procedure.performedDateTime) or first_day(procedure.performedPeriod)
            _take_scan(procedure.code, day, as_of, item, found)
    for item in received.coded("DiagnosticReport", _is_scan):
        report = received.read(item, DiagnosticReport, issues)
        if report is not None and report.status in _FINAL:
            day = day_or_none(report.effectiveDateTime) or last_day(report.effectivePeriod)
            _take_scan(report.code, day or day_or_none(report.issued), as_of, item, found)


def _is_scan(about: Meaning, _: Item) -> bool:
    scans = {"dxa", "vfa", "spine_xray"}
    kinds = ("order", "procedure")
    return any(not scans.isdisjoint(about.concepts.get(kind, ())) for kind in kinds)


def _take_scan(code: CodeableConcept | None, day: date | None, as_of: date, item: Item, found: Orders) -> None:
    codings = code.coding if code else ()
    concepts = _asked_for(codings) | concepts_of(codings, "procedure") & SERVICES
    if concepts and _seen(day, as_of):
        found.orders.append(Order(concepts, day, False, item.reference))


def _take_refused_drugs(received: Received, as_of: date, found: Orders) -> None:
    """A bone drug not to be given declines the treatment."""
    silent: list[Issue] = []  # the medication reader reports what it cannot read
    products = Products(received.resolve, None, silent)
    for item in received.items("MedicationRequest", _says_do_not_perform):
        order = received.read(item, MedicationRequest, silent)
        day = day_or_none(order.authoredOn) if order else None
        if order is None or day is None or day > as_of or not order.doNotPerform:
            continue
        if order.status == "active" and products.of(order, item.reference).drugs & BONE_DRUGS:
            found.declined.append(Declined("treatment", day, item.reference))


def _says_do_not_perform(item: Item) -> bool:
    return bool(item.head.do_not_perform)


def _take_refused_tasks(received: Received, as_of: date, issues: list[Issue], found: Orders) -> None:
    """Tasks the patient rejected."""
    for item in received.coded("Task", _is_refusable):
        task = read(item, Task, issues)
        if task is None or task.status != "rejected":
            continue
        problem = received.not_ours(msgspec.json.encode(task.for_))
        if problem:
            issues.append(Issue(item.reference, problem.replace("subject", "for")))
            continue
        day = day_or_none(task.lastModified) or day_or_none(task.authoredOn)
        if day is not None and day <= as_of:
            found.declined.extend(Declined(topic, day, item.reference) for topic in _topics(task.code))


def _is_refusable(about: Meaning, _: Item) -> bool:
    return "declined" in about.concepts or "dxa" in about.concepts.get("order", ())


def _seen(day: date | None, as_of: date) -> bool:
    return day is None or day <= as_of
