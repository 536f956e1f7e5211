"""What was observed, diagnosed, done and reported: Observation, Condition, Procedure and their like."""

from __future__ import annotations

from typing import ClassVar, Literal

from fhir_mappings.r4.datatypes import (
    Age,
    Annotation,
    BackboneElement,
    ChoiceBackboneElement,
    CodeableConcept,
    DomainResource,
    Identifier,
    Period,
    Quantity,
    Range,
    Ratio,
    Reference,
    Timing,
    choice,
)
from fhir_mappings.r4.primitives import NONE_SENT, Code, Date, DateTime, Instant, Integer, Text, Time, Unread, Uri


class ObservationReferenceRange(BackboneElement, frozen=True, kw_only=True):
    low: Quantity | None = None
    high: Quantity | None = None
    type: CodeableConcept | None = None
    appliesTo: tuple[CodeableConcept, ...] = ()
    age: Range | None = None
    text: Text | None = None


class ObservationComponent(ChoiceBackboneElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (
        choice(
            "value",
            "Quantity",
            "CodeableConcept",
            "String",
            "Boolean",
            "Integer",
            "Range",
            "Ratio",
            "Time",
            "DateTime",
            "Period",
        ),
    )
    code: CodeableConcept
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: Text | None = None
    valueBoolean: bool | None = None
    valueInteger: Integer | None = None
    valueRange: Range | None = None
    valueRatio: Ratio | None = None
    valueTime: Time | None = None
    valueDateTime: DateTime | None = None
    valuePeriod: Period | None = None
    dataAbsentReason: CodeableConcept | None = None
    interpretation: tuple[CodeableConcept, ...] = ()
    referenceRange: tuple[ObservationReferenceRange, ...] = ()


class Observation(DomainResource, frozen=True, kw_only=True, tag="Observation"):
    CHOICES: ClassVar = (
        choice("effective", "DateTime", "Period", "Timing", "Instant"),
        choice(
            "value",
            "Quantity",
            "CodeableConcept",
            "String",
            "Boolean",
            "Integer",
            "Range",
            "Ratio",
            "Time",
            "DateTime",
            "Period",
        ),
    )
    identifier: Unread = NONE_SENT
    basedOn: Unread = NONE_SENT
    partOf: Unread = NONE_SENT
    status: Literal[
        "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown"
    ]
    category: Unread = NONE_SENT
    code: CodeableConcept
    subject: Unread = NONE_SENT
    focus: tuple[Reference, ...] = ()
    encounter: Unread = NONE_SENT
    effectiveDateTime: DateTime | None = None
    effectivePeriod: Period | None = None
    effectiveTiming: Timing | None = None
    effectiveInstant: Instant | None = None
    issued: Instant | None = None
    performer: Unread = NONE_SENT
    valueQuantity: Quantity | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueString: Text | None = None
    valueBoolean: bool | None = None
    valueInteger: Integer | None = None
    valueRange: Range | None = None
    valueRatio: Ratio | None = None
    valueTime: Time | None = None
    valueDateTime: DateTime | None = None
    valuePeriod: Period | None = None
    dataAbsentReason: CodeableConcept | None = None
    interpretation: Unread = NONE_SENT
    note: Unread = NONE_SENT
    bodySite: CodeableConcept | None = None
    method: CodeableConcept | None = None
    specimen: Unread = NONE_SENT
    device: Reference | None = None
    referenceRange: tuple[ObservationReferenceRange, ...] = ()
    hasMember: tuple[Reference, ...] = ()
    derivedFrom: Unread = NONE_SENT
    component: tuple[ObservationComponent, ...] = ()


class ConditionEvidence(BackboneElement, frozen=True, kw_only=True):
    code: tuple[CodeableConcept, ...] = ()
    detail: tuple[Reference, ...] = ()


class Condition(DomainResource, frozen=True, kw_only=True, tag="Condition"):
    CHOICES: ClassVar = (
        choice("onset", "DateTime", "Age", "Period", "Range", "String"),
        choice("abatement", "DateTime", "Age", "Period", "Range", "String"),
    )
    identifier: Unread = NONE_SENT
    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    category: tuple[CodeableConcept, ...] = ()
    severity: Unread = NONE_SENT
    code: CodeableConcept | None = None
    bodySite: tuple[CodeableConcept, ...] = ()
    subject: Unread
    encounter: Unread = NONE_SENT
    onsetDateTime: DateTime | None = None
    onsetAge: Age | None = None
    onsetPeriod: Period | None = None
    onsetRange: Range | None = None
    onsetString: Text | None = None
    abatementDateTime: DateTime | None = None
    abatementAge: Age | None = None
    abatementPeriod: Period | None = None
    abatementRange: Range | None = None
    abatementString: Text | None = None
    recordedDate: DateTime | None = None
    recorder: Unread = NONE_SENT
    asserter: Unread = NONE_SENT
    stage: Unread = NONE_SENT
    evidence: tuple[ConditionEvidence, ...] = ()
    note: Unread = NONE_SENT


class ProcedurePerformer(BackboneElement, frozen=True, kw_only=True):
    function: CodeableConcept | None = None
    actor: Reference
    onBehalfOf: Reference | None = None


class ProcedureFocalDevice(BackboneElement, frozen=True, kw_only=True):
    action: CodeableConcept | None = None
    manipulated: Reference


class Procedure(DomainResource, frozen=True, kw_only=True, tag="Procedure"):
    CHOICES: ClassVar = (choice("performed", "DateTime", "Period", "String", "Age", "Range"),)
    identifier: tuple[Identifier, ...] = ()
    instantiatesCanonical: tuple[Uri, ...] = ()
    instantiatesUri: tuple[Uri, ...] = ()
    basedOn: tuple[Reference, ...] = ()
    partOf: tuple[Reference, ...] = ()
    status: Literal[
        "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed", "entered-in-error", "unknown"
    ]
    statusReason: CodeableConcept | None = None
    category: CodeableConcept | None = None
    code: CodeableConcept | None = None
    subject: Reference
    encounter: Reference | None = None
    performedDateTime: DateTime | None = None
    performedPeriod: Period | None = None
    performedString: Text | None = None
    performedAge: Age | None = None
    performedRange: Range | None = None
    recorder: Reference | None = None
    asserter: Reference | None = None
    performer: tuple[ProcedurePerformer, ...] = ()
    location: Reference | None = None
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    bodySite: tuple[CodeableConcept, ...] = ()
    outcome: CodeableConcept | None = None
    report: tuple[Reference, ...] = ()
    complication: tuple[CodeableConcept, ...] = ()
    complicationDetail: tuple[Reference, ...] = ()
    followUp: tuple[CodeableConcept, ...] = ()
    note: tuple[Annotation, ...] = ()
    focalDevice: tuple[ProcedureFocalDevice, ...] = ()
    usedReference: tuple[Reference, ...] = ()
    usedCode: tuple[CodeableConcept, ...] = ()


class DiagnosticReportMedia(BackboneElement, frozen=True, kw_only=True):
    comment: Text | None = None
    link: Reference


class DiagnosticReport(DomainResource, frozen=True, kw_only=True, tag="DiagnosticReport"):
    CHOICES: ClassVar = (choice("effective", "DateTime", "Period"),)
    identifier: tuple[Identifier, ...] = ()
    basedOn: tuple[Reference, ...] = ()
    status: Literal[
        "registered",
        "partial",
        "preliminary",
        "final",
        "amended",
        "corrected",
        "appended",
        "cancelled",
        "entered-in-error",
        "unknown",
    ]
    category: tuple[CodeableConcept, ...] = ()
    code: CodeableConcept
    subject: Reference | None = None
    encounter: Reference | None = None
    effectiveDateTime: DateTime | None = None
    effectivePeriod: Period | None = None
    issued: Instant | None = None
    performer: tuple[Reference, ...] = ()
    resultsInterpreter: tuple[Reference, ...] = ()
    specimen: tuple[Reference, ...] = ()
    result: tuple[Reference, ...] = ()
    imagingStudy: tuple[Reference, ...] = ()
    media: tuple[DiagnosticReportMedia, ...] = ()
    conclusion: Text | None = None
    conclusionCode: tuple[CodeableConcept, ...] = ()


class FamilyMemberHistoryCondition(ChoiceBackboneElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("onset", "Age", "Range", "Period", "String"),)
    code: CodeableConcept
    outcome: CodeableConcept | None = None
    contributedToDeath: bool | None = None
    onsetAge: Age | None = None
    onsetRange: Range | None = None
    onsetPeriod: Period | None = None
    onsetString: Text | None = None
    note: tuple[Annotation, ...] = ()


class FamilyMemberHistory(DomainResource, frozen=True, kw_only=True, tag="FamilyMemberHistory"):
    CHOICES: ClassVar = (
        choice("born", "Period", "Date", "String"),
        choice("age", "Age", "Range", "String"),
        choice("deceased", "Boolean", "Age", "Range", "Date", "String"),
    )
    identifier: tuple[Identifier, ...] = ()
    instantiatesCanonical: tuple[Uri, ...] = ()
    instantiatesUri: tuple[Uri, ...] = ()
    status: Literal["partial", "completed", "entered-in-error", "health-unknown"]
    dataAbsentReason: CodeableConcept | None = None
    patient: Reference
    date: DateTime | None = None
    name: Text | None = None
    relationship: CodeableConcept
    sex: CodeableConcept | None = None
    bornPeriod: Period | None = None
    bornDate: Date | None = None
    bornString: Text | None = None
    ageAge: Age | None = None
    ageRange: Range | None = None
    ageString: Text | None = None
    estimatedAge: bool | None = None
    deceasedBoolean: bool | None = None
    deceasedAge: Age | None = None
    deceasedRange: Range | None = None
    deceasedDate: Date | None = None
    deceasedString: Text | None = None
    reasonCode: tuple[CodeableConcept, ...] = ()
    reasonReference: tuple[Reference, ...] = ()
    note: tuple[Annotation, ...] = ()
    condition: tuple[FamilyMemberHistoryCondition, ...] = ()


class AllergyIntoleranceReaction(BackboneElement, frozen=True, kw_only=True):
    substance: CodeableConcept | None = None
    manifestation: tuple[CodeableConcept, ...]
    description: Text | None = None
    onset: DateTime | None = None
    severity: Code | None = None
    exposureRoute: CodeableConcept | None = None
    note: tuple[Annotation, ...] = ()


class AllergyIntolerance(DomainResource, frozen=True, kw_only=True, tag="AllergyIntolerance"):
    CHOICES: ClassVar = (choice("onset", "DateTime", "Age", "Period", "Range", "String"),)
    identifier: tuple[Identifier, ...] = ()
    clinicalStatus: CodeableConcept | None = None
    verificationStatus: CodeableConcept | None = None
    type: Code | None = None
    category: tuple[Code, ...] = ()
    criticality: Code | None = None
    code: CodeableConcept | None = None
    patient: Reference
    encounter: Reference | None = None
    onsetDateTime: DateTime | None = None
    onsetAge: Age | None = None
    onsetPeriod: Period | None = None
    onsetRange: Range | None = None
    onsetString: Text | None = None
    recordedDate: DateTime | None = None
    recorder: Reference | None = None
    asserter: Reference | None = None
    lastOccurrence: DateTime | None = None
    note: tuple[Annotation, ...] = ()
    reaction: tuple[AllergyIntoleranceReaction, ...] = ()
