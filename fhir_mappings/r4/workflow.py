"""What is planned, booked, ordered and visited: Encounter, Appointment, ServiceRequest, Flag, Task."""

from __future__ import annotations

from typing import ClassVar, Literal

from fhir_mappings.r4.datatypes import (
    Annotation,
    BackboneElement,
    CodeableConcept,
    Coding,
    DomainResource,
    Duration,
    Identifier,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
    Timing,
    choice,
)
from fhir_mappings.r4.primitives import Code, DateTime, Instant, PositiveInt, Text, UnsignedInt, Uri


class EncounterStatusHistory(BackboneElement, frozen=True, kw_only=True):
    status: Code
    period: Period


class EncounterClassHistory(BackboneElement, frozen=True, kw_only=True, rename={"class_": "class"}):
    class_: Coding
    period: Period


class EncounterParticipant(BackboneElement, frozen=True, kw_only=True):
    type: tuple[CodeableConcept, ...] = ()
    period: Period | None = None
    individual: Reference | None = None


class EncounterDiagnosis(BackboneElement, frozen=True, kw_only=True):
    condition: Reference
    use: CodeableConcept | None = None
    rank: PositiveInt | None = None


class EncounterHospitalization(BackboneElement, frozen=True, kw_only=True):
    preAdmissionIdentifier: Identifier | None = None
    origin: Reference | None = None
    admitSource: CodeableConcept | None = None
    reAdmission: CodeableConcept | None = None
    dietPreference: tuple[CodeableConcept, ...] = ()
    specialCourtesy: tuple[CodeableConcept, ...] = ()
    specialArrangement: tuple[CodeableConcept, ...] = ()
    destination: Reference | None = None
    dischargeDisposition: CodeableConcept | None = None


class EncounterLocation(BackboneElement, frozen=True, kw_only=True):
    location: Reference
    status: Code | None = None
    physicalType: CodeableConcept | None = None
    period: Period | None = None


class Encounter(DomainResource, frozen=True, kw_only=True, tag="Encounter", rename={"class_": "class"}):
    identifier: tuple[Identifier, ...] = ()
    status: Literal[
        "planned",
        "arrived",
        "triaged",
        "in-progress",
        "onleave",
        "finished",
        "cancelled",
        "entered-in-error",
        "unknown",
    ]
    statusHistory: tuple[EncounterStatusHistory, ...] = ()
    class_: Coding
    classHistory: tuple[EncounterClassHistory, ...] = ()
    type: tuple[CodeableConcept, ...] = ()
    serviceType: CodeableConcept | None = None
    priority: CodeableConcept | None = None
    subject: Reference | None = None
    episodeOfCare: tuple[Reference, ...] = ()
    basedOn: tuple[Reference, ...] = ()
    participant: tuple[EncounterParticipant, ...] = ()
    appointment: tuple[Reference, ...] = ()
    period: Period | None = None
    length: Duration | None = None
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    diagnosis: tuple[EncounterDiagnosis, ...] = ()
    account: tuple[Reference, ...] = ()
    hospitalization: EncounterHospitalization | None = None
    location: tuple[EncounterLocation, ...] = ()
    serviceProvider: Reference | None = None
    partOf: Reference | None = None


class AppointmentParticipant(BackboneElement, frozen=True, kw_only=True):
    type: tuple[CodeableConcept, ...] = ()
    actor: Reference | None = None
    required: Code | None = None
    status: Literal["accepted", "declined", "tentative", "needs-action"]
    period: Period | None = None


class Appointment(DomainResource, frozen=True, kw_only=True, tag="Appointment"):
    identifier: tuple[Identifier, ...] = ()
    status: Literal[
        "proposed",
        "pending",
        "booked",
        "arrived",
        "fulfilled",
        "cancelled",
        "noshow",
        "entered-in-error",
        "checked-in",
        "waitlist",
    ]
    cancelationReason: CodeableConcept | None = None
    serviceCategory: tuple[CodeableConcept, ...] = ()
    serviceType: tuple[CodeableConcept, ...] = ()
    specialty: tuple[CodeableConcept, ...] = ()
    appointmentType: CodeableConcept | None = None
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    priority: UnsignedInt | None = None
    description: Text | None = None
    supportingInformation: tuple[Reference, ...] = ()
    start: Instant | None = None
    end: Instant | None = None
    minutesDuration: PositiveInt | None = None
    slot: tuple[Reference, ...] = ()
    created: DateTime | None = None
    comment: Text | None = None
    patientInstruction: Text | None = None
    basedOn: tuple[Reference, ...] = ()
    participant: tuple[AppointmentParticipant, ...]
    requestedPeriod: tuple[Period, ...] = ()


