"""Bytes -> HookRequest, and answers -> bytes. The body is checked here and names the field that is wrong.

Prefetch values and draft orders stay as the bytes they came in: fhir_mappings reads them.
Members that the specification does not know are ignored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
import orjson
from msgspec import UNSET, Meta, Raw, UnsetType

from cds_service.depth import MOST_LEVELS, is_plainly_deep, refuse_deep, too_deep
from cds_service.network import split_http_url
from cds_service.refusal import RefusedError
from fhir_mappings import PrefetchValue
from fhir_mappings.prefetch import WholePrefetch, by_key
from hooks.extensions import EVALUATION_EXTENSION

T = TypeVar("T")

# \Z, not $: in Python $ also matches before a line feed at the end
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9\-.]{1,64}\Z")]
Uuid = Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")]
UserReference = Annotated[str, Meta(pattern=r"^[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}\Z")]
DraftReference = Annotated[str, Meta(min_length=1, max_length=256)]
NonEmpty = Annotated[str, Meta(min_length=1)]
#: What can stand in an HTTP header after "Bearer".
Token = Annotated[str, Meta(pattern=r"^[!-~]{1,16384}\Z")]

#: What each field should have been, for the message that refuses it.
EXPECTED: Final[Mapping[str, str]] = {
    "": "a JSON object with hook, hookInstance and context",
    "hook": 'the name of the hook that fired, such as "patient-view"',
    "hookInstance": 'a UUID, such as "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"',
    "fhirServer": "the base URL of the FHIR server, http or https",
    "fhirAuthorization": "an object with access_token, token_type, expires_in, scope and subject",
    "fhirAuthorization.access_token": "the token, visible ASCII without blanks",
    "fhirAuthorization.token_type": '"Bearer"',
    "fhirAuthorization.expires_in": "the seconds the token lives, a whole number",
    "fhirAuthorization.scope": "the granted scopes, a text",
    "fhirAuthorization.subject": "the client identifier of this service, a text",
    "fhirAuthorization.patient": "the FHIR id of the patient",
    "context": "an object with userId and patientId",
    "context.userId": 'the user as ResourceType/id, such as "Practitioner/123"',
    "context.patientId": 'the FHIR id of the Patient alone: 1 to 64 of letters, digits, "-" and "."',
    "context.encounterId": "the FHIR id of the Encounter, or no member at all",
    "context.draftOrders": "a FHIR Bundle of the draft orders",
    "context.draftOrders.resourceType": '"Bundle"',
    "context.draftOrders.entry": "the list of the Bundle's entries",
    "context.selections": 'a list of the selected drafts, such as ["MedicationRequest/103"]',
    "prefetch": "an object with one member for each prefetch key that was satisfied",
    "extension": "an object whose members are named by reverse domain names",
    "extension.org.osteo-cds.evaluation": 'an object such as {"explain": true}',
    "extension.org.osteo-cds.evaluation.explain": "true or false",
}
#: Members that decide who the answer is about; twice with two values, nobody knows.
IDENTIFYING: Final = frozenset({"hook", "context", "patientId", "prefetch"})
_PATIENT: Final = b'"patientId"'
#: An ASCII letter written as an escape, which no encoder does: it may hide a doubled name.
_ESCAPED_LETTER: Final = re.compile(rb"\\u00[4-7]")


class Authorization(msgspec.Struct):
    """The client's leave to read its FHIR server (CDS Hooks 2.0, FHIR Resource Access). Never shown or logged."""

    access_token: Token
    token_type: Annotated[str, Meta(pattern=r"^[Bb]earer\Z")]
    expires_in: int
    scope: str
    subject: str
    patient: Id | None = None

    def __repr__(self) -> str:
        return "Authorization(...)"


class _Outer(msgspec.Struct, rename="camel"):
    """The outer members of a request but the prefetch."""

    hook: str
    hook_instance: Uuid
    context: Raw
    fhir_server: NonEmpty | None = None
    fhir_authorization: Authorization | None = None
    extension: dict[str, Raw] | None = None


