"""A request whose form is right -> the answer: facts are read once, the rules asked once."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct, structs

from cds_service.content import overrides
from cds_service.settings import Settings
from cds_service.wire import HookRequest
from fhir_mappings import ReadOptions, read_facts
from fhir_mappings.facts import Override, PatientFacts
from hooks.evaluation import Options, respond
from hooks.extensions import EVALUATION_EXTENSION
from hooks.guideline.case import Hook
from hooks.guideline.defaults import Defaults
from hooks.language import LanguageCode


class Remembered(Struct, frozen=True):
    """What is remembered of the patient: overrides, since when a card rests, and why it could not be read."""

    overrides: tuple[Override, ...] = ()
    held_since: Callable[[Mapping[str, Any]], date | None] | None = None
    problem: str = ""


class Answered(Struct, frozen=True):
    """The answer, the facts it rests on, and how long reading and the rules with their cards took, in milliseconds."""

    body: dict[str, Any]
    facts: PatientFacts
    read_ms: float
    rules_ms: float


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
    remembered: Remembered | None = None,
) -> Answered:
    """What the guideline says about the patient of a request on the day `as_of`.

    `options`: what is agreed with this caller. `content`: the deployment's numbers.
    `adds`: what it adds to every answer (`added_by`). `remembered`: from earlier answers.
    Raises MissingPrefetchError and PatientMismatchError.
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
    facts, asked = reading.facts, adds or Options()
    if remembered is not None:
        asked = structs.replace(asked, held_since=remembered.held_since)
        if remembered.overrides:
            facts = dataclasses.replace(facts, overrides=(*facts.overrides, *remembered.overrides))
    body = respond(
        facts,
        hook,
        language,
        hook_instance=request.hook_instance,
        draft_resources=reading.draft_resources,
        defaults=content,
        options=structs.replace(asked, explain=True) if request.explain else asked,
    )
    if remembered is not None and remembered.problem:
        issue = {"reference": "memory", "problem": remembered.problem}
        body["extension"][EVALUATION_EXTENSION]["issues"].append(issue)
    done = time.perf_counter()
    return Answered(body, reading.facts, (read - started) * 1000, (done - read) * 1000)
