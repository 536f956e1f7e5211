"""Discovery, the service call and feedback."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from threading import Lock
from typing import Any, Final

from flask import Blueprint, Response, g, request

from cds_service.answer import Remembered, added_by, answer
from cds_service.clients import Client, development_client
from cds_service.feedback import Feedback, outcomes, read_feedback
from cds_service.refusal import RefusedError
from cds_service.settings import Settings
from cds_service.store.cards_served import Call
from cds_service.store.errors import StoreError
from cds_service.store.feedback import Kept
from cds_service.store.memory import Memory, Recalled
from cds_service.wire import encode, read_envelope, read_request
from fhir_mappings import ReadOptions
from hooks.guideline.case import PATIENT_VIEW
from hooks.language import LANGUAGES, LanguageCode
from hooks.services import SERVICES, Service

log = logging.getLogger(__name__)

#: The version of the CDS Hooks specification that is implemented, and of the hooks' definitions.
SPECIFICATION: Final = "2.0.1"
HOOK_VERSION: Final = "1.0"
JSON: Final = "application/json"
#: Held while computing: threads that take turns within one call make every call slower.
ONE_AT_A_TIME: Final = Lock()
BY_ID: Final = {service.id: service for service in SERVICES}
#: Seconds after which feedback that could not be kept may be sent again.
RETRY_AFTER: Final = "30"


def blueprint(settings: Settings, clock: Callable[[], date], memory: Memory | None = None) -> Blueprint:
    """The routes. `clock` is asked for the day once in each request. `memory` None: nothing is remembered."""
    routes = Blueprint("cds-services", __name__)
    adds = added_by(settings)

    @routes.get("/cds-services")
    def discovery() -> Response:
        return Response(DISCOVERY, content_type=JSON)

    @routes.post("/cds-services/<service_id>")
    def call(service_id: str) -> Response:
        service = _service(service_id)
        body = _body(settings.max_body_bytes)
        with ONE_AT_A_TIME:
            envelope = read_envelope(body)
            g.hook_instance = envelope.hook_instance
            _refuse_other_hook(service, envelope.hook)
            received = read_request(envelope, service.hook)
            client = development_client(settings.clients, received.fhir_server)
            issuer, as_of, language = client.iss if client else "", clock(), _language(client, settings)
            recalled = memory.recall(issuer, received.fhir_server, received.patient_id) if memory else None
            answered = answer(
                received,
                service.hook,
                as_of=as_of,
                language=language,
                options=ReadOptions(client.generic_t_score_codes if client else frozenset(), tuple(service.prefetch)),
                content=settings.content,
                adds=adds,
                remembered=_remembered(memory, recalled, as_of),
            )
            written = encode(answered.body)
        if memory is not None and recalled is not None:
            made = Call(service.id, issuer, recalled.patient, language, as_of)
            memory.record(made, answered.body, on_record=service.hook == PATIENT_VIEW)
        g.did = (
            f"recommendations={','.join(answered.fired) or '-'} "
            f"read_ms={answered.read_ms:.1f} rules_ms={answered.rules_ms:.1f}"
        )
        return Response(written, content_type=JSON)

    @routes.post("/cds-services/<service_id>/feedback")
    def feedback(service_id: str) -> Response:
        _service(service_id)
        items = read_feedback(_body(settings.max_body_bytes))
        kept = _keep(memory, items, service_id, clock())
        g.did = f"feedback={outcomes(items) or '-'} new={kept.new} unknown_cards={kept.unknown_cards}"
        return Response(b"{}", content_type=JSON)

    @routes.before_app_request
    def start() -> None:
        g.started = time.perf_counter()

    @routes.after_app_request
    def end(response: Response) -> Response:
        """No answer is kept by anybody on the way; each call leaves one line in the log."""
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Accept-Language")
        if request.endpoint and request.method != "OPTIONS":
            _log_call(response)
        return response

    return routes


def _remembered(memory: Memory | None, recalled: Recalled | None, as_of: date) -> Remembered | None:
    if memory is None or recalled is None:
        return None
    return Remembered(recalled.overrides, partial(memory.held_since, recalled, as_of), recalled.problem)


def _keep(memory: Memory | None, items: list[Feedback], service_id: str, today: date) -> Kept:
    """Feedback on disk; 503 when it is not, so that nobody takes it for kept."""
    try:
        if memory is None:
            raise StoreError("this service has no database")
        # nobody is authenticated, so whose feedback it is is not known
        return memory.keep_feedback(items, service=service_id, client="", today=today)
    except StoreError as error:
        log.error("feedback not kept: %s", error)
        problem = "The feedback could not be stored, nothing of it was kept. Send it again later."
        raise RefusedError(503, "transient", problem, headers={"Retry-After": RETRY_AFTER}) from error


def _log_call(response: Response) -> None:
    service_id = (request.view_args or {}).get("service_id", "")
    log.info(
        "%s service=%s hookInstance=%s status=%d %s ms=%.1f",
        (request.endpoint or "").rpartition(".")[2],
        service_id if service_id in BY_ID else "-",
        g.get("hook_instance", "-"),
        response.status_code,
        g.get("did") or f"refused={g.get('refused', '-')}",
        (time.perf_counter() - g.started) * 1000,
    )


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


def _body(limit: int) -> bytes:
    """The body of a request that says it is JSON; RefusedError otherwise. `limit`: the most bytes it may have."""
    if request.mimetype != JSON:
        problem = f"The content type is not {JSON}. Send the body as JSON with this content type."
        raise RefusedError(415, "not-supported", problem, "http.Content-Type")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise RefusedError(415, "not-supported", "The charset is not UTF-8. Send JSON in UTF-8.", "http.Content-Type")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        problem = "The body is compressed. Send it as it is, without Content-Encoding."
        raise RefusedError(415, "not-supported", problem, "http.Content-Encoding")
    body = _read(limit)
    if len(body) > limit:
        problem = f"The body is larger than {limit} bytes (OSTEO_CDS_MAX_BODY_MB). Send less prefetch."
        raise RefusedError(413, "too-long", problem, "http.Content-Length")
    return body


def _read(limit: int) -> bytes:
    """The body, or the first `limit` + 1 bytes of a longer one."""
    if (request.content_length or 0) > limit:
        return bytes(limit + 1)
    if not request.environ.get("wsgi.input_terminated"):
        # a server that does not end the stream itself: only a declared length can be read
        return request.get_data(cache=False)
    stream = request.environ["wsgi.input"]
    parts: list[bytes] = []
    size = 0
    while size <= limit and (part := stream.read(limit + 1 - size)):
        parts.append(part)
        size += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _language(client: Client | None, settings: Settings) -> LanguageCode:
    """The language of the answer: what the client's entry says, else what the caller accepts, else the setting."""
    if client is not None and client.language is not None:
        return client.language
    for tag, quality in request.accept_languages:  # best first
        primary = tag.partition("-")[0].lower()
        found = next((language for language in LANGUAGES if language == primary), None)
        if found and quality > 0:
            return found
    return settings.language
