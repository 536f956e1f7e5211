"""The choice of a form as the body of the feedback endpoint, for a browser without script."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def feedback_body(form: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """The body the specification asks for. What the form lacks is left out, and the endpoint says so."""
    item: dict[str, Any] = {
        "card": form.get("card", ""),
        "outcome": form.get("outcome", ""),
        "outcomeTimestamp": now.isoformat(),
    }
    if form.get("suggestion"):
        item["acceptedSuggestions"] = [{"id": form["suggestion"]}]
    system, _, code = form.get("reason", "").partition("|")
    if code:
        item["overrideReason"] = {"reason": {"system": system, "code": code}}
    return {"feedback": [item]}
