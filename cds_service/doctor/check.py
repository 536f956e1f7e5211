"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found. `failed`: the service would not start, or not do its work; `remedy`: what to do."""

    name: str
    state: State
    text: str
    remedy: str = ""


def ok(name: str, text: str) -> Check:
    """All is well."""
    return Check(name, "ok", text)


def warning(name: str, text: str, remedy: str) -> Check:
    """It works, and something is probably not meant so."""
    return Check(name, "warning", text, remedy)


def failed(name: str, text: str, remedy: str) -> Check:
    """It does not work."""
    return Check(name, "failed", text, remedy)
