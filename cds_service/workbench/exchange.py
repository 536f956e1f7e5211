"""One call of the service as the page makes it: the body an EHR would post, the same way through, the answer.

A Bundle, an example and a typed patient become the CDS Hooks request an EHR would have made; the request is
then read, checked and answered by the functions that answer every client. Nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import orjson
from msgspec import Raw

from cds_service.answer import added_by, answer
from cds_service.bundle import is_bundle, read_bundle
from cds_service.clients import development_client
from cds_service.refusal import RefusedError
from cds_service.routes import ONE_AT_A_TIME
from cds_service.settings import Settings
from cds_service.wire import read_envelope, read_request
from fhir_mappings import ReadOptions
from fhir_mappings.facts import PatientFacts
from hooks.extensions import EVALUATION_EXTENSION
from hooks.guideline.case import ORDER_SELECT, ORDER_SIGN, PATIENT_VIEW, Hook
from hooks.language import LanguageCode
from hooks.services import SERVICES, Service

__all__ = ["Exchange", "ask", "read_record", "with_draft", "without_drafts"]

Request = dict[str, Any]
USER: Final = "Practitioner/workbench"
SERVICE_OF: Final[Mapping[str, Service]] = {service.hook: service for service in SERVICES}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, the service that answered it, the answer, the facts it rests on, and the time it took in ms."""

    service: Service
    request: Request
    answer: dict[str, Any]
    facts: PatientFacts
    ms: float

    @property
    def evaluation(self) -> dict[str, Any]:
        """What the answer says of every recommendation."""
        found: dict[str, Any] = self.answer["extension"][EVALUATION_EXTENSION]
        return found

    @property
    def drafts(self) -> list[dict[str, Any]]:
        """The draft orders that were sent."""
        entries = self.request["context"].get("draftOrders", {}).get("entry", ())
        return [entry.get("resource", {}) for entry in entries if isinstance(entry, dict)]


def read_record(body: bytes, hook: Hook = PATIENT_VIEW) -> Request:
    """A Bundle or a CDS Hooks request as the request to make; RefusedError says what is wrong with it.

    A request keeps its own hook. A token in it is dropped: the page fetches nothing.
    """
    if is_bundle(body):
        return _of_bundle(body, hook)
    envelope = read_envelope(body)
    if envelope.hook not in SERVICE_OF:
        known = ", ".join(SERVICE_OF)
        raise RefusedError(400, "value", f"hook is none this service answers: expected one of {known}.", "hook")
    read_request(envelope, envelope.hook)
    request: Request = orjson.loads(body)
    request.pop("fhirAuthorization", None)
    return request


def without_drafts(request: Request) -> Request:
    """The same patient, the record opened and nothing ordered."""
    context = {name: value for name, value in request["context"].items() if name not in ("draftOrders", "selections")}
    return request | {"hook": PATIENT_VIEW, "context": context}


def with_draft(request: Request, hook: Hook, draft: Mapping[str, Any] | None) -> Request:
    """The same patient with an order drafted (order-select) or about to be signed; None keeps the drafts there are."""
    context = dict(request["context"])
    if draft is not None:
        context["draftOrders"] = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": draft}]}
    context.pop("selections", None)
    if hook == ORDER_SELECT:
        named = (_reference(entry) for entry in context.get("draftOrders", {}).get("entry") or ())
        context["selections"] = [reference for reference in named if reference]
    return request | {"hook": hook, "context": context}


def ask(request: Request, settings: Settings, as_of: date, language: LanguageCode) -> Exchange:
    """The service's answer to a request, with the reasons of every recommendation."""
    extension = dict(request.get("extension") or {}) | {EVALUATION_EXTENSION: {"explain": True}}
    request = request | {"extension": extension}
    request["hookInstance"] = str(uuid5(NAMESPACE_URL, sha256(orjson.dumps(request)).hexdigest()))
    body = orjson.dumps(request)
    with ONE_AT_A_TIME:
        envelope = read_envelope(body)
        service = SERVICE_OF[envelope.hook]
        received = read_request(envelope, service.hook)
        client = development_client(settings.clients, received.fhir_server)
        answered = answer(
            received,
            service.hook,
            as_of=as_of,
            language=language,
            options=ReadOptions(client.generic_t_score_codes if client else frozenset(), tuple(service.prefetch)),
            content=settings.content,
            adds=added_by(settings),
        )
    return Exchange(service, request, answered.body, answered.facts, answered.read_ms + answered.rules_ms)


def _reference(entry: object) -> str:
    """How a selection names the order in an entry; "" for an entry that holds none, or one without an id."""
    order = entry.get("resource") if isinstance(entry, dict) else None
    if not isinstance(order, dict) or not order.get("resourceType") or not order.get("id"):
        return ""
    return f"{order['resourceType']}/{order['id']}"


def _of_bundle(body: bytes, hook: Hook) -> Request:
    """The request of a Bundle, with the prefetch keys of the hook's service."""
    made = read_bundle(body, hook)
    sent = {key: bytes(value) for key, value in made.prefetch.items() if isinstance(value, Raw | bytes)}
    prefetch = {key: orjson.Fragment(sent[key]) for key in SERVICE_OF[hook].prefetch}
    patient = orjson.loads(sent["patient"])["entry"][0]["resource"]
    context: dict[str, Any] = {"userId": USER, "patientId": made.patient_id}
    if made.draft_orders is not None:
        context["draftOrders"] = orjson.Fragment(bytes(made.draft_orders))
    request: Request = orjson.loads(
        orjson.dumps(
            {
                "hook": PATIENT_VIEW if hook not in (ORDER_SELECT, ORDER_SIGN) else hook,
                "hookInstance": made.hook_instance,
                "context": context,
                "prefetch": prefetch | {"patient": patient},
            }
        )
    )
    return with_draft(request, hook, None) if hook == ORDER_SELECT else request
