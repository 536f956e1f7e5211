"""How large all answers to one call may be together, shared fairly.

A huge answer costs its own key and no other: when the bytes no longer fit, the largest page still
under way gives way, whichever key's bytes came last.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock

from cds_service.fhir_access import reasons
from cds_service.fhir_access.pages import FetchError


class Budget:
    """The bytes all answers to one call may have together; safe in several threads."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._lock = Lock()
        self._under_way: dict[Hashable, int] = {}
        self._refused: set[Hashable] = set()

    def take(self, who: Hashable, size: int) -> None:
        """Note bytes of the page that `who` is reading; FetchError when it is the one to give way."""
        with self._lock:
            if who not in self._refused:
                self._under_way[who] = self._under_way.get(who, 0) + size
                self._left -= size
                while self._left < 0:
                    self._give_back(largest := max(self._under_way, key=self._under_way.__getitem__))
                    self._refused.add(largest)
            if who in self._refused:
                raise FetchError(reasons.TOO_LARGE)

    def keep(self, who: Hashable) -> None:
        """The page has come: its bytes are used. FetchError when it was made to give way meanwhile."""
        with self._lock:
            if who in self._refused:
                raise FetchError(reasons.TOO_LARGE)
            self._under_way.pop(who, None)

    def release(self, who: Hashable) -> None:
        """Whatever `who` was still reading is dropped."""
        with self._lock:
            self._give_back(who)

    def _give_back(self, who: Hashable) -> None:
        self._left += self._under_way.pop(who, 0)
