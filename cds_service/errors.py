"""What goes wrong with a request, as FHIR OperationOutcomes: the only place exceptions become HTTP.

No outcome repeats what was sent: a value in the wrong place may be patient data or a token.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

import orjson
from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge

from cds_service.logs import where
from fhir_mappings.errors import MissingPrefetchError, PatientMismatchError

log = logging.getLogger(__name__)

FHIR_JSON: Final = "application/fhir+json"


class RefusedError(Exception):
    """A request that is not answered.

    `status`: the HTTP status. `code`: FHIR's issue type. `diagnostics`: what is wrong and the
    remedy, never what was sent. `field`: the path of what is wrong, "" when it is the whole.
    """

    def __init__(self, status: int, code: str, diagnostics: str, field: str = "") -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.field = field


def outcome(code: str, diagnostics: str, field: str = "", severity: str = "error") -> dict[str, Any]:
    """A FHIR OperationOutcome with one issue."""
    issue: dict[str, Any] = {"severity": severity, "code": code, "diagnostics": diagnostics}
    if field:
        issue["expression"] = [field]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def refusal_of(error: Exception) -> RefusedError | None:
    """The refusal an exception stands for; None when it is our bug."""
    match error:
        case RefusedError():
            return error
        case MissingPrefetchError(key=key):
            return RefusedError(
                412,
                "required",
                f"prefetch.{key} was not delivered, or not readable, and the service cannot work without it. "
                f"Send the prefetch key {key} as the discovery answer describes it.",
                f"prefetch.{key}",
            )
        case PatientMismatchError():
            return RefusedError(
                422,
                "invariant",
                "prefetch.patient is not the patient of context.patientId. Nothing was evaluated. "
                "Send the Patient whose id is context.patientId.",
                "prefetch.patient",
            )
        case NotFound():
            return RefusedError(404, "not-found", "There is nothing here. GET /cds-services lists the services.")
        case MethodNotAllowed():
            return RefusedError(405, "not-supported", "This address does not take this method. See the Allow header.")
        case RequestEntityTooLarge():
            return RefusedError(413, "too-long", "The body is larger than this service reads. Send less prefetch.")
        case HTTPException(code=int(status)) if status < 500:
            return RefusedError(status, "invalid", f"The request is refused: {error.name}.")
    return None


def register(app: Flask) -> None:
    """Let every failure of the app leave as an OperationOutcome."""
    app.register_error_handler(Exception, answer_error)


def answer_error(error: Exception) -> Response:
    """The answer to a request that failed."""
    refusal = refusal_of(error)
    if refusal is None:
        log.error("our bug: %s", where(error))
        refusal = RefusedError(500, "exception", "The service failed. Nothing was evaluated. The fault was logged.")
    headers: Mapping[str, str] = {}
    if isinstance(error, MethodNotAllowed):
        headers = {"Allow": ", ".join(sorted(error.valid_methods or ()))}
    g.refused = refusal.field or refusal.code
    body = orjson.dumps(outcome(refusal.code, refusal.diagnostics, refusal.field))
    return Response(body, refusal.status, headers, content_type=FHIR_JSON)
