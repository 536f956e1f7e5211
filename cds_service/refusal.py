"""What is wrong with a request, as refusals and as FHIR OperationOutcomes.

No outcome repeats what was sent: a value in the wrong place may be patient data or a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir_mappings.errors import MissingPrefetchError, PatientMismatchError


class RefusedError(Exception):
    """A request that is not answered.

    `status`: the HTTP status. `code`: FHIR's issue type. `diagnostics`: what is wrong and the
    remedy, never what was sent. `field`: the path of what is wrong, "" when it is the whole.
    `headers`: what the answer also says, such as Retry-After.
    """

    def __init__(
        self, status: int, code: str, diagnostics: str, field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(diagnostics)
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.field = field
        self.headers = dict(headers or {})


def outcome(code: str, diagnostics: str, field: str = "") -> dict[str, Any]:
    """A FHIR OperationOutcome with one issue."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": diagnostics}
    if field:
        issue["expression"] = [field]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def reading_refusal(error: Exception) -> RefusedError | None:
    """The refusal that an exception of reading stands for; None when it is our bug."""
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
    return None
