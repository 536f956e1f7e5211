"""Each token opens the door once (RFC 7519, jti): what a store of used tokens must do, and one in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Protocol

from cds_service.store.errors import StoreError

__all__ = ["StoreError", "UsedTokens", "UsedTokensInMemory"]


class UsedTokens(Protocol):
    """Remembers used tokens: shared by the workers, and over a restart."""

    def use(self, iss: str, jti: str, expires: datetime) -> bool:
        """Whether this is the first use; from then on it is not. One atomic step.

        `iss` and `jti` (1 to 256 printable characters) name the token. From `expires` (UTC) on
        the token is refused by its age, so it may be forgotten. StoreError when it cannot be told: the
        call is then refused (503), never let in unchecked.
        """
        ...


class UsedTokensInMemory:
    """Used tokens of one process, gone when it ends."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = Lock()
        self._used: dict[tuple[str, str], datetime] = {}

    def use(self, iss: str, jti: str, expires: datetime) -> bool:
        """As the protocol says."""
        now = self._clock()
        with self._lock:
            self._used = {token: until for token, until in self._used.items() if until > now}
            if (iss, jti) in self._used:
                return False
            self._used[iss, jti] = expires
            return True
