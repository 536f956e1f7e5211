"""Lines of an audit file or of the service's standard error -> the records in them, for reading or as AuditEvents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from cds_service.audit.fhir import audit_event
from cds_service.audit.record import EVENT


@dataclass
class Passed:
    """How many lines were no audit record, such as other lines of the log."""

    lines: int = 0


def lines_of(source: Iterable[bytes], passed: Passed, *, fhir: bool) -> Iterator[str]:
    """One line for each record: a FHIR AuditEvent, or a line to read. Other lines are counted in `passed`."""
    for line in source:
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
            if record["event"] != EVENT:
                raise KeyError("event")
            text = orjson.dumps(audit_event(record)).decode() if fhir else _readable(record)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            passed.lines += 1
            continue
        yield text


def _readable(record: dict[str, Any]) -> str:
    """The record on a line: when, who, what, how it ended, how long it took, what fired."""
    told = [
        record["time"],
        record.get("client", "-"),
        record.get("service", "-"),
        record["kind"],
        record["outcome"],
        str(record["status"]),
        f"{record['ms']['total']} ms",
        ",".join(record.get("recommendations", ())) or record.get("problem", "-"),
    ]
    return "  ".join(told)
