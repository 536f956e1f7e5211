"""Orders, drafts, refusals, overrides, visits and bookings of a worked patient (facts-to-fhir 7 and 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from tests.vignette_codes import (
    ANABOLIC,
    CONDITIONS,
    DECLINED,
    FRACTURES,
    MEASURES,
    ORDERS,
    PATIENT_DECLINED,
    RECOMMENDATION,
    Codes,
    both,
    own,
)
from tests.vignette_dosage import DOSE_KEYS, check_dose, dosages
from tests.vignette_drugs import DRUGS
from tests.vignette_medications import product, tablet_mg
from tests.vignette_record import Fact, Record, Resource, UnknownFactError, check_keys, known, reference
from tests.vignette_units import quantity

ORDER_STATUS: Final = ("active", "completed", "on-hold")
TASK_CODES: Final = "http://hl7.org/fhir/CodeSystem/task-code"
ENCOUNTER_CLASSES: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
VISITS: Final[Mapping[str, Codes]] = {
    name: own(name)
    for name in (
        "bone_status_visit",
        "chronic_annual_review",
        "denosumab_injection",
        "dental_visit",
        "municipal_offer",
        "physician_bone_review",
    )
}


def order_codes(name: str) -> Codes:
    """The codes of an order: its own, or those of the value it asks for."""
    if name in MEASURES:
        return MEASURES[name].codes
    return known(name, ORDERS, "order")


def add_orders(record: Record) -> None:
    """Orders already placed."""
    for fact in record.facts("orders"):
        check_keys(fact, ("concept", "date"), ("status",))
        status = fact.get("status", "active")
        if status not in ORDER_STATUS:
            raise UnknownFactError(f"order status {status!r}: expected one of {ORDER_STATUS}.")
        record.add(
            "ServiceRequest",
            status=status,
            intent="order",
            code=record.concept(fact["concept"], order_codes(fact["concept"])),
            authoredOn=fact["date"].isoformat(),
        )


def add_declined(record: Record) -> None:
    """Steps the patient declined; treatment abroad at times as the drug not to be given."""
    for fact in record.facts("declined"):
        check_keys(fact, ("topic", "date"))
        refused = refusal(record, fact)
        record.add(
            **refused,
            status="active",
            intent="order",
            doNotPerform=True,
            authoredOn=fact["date"].isoformat(),
            reasonCode=[record.concept("declined", PATIENT_DECLINED)],
        )


def refusal(record: Record, fact: Fact) -> Resource:
    """The kind of resource and what it is about."""
    codes = known(fact["topic"], DECLINED, "declined topic")
    if fact["topic"] == "treatment" and record.sometimes("declined"):
        return {"kind": "MedicationRequest"} | product(record, "alendronate")
    return {"kind": "ServiceRequest", "code": record.concept(f"declined {fact['topic']}", codes)}


def add_overrides(record: Record) -> None:
    """Overrides of a recommendation, for a service whose own store does not know them."""
    for fact in record.facts("overrides"):
        check_keys(fact, ("rec", "date"))
        record.add(
            "ServiceRequest",
            status="active",
            intent="order",
            doNotPerform=True,
            code={"coding": [{"system": RECOMMENDATION, "code": fact["rec"]}]},
            authoredOn=fact["date"].isoformat(),
        )


def add_visits(record: Record) -> None:
    """Visits that took place: kept as appointment or encounter at home, abroad at times as both."""
    for fact in record.facts("encounters"):
        check_keys(fact, ("concept", "date"))
        concept = record.concept(fact["concept"], known(fact["concept"], VISITS, "visit"))
        kept = record.choose(f"visit {fact['concept']}", ("appointment", "encounter", "both"))
        if kept == "both" and record.dialect == "danish":
            kept = "appointment"
        if kept in ("appointment", "both"):
            status = record.choose("visit status", ("fulfilled", "arrived", "checked-in"))
            add_appointment(record, fact, concept, status)
        if kept in ("encounter", "both"):
            add_encounter(record, fact, concept)


def add_bookings(record: Record) -> None:
    """Visits to come."""
    for fact in record.facts("appointments"):
        check_keys(fact, ("concept", "date"))
        concept = record.concept(fact["concept"], known(fact["concept"], VISITS, "booking"))
        status = "pending" if record.sometimes("booking") else "booked"
        add_appointment(record, fact, concept, status)


def add_appointment(record: Record, fact: Fact, concept: Resource, status: str) -> None:
    """Half an hour in the morning; an Appointment knows its patient as a participant."""
    day = fact["date"].isoformat()
    record.add(
        "Appointment",
        status=status,
        serviceType=[concept],
        start=f"{day}T09:00:00+01:00",
        end=f"{day}T09:30:00+01:00",
        participant=[{"actor": record.subject, "status": "accepted"}],
    )


def add_encounter(record: Record, fact: Fact, concept: Resource) -> None:
    """A finished visit to the practice."""
    day = fact["date"].isoformat()
    ambulatory = {"system": ENCOUNTER_CLASSES, "code": "AMB"}
    period = {"start": f"{day}T09:00:00+01:00", "end": f"{day}T09:30:00+01:00"}
    record.add("Encounter", **{"class": ambulatory}, status="finished", type=[concept], period=period)


def add_drafts(record: Record) -> None:
    """What is being ordered now."""
    writers: dict[str, Callable[[Record, Fact], Resource]] = {
        "medication": drafted_medication,
        "referral": drafted_referral,
        "service": drafted_service,
        "stop": drafted_stop,
    }
    for fact in record.facts("draft_orders"):
        writer = known(fact.get("kind", ""), writers, "kind of draft")
        record.drafts.append(writer(record, fact))


def drafted_medication(record: Record, fact: Fact) -> Resource:
    """A prescription as it is being written; `days` is its length, none open-ended."""
    check_keys(fact, ("kind", "drug"), ("route", "days", "quantity_mg", *DOSE_KEYS))
    check_dose(fact)
    if "days" in fact and "steps" in fact:
        raise UnknownFactError(f"{dict(fact)}: days beside steps.")
    bounds = {"boundsDuration": quantity(fact["days"], "d")} if "days" in fact else {}
    amount = {"quantity": quantity(fact["quantity_mg"], "mg")} if "quantity_mg" in fact else None
    return record.build(
        "MedicationRequest",
        status="draft",
        intent="order",
        **product(record, fact["drug"], fact.get("route")),
        authoredOn=record.today.isoformat(),
        dosageInstruction=dosages(record, fact, bounds, tablet_mg(record, fact)) or None,
        dispenseRequest=amount,
    )


def drafted_service(record: Record, fact: Fact) -> Resource:
    """A test or scan, with whether an interpretation is wanted and why."""
    check_keys(fact, ("kind", "concept"), ("interpretation_wanted", "reason"))
    wanted = {True: "own:interpretation-wanted", False: "own:interpretation-not-wanted"}
    details: list[Resource] = []
    if "interpretation_wanted" in fact:
        details.append(record.concept("interpretation", both(wanted[fact["interpretation_wanted"]])))
    service = record.build(
        "ServiceRequest",
        status="draft",
        intent="order",
        code=record.concept(f"draft {fact['concept']}", order_codes(fact["concept"])),
        authoredOn=record.today.isoformat(),
        orderDetail=details or None,
    )
    return service | (reason(record, fact["reason"]) if "reason" in fact else {})


def reason(record: Record, text: str) -> Resource:
    """The reason as written, coded where it names a disease or fracture; abroad the diagnosis itself."""
    name = text.replace(" ", "_")
    codes = CONDITIONS.get(name) or FRACTURES.get(name.removesuffix("_fracture"))
    if codes is None:
        return {"reasonCode": [{"text": text}]}
    diagnoses = [fact["concept"] for fact in record.facts("conditions")]
    concept = record.concept(name if name in CONDITIONS else f"fracture {name}", codes)
    if name in diagnoses and record.sometimes("reason", one_in=2):
        recorded = [kept for kept in record.resources if kept.get("code") == concept]
        return {"reasonReference": [reference(kept) for kept in recorded]}
    return {"reasonCode": [concept | {"text": text}]}


def drafted_referral(record: Record, fact: Fact) -> Resource:
    """A referral to a bone specialist for a drug, which is the detail or abroad at times the reason."""
    check_keys(fact, ("kind", "concept"))
    name = fact["concept"]
    codes = ANABOLIC if name == "anabolic" else known(name, DRUGS, "drug of a referral").codes
    purpose = [record.concept(f"drug {name}", codes)]
    written = {"reasonCode": purpose} if record.sometimes("purpose") else {"orderDetail": purpose}
    return record.build(
        "ServiceRequest",
        status="draft",
        intent="order",
        code=record.concept("bone specialist", ORDERS["bone_specialist"]),
        authoredOn=record.today.isoformat(),
        **written,
    )


def drafted_stop(record: Record, fact: Fact) -> Resource:
    """The end of a treatment: an order not to give it; abroad also the running order itself, or a task."""
    check_keys(fact, ("kind", "drug"))
    orders = record.courses.get(fact["drug"], [])
    running = next((order for order in reversed(orders) if order["status"] == "active"), None)
    if running and record.dialect == "international":
        form = record.choose("stop", ("order", "stopped", "task"))
        if form == "stopped":
            return running | {"status": record.choose("stopped", ("stopped", "cancelled"))}
        if form == "task":
            abort = {"coding": [{"system": TASK_CODES, "code": "abort"}]}
            focus, patient = reference(running), record.subject
            return record.build("Task", status="requested", intent="order", code=abort, focus=focus, **{"for": patient})
    return record.build(
        "MedicationRequest",
        status="draft",
        intent="order",
        doNotPerform=True,
        **product(record, fact["drug"]),
        authoredOn=record.today.isoformat(),
        priorPrescription=reference(running) if running else None,
    )
