"""Medication resources of FHIR R4B: the elements that are commonly sent, read strictly."""

from __future__ import annotations

from typing import ClassVar, Literal

from fhir_mappings.r4.datatypes import (
    Annotation,
    BackboneElement,
    ChoiceBackboneElement,
    CodeableConcept,
    DomainResource,
    Dosage,
    Duration,
    Identifier,
    Period,
    Quantity,
    Ratio,
    Reference,
    choice,
)
from fhir_mappings.r4.primitives import NONE_SENT, DateTime, Text, Unread, UnsignedInt, Uri

MEDICATION = choice("medication", "CodeableConcept", "Reference", required=True)


class Ingredient(ChoiceBackboneElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("item", "CodeableConcept", "Reference", required=True),)
    itemCodeableConcept: CodeableConcept | None = None
    itemReference: Reference | None = None
    isActive: bool | None = None
    strength: Ratio | None = None


class Batch(BackboneElement, frozen=True, kw_only=True):
    lotNumber: Text | None = None
    expirationDate: DateTime | None = None


class Medication(DomainResource, frozen=True, kw_only=True, tag="Medication"):
    identifier: tuple[Identifier, ...] = ()
    code: CodeableConcept | None = None
    status: Literal["active", "inactive", "entered-in-error"] | None = None
    manufacturer: Reference | None = None
    form: CodeableConcept | None = None
    amount: Ratio | None = None
    ingredient: tuple[Ingredient, ...] = ()
    batch: Batch | None = None


class InitialFill(BackboneElement, frozen=True, kw_only=True):
    quantity: Quantity | None = None
    duration: Duration | None = None


class DispenseRequest(BackboneElement, frozen=True, kw_only=True):
    initialFill: InitialFill | None = None
    dispenseInterval: Duration | None = None
    validityPeriod: Period | None = None
    numberOfRepeatsAllowed: UnsignedInt | None = None
    quantity: Quantity | None = None
    expectedSupplyDuration: Duration | None = None
    performer: Reference | None = None


class RequestSubstitution(ChoiceBackboneElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("allowed", "Boolean", "CodeableConcept", required=True),)
    allowedBoolean: bool | None = None
    allowedCodeableConcept: CodeableConcept | None = None
    reason: CodeableConcept | None = None


class MedicationRequest(DomainResource, frozen=True, kw_only=True, tag="MedicationRequest"):
    CHOICES: ClassVar = (MEDICATION, choice("reported", "Boolean", "Reference"))
    contained: tuple[Medication, ...] = ()
    identifier: Unread = NONE_SENT
    status: Literal["active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"]
    statusReason: CodeableConcept | None = None
    intent: Literal[
        "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"
    ]
    category: Unread = NONE_SENT
    priority: Literal["routine", "urgent", "asap", "stat"] | None = None
    doNotPerform: bool | None = None
    reportedBoolean: bool | None = None
    reportedReference: Reference | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Unread
    encounter: Unread = NONE_SENT
    supportingInformation: Unread = NONE_SENT
    authoredOn: DateTime | None = None
    requester: Unread = NONE_SENT
    performer: Unread = NONE_SENT
    performerType: Unread = NONE_SENT
    recorder: Unread = NONE_SENT
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    instantiatesCanonical: tuple[Uri, ...] = ()
    instantiatesUri: tuple[Uri, ...] = ()
    basedOn: tuple[Reference, ...] = ()
    groupIdentifier: Identifier | None = None
    courseOfTherapyType: CodeableConcept | None = None
    insurance: Unread = NONE_SENT
    note: tuple[Annotation, ...] = ()
    dosageInstruction: tuple[Dosage, ...] = ()
    dispenseRequest: DispenseRequest | None = None
    substitution: RequestSubstitution | None = None
    priorPrescription: Reference | None = None
    detectedIssue: Unread = NONE_SENT
    eventHistory: Unread = NONE_SENT


