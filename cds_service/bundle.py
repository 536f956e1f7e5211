"""A FHIR Bundle of one patient -> the request an EHR would have made with it.

The Bundle is taken for the whole record: a kind of resource that is not in it counts as
searched and not found. On the order hooks the drafts in it are what is being ordered.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from typing import Final
from uuid import NAMESPACE_URL, uuid5

import msgspec
from msgspec import Raw

from cds_service.refusal import RefusedError
from cds_service.wire import HookRequest, check_text, decode
from fhir_mappings.prefetch import KEYS
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, Hook

#: The prefetch key of each resource type; what has none of its own goes with the conditions, to be found by reference.
KEY_OF: Final = {resource_type: key for key, resource_type in reversed(tuple(KEYS.items()))}
OTHERS: Final = "conditions"


class _Resource(msgspec.Struct, rename="camel"):
    resource_type: str
    id: str | None = None
    status: Raw = Raw()


class _Entry(msgspec.Struct):
    resource: _Resource | None = None


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: str
    entry: list[Raw] = []


def is_bundle(body: bytes) -> bool:
    """Whether a JSON text is a FHIR Bundle; RefusedError when it is no JSON object."""
    check_text(body)
    return decode(_ANY, body).resource_type == "Bundle"


def read_bundle(body: bytes, hook: Hook) -> HookRequest:
    """The request that hands over every resource of the Bundle; RefusedError unless it is about one patient."""
    groups: dict[str, list[Raw]] = defaultdict(list)
    patients: list[str | None] = []
    drafts: list[Raw] = []
    for index, raw in enumerate(decode(_BUNDLE, body).entry):
        resource = decode(_ENTRY, raw, f"entry[{index}]").resource
        if resource is None:
            continue
        if resource.resource_type == "Patient":
            patients.append(resource.id)
        elif hook in (ORDER_SELECT, ORDER_SIGN) and bytes(resource.status) == b'"draft"':
            drafts.append(raw)
        groups[KEY_OF.get(resource.resource_type, OTHERS)].append(raw)
    if len(patients) != 1:
        raise RefusedError(400, "invariant", f"The Bundle holds {len(patients)} Patients: expected one.", "entry")
    if not patients[0]:
        raise RefusedError(400, "required", "The Patient of the Bundle has no id.", "entry")
    if hook in (ORDER_SELECT, ORDER_SIGN) and not drafts:
        problem = f"The Bundle holds no order with status draft, and {hook} is about draft orders."
        raise RefusedError(400, "required", problem, "entry")
    return HookRequest(
        hook_instance=str(uuid5(NAMESPACE_URL, sha256(body).hexdigest())),
        patient_id=patients[0],
        prefetch={key: _bundle_of(groups[key]) for key in KEYS},
        draft_orders=_bundle_of(drafts) if drafts else None,
    )


def _bundle_of(entries: list[Raw]) -> Raw:
    return Raw(b'{"resourceType":"Bundle","type":"searchset","entry":[%b]}' % b",".join(map(bytes, entries)))


class _Any(msgspec.Struct, rename="camel"):
    resource_type: str = ""


_ANY: Final = msgspec.json.Decoder(_Any)
_BUNDLE: Final = msgspec.json.Decoder(_Bundle)
_ENTRY: Final = msgspec.json.Decoder(_Entry)
