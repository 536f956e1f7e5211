"""Medicines of a worked patient: courses, injections, dispensings (facts-to-fhir 6)."""

from __future__ import annotations

from datetime import date, timedelta

from tests.vignette_dosage import DOSE_KEYS, check_dose, dosages, dose_quantity
from tests.vignette_drugs import (
    CALCIUM_AND_VITAMIN_D,
    DRUGS,
    EFFERVESCENT,
    LOCAL_PRODUCTS,
    OSTEOPOROSIS_DOSE_MG,
    ROUTES,
    TABLETS,
    Drug,
)
from tests.vignette_record import (
    Fact,
    Record,
    Resource,
    UnknownFactError,
    check_keys,
    known,
    reference,
)
from tests.vignette_units import quantity

COURSE_KEYS = ("stop", "route", "dispensed_mg", "quantity_mg", "replaces_previous", *DOSE_KEYS)


def add_medications(record: Record) -> None:
    """Every course, as an order; abroad at times as a statement."""
    for fact in record.facts("medications"):
        check_keys(fact, ("drug", "start"), COURSE_KEYS)
        check_course(fact)
        if stated(record, fact):
            add_statement(record, fact)
        else:
            add_order(record, fact)


def check_course(fact: Fact) -> None:
    """Refuse what would have to be guessed: two doses, a course without days, an end beside steps."""
    check_dose(fact)
    if "stop" in fact and (fact["stop"] <= fact["start"] or "steps" in fact):
        raise UnknownFactError(f"{dict(fact)}: expected stop after start, and no steps beside it.")


def stated(record: Record, fact: Fact) -> bool:
    """Whether the course is a MedicationStatement.

    Only where it says the same: a link, a prescribed quantity or a stop needs the order, and
    two statements of one drug could be read as one course.
    """
    drug = fact["drug"]
    ordered = [other for other in record.facts("medications") if other["drug"] == drug]
    stopped = any(draft["drug"] == drug for draft in record.facts("draft_orders") if draft["kind"] == "stop")
    order_only = {"prn", "dispensed_mg", "quantity_mg", "replaces_previous"}
    if len(ordered) > 1 or stopped or order_only & set(fact):
        return False
    return record.sometimes(f"statement {drug}")


def add_statement(record: Record, fact: Fact) -> None:
    """What the patient takes, as a MedicationStatement: its dates stand in effectivePeriod."""
    record.add(
        "MedicationStatement",
        status=course_status(record, fact),
        **product(record, fact["drug"], fact.get("route")),
        effectivePeriod=period(fact),
        dosage=dosages(record, fact, {}, tablet_mg(record, fact)) or None,
    )


def add_order(record: Record, fact: Fact) -> None:
    """What was prescribed, as a MedicationRequest."""
    drug = fact["drug"]
    bounds = {} if "steps" in fact else {"boundsPeriod": period(fact)}
    previous = record.courses.get(drug, [])
    if fact.get("replaces_previous") and not previous:
        raise UnknownFactError(f"{dict(fact)}: replaces_previous without an earlier {drug}.")
    order = record.add(
        "MedicationRequest",
        status=course_status(record, fact),
        intent="order",
        **product(record, drug, fact.get("route")),
        authoredOn=fact["start"].isoformat(),
        priorPrescription=reference(newest(previous)) if fact.get("replaces_previous") else None,
        dosageInstruction=dosages(record, fact, bounds, tablet_mg(record, fact)) or None,
        dispenseRequest=prescribed(record, fact),
    )
    if "dispensed_mg" in fact:
        add_dispense(record, fact, fact["start"], order, quantity=quantity(fact["dispensed_mg"], "mg"))
    record.courses.setdefault(drug, []).append(order)


def newest(orders: list[Resource]) -> Resource:
    """The order written last."""
    return max(orders, key=lambda order: str(order["authoredOn"]))


def prescribed(record: Record, fact: Fact) -> Resource | None:
    """The prescribed quantity in mg; abroad at times half of it with one repeat."""
    if "quantity_mg" not in fact:
        return None
    if record.sometimes("repeats", one_in=2):
        return {"quantity": quantity(fact["quantity_mg"] / 2, "mg"), "numberOfRepeatsAllowed": 1}
    return {"quantity": quantity(fact["quantity_mg"], "mg")}


def course_status(record: Record, fact: Fact) -> str:
    """Active, unless the first day without has come."""
    if "stop" in fact and fact["stop"] <= record.today:
        return record.choose(f"{fact['drug']} ended", ("completed", "stopped"))
    return "active"


def period(fact: Fact) -> Resource:
    """FHIR's end is the last day, the vignette's stop the first day without."""
    written = {"start": fact["start"].isoformat()}
    if "stop" in fact:
        written["end"] = (fact["stop"] - timedelta(days=1)).isoformat()
    return written


