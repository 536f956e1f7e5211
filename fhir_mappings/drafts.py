"""Proposals as draft FHIR R4 resources: what every kind of draft shares, and the plain kinds.

A draft says nothing that was not decided elsewhere: the caller hands over clinical names and
finished sentences. Codes come from the terminology tables only, in the systems the caller's
own data use where the tables have them; without a code the text stands alone.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec

from fhir_mappings.codes import ATC, FACTS, LOINC, NPU, RXNORM, SNOMED, codes_for

Resource = dict[str, Any]

#: The systems to write in, Danish practice first, when the caller's data name none of them.
WRITTEN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "observation": (NPU, LOINC),  # the SNOMED codes of the table are British
        "order": (FACTS, LOINC, SNOMED),
        "medication": (ATC, RXNORM, SNOMED),
        "visit": (FACTS,),
        "order_detail": (FACTS,),
        "route": (SNOMED,),
    }
)

#: The code to write where the first one of the table is not the one meant.
PREFERRED: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("dxa", LOINC): "38268-9",
        ("vfa", LOINC): "83051-3",
        ("bone_specialist", SNOMED): "412717001",
        ("vitamin_d", LOINC): "62292-8",
        ("creatinine", LOINC): "14682-9",
        ("calcium_ionised", LOINC): "19072-8",
        ("alendronate", RXNORM): "904431",
        ("zoledronate", RXNORM): "705824",
        ("denosumab", RXNORM): "993452",
    }
)


class DraftContext(msgspec.Struct, frozen=True):
    """Whom and when a draft is for. `systems`: canonical URIs of the code systems the caller uses.

    `language`: of the texts, as in FHIR (`da`, `en`).
    """

    patient_id: str
    today: date
    systems: frozenset[str] = frozenset()
    language: str = "da"

    @property
    def subject(self) -> Resource:
        """The reference to the patient."""
        return {"reference": f"Patient/{self.patient_id}"}


class Step(msgspec.Struct, frozen=True, gc=False):
    """One contact of a plan: when, and what happens then."""

    on: date
    text: str


def codings(systems: frozenset[str], concept: str, kind: str, exactly: str = "") -> list[Resource]:
    """One coding in each of `systems`; if the tables have none in those, one in the usual system.

    `exactly`: the one code of the tables that is meant.
    """
    writable = _writable(concept, kind, exactly)
    found = [coding.copy() for coding in writable if coding["system"] in systems]
    return found or [coding.copy() for coding in writable[:1]]


@cache
def is_measured(concept: str) -> bool:
    """Whether the tables have a code for results of the concept."""
    return bool(codes_for(concept, "observation"))


@cache
def _writable(concept: str, kind: str, exactly: str) -> tuple[Resource, ...]:
    """The coding to write in each system, in the order of WRITTEN."""
    found: dict[str, Resource] = {}
    for code in codes_for(concept, kind):
        preferred = exactly or PREFERRED.get((concept, code.system), code.code)
        if code.code == preferred:
            found.setdefault(code.system, {"system": code.system, "code": code.code, "display": code.display})
    return tuple(found[system] for system in WRITTEN[kind] if system in found)


def concept_of(text: str, coding: list[Resource]) -> Resource:
    """A CodeableConcept: the text in the reader's language, and the codes there are."""
    return {"coding": coding, "text": text} if coding else {"text": text}


def task(context: DraftContext, title: str, text: str, on: date | None = None) -> Resource:
    """A task for the practice, to be done by `on`."""
    resource: Resource = {
        "resourceType": "Task",
        "status": "draft",
        "intent": "order",
        "code": {"text": title},
        "description": text,
        "for": context.subject,
        "authoredOn": context.today.isoformat(),
    }
    if on is not None:
        resource["restriction"] = {"period": {"end": on.isoformat()}}
    return resource


def message(context: DraftContext, text: str) -> Resource:
    """A message to the patient."""
    return {
        "resourceType": "CommunicationRequest",
        "status": "draft",
        "subject": context.subject,
        "recipient": [context.subject],
        "payload": [{"contentString": text}],
        "authoredOn": context.today.isoformat(),
    }


def appointment(context: DraftContext, visit: str, text: str, on: date | None = None) -> Resource:
    """A proposed visit, on or about `on` (now without it). The hour is the practice's to choose."""
    day = (on if on is not None and on > context.today else context.today).isoformat()
    return {
        "resourceType": "Appointment",
        "status": "proposed",
        "serviceType": [concept_of(text, codings(context.systems, visit, "visit"))],
        "description": text,
        "created": context.today.isoformat(),
        "requestedPeriod": [{"start": day}],
        "participant": [{"actor": context.subject, "status": "needs-action"}],
    }


def care_plan(context: DraftContext, title: str, text: str, steps: Iterable[Step] = ()) -> Resource:
    """A plan of contacts."""
    resource: Resource = {
        "resourceType": "CarePlan",
        "status": "draft",
        "intent": "plan",
        "title": title,
        "description": text,
        "subject": context.subject,
        "created": context.today.isoformat(),
    }
    activities = [
        {
            "detail": {
                "kind": "Appointment",
                "status": "not-started",
                "description": step.text,
                "scheduledPeriod": {"start": step.on.isoformat()},
            }
        }
        for step in steps
    ]
    if activities:
        resource["activity"] = activities
    return resource


def document(context: DraftContext, title: str, text: str) -> Resource:
    """A note for the record, as plain text."""
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "docStatus": "preliminary",
        "type": {"text": title},
        "subject": context.subject,
        "description": title,
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain; charset=utf-8",
                    "language": context.language,
                    "title": title,
                    "data": b64encode(text.encode()).decode("ascii"),
                }
            }
        ],
    }
