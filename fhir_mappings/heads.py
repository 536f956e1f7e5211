"""The head of a resource: the few elements by which it is told apart and selected, before it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Union

import msgspec
from msgspec import Raw

from fhir_mappings.r4.primitives import NONE_SENT

_TAG: Final = "resourceType"


class Head(msgspec.Struct, gc=False, rename="camel"):
    """The few elements by which resources are told apart and selected, before they are read.

    The heads below stand in for it: of what their type is selected by they have the same elements.

    The elements a Struct reads later stay raw here. All that any reader selects by: a resource
    is scanned once.
    """

    resource_type: str
    id: str | None = None
    code: Raw = Raw()
    subject: Raw = Raw()
    patient: Raw = Raw()
    value_codeable_concept: Raw = Raw()
    status: Raw = Raw()
    medication_codeable_concept: Raw = Raw()
    based_on: Raw = Raw()
    derived_from: Raw = Raw()
    do_not_perform: Raw = Raw()
    type: Raw = Raw()
    service_type: Raw = Raw()
    reason_code: Raw = Raw()


class ResultHead(
    msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True, tag="Observation", tag_field=_TAG
):
    """The head of an Observation as results are sent: enough to read a plain number without decoding it again.

    In the order in which FHIR writes its elements: so each is found at once. An Observation with
    others has a Head.
    """

    resource_type = "Observation"
    patient = NONE_SENT

    id: str | None = None
    meta: Raw = NONE_SENT
    text: Raw = NONE_SENT
    identifier: Raw = NONE_SENT
    based_on: Raw = NONE_SENT
    part_of: Raw = NONE_SENT
    state: str | None = msgspec.field(default=None, name="status")
    category: Raw = NONE_SENT
    code: Raw = NONE_SENT
    subject: Raw = NONE_SENT
    focus: Raw = NONE_SENT
    encounter: Raw = NONE_SENT
    effective_date_time: str | None = None
    effective_period: Raw = NONE_SENT
    issued: str | None = None
    performer: Raw = NONE_SENT
    value_quantity: Raw = NONE_SENT
    value_codeable_concept: Raw = NONE_SENT
    value_string: Raw = NONE_SENT
    value_boolean: Raw = NONE_SENT
    data_absent_reason: Raw = NONE_SENT
    interpretation: Raw = NONE_SENT
    note: Raw = NONE_SENT
    body_site: Raw = NONE_SENT
    method: Raw = NONE_SENT
    specimen: Raw = NONE_SENT
    device: Raw = NONE_SENT
    reference_range: Raw = NONE_SENT
    has_member: Raw = NONE_SENT
    derived_from: Raw = NONE_SENT
    component: Raw = NONE_SENT


class DiagnosisHead(
    msgspec.Struct, gc=False, rename="camel", forbid_unknown_fields=True, tag="Condition", tag_field=_TAG
):
    """The head of a Condition as diagnoses are sent: enough to read a plain one without decoding it again.

    In the order in which FHIR writes its elements. A Condition with others has a Head.
    """

    resource_type = "Condition"
    patient = NONE_SENT

    id: str | None = None
    meta: Raw = NONE_SENT
    text: Raw = NONE_SENT
    identifier: Raw = NONE_SENT
    clinical_status: Raw = NONE_SENT
    verification_status: Raw = NONE_SENT
    category: Raw = NONE_SENT
    severity: Raw = NONE_SENT
    code: Raw = NONE_SENT
    body_site: Raw = NONE_SENT
    subject: Raw = NONE_SENT
    encounter: Raw = NONE_SENT
    onset_date_time: str | None = None
    abatement_date_time: str | None = None
    recorded_date: str | None = None
    recorder: Raw = NONE_SENT
    asserter: Raw = NONE_SENT
    note: Raw = NONE_SENT


def _lean(resource_type: str, *elements: str) -> type[msgspec.Struct]:
    """A Head of the elements one resource type is selected by; the others are as if not sent."""
    absent = dict.fromkeys(set(Head.__struct_fields__) - {"id", *elements}, NONE_SENT)
    return msgspec.defstruct(
        f"{resource_type}Head",
        [("id", str | None, None), *((element, Raw, NONE_SENT) for element in elements)],
        namespace=absent | {"resource_type": resource_type},
        gc=False,
        rename="camel",
        tag=resource_type,
        tag_field=_TAG,
    )


_head = msgspec.json.Decoder(Head).decode
#: The heads of the types most resources are of.
_common: Callable[[Raw | bytes], Head] = msgspec.json.Decoder(
    Union[  # noqa: UP007  # made at run time
        ResultHead,
        DiagnosisHead,
        _lean("MedicationRequest", "based_on", "status", "do_not_perform", "medication_codeable_concept", "subject"),
        _lean("Encounter", "type", "subject", "reason_code"),
    ]
).decode
_COMMON = frozenset({"Observation", "Condition", "MedicationRequest", "Encounter"})


def head_of(raw: Raw | bytes) -> Head:
    """The head of a resource. One of resources.BAD_DATA when it is no resource."""
    return _head(raw)


def head_reader(expected: str) -> Callable[[Raw | bytes], Head]:
    """How heads of the type `expected` are best read. What it refuses may be another type: head_of tells."""
    return _common if expected in _COMMON else _head
