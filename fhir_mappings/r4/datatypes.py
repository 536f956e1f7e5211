"""FHIR complex types, named and spelled as in FHIR.

Strict: an unknown element, a wrong type or two values of one choice are refused here and
put to fhir.resources (resources.py). Optional elements are None, repeating ones (). What no rule
reads is Unread where it is commonly sent: only what a rule reads is validated.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar, Literal

import msgspec

from fhir_mappings.r4.primitives import (
    NONE_SENT,
    Code,
    Date,
    DateTime,
    Decimal,
    Id,
    Instant,
    Integer,
    PositiveInt,
    Text,
    Time,
    Unread,
    UnsignedInt,
    Uri,
)


class Element(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The base of every data type."""

    id: Text | None = None
    extension: tuple[Extension, ...] = ()


class ChoiceElement(Element, frozen=True, kw_only=True):
    """An element with a choice such as value[x], of which at most one may be present."""

    CHOICES: ClassVar[tuple[Choice, ...]] = ()

    def __post_init__(self) -> None:
        """ValueError when a choice has two values."""
        for each in self.CHOICES:
            absent = each.values(self).count(None)
            if absent != each.most_absent and (each.required or absent < each.most_absent):
                check_choices(self, self.CHOICES)
                return


class Choice(msgspec.Struct, frozen=True):
    """The elements of one choice. `required`: one must be present."""

    names: tuple[str, ...]
    values: Callable[[Any], tuple[object, ...]]
    most_absent: int
    required: bool = False


def choice(prefix: str, *types: str, required: bool = False) -> Choice:
    """The choice `prefix`[x] of the given types, at least two."""
    names = tuple(prefix + name for name in types)
    return Choice(names, attrgetter(*names), len(names) - 1, required)


def check_choices(element: object, choices: tuple[Choice, ...]) -> None:
    """ValueError when a choice holds more than one value, or none where one is required."""
    for each in choices:
        absent = each.values(element).count(None)
        if absent < each.most_absent or (each.required and absent > each.most_absent):
            raise ValueError(f"expected {'one' if each.required else 'at most one'} of {', '.join(each.names)}")


class Coding(Element, frozen=True, kw_only=True):
    system: Uri | None = None
    version: Text | None = None
    code: Code | None = None
    display: Text | None = None
    userSelected: bool | None = None


class CodeableConcept(Element, frozen=True, kw_only=True):
    coding: tuple[Coding, ...] = ()
    text: Text | None = None


class Period(Element, frozen=True, kw_only=True):
    start: DateTime | None = None
    end: DateTime | None = None


class Identifier(Element, frozen=True, kw_only=True):
    use: Code | None = None
    type: CodeableConcept | None = None
    system: Uri | None = None
    value: Text | None = None
    period: Period | None = None
    assigner: Reference | None = None


class Reference(Element, frozen=True, kw_only=True):
    reference: Text | None = None
    type: Uri | None = None
    identifier: Identifier | None = None
    display: Text | None = None


class Quantity(Element, frozen=True, kw_only=True):
    """Also Age, Duration and SimpleQuantity, which have the same elements."""

    value: Decimal | None = None
    comparator: Literal["<", "<=", ">=", ">"] | None = None
    unit: Text | None = None
    system: Uri | None = None
    code: Code | None = None


Age = Quantity
Duration = Quantity


class Range(Element, frozen=True, kw_only=True):
    low: Quantity | None = None
    high: Quantity | None = None


class Ratio(Element, frozen=True, kw_only=True):
    numerator: Quantity | None = None
    denominator: Quantity | None = None


class Address(Element, frozen=True, kw_only=True):
    use: Code | None = None
    type: Code | None = None
    text: Text | None = None
    line: tuple[Text, ...] = ()
    city: Text | None = None
    district: Text | None = None
    state: Text | None = None
    postalCode: Text | None = None
    country: Text | None = None
    period: Period | None = None


class ContactPoint(Element, frozen=True, kw_only=True):
    system: Code | None = None
    value: Text | None = None
    use: Code | None = None
    rank: PositiveInt | None = None
    period: Period | None = None


class HumanName(Element, frozen=True, kw_only=True):
    use: Code | None = None
    text: Text | None = None
    family: Text | None = None
    given: tuple[Text, ...] = ()
    prefix: tuple[Text, ...] = ()
    suffix: tuple[Text, ...] = ()
    period: Period | None = None


class Annotation(ChoiceElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("author", "Reference", "String"),)
    text: str
    authorReference: Reference | None = None
    authorString: Text | None = None
    time: DateTime | None = None


class TimingRepeat(ChoiceElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("bounds", "Duration", "Range", "Period"),)
    boundsDuration: Duration | None = None
    boundsRange: Range | None = None
    boundsPeriod: Period | None = None
    count: PositiveInt | None = None
    countMax: PositiveInt | None = None
    duration: Decimal | None = None
    durationMax: Decimal | None = None
    durationUnit: Literal["s", "min", "h", "d", "wk", "mo", "a"] | None = None
    frequency: PositiveInt | None = None
    frequencyMax: PositiveInt | None = None
    period: Decimal | None = None
    periodMax: Decimal | None = None
    periodUnit: Literal["s", "min", "h", "d", "wk", "mo", "a"] | None = None
    dayOfWeek: tuple[Code, ...] = ()
    timeOfDay: tuple[Time, ...] = ()
    when: tuple[Code, ...] = ()
    offset: UnsignedInt | None = None


