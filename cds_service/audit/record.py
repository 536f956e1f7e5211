"""A finished call -> its audit record: who called what, when, how it ended. Ids, names of facts, numbers; no values."""

from __future__ import annotations

from typing import Any, Final

from cds_service.calls import Call

#: What a line of the audit says it is, under "event".
EVENT: Final = "call"
#: The requests that are recorded. Health checks and scrapes are nobody's access to anything, and
#: what asks for addresses that do not exist would fill the audit: it is counted in the metrics.
KINDS: Final = frozenset({"call", "feedback", "discovery"})


def record(call: Call) -> dict[str, Any]:
    """The record. Names that are not known, and numbers that do not apply, are left out."""
    told: dict[str, Any] = {
        "time": call.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "kind": call.kind,
        "request_id": call.id,
        "outcome": call.outcome,
        "status": call.status,
    }
    named = (
        ("client", call.client),
        ("claimed_client", call.claimed),
        ("service", call.service),
        ("hook", call.hook),
        ("hookInstance", call.hook_instance),
        ("problem", call.problem),
        ("fault", call.fault),
    )
    told.update([each for each in named if each[1]])
    if call.kind == "call" and call.status < 400:
        told["recommendations"] = list(call.recommendations)
        told["cards"] = len(call.cards)
        told["unknown"] = call.waiting
        told["issues"] = call.issues
    if call.fetch_failures:
        told["fetch_failures"] = dict(call.fetch_failures)
    if call.feedback:
        told["feedback"] = dict(call.feedback)
    told["bytes_in"] = call.bytes_in
    told["bytes_out"] = call.bytes_out
    told["ms"] = ms = {str(part): round(spent, 2) for part, spent in call.ms.items()}
    ms["total"] = round(call.total_ms, 2)
    return told
