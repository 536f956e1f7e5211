"""An audit record -> a FHIR R4 AuditEvent, for the audit repository of an organisation.

It says which client called which service and how it ended. The patient is not in it, as it is
not in the record: `hookInstance` leads to the call in the EHR's own audit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

TYPE: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
    "code": "rest",
    "display": "RESTful Operation",
}
INTERACTIONS: Final = "http://hl7.org/fhir/restful-interaction"
SERVER: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/security-source-type",
    "code": "4",
    "display": "Application Server",
}
SYSTEM_OBJECT: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/audit-entity-type",
    "code": "2",
    "display": "System Object",
}
JOB: Final = {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "20", "display": "Job"}
#: success; minor failure: answered without all that was meant to be there; serious: refused; major: our failure.
OUTCOMES: Final[Mapping[str, str]] = {"complete": "0", "partial": "4", "refused": "8", "failed": "12"}
OBSERVER: Final = {"display": "osteo-cds"}
#: The fields of a record that go along as details of the call.
DETAILS: Final = ("request_id", "kind", "hook", "status", "problem", "cards", "unknown", "issues")


def audit_event(record: Mapping[str, Any]) -> dict[str, Any]:
    """The AuditEvent of a record; KeyError when the record lacks what every record has."""
    discovery = record["kind"] == "discovery"
    return {
        "resourceType": "AuditEvent",
        "type": TYPE,
        "subtype": [{"system": INTERACTIONS, "code": "capabilities" if discovery else "operation"}],
        "action": "R" if discovery else "E",
        "recorded": record["time"],
        "outcome": OUTCOMES[record["outcome"]],
        "outcomeDesc": " ".join([record["outcome"], *filter(None, [record.get("problem")])]),
        "agent": [
            {"who": {"display": _caller(record)}, "requestor": True},
            {"who": OBSERVER, "requestor": False},
        ],
        "source": {"observer": OBSERVER, "type": [SERVER]},
        "entity": [_entity(record)],
    }


def _caller(record: Mapping[str, Any]) -> str:
    if "client" in record:
        return str(record["client"])
    claimed = record.get("claimed_client")
    return f"not authenticated, claims to be {claimed}" if claimed else "not authenticated"


def _entity(record: Mapping[str, Any]) -> dict[str, Any]:
    """What was called: the service, the call of the EHR it was for, and what it led to."""
    entity: dict[str, Any] = {"type": SYSTEM_OBJECT, "role": JOB, "name": record.get("service", "cds-services")}
    if "hookInstance" in record:
        entity["what"] = {"identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{record['hookInstance']}"}}
    return entity | {"detail": [{"type": name, "valueString": text} for name, text in _details(record)]}


def _details(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in DETAILS:
        if name in record:
            yield name, str(record[name])
    for id_ in record.get("recommendations", ()):
        yield "recommendation", id_
    for name in ("feedback", "fetch_failures"):
        for key, number in record.get(name, {}).items():
            yield f"{name}.{key}", str(number)
    yield "ms", str(record["ms"]["total"])
