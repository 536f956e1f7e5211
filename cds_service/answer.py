"""A request whose form is right -> the answer: facts are read once, the rules asked once."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from cds_service.content import overrides
from cds_service.settings import Settings
from cds_service.wire import HookRequest
from fhir_mappings import ReadOptions, read_facts
from fhir_mappings.facts import PatientFacts
from hooks.evaluation import Options, respond
from hooks.guideline.case import Hook
from hooks.guideline.defaults import Defaults
from hooks.language import LanguageCode


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, the facts it rests on, and how long reading and the rules with their cards took, in milliseconds."""

    body: dict[str, Any]
    facts: PatientFacts
    read_ms: float
    rules_ms: float

    @property
    def fired(self) -> list[str]:
        """The ids of the recommendations that fired."""
        return [fired["id"] for fired in self.body["extension"]["org.osteo-cds.evaluation"]["fired"]]


def added_by(settings: Settings) -> Options:
    """What a deployment adds to every answer: where cards link to, and the numbers it has changed."""
    return Options(settings.guideline_url, overrides=tuple(overrides(settings.content)))


def answer(
    request: HookRequest,
    hook: Hook,
    *,
    as_of: date,
    language: LanguageCode,
    options: ReadOptions,
    content: Defaults | None = None,
    adds: Options | None = None,
) -> Answered:
    """What the guideline says about the patient of a request on the day `as_of`.

    `options`: what is agreed with this caller. `content`: the deployment's numbers.
    `adds`: what it adds to every answer (`added_by`). Raises MissingPrefetchError and PatientMismatchError.
    """
    started = time.perf_counter()
    reading = read_facts(
        request.prefetch,
        patient_id=request.patient_id,
        as_of=as_of,
        draft_orders=request.draft_orders,
        selections=request.selections,
        options=options,
    )
    read = time.perf_counter()
    body = respond(
        reading.facts,
        hook,
        language,
        hook_instance=request.hook_instance,
        draft_resources=reading.draft_resources,
        defaults=content,
        options=replace(adds or Options(), explain=True) if request.explain else adds,
    )
    done = time.perf_counter()
    return Answered(body, reading.facts, (read - started) * 1000, (done - read) * 1000)