def product(record: Record, name: str, route: str | None = None) -> Resource:
    """The product as a code; abroad at times a contained Medication, as its form or ingredients need."""
    if name == "calcium_vitd" and record.sometimes("ingredients"):
        parts = [record.concept("ingredient", codes) for codes in CALCIUM_AND_VITAMIN_D]
        return contained({"ingredient": [{"itemCodeableConcept": part} for part in parts]})
    concept = product_concept(record, name, route)
    if name == "alendronate_effervescent":
        if record.sometimes("effervescent"):
            return {"medicationCodeableConcept": concept | {"text": "alendronic acid effervescent tablet"}}
        return contained({"code": concept, "form": record.concept("form", EFFERVESCENT)})
    if record.sometimes(f"contained {name}"):
        return contained({"code": concept})
    return {"medicationCodeableConcept": concept}


def product_concept(record: Record, name: str, route: str | None) -> Resource:
    """The code of the product and its name."""
    if counted_in_tablets(record, name):
        return record.concept(f"tablet {name}", TABLETS[name][0])
    drug = known_drug(name, route)
    return record.concept(f"drug {name}", drug.codes) | {"text": drug.name}


def contained(medication: Resource) -> Resource:
    """A product inside the resource that names it."""
    return {
        "contained": [{"resourceType": "Medication", "id": "product"} | medication],
        "medicationReference": {"reference": "#product"},
    }


def known_drug(name: str, route: str | None) -> Drug:
    """The product of a drug; of some the route decides which."""
    if route not in (None, *ROUTES):
        raise UnknownFactError(f"route {route!r}: expected one of {sorted(ROUTES)}.")
    if any(name == local for local, _ in LOCAL_PRODUCTS):
        return known((name, route or "oral"), LOCAL_PRODUCTS, "product")
    return known(name, DRUGS, "drug")


def counted_in_tablets(record: Record, name: str) -> bool:
    """Whether doses of this drug are whole or half tablets of a product that names its strength."""
    if name not in TABLETS or not record.sometimes(f"tablets {name}"):
        return False
    strength = TABLETS[name][1]
    written = (*record.facts("medications"), *record.facts("draft_orders"))
    facts = [fact for fact in written if fact.get("drug") == name]
    doses = [dose for fact in facts for dose in (fact, *fact.get("steps", ())) if "dose_mg" in dose]
    oral = all(fact.get("route", "oral") == "oral" for fact in facts)
    return oral and bool(doses) and all((2 * dose["dose_mg"]) % strength == 0 for dose in doses)


def tablet_mg(record: Record, fact: Fact) -> float | None:
    """The strength when doses are counted in tablets, none when they are in mg."""
    return TABLETS[fact["drug"]][1] if counted_in_tablets(record, fact["drug"]) else None


def add_administrations(record: Record) -> None:
    """Injections and infusions given, at times with the dose that the vocabulary means."""
    for fact in record.facts("administrations"):
        check_keys(fact, ("drug", "date"), ("dose_mg",))
        day = fact["date"].isoformat()
        when: Resource = {"effectiveDateTime": day}
        if record.sometimes("administration"):
            when = {"effectivePeriod": {"start": day, "end": day}}
        record.add(
            "MedicationAdministration",
            status="completed",
            **product(record, fact["drug"]),
            **when,
            dosage=given_dose(record, fact),
        )


def given_dose(record: Record, fact: Fact) -> Resource | None:
    """As the vignette says; else the osteoporosis dose or none, records have both."""
    dose = fact.get("dose_mg")
    if dose is None and record.choose("given dose", (True, False)):
        dose = OSTEOPOROSIS_DOSE_MG.get(fact["drug"])
    return None if dose is None else {"dose": dose_quantity(dose, None)}


def add_dispensings(record: Record) -> None:
    """What the pharmacy handed out, linked to its order where there is one."""
    for fact in record.facts("dispensings"):
        check_keys(fact, ("drug", "date"), ("days_supply", "dispensed_mg"))
        orders = record.courses.get(fact["drug"], [])
        handed = {"quantity": quantity(fact["dispensed_mg"], "mg")} if "dispensed_mg" in fact else {}
        if "days_supply" in fact:
            handed["daysSupply"] = quantity(fact["days_supply"], "d")
        add_dispense(record, fact, fact["date"], newest(orders) if orders else None, **handed)


def add_dispense(record: Record, fact: Fact, day: date, order: Resource | None, **handed: Resource) -> None:
    """A MedicationDispense of the drug."""
    record.add(
        "MedicationDispense",
        status="completed",
        **product(record, fact["drug"], fact.get("route")),
        authorizingPrescription=[reference(order)] if order else None,
        whenHandedOver=day.isoformat(),
        **handed,
    )
