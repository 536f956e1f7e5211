"""An order as it is being drafted: the fields of the order form -> the draft resource an EHR would hold.

Drugs that the product may suggest come with its own dose (drafts_medication.REGIMENS); of the others
the doctor types mg and how often. The weeks are the length of the course.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from cds_service.workbench.coding import codeable, quantity
from cds_service.workbench.typed_fields import EVERY, Field
from cds_service.workbench.typed_form import Problem
from cds_service.workbench.typed_patient import dosage
from fhir_mappings.drafts_medication import REGIMENS
from hooks.language import Language

Resource = dict[str, Any]

#: What can be drafted: a drug by its name in the vocabulary, the stop of one, or a service.
DRUGS: Final = (
    *("prednisolone", "alendronate", "risedronate", "zoledronate", "denosumab", "raloxifene", "teriparatide"),
    *("romosozumab", "calcium_vitd", "vitamin_d"),
)
STOPS: Final = ("alendronate", "denosumab", "zoledronate")
SERVICES: Final = ("dxa", "spine_xray", "p1np", "ctx", "bone_specialist")
DRAFT: Final = "draft-order"
_MOST_WEEKS: Final = 520
_PERIODS: Final = {(1.0, "d"): "day", (1.0, "wk"): "week", (6.0, "mo"): "half_year", (1.0, "a"): "year"}


@dataclass(frozen=True, slots=True)
class Drafted:
    """The draft, None when there is none to make; and the problems by name of field."""

    resource: Resource | None
    problems: Mapping[str, Problem]


def choices() -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """What can be drafted, in groups: (name of the group, pairs of value and term)."""
    return (
        ("drugs", tuple((f"drug.{name}", f"drug.{name}") for name in DRUGS)),
        ("stops", tuple((f"stop.{name}", f"drug.{name}") for name in STOPS)),
        ("services", tuple((f"order.{name}", f"concept.{name}") for name in SERVICES)),
    )


def fields() -> tuple[Field, ...]:
    """The fields beside the choice itself."""
    every = tuple((each, f"every.{each}") for each in EVERY)
    return Field("mg", "number"), Field("every", "choice", every), Field("weeks", "number")


def read(form: Mapping[str, str], patient_id: str, today: date, say: Language) -> Drafted:
    """The draft for a patient; a problem beside the field that cannot be read."""
    kind, _, name = form.get("order", "").partition(".")
    known = {value for _, group in choices() for value, _ in group}
    if f"{kind}.{name}" not in known:
        return Drafted(None, {"order": Problem("order")})
    problems: dict[str, Problem] = {}
    subject = {"reference": f"Patient/{patient_id}"}
    head = {"id": DRAFT, "status": "draft", "intent": "order", "subject": subject, "authoredOn": today.isoformat()}
    if kind == "order":
        of_kind = "observation" if name in ("p1np", "ctx") else "order"
        code = codeable(name, of_kind, say.term(f"concept.{name}"))
        return Drafted({"resourceType": "ServiceRequest", **head, "code": code}, problems)
    product = codeable(name, "medication", say.term(f"drug.{name}"))
    drug = {"resourceType": "MedicationRequest", **head, "medicationCodeableConcept": product}
    if kind == "stop":
        return Drafted(drug | {"doNotPerform": True}, problems)
    mg = _number(form, "mg", problems)
    weeks = _number(form, "weeks", problems, most=_MOST_WEEKS)
    every = form.get("every", "")
    if every and every not in EVERY:
        problems["every"] = Problem("choice")
    if name == "prednisolone":
        # without them nobody could say how much it comes to
        for field, value in (("mg", mg), ("weeks", weeks)):
            if value is None:
                problems.setdefault(field, Problem("dose_and_weeks"))
    if problems:
        return Drafted(None, problems)
    return Drafted(drug | {"dosageInstruction": [_dosage(name, mg, every, weeks)]}, problems)


def _dosage(name: str, mg: float | None, every: str, weeks: float | None) -> Resource:
    bounds = {"boundsDuration": quantity(round(weeks * 7), "d")} if weeks is not None else {}
    regimen = REGIMENS.get(name)
    if mg is None and regimen is not None and regimen.amount is not None:
        repeat = {"frequency": regimen.times, "period": regimen.period, "periodUnit": regimen.period_unit} | bounds
        dose = quantity(regimen.amount, regimen.unit)
        return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": dose}]}
    if not every and regimen is not None:
        every = _PERIODS.get((float(regimen.period), regimen.period_unit), "")
    return dosage(mg, every or None, bounds)


def _number(form: Mapping[str, str], name: str, problems: dict[str, Problem], most: float = 5000) -> float | None:
    text = form.get(name, "").strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        problems[name] = Problem("number")
        return None
    if not 0 < value <= most:
        problems[name] = Problem("range", {"low": "0", "high": f"{most:g}"})
        return None
    return value