class ServiceRequest(DomainResource, frozen=True, kw_only=True, tag="ServiceRequest"):
    CHOICES: ClassVar = (
        choice("quantity", "Quantity", "Ratio", "Range"),
        choice("occurrence", "DateTime", "Period", "Timing"),
        choice("asNeeded", "Boolean", "CodeableConcept"),
    )
    identifier: tuple[Identifier, ...] = ()
    instantiatesCanonical: tuple[Uri, ...] = ()
    instantiatesUri: tuple[Uri, ...] = ()
    basedOn: tuple[Reference, ...] = ()
    replaces: tuple[Reference, ...] = ()
    requisition: Identifier | None = None
    status: Literal["draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown"]
    intent: Literal[
        "proposal",
        "plan",
        "directive",
        "order",
        "original-order",
        "reflex-order",
        "filler-order",
        "instance-order",
        "option",
    ]
    category: tuple[CodeableConcept, ...] = ()
    priority: Code | None = None
    doNotPerform: bool | None = None
    code: CodeableConcept | None = None
    orderDetail: tuple[CodeableConcept, ...] = ()
    quantityQuantity: Quantity | None = None
    quantityRatio: Ratio | None = None
    quantityRange: Range | None = None
    subject: Reference
    encounter: Reference | None = None
    occurrenceDateTime: DateTime | None = None
    occurrencePeriod: Period | None = None
    occurrenceTiming: Timing | None = None
    asNeededBoolean: bool | None = None
    asNeededCodeableConcept: CodeableConcept | None = None
    authoredOn: DateTime | None = None
    requester: Reference | None = None
    performerType: CodeableConcept | None = None
    performer: tuple[Reference, ...] = ()
    locationCode: tuple[CodeableConcept, ...] = ()
    locationReference: tuple[Reference, ...] = ()
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    insurance: tuple[Reference, ...] = ()
    supportingInfo: tuple[Reference, ...] = ()
    specimen: tuple[Reference, ...] = ()
    bodySite: tuple[CodeableConcept, ...] = ()
    note: tuple[Annotation, ...] = ()
    patientInstruction: Text | None = None
    relevantHistory: tuple[Reference, ...] = ()


class Flag(DomainResource, frozen=True, kw_only=True, tag="Flag"):
    identifier: tuple[Identifier, ...] = ()
    status: Literal["active", "inactive", "entered-in-error"]
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept
    subject: Reference
    period: Period | None = None
    encounter: Reference | None = None
    author: Reference | None = None


class TaskRestriction(BackboneElement, frozen=True, kw_only=True):
    repetitions: PositiveInt | None = None
    period: Period | None = None
    recipient: tuple[Reference, ...] = ()


class Task(DomainResource, frozen=True, kw_only=True, tag="Task", rename={"for_": "for"}):
    identifier: tuple[Identifier, ...] = ()
    instantiatesCanonical: Uri | None = None
    instantiatesUri: Uri | None = None
    basedOn: tuple[Reference, ...] = ()
    groupIdentifier: Identifier | None = None
    partOf: tuple[Reference, ...] = ()
    status: Literal[
        "draft",
        "requested",
        "received",
        "accepted",
        "rejected",
        "ready",
        "cancelled",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "entered-in-error",
    ]
    statusReason: CodeableConcept | None = None
    businessStatus: CodeableConcept | None = None
    intent: Literal[
        "unknown",
        "proposal",
        "plan",
        "order",
        "original-order",
        "reflex-order",
        "filler-order",
        "instance-order",
        "option",
    ]
    priority: Code | None = None
    code: CodeableConcept | None = None
    description: Text | None = None
    focus: Reference | None = None
    for_: Reference | None = None
    encounter: Reference | None = None
    executionPeriod: Period | None = None
    authoredOn: DateTime | None = None
    lastModified: DateTime | None = None
    requester: Reference | None = None
    performerType: tuple[CodeableConcept, ...] = ()
    owner: Reference | None = None
    location: Reference | None = None
    reasonCode: CodeableConcept | None = None
    reasonReference: Reference | None = None
    insurance: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    relevantHistory: tuple[Reference, ...] = ()
    restriction: TaskRestriction | None = None
