"""The patient."""

from __future__ import annotations

from typing import ClassVar, Literal

from fhir_mappings.r4.datatypes import (
    Address,
    BackboneElement,
    CodeableConcept,
    ContactPoint,
    DomainResource,
    HumanName,
    Identifier,
    Period,
    Reference,
    choice,
)
from fhir_mappings.r4.primitives import Code, Date, DateTime, Integer


class PatientContact(BackboneElement, frozen=True, kw_only=True):
    relationship: tuple[CodeableConcept, ...] = ()
    name: HumanName | None = None
    telecom: tuple[ContactPoint, ...] = ()
    address: Address | None = None
    gender: Code | None = None
    organization: Reference | None = None
    period: Period | None = None


class PatientCommunication(BackboneElement, frozen=True, kw_only=True):
    language: CodeableConcept
    preferred: bool | None = None


class PatientLink(BackboneElement, frozen=True, kw_only=True):
    other: Reference
    type: Code


class Patient(DomainResource, frozen=True, kw_only=True, tag="Patient"):
    CHOICES: ClassVar = (
        choice("deceased", "Boolean", "DateTime"),
        choice("multipleBirth", "Boolean", "Integer"),
    )
    identifier: tuple[Identifier, ...] = ()
    active: bool | None = None
    name: tuple[HumanName, ...] = ()
    telecom: tuple[ContactPoint, ...] = ()
    gender: Literal["male", "female", "other", "unknown"] | None = None
    birthDate: Date | None = None
    deceasedBoolean: bool | None = None
    deceasedDateTime: DateTime | None = None
    address: tuple[Address, ...] = ()
    maritalStatus: CodeableConcept | None = None
    multipleBirthBoolean: bool | None = None
    multipleBirthInteger: Integer | None = None
    contact: tuple[PatientContact, ...] = ()
    communication: tuple[PatientCommunication, ...] = ()
    generalPractitioner: tuple[Reference, ...] = ()
    managingOrganization: Reference | None = None
    link: tuple[PatientLink, ...] = ()
