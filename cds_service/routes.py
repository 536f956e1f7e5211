"""Discovery, the service call and feedback."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from threading import Lock
from typing import Any, Final

from flask import Blueprint, Response, g, request
from msgspec import UNSET

from cds_service.answer import Remembered, added_by, answer
from cds_service.body import JSON, read_body
from cds_service.calls import Call, this_call
from cds_service.clients import Client, development_client
from cds_service.feedback import Feedback, outcomes, read_feedback
from cds_service.fhir_access import FhirAccess, fetch_missing
from cds_service.fhir_access.reasons import class_of
from cds_service.refusal import RefusedError
from cds_service.settings import Settings
from cds_service.store import cards_served
from cds_service.store.errors import StoreError
from cds_service.store.feedback import Kept
from cds_service.store.memory import Memory, Recalled
from cds_service.wire import encode, read_envelope, read_request
from fhir_mappings import ReadOptions
from hooks.guideline.case import PATIENT_VIEW
from hooks.language import LANGUAGES, LanguageCode
from hooks.services import BY_ID, SERVICES, Service

log = logging.getLogger(__name__)

#: The version of the CDS Hooks specification that is implemented, and of the hooks' definitions.
SPECIFICATION: Final = "2.0.1"
HOOK_VERSION: Final = "1.0"
#: Held while computing: threads that take turns within one call make every call slower.
ONE_AT_A_TIME: Final = Lock()
#: Seconds after which feedback that could not be kept may be sent again.
RETRY_AFTER: Final = "30"


def blueprint(settings: Settings, clock: Callable[[], date], memory: Memory | None = None) -> Blueprint:
    """The routes. `clock` is asked for the day once in each request. `memory` None: nothing is remembered."""
    routes = Blueprint("cds-services", __name__)
    adds = added_by(settings)
    access = FhirAccess(settings, partial(released, ONE_AT_A_TIME))

    @routes.get("/cds-services")
    def discovery() -> Response:
        return Response(DISCOVERY, content_type=JSON)

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        service = _service(service_id)
        this = this_call()
        body = _body(this)
        with ONE_AT_A_TIME:
            with this.timed("parse"):
                envelope = read_envelope(body)
                this.hook_instance = envelope.hook_instance.lower()
                _refuse_other_hook(service, envelope.hook)
                received = read_request(envelope, service.hook)
            client = _client(settings, received.fhir_server)
            completed = fetch_missing(received, service, client, settings, access)
            if completed.fetch_ms or completed.reasons:
                this.fetched(completed.fetch_ms, map(class_of, completed.reasons.values()))
            issuer, as_of, language = client.iss if client else "", clock(), _language(client, settings)
            recalled = memory.recall(issuer, received.fhir_server, received.patient_id) if memory else None
            answered = answer(
                completed.request,
                service.hook,
                as_of=as_of,
                language=language,
                options=ReadOptions(client.generic_t_score_codes if client else frozenset(), tuple(service.prefetch)),
                content=settings.content,
                adds=adds,
                remembered=_remembered(memory, recalled, as_of),
            )
            this.spent("parse", answered.read_ms)
            this.spent("rules", answered.rules_ms)
            with this.timed("write"):
                written = encode(answered.body)
        this.answered(answered.body)
        if memory is not None and recalled is not None:
            made = cards_served.Call(service.id, issuer, recalled.patient, language, as_of)
            memory.record(made, answered.body, on_record=service.hook == PATIENT_VIEW)
        return Response(written, content_type=JSON)

    @routes.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        _service(service_id)
        this = this_call()
        body = _body(this)
        with this.timed("parse"):
            items = read_feedback(body)
        this.feedback = outcomes(items)
        client = g.get("client")
        with this.timed("write"):
            kept = _keep(memory, items, service_id, client.iss if client else "", clock())
        this.feedback = {**this.feedback, "unknown": kept.unknown_cards} if kept.unknown_cards else this.feedback
        return Response(b"{}", content_type=JSON)

    def _body(this: Call) -> bytes:
        body = read_body(settings.max_body_bytes)
        this.bytes_in = len(body)
        return body

    return routes


@contextmanager
def released(lock: Lock) -> Iterator[None]:
    """Let go of a lock that is held, for as long as something else is waited for."""
    lock.release()
    try:
        yield
    finally:
        lock.acquire()


def _remembered(memory: Memory | None, recalled: Recalled | None, as_of: date) -> Remembered | None:
    if memory is None or recalled is None:
        return None
    return Remembered(recalled.overrides, partial(memory.held_since, recalled, as_of), recalled.problem)


def _keep(memory: Memory | None, items: list[Feedback], service_id: str, issuer: str, today: date) -> Kept:
    """Feedback on disk; 503 when it is not, so that nobody takes it for kept. `issuer`: "" while nobody is known."""
    try:
        if memory is None:
            raise StoreError("this service has no database")
        return memory.keep_feedback(items, service=service_id, client=issuer, today=today)
    except StoreError as error:
        log.error("feedback not kept: %s", error)
        problem = "The feedback could not be stored, nothing of it was kept. Send it again later."
        raise RefusedError(503, "transient", problem, headers={"Retry-After": RETRY_AFTER}, logged="store") from error


def _discovered(service: Service) -> dict[str, Any]:
    return {
        "hook": service.hook,
        "title": service.title,
        "description": service.description,
        "id": service.id,
        "prefetch": dict(service.prefetch),
        "version": SPECIFICATION,
        "hookVersion": HOOK_VERSION,
    }


DISCOVERY: Final = encode({"services": [_discovered(service) for service in SERVICES]})


def _service(service_id: str) -> Service:
    service = BY_ID.get(service_id)
    if service is None:
        raise RefusedError(404, "not-found", "No service has this id. GET /cds-services lists the services.")
    return service


def _refuse_other_hook(service: Service, hook: str) -> None:
    if hook == service.hook:
        return
    right = next((other.id for other in SERVICES if other.hook == hook), None)
    remedy = f"Call /cds-services/{right}." if right else "GET /cds-services lists the services and their hooks."
    raise RefusedError(400, "value", f'hook is not "{service.hook}", the hook of this service. {remedy}', "hook")


def _client(settings: Settings, fhir_server: str | None) -> Client | None:
    """Who calls: the client that was authenticated; on an open service the development entry, if one fits."""
    known = g.get("client", UNSET)
    if known is UNSET:
        known = g.client = development_client(settings.clients, fhir_server)
    client: Client | None = known
    return client


def _language(client: Client | None, settings: Settings) -> LanguageCode:
    """The language of the answer: what the client's entry says, else what the caller accepts, else the setting."""
    if client is not None and client.language is not None:
        return client.language
    if "HTTP_ACCEPT_LANGUAGE" not in request.environ:
        return settings.language
    for tag, quality in request.accept_languages:  # best first
        primary = tag.partition("-")[0].lower()
        found = next((language for language in LANGUAGES if language == primary), None)
        if found and quality > 0:
            return found
    return settings.language
