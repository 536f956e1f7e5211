"""Changes to an order that is being drafted: the draft as received, with one thing changed.

An update carries the resource in its entirety, so everything the caller wrote stays as it is.
A change that does not fit the draft gives None, and is then not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import date
from types import MappingProxyType
from typing import Any

import msgspec

from fhir_mappings.drafts import DraftContext, Resource, codings, concept_of
from fhir_mappings.drafts_medication import REGIMENS, dosage_of


class ChangeText(msgspec.Struct, frozen=True, gc=False):
    """The words of a change: `product` and `dosage` of a medication, `text` of anything else."""

    text: str = ""
    product: str = ""
    dosage: str = ""
    instruction: str = ""


Change = Callable[[Resource, DraftContext, ChangeText, date | None], bool]


def changed(
    draft: Mapping[str, Any], change: str, context: DraftContext, words: ChangeText, on: date | None = None
) -> Resource | None:
    """A copy of the draft with the change made; None when it does not fit. KeyError for an unknown change."""
    resource: Resource = deepcopy(dict(draft))
    return resource if CHANGES[change](resource, context, words, on) else None


def _to_ctx(resource: Resource, context: DraftContext, words: ChangeText, _on: date | None) -> bool:
    if resource.get("resourceType") != "ServiceRequest":
        return False
    resource["code"] = concept_of(words.text, codings(context.systems, "ctx", "observation"))
    if words.instruction:
        resource["patientInstruction"] = words.instruction
    return True


def _add_vfa(resource: Resource, context: DraftContext, words: ChangeText, _on: date | None) -> bool:
    if resource.get("resourceType") != "ServiceRequest":
        return False
    detail = concept_of(words.text, codings(context.systems, "vfa", "order"))
    resource["orderDetail"] = [*resource.get("orderDetail", ()), detail]
    return True


def _add_reason(resource: Resource, _context: DraftContext, words: ChangeText, _on: date | None) -> bool:
    if resource.get("resourceType") not in ("ServiceRequest", "MedicationRequest"):
        return False
    resource["reasonCode"] = [*resource.get("reasonCode", ()), {"text": words.text}]
    return True


def _add_status_reason(resource: Resource, _context: DraftContext, words: ChangeText, _on: date | None) -> bool:
    if resource.get("resourceType") != "MedicationRequest":
        return False
    resource["statusReason"] = {"text": words.text}
    return True


def _add_note(resource: Resource, _context: DraftContext, words: ChangeText, _on: date | None) -> bool:
    resource["note"] = [*resource.get("note", ()), {"text": words.text}]
    return True


def _patient_instruction(resource: Resource, _context: DraftContext, words: ChangeText, _on: date | None) -> bool:
    if resource.get("resourceType") == "ServiceRequest":
        resource["patientInstruction"] = words.text
        return True
    return _each_dosage(resource, lambda dosage: dosage.update(patientInstruction=words.text))


def _to_regimen(name: str) -> Change:
    def change(resource: Resource, context: DraftContext, words: ChangeText, _on: date | None) -> bool:
        if resource.get("resourceType") != "MedicationRequest":
            return False
        regimen = REGIMENS[name]
        resource.pop("medicationReference", None)
        resource["medicationCodeableConcept"] = concept_of(
            words.product, codings(context.systems, regimen.drug, "medication")
        )
        resource["dosageInstruction"] = [dosage_of(regimen, words.dosage, words.instruction)]
        return True

    return change


def _split_doses(resource: Resource, _context: DraftContext, words: ChangeText, _on: date | None) -> bool:
    """The same amount a day in two intakes; where the dose is not structured, the instruction alone."""

    def split(dosage: Resource) -> None:
        dosage["patientInstruction"] = words.text
        repeat = dosage.get("timing", {}).get("repeat", {})
        quantities = [each.get("doseQuantity", {}) for each in dosage.get("doseAndRate", ())]
        amounts = [quantity for quantity in quantities if "value" in quantity]
        daily = repeat.get("period", 1) == 1 and repeat.get("periodUnit", "d") == "d"
        if len(amounts) != 1 or not daily or repeat.get("frequency", 1) != 1:
            return
        amounts[0]["value"] = amounts[0]["value"] / 2
        kept = {key: value for key, value in repeat.items() if key.startswith("bounds")}
        dosage["timing"] = {"repeat": {**kept, "frequency": 2, "period": 1, "periodUnit": "d"}}
        dosage["text"] = words.dosage or words.text

    return _each_dosage(resource, split)


def _planned_date(resource: Resource, _context: DraftContext, _words: ChangeText, on: date | None) -> bool:
    """The day it is for. A test or scan: its occurrence; a medication: its first day."""
    if on is None:
        return False
    if resource.get("resourceType") == "ServiceRequest":
        for element in ("occurrencePeriod", "occurrenceTiming"):
            resource.pop(element, None)
        resource["occurrenceDateTime"] = on.isoformat()
        return True
    return _bounds(resource, "start", on)


def _end_date(resource: Resource, _context: DraftContext, _words: ChangeText, on: date | None) -> bool:
    """The last day of a medication."""
    return on is not None and _bounds(resource, "end", on)


def _bounds(resource: Resource, element: str, on: date) -> bool:
    def bound(dosage: Resource) -> None:
        repeat = dosage.setdefault("timing", {}).setdefault("repeat", {})
        repeat["boundsPeriod"] = {**repeat.get("boundsPeriod", {}), element: on.isoformat()}

    if any(key in _repeat(dosage) for dosage in resource.get("dosageInstruction", ()) for key in _OTHER_BOUNDS):
        return False
    return _each_dosage(resource, bound)


_OTHER_BOUNDS = ("boundsDuration", "boundsRange")


def _repeat(dosage: Resource) -> Resource:
    repeat: Resource = dosage.get("timing", {}).get("repeat", {})
    return repeat


def _each_dosage(resource: Resource, change: Callable[[Resource], None]) -> bool:
    if resource.get("resourceType") != "MedicationRequest":
        return False
    dosages = resource.setdefault("dosageInstruction", [{}])
    for dosage in dosages:
        change(dosage)
    return bool(dosages)


CHANGES: Mapping[str, Change] = MappingProxyType(
    {
        "to_ctx": _to_ctx,
        "to_effervescent": _to_regimen("alendronate_effervescent"),
        "to_alendronate": _to_regimen("alendronate"),
        "split_doses": _split_doses,
        "add_vfa": _add_vfa,
        "add_reason": _add_reason,
        "add_details": _add_note,
        "add_status_reason": _add_status_reason,
        "add_note": _add_note,
        "intake_instruction": _patient_instruction,
        "fasting_instruction": _patient_instruction,
        "postpone": _planned_date,
        "review_date": _add_note,
        "end_date": _end_date,
    }
)