class Timing(Element, frozen=True, kw_only=True):
    modifierExtension: tuple[Extension, ...] = ()
    event: tuple[DateTime, ...] = ()
    repeat: TimingRepeat | None = None
    code: CodeableConcept | None = None


class DoseAndRate(ChoiceElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("dose", "Quantity", "Range"), choice("rate", "Quantity", "Range", "Ratio"))
    type: CodeableConcept | None = None
    doseRange: Range | None = None
    doseQuantity: Quantity | None = None
    rateRatio: Ratio | None = None
    rateRange: Range | None = None
    rateQuantity: Quantity | None = None


class Dosage(ChoiceElement, frozen=True, kw_only=True):
    CHOICES: ClassVar = (choice("asNeeded", "Boolean", "CodeableConcept"),)
    modifierExtension: tuple[Extension, ...] = ()
    sequence: Integer | None = None
    text: Text | None = None
    additionalInstruction: tuple[CodeableConcept, ...] = ()
    patientInstruction: Text | None = None
    timing: Timing | None = None
    asNeededBoolean: bool | None = None
    asNeededCodeableConcept: CodeableConcept | None = None
    site: CodeableConcept | None = None
    route: CodeableConcept | None = None
    method: CodeableConcept | None = None
    doseAndRate: tuple[DoseAndRate, ...] = ()
    maxDosePerPeriod: Ratio | None = None
    maxDosePerAdministration: Quantity | None = None
    maxDosePerLifetime: Quantity | None = None


class Extension(ChoiceElement, frozen=True, kw_only=True):
    """An extension; of the fifty value types those that occur in the resources read here."""

    CHOICES: ClassVar = (
        choice(
            "value",
            *("Address", "Annotation", "Boolean", "Canonical", "Code", "CodeableConcept", "Coding"),
            *("ContactPoint", "Date", "DateTime", "Decimal", "Dosage", "HumanName", "Id", "Identifier"),
            *("Instant", "Integer", "Markdown", "Period", "PositiveInt", "Quantity", "Age", "Duration"),
            *("Range", "Ratio", "Reference", "String", "Time", "Timing", "UnsignedInt", "Uri"),
        ),
    )
    url: str
    valueAddress: Address | None = None
    valueAge: Age | None = None
    valueAnnotation: Annotation | None = None
    valueBoolean: bool | None = None
    valueCanonical: Uri | None = None
    valueCode: Code | None = None
    valueCodeableConcept: CodeableConcept | None = None
    valueCoding: Coding | None = None
    valueContactPoint: ContactPoint | None = None
    valueDate: Date | None = None
    valueDateTime: DateTime | None = None
    valueDecimal: Decimal | None = None
    valueDosage: Dosage | None = None
    valueDuration: Duration | None = None
    valueHumanName: HumanName | None = None
    valueId: Id | None = None
    valueIdentifier: Identifier | None = None
    valueInstant: Instant | None = None
    valueInteger: Integer | None = None
    valueMarkdown: Text | None = None
    valuePeriod: Period | None = None
    valuePositiveInt: PositiveInt | None = None
    valueQuantity: Quantity | None = None
    valueRange: Range | None = None
    valueRatio: Ratio | None = None
    valueReference: Reference | None = None
    valueString: Text | None = None
    valueTime: Time | None = None
    valueTiming: Timing | None = None
    valueUnsignedInt: UnsignedInt | None = None
    valueUri: Uri | None = None


class BackboneElement(Element, frozen=True, kw_only=True):
    """An element inside a resource."""

    modifierExtension: tuple[Extension, ...] = ()


class ChoiceBackboneElement(ChoiceElement, frozen=True, kw_only=True):
    """An element inside a resource, with a choice."""

    modifierExtension: tuple[Extension, ...] = ()


class DomainResource(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False, tag_field="resourceType"
):
    """The elements every resource has.

    Subclasses are tagged by their class name. `contained` is declared where it is read;
    elsewhere a resource with contained ones goes the slow way.
    """

    CHOICES: ClassVar[tuple[Choice, ...]] = ()

    id: Id | None = None
    meta: Unread = NONE_SENT
    implicitRules: Uri | None = None
    language: Code | None = None
    text: Unread = NONE_SENT
    extension: tuple[Extension, ...] = ()
    modifierExtension: tuple[Extension, ...] = ()

    def __post_init__(self) -> None:
        """ValueError when a choice has two values, or none where one is required."""
        for each in self.CHOICES:
            absent = each.values(self).count(None)
            if absent != each.most_absent and (each.required or absent < each.most_absent):
                check_choices(self, self.CHOICES)
                return
