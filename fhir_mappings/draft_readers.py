"""One draft order -> what is drafted: a prescription, a test or service, a referral, the end of a treatment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from fhir_mappings.codes import concepts_of
from fhir_mappings.courses import course_of
from fhir_mappings.dates import day_or_none, first_day
from fhir_mappings.drugs import BONE_DRUGS
from fhir_mappings.facts import DraftMedication, DraftReferral, Drafts, DraftService, DraftStop, Issue, Sex
from fhir_mappings.orders import order_concepts
from fhir_mappings.prefetch import Received
from fhir_mappings.prescriptions import Desk, drafted_order, drafted_statement
from fhir_mappings.products import HasMedication, Products
from fhir_mappings.r4.datatypes import CodeableConcept, Reference
from fhir_mappings.r4.medication import MedicationRequest, MedicationStatement
from fhir_mappings.r4.workflow import ServiceRequest, Task
from fhir_mappings.resources import Item, read

#: Orders of other FHIR versions: they would be lost without a word.
_NOT_R4 = frozenset(
    {"MedicationOrder", "MedicationPrescription", "MedicationUsage"}
    | {"ProcedureRequest", "DiagnosticOrder", "DiagnosticRequest", "ReferralRequest"}
)
_DRAFTED = frozenset({"draft", "active", "unknown"})
_STOPPED = frozenset({"stopped", "cancelled", "completed"})
_TAKEN = frozenset({"active", "intended", "unknown"})
_VOID_TASK = frozenset({"rejected", "cancelled", "failed", "entered-in-error", "completed"})
_TASK_CODES = "http://hl7.org/fhir/CodeSystem/task-code"
_ANABOLIC = frozenset({"teriparatide", "romosozumab", "anabolic"})


class References:
    """Follows references to the drafts themselves, else to what was received."""

    def __init__(self, drafts: Iterable[Item], received: Received) -> None:
        self.own = {name: item for item in drafts for name in (item.full_url, item.reference) if name}
        self._received = received

    def resolve(self, reference: str) -> Item | None:
        """The resource a reference names."""
        return self.own.get(reference) or self._received.resolve(reference)

    def named(self, reference: Reference | None) -> frozenset[str]:
        """A reference as `Type/id`; as written when it cannot be resolved, empty when there is none."""
        if reference is None or not reference.reference:
            return frozenset()
        item = self.resolve(reference.reference)
        return frozenset({item.reference if item is not None else reference.reference})


class DraftReader:
    """Reads drafts one by one; `drafts` are those read so far."""

    def __init__(
        self, items: Iterable[Item], received: Received, as_of: date, issues: list[Issue], sex: Sex | None
    ) -> None:
        self._medications: list[DraftMedication] = []
        self._services: list[DraftService] = []
        self._stops: list[DraftStop] = []
        self._referrals: list[DraftReferral] = []
        self._references = References(items, received)
        self.desk = Desk(as_of, Products(self._references.resolve, sex, issues), self._references.named)
        self._received = received
        self._issues = issues

    def drafts(self) -> Drafts:
        """What was read."""
        return Drafts(tuple(self._medications), tuple(self._services), tuple(self._stops), tuple(self._referrals))

    def take(self, item: Item) -> bool:
        """Read a draft. False when it was left out, or is of a kind no rule reads."""
        if item.type in _NOT_R4:
            self._issues.append(Issue(item.reference, f"{item.type} is no order of FHIR R4"))
        match item.type:
            case "MedicationRequest":
                return self._request(item)
            case "MedicationStatement":
                return self._statement(item)
            case "ServiceRequest":
                return self._service(item)
            case "Task":
                return self._task(item)
        return False

    def _request(self, item: Item) -> bool:
        order = self._received.read(item, MedicationRequest, self._issues)
        if order is None:
            return False
        if order.doNotPerform or order.status in _STOPPED:
            return self._stop(item, order, order.priorPrescription)
        if order.status not in _DRAFTED:
            return self._refuse(item, order.status)
        self._report_uncoded(item, order)
        entry = drafted_order(order, item.reference, self.desk)
        course = course_of(entry, self.desk.as_of)
        self._medications.append(DraftMedication(course, item.reference, entry.replaces))
        return True

    def _statement(self, item: Item) -> bool:
        statement = self._received.read(item, MedicationStatement, self._issues)
        if statement is None:
            return False
        if statement.status in _STOPPED:
            return self._stop(item, statement, None)
        if statement.status not in _TAKEN:
            return self._refuse(item, statement.status)
        self._report_uncoded(item, statement)
        entry = drafted_statement(statement, item.reference, self.desk)
        course = course_of(entry, self.desk.as_of)
        self._medications.append(DraftMedication(course, item.reference, entry.based_on))
        return True

    def _report_uncoded(self, item: Item, order: HasMedication) -> None:
        """A draft in words alone cannot be told from any other: it is not passed over in silence."""
        concept = order.medicationCodeableConcept
        if concept is not None and not any(coding.code for coding in concept.coding):
            self._issues.append(Issue(item.reference, "medication without a code, expected one (ATC, RxNorm, SNOMED)"))

    def _refuse(self, item: Item, status: str) -> bool:
        self._issues.append(Issue(item.reference, f"status {status}, expected draft"))
        return False

    def _stop(self, item: Item, order: HasMedication, running: Reference | None) -> bool:
        """The end of a treatment: of the product named, else of the order it ends."""
        drugs = self.desk.products.of(order, item.reference).drugs or self._drugs_of(running)
        if drugs:
            self._stops.append(DraftStop(drugs, item.reference))
        return True

    def _drugs_of(self, reference: Reference | None) -> frozenset[str]:
        """The drugs of an order or statement, drafted or received; none when it is neither."""
        item = self._references.resolve(reference.reference) if reference is not None and reference.reference else None
        order: HasMedication | None = None
        if item is not None and item.type == "MedicationRequest":
            order = self._received.read(item, MedicationRequest, self._issues)
        elif item is not None and item.type == "MedicationStatement":
            order = self._received.read(item, MedicationStatement, self._issues)
        if item is None or order is None:
            return frozenset()
        return self.desk.products.of(order, item.reference).drugs

    def _task(self, item: Item) -> bool:
        """A Task that aborts an order ends the treatment."""
        task = read(item, Task, self._issues)
        if task is None:
            return False
        problem = self._received.not_ours(msgspec.json.encode(task.for_)) if task.for_ is not None else ""
        if problem:
            self._issues.append(Issue(item.reference, problem.replace("subject", "for")))
            return False
        if task.status in _VOID_TASK or not _aborts(task.code):
            return False
        drugs = self._drugs_of(task.focus)
        if not drugs and not self._references.named(task.focus) & self._references.own.keys():
            self._issues.append(Issue(item.reference, "focus is no order that was received"))
            return False
        if drugs:
            self._stops.append(DraftStop(drugs, item.reference))
        return True

    def _service(self, item: Item) -> bool:
        request = self._received.read(item, ServiceRequest, self._issues)
        if request is None or request.doNotPerform:
            return False
        if request.status not in _DRAFTED:
            return self._refuse(item, request.status)
        concepts = order_concepts(request)
        drugs = _referred_for(request, concepts)
        if drugs:
            self._referrals.append(DraftReferral(drugs, item.reference))
        if concepts:
            self._services.append(
                DraftService(
                    concepts=concepts,
                    reference=item.reference,
                    interpretation_wanted=_interpretation(request),
                    has_reason=bool(request.reasonCode or request.reasonReference),
                    planned=day_or_none(request.occurrenceDateTime) or first_day(request.occurrencePeriod),
                )
            )
        return True


def _aborts(code: CodeableConcept | None) -> bool:
    return code is not None and any(c.code == "abort" and c.system in (None, _TASK_CODES) for c in code.coding)


def _interpretation(request: ServiceRequest) -> bool | None:
    """Whether a DXA order wants an interpretation; None when it does not say."""
    details = [coding for detail in request.orderDetail for coding in detail.coding]
    said = concepts_of(details, "order_detail")
    if "interpretation_not_wanted" in said:
        return False
    return True if "interpretation_wanted" in said else None


def _referred_for(request: ServiceRequest, concepts: frozenset[str]) -> frozenset[str]:
    """The bone drugs a referral is for.

    To a bone specialist: in orderDetail or reasonCode. To anybody else only an anabolic drug
    in orderDetail: the safety of the drug is the same whoever the referral is addressed to.
    """
    details = [coding for detail in request.orderDetail for coding in detail.coding]
    reasons = [coding for reason in request.reasonCode for coding in reason.coding]
    to_specialist = "bone_specialist" in concepts
    codings = [*details, *reasons] if to_specialist else details
    drugs = concepts_of(codings, "medication") & BONE_DRUGS
    if "anabolic_treatment" in concepts_of(codings, "order_detail"):
        drugs |= {"anabolic"}
    return drugs if to_specialist else drugs & _ANABOLIC