class _AsSent(_Outer):
    prefetch: dict[str, Raw] | None = None


class _Whole(_Outer, kw_only=True):
    """A request whose prefetch is as it should be."""

    prefetch: WholePrefetch  # type: ignore[valid-type]


class Envelope(_Outer):
    """The outer members of a request."""

    prefetch: Mapping[str, PrefetchValue] = {}


class _Bundle(msgspec.Struct, rename="camel"):
    resource_type: Literal["Bundle"]
    entry: list[Raw] = []


class _Context(msgspec.Struct, rename="camel"):
    user_id: UserReference
    patient_id: Id
    encounter_id: Id | None = None
    draft_orders: Raw | UnsetType = UNSET
    selections: list[DraftReference] | UnsetType = UNSET


class _Wanted(msgspec.Struct):
    explain: bool = False


@dataclass(frozen=True, slots=True)
class HookRequest:
    """A request whose form is right. `prefetch` holds what was sent, by key, unread.

    `draft_orders` None on hooks without; `selections` None where every draft counts.
    `fhir_server` and `authorization`: where the rest may be fetched (fhir_access), and with what.
    `explain`: say why and why not.
    """

    hook_instance: str
    patient_id: str
    prefetch: Mapping[str, PrefetchValue]
    draft_orders: Raw | None = None
    selections: tuple[str, ...] | None = None
    fhir_server: str | None = None
    authorization: Authorization | None = None
    explain: bool = False


def read_envelope(body: bytes) -> Envelope:
    """The outer members of a request; RefusedError names the one that is wrong."""
    check_text(body)
    found, prefetch = _outer(body)
    if is_plainly_deep(body):
        raise too_deep()
    envelope = Envelope(
        found.hook,
        found.hook_instance,
        found.context,
        found.fhir_server,
        found.fhir_authorization,
        found.extension,
        prefetch,
    )
    # looked for from both ends: where the context comes first, as it does, nothing is counted twice
    if body.find(_PATIENT) != body.rfind(_PATIENT) or (b"\\" in body and _ESCAPED_LETTER.search(body)):
        _refuse_doubled(body)
    return envelope


def _outer(body: bytes) -> tuple[_Outer, Mapping[str, PrefetchValue]]:
    """The outer members, and the prefetch values: Bundles where all of them are, else as they came."""
    try:
        whole = _WHOLE.decode(body)
    except (msgspec.MsgspecError, RecursionError):  # something takes a closer look
        found = decode(_AS_SENT, body)
        return found, found.prefetch or {}
    return whole, by_key(whole.prefetch)


def read_request(envelope: Envelope, hook: str) -> HookRequest:
    """The request as the hook requires it; RefusedError names the field that is wrong."""
    refuse_deep(envelope.context, "context", MOST_LEVELS - 1)
    for part in (envelope.extension or {}).values():
        refuse_deep(part, "extension", MOST_LEVELS - 2)
    context = decode(_CONTEXT, envelope.context, "context")
    _check_access(envelope, context)
    drafts, selections = _drafts(hook, context)
    return HookRequest(
        hook_instance=envelope.hook_instance.lower(),
        patient_id=context.patient_id,
        prefetch=envelope.prefetch,
        draft_orders=drafts,
        selections=selections,
        fhir_server=envelope.fhir_server,
        authorization=envelope.fhir_authorization,
        explain=_asks_why(envelope),
    )


def _asks_why(envelope: Envelope) -> bool:
    """Whether the client asks for the why and why not of every recommendation."""
    wanted = (envelope.extension or {}).get(EVALUATION_EXTENSION)
    return wanted is not None and decode(_WANTED, wanted, f"extension.{EVALUATION_EXTENSION}").explain


def check_text(body: bytes, expected: Mapping[str, str] = EXPECTED) -> None:
    """Refuse an empty body and one that is no UTF-8, which the decoder would not notice in what it leaves unread."""
    if not body or body.isspace():
        raise RefusedError(400, "structure", f"The body is empty: expected {expected['']}.")
    if not body.isascii():
        try:
            body.decode("utf-8")
        except UnicodeDecodeError as error:
            raise RefusedError(400, "structure", f"The body is no UTF-8 text (byte {error.start}).") from None


