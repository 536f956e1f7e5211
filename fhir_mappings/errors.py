"""What can be wrong with a whole request. What is wrong with one resource is an Issue, never an exception."""

from __future__ import annotations


class UnreadableError(ValueError):
    """Received data from which no facts can be read."""


class MissingPrefetchError(UnreadableError):
    """What a service cannot do without was not delivered. `key` is the prefetch key.

    `tried`: why it could not be fetched either; "" when nothing was tried.
    """

    def __init__(self, key: str, reason: str = "not sent", tried: str = "") -> None:
        super().__init__(f"prefetch.{key}: {reason}")
        self.key = key
        self.tried = tried


class PatientMismatchError(UnreadableError):
    """The Patient received is not the one the request is about; nothing may be evaluated."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"prefetch.patient: {problem}")
