"""Views that anybody may call, also when callers are authenticated: whether the service lives, and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

View = TypeVar("View", bound=Callable[..., object])
_MARK: Final = "open_to_everybody"


def open_to_everybody(view: View) -> View:
    """Mark a view that needs no token; every other one does."""
    setattr(view, _MARK, True)
    return view


def is_open(view: Callable[..., object]) -> bool:
    """Whether a view is marked so."""
    return getattr(view, _MARK, False) is True