def decode(
    decoder: msgspec.json.Decoder[T], text: bytes | Raw, prefix: str = "", expected: Mapping[str, str] = EXPECTED
) -> T:
    """What a JSON text holds; RefusedError with the path of what does not fit.

    `prefix`: where the text stood. `expected`: what each field should have been.
    """
    try:
        return decoder.decode(text)
    except msgspec.ValidationError as error:
        raise _misfit(str(error), prefix, expected) from None
    except msgspec.DecodeError as error:
        # the decoder's words on malformed JSON hold a position, never a value
        raise RefusedError(400, "structure", f"The body is no JSON: {error}.", prefix) from None
    except RecursionError:
        raise too_deep(prefix) from None


def encode(answer: object) -> bytes:
    """An answer as JSON."""
    return orjson.dumps(answer)


def _misfit(message: str, prefix: str = "", expected: Mapping[str, str] = EXPECTED) -> RefusedError:
    """The decoder's message as a refusal: which field, whether it is missing, what was expected."""
    path = message.partition(" - at `$")[2].rstrip("`").lstrip(".")
    missing = re.match(r"Object missing required field `(\w+)`", message)
    field = ".".join(part for part in (prefix, path, missing[1] if missing else "") if part)
    wanted = expected.get(re.sub(r"\[.*?\]", "", field), "another form")
    named = field or "The body"
    if missing:
        return RefusedError(400, "required", f"{named} is missing: expected {wanted}.", field)
    return RefusedError(400, "value", f"{named} has the wrong form: expected {wanted}.", field)


def _refuse_doubled(body: bytes) -> None:
    """Refuse an object that says twice who it is about. Only asked when the patient may be named more than once."""

    def check(members: list[tuple[str, Any]]) -> None:
        names = [name for name, _ in members if name in IDENTIFYING]
        if len(names) > len(set(names)):
            raise RefusedError(400, "invariant", "A member that identifies the patient is given twice in one object.")

    try:
        json.loads(body, object_pairs_hook=check)
    except ValueError:
        raise RefusedError(400, "structure", "The body is no JSON.") from None
    except RecursionError:
        raise too_deep() from None


def _check_access(envelope: Envelope, context: _Context) -> None:
    """Whether the FHIR server and the token are such that they could be used for this patient."""
    if envelope.fhir_server is not None and split_http_url(envelope.fhir_server) is None:
        raise _misfit(" - at `$.fhirServer`")
    token = envelope.fhir_authorization
    if token is None:
        return
    if envelope.fhir_server is None:
        raise RefusedError(
            400, "required", "fhirServer is missing: it is required with fhirAuthorization.", "fhirServer"
        )
    if token.patient is not None and token.patient != context.patient_id:
        raise RefusedError(
            422,
            "invariant",
            "fhirAuthorization.patient is not context.patientId. Nothing was evaluated.",
            "fhirAuthorization.patient",
        )


def _drafts(hook: str, context: _Context) -> tuple[Raw | None, tuple[str, ...] | None]:
    """The draft orders and the selected ones, as the hook requires them."""
    if hook not in ("order-select", "order-sign"):
        return None, None
    if context.draft_orders is UNSET:
        raise _misfit("Object missing required field `draftOrders`", "context")
    decode(_BUNDLE, context.draft_orders, "context.draftOrders")
    if hook == "order-sign":
        return context.draft_orders, None
    if context.selections is UNSET:
        raise _misfit("Object missing required field `selections`", "context")
    return context.draft_orders, tuple(context.selections)


_WHOLE: Final = msgspec.json.Decoder(_Whole)
_AS_SENT: Final = msgspec.json.Decoder(_AsSent)
_CONTEXT: Final = msgspec.json.Decoder(_Context)
_BUNDLE: Final = msgspec.json.Decoder(_Bundle)
_WANTED: Final = msgspec.json.Decoder(_Wanted)
