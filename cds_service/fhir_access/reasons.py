"""Why something could not be fetched, in few words: no URL, no token, nothing a server wrote.

A fixed vocabulary (but for the HTTP status), so that it can also be counted.
"""

from __future__ import annotations

from typing import Final

# before asking
EXPIRED: Final = "token has expired"
NOT_ALLOWED: Final = "FHIR server is not on the allow-list"
NO_SCOPE: Final = "token's scope does not cover it"
BAD_ID: Final = "patientId cannot stand in a URL"
RESTING: Final = "FHIR server did not answer lately, not asked"
BUSY: Final = "too many fetches under way"
# after asking
DEADLINE: Final = "no answer within the deadline"
UNREACHABLE: Final = "FHIR server cannot be reached"
NO_NAME: Final = "name of the FHIR server cannot be resolved"
ADDRESS: Final = "FHIR server has an address that may not be called"
TLS: Final = "TLS connection failed"
BROKEN_OFF: Final = "connection broke off"
NOT_JSON: Final = "answer is not JSON"
BROKEN: Final = "answer is truncated or broken"
TOO_LARGE: Final = "answers are larger than allowed"
ENCODING: Final = "answer has an unknown compression"
OTHER_RESOURCE: Final = "answer is another resource than asked for"
OUTCOME: Final = "answer is an OperationOutcome"
REDIRECT: Final = "redirect, not followed"
INTERNAL: Final = "internal error"
# between pages
FOREIGN_PAGE: Final = "next page is not on the FHIR server"
LOOP: Final = "next page was read already"
MANY_PAGES: Final = "more pages than are read"
# of what was answered
SCOPE_PART: Final = "token's scope covers a part only"

_STATUS: Final = {
    401: "token refused",
    403: "access refused",
    404: "not found",
    410: "gone",
    429: "too many requests",
}


def of_status(status: int) -> str:
    """The reason an HTTP status other than 200 stands for."""
    if 300 <= status < 400:
        return REDIRECT
    said = _STATUS.get(status) or ("FHIR server failed" if status >= 500 else "unexpected answer")
    return f"{said} (HTTP {status})"


_CLASSES: Final = {
    **dict.fromkeys((EXPIRED, NOT_ALLOWED, NO_SCOPE, BAD_ID, ADDRESS, REDIRECT, SCOPE_PART), "not-allowed"),
    **dict.fromkeys((UNREACHABLE, NO_NAME, TLS, BROKEN_OFF, INTERNAL), "connection"),
    DEADLINE: "timeout",
    **dict.fromkeys((RESTING, BUSY), "not-asked"),
    **dict.fromkeys((NOT_JSON, BROKEN, TOO_LARGE, ENCODING, OTHER_RESOURCE, OUTCOME), "unreadable"),
    **dict.fromkeys((FOREIGN_PAGE, LOOP, MANY_PAGES), "pages"),
    **dict.fromkeys((of_status(401), of_status(403)), "unauthorized"),
    **dict.fromkeys((of_status(404), of_status(410)), "not-found"),
    of_status(429): "too-many-requests",
}


def class_of(reason: str) -> str:
    """The class a reason is counted under (metrics.FETCH_FAILURES)."""
    found = _CLASSES.get(reason)
    if found is None:
        found = "server-error" if reason.startswith("FHIR server failed") else "client-error"
    return found
