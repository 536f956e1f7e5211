"""Tokens are used once: shared between processes, and remembered through a restart until they expire."""

from __future__ import annotations

import time
from datetime import datetime
from hashlib import sha256
from threading import Lock
from typing import Final

from cds_service.store.database import Database
from cds_service.store.kept import Kept

#: Seconds a statement may wait for another one; between two removals of what has expired.
PATIENCE: Final = 2.0
TIDY_AFTER: Final = 600.0
#: Seconds that a token is remembered beyond its expiry: the clocks of two machines, and the leeway of the check.
GRACE: Final = 300

_USE: Final = "INSERT INTO used_tokens (token, expires) VALUES (:token, :expires) ON CONFLICT DO NOTHING"
_TIDY: Final = "DELETE FROM used_tokens WHERE expires < :before"


class UsedTokens:
    """The tokens used so far. Safe to use from several threads, and made before or after a fork."""

    def __init__(self, database: Database) -> None:
        self._kept = Kept(database, PATIENCE, rest=1.0)
        self._lock = Lock()
        self._tidied = time.monotonic()

    def use(self, iss: str, jti: str, expires: datetime) -> bool:
        """True the first time a token is used, False when it was used before.

        `iss`, `jti`: its issuer and id; only their hash is kept. `expires`: an aware time. StoreError
        when the database cannot answer: nobody knows then, and the token must not be taken.
        """
        token = sha256(f"{len(iss)}:{iss}{jti}".encode()).hexdigest()
        values = {"token": token, "expires": int(expires.timestamp()) + GRACE}
        first = self._kept.changed(_USE, values) == 1
        if self._is_time_to_tidy():
            self.tidy()
        return first

    def tidy(self) -> int:
        """Remove what has expired; how many."""
        return self._kept.changed(_TIDY, {"before": int(time.time())})

    def close(self) -> None:
        """Let go of the connection."""
        self._kept.close()

    def _is_time_to_tidy(self) -> bool:
        with self._lock:
            now = time.monotonic()
            due = now - self._tidied >= TIDY_AFTER
            if due:
                self._tidied = now
            return due