class MedicationStatement(DomainResource, frozen=True, kw_only=True, tag="MedicationStatement"):
    CHOICES: ClassVar = (MEDICATION, choice("effective", "DateTime", "Period"))
    contained: tuple[Medication, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    basedOn: tuple[Reference, ...] = ()
    partOf: tuple[Reference, ...] = ()
    status: Literal["active", "completed", "entered-in-error", "intended", "stopped", "on-hold", "unknown", "not-taken"]
    statusReason: tuple[CodeableConcept, ...] = ()
    category: CodeableConcept | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference
    context: Reference | None = None
    effectiveDateTime: DateTime | None = None
    effectivePeriod: Period | None = None
    dateAsserted: DateTime | None = None
    informationSource: Reference | None = None
    derivedFrom: tuple[Reference, ...] = ()
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    dosage: tuple[Dosage, ...] = ()


class Performer(BackboneElement, frozen=True, kw_only=True):
    function: CodeableConcept | None = None
    actor: Reference


class GivenDosage(ChoiceBackboneElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("rate", "Ratio", "Quantity"),)
    text: Text | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    dose: Quantity | None = None
    rateRatio: Ratio | None = None
    rateQuantity: Quantity | None = None


class MedicationAdministration(DomainResource, frozen=True, kw_only=True, tag="MedicationAdministration"):
    CHOICES: ClassVar = (MEDICATION, choice("effective", "DateTime", "Period", required=True))
    contained: tuple[Medication, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    instantiates: tuple[Uri, ...] = ()
    partOf: tuple[Reference, ...] = ()
    status: Literal["in-progress", "not-done", "on-hold", "completed", "entered-in-error", "stopped", "unknown"]
    statusReason: tuple[CodeableConcept, ...] = ()
    category: CodeableConcept | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference
    context: Reference | None = None
    supportingInformation: tuple[Reference, ...] = ()
    effectiveDateTime: DateTime | None = None
    effectivePeriod: Period | None = None
    performer: tuple[Performer, ...] = ()
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    request: Reference | None = None
    device: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    dosage: GivenDosage | None = None
    eventHistory: tuple[Reference, ...] = ()


class DispenseSubstitution(BackboneElement, frozen=True, kw_only=True):
    wasSubstituted: bool
    type: CodeableConcept | None = None
    reason: tuple[CodeableConcept, ...] = ()
    responsibleParty: tuple[Reference, ...] = ()


class MedicationDispense(DomainResource, frozen=True, kw_only=True, tag="MedicationDispense"):
    CHOICES: ClassVar = (MEDICATION, choice("statusReason", "CodeableConcept", "Reference"))
    contained: tuple[Medication, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    partOf: tuple[Reference, ...] = ()
    status: Literal[
        "preparation",
        "in-progress",
        "cancelled",
        "on-hold",
        "completed",
        "entered-in-error",
        "stopped",
        "declined",
        "unknown",
    ]
    statusReasonCodeableConcept: CodeableConcept | None = None
    statusReasonReference: Reference | None = None
    category: CodeableConcept | None = None
    medicationCodeableConcept: CodeableConcept | None = None
    medicationReference: Reference | None = None
    subject: Reference | None = None
    context: Reference | None = None
    supportingInformation: tuple[Reference, ...] = ()
    performer: tuple[Performer, ...] = ()
    location: Reference | None = None
    authorizingPrescription: tuple[Reference, ...] = ()
    type: CodeableConcept | None = None
    quantity: Quantity | None = None
    daysSupply: Quantity | None = None
    whenPrepared: DateTime | None = None
    whenHandedOver: DateTime | None = None
    destination: Reference | None = None
    receiver: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    dosageInstruction: tuple[Dosage, ...] = ()
    substitution: DispenseSubstitution | None = None
    detectedIssue: tuple[Reference, ...] = ()
    eventHistory: tuple[Reference, ...] = ()
