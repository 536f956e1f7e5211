"""Why a token is not accepted: one word for the log, and the same answer for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from cds_service.refusal import RefusedError

#: The words the log has for it; docs/security.md explains each.
Reason = Literal[
    "missing",
    "size",
    "scheme",
    "structure",
    "algorithm",
    "header",
    "issuer",
    "jku",
    "key",
    "keyserver",
    "signature",
    "audience",
    "times",
    "expired",
    "early",
    "life",
    "jti",
    "replay",
    "store",
]

CHALLENGE: Final[Mapping[str, str]] = {"WWW-Authenticate": "Bearer"}
#: After how many seconds a call is worth repeating when the used tokens cannot be asked.
RETRY_AFTER: Final = "5"


class RejectedError(Exception):
    """A token that is not accepted, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


class UnauthenticatedError(RefusedError):
    """A call by nobody we know. Neither body nor headers tell why.

    `logged`: the reason, for the log. `claimed`: the name of the client the token says it is
    from, "" when it names none.
    """

    def __init__(self, reason: Reason, claimed: str = "") -> None:
        super().__init__(
            401,
            "login",
            "The call is not authenticated. Send a new JSON Web Token, signed for this URL, as Authorization: Bearer.",
            headers=CHALLENGE,
            logged=reason,
        )
        self.claimed = claimed


class UncheckedError(RefusedError):
    """A call that may be right, and cannot be checked now."""

    def __init__(self, claimed: str) -> None:
        super().__init__(
            503,
            "transient",
            "The service cannot check who calls at the moment. Nothing was evaluated. Call again with a new token.",
            headers={"Retry-After": RETRY_AFTER},
            logged="store",
        )
        self.claimed = claimed
