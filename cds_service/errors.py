"""The only place where exceptions become HTTP. Every failure leaves as an OperationOutcome."""

from __future__ import annotations

import logging
from typing import Final

import orjson
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from cds_service.logs import where
from cds_service.refusal import RefusedError, outcome, reading_refusal

log = logging.getLogger(__name__)

FHIR_JSON: Final = "application/fhir+json"


def register(app: Flask) -> None:
    """Let every failure of the app leave as an OperationOutcome."""
    app.register_error_handler(Exception, answer_error)


def answer_error(error: Exception) -> Response:
    """The answer to a request that failed."""
    refusal = http_refusal(error) if isinstance(error, HTTPException) else reading_refusal(error)
    if refusal is None:
        log.error("our bug: %s", where(error))
        refusal = RefusedError(500, "exception", "The service failed. Nothing was evaluated. The fault was logged.")
    g.refused = refusal.field or refusal.code
    body = orjson.dumps(outcome(refusal.code, refusal.diagnostics, refusal.field))
    response = Response(body, refusal.status, refusal.headers, content_type=FHIR_JSON)
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def http_refusal(error: HTTPException) -> RefusedError | None:
    """The refusal an exception of the web framework stands for; None when it is our bug."""
    match error:
        case NotFound():
            return RefusedError(404, "not-found", "There is nothing here. GET /cds-services lists the services.")
        case MethodNotAllowed():
            return RefusedError(405, "not-supported", "This address does not take this method. See the Allow header.")
        case HTTPException(code=int(status)) if 400 <= status < 500:
            return RefusedError(status, "invalid", f"The request is refused: {error.name}.")
    return None
