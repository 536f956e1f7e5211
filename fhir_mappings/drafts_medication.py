"""Draft MedicationRequests.

The doses are those the catalogue allows to be suggested (0.7): alendronate, zoledronate and
denosumab as in the product information, calcium and vitamin D in the amounts of SUP-1 and
SUP-2. Vitamin D to correct a low level, and calcium sized to the diet, carry no dose.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from fhir_mappings.drafts import DraftContext, Resource, codings, concept_of

UCUM = "http://unitsofmeasure.org"


class Regimen(msgspec.Struct, frozen=True, gc=False):
    """A drug and, where one may be suggested, its dose: `amount` `unit`, `times` every `period` `period_unit`."""

    drug: str
    route: str = "oral"
    amount: float | None = None
    unit: str = "mg"
    times: int = 1
    period: float = 1
    period_unit: str = "d"


REGIMENS: Mapping[str, Regimen] = MappingProxyType(
    {
        "alendronate": Regimen("alendronate", amount=70, period_unit="wk"),
        "alendronate_effervescent": Regimen("alendronate", amount=70, period_unit="wk"),
        "zoledronate": Regimen("zoledronate", "intravenous", 5, period_unit="a"),
        "denosumab": Regimen("denosumab", "subcutaneous", 60, period=6, period_unit="mo"),
        "calcium_vitd": Regimen("calcium_vitd", amount=400, times=2),  # mg calcium; 10 ug vitamin D in each
        "calcium": Regimen("calcium"),
        "vitamin_d": Regimen("vitamin_d"),
        "vitamin_d_10ug": Regimen("vitamin_d", amount=10, unit="ug"),
        "vitamin_d_20ug": Regimen("vitamin_d", amount=20, unit="ug"),
    }
)


def medication_request(
    context: DraftContext, regimen: str, product: str, dosage: str, instruction: str = ""
) -> Resource:
    """A prescription. `product` and `dosage` in words, `instruction` for the patient. KeyError for no known regimen."""
    chosen = REGIMENS[regimen]
    return {
        "resourceType": "MedicationRequest",
        "status": "draft",
        "intent": "order",
        "medicationCodeableConcept": concept_of(product, codings(context.systems, chosen.drug, "medication")),
        "subject": context.subject,
        "authoredOn": context.today.isoformat(),
        "dosageInstruction": [dosage_of(chosen, dosage, instruction)],
    }


def dosage_of(regimen: Regimen, text: str, instruction: str = "") -> Resource:
    """The dosage, structured where there is a dose."""
    route = codings(frozenset(), regimen.route, "route")
    dosage: Resource = {"text": text, "route": {"coding": route}}
    if instruction:
        dosage["patientInstruction"] = instruction
    if regimen.amount is not None:
        dosage["timing"] = {
            "repeat": {"frequency": regimen.times, "period": regimen.period, "periodUnit": regimen.period_unit}
        }
        dosage["doseAndRate"] = [{"doseQuantity": quantity(regimen.amount, regimen.unit)}]
    return dosage


def quantity(value: float, unit: str) -> Resource:
    """A UCUM quantity."""
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}
