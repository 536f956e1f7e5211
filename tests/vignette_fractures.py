"""Fractures and falls of a worked patient (facts-to-fhir 3, "Fracture")."""

from __future__ import annotations

from tests.vignette_codes import (
    FALL,
    FALLS_PAST_YEAR,
    FRACTURE_ANY,
    FRACTURE_BODY_SITES,
    FRACTURES,
    PAIRED_SITES,
    VFA,
    Codes,
    both,
)
from tests.vignette_diseases import DUE_TO, add_condition
from tests.vignette_record import (
    Fact,
    Record,
    Resource,
    UnknownFactError,
    add_months,
    check_keys,
    extension,
    known,
    reference,
)
from tests.vignette_units import quantity


def add_fracture(record: Record, fact: Fact) -> None:
    """One Condition per fracture, with its cause, and the compression measured beside it."""
    optional = ("site", "date", "low_energy", "compression_pct", "pathological", "source")
    check_keys(fact, ("concept",), optional)
    if fact.get("source") not in (None, "vfa"):
        raise UnknownFactError(f"fracture source {fact['source']!r}: expected vfa.")
    healed = "date" in fact and fact["date"] < add_months(record.today, -6)
    status = "resolved" if healed else "active"
    condition = add_condition(record, fracture_code(record, fact), fact.get("date"), status)
    condition |= body_site(record, fact) | causes(record, fact)
    if "compression_pct" in fact:
        add_compression(record, fact, condition)
    elif "source" in fact:
        condition["evidence"] = [{"code": [record.concept("vfa", VFA)]}]


def fracture_code(record: Record, fact: Fact) -> Resource:
    """The code of the bone, at times with its side in SKS; or any fracture where the bone stands apart."""
    site = fact.get("site", "other")
    if site_stands_apart(record, site):
        return record.concept("fracture", FRACTURE_ANY)
    suffix = record.choose("side", ("", "+TUL1")) if site in PAIRED_SITES else ""
    return record.concept(f"fracture {site}", known(site, FRACTURES, "fracture site"), suffix)


def body_site(record: Record, fact: Fact) -> Resource:
    """The bone, where the code does not name it."""
    site = fact.get("site", "other")
    if not site_stands_apart(record, site):
        return {}
    return {"bodySite": [record.concept("body site", FRACTURE_BODY_SITES[site])]}


def site_stands_apart(record: Record, site: str) -> bool:
    """Whether this record codes the fracture and its bone separately."""
    return site in FRACTURE_BODY_SITES and record.sometimes("body site", one_in=4)


def causes(record: Record, fact: Fact) -> Resource:
    """Mechanism and pathology; an unknown mechanism is not written, nor is "not pathological"."""
    names = {True: "own:low-energy-trauma", False: "own:high-energy-trauma"}
    written: list[Codes] = []
    if "low_energy" in fact:
        fell = fact["low_energy"] and record.sometimes("cause")
        written.append(FALL if fell else both(names[fact["low_energy"]]))
    if fact.get("pathological"):
        written.append(both("own:pathological-cause"))
    listed = [extension(DUE_TO, record.concept("cause", codes)) for codes in written]
    return {"extension": listed} if listed else {}


def add_compression(record: Record, fact: Fact, condition: Resource) -> None:
    """Compression and fracture point at each other; abroad the date may be all they share."""
    concept = record.concept("compression", both("own:vertebral-compression"))
    compression = record.observe(concept, fact.get("date"), **percent(fact["compression_pct"]))
    evidence: Resource = {}
    if not (record.sometimes("link") and alone_and_dated(record, fact)):
        compression["focus"] = [reference(condition)]
        evidence["detail"] = [reference(compression)]
    if "source" in fact and record.sometimes("method", one_in=2):
        compression["method"] = record.concept("vfa", VFA)
    elif "source" in fact:
        evidence["code"] = [record.concept("vfa", VFA)]
    if evidence:
        condition["evidence"] = [evidence]


def alone_and_dated(record: Record, fact: Fact) -> bool:
    """Whether a date is enough to tell which vertebral fracture was measured."""
    return "date" in fact and sum(other.get("site") == "vertebral" for other in record.facts("conditions")) == 1


def percent(compression: float | str) -> Resource:
    """30 or "20-25" percent."""
    if not isinstance(compression, str):
        return {"valueQuantity": quantity(compression, "%")}
    low, high = (float(limit) for limit in compression.split("-"))
    return {"valueRange": {"low": quantity(low, "%"), "high": quantity(high, "%")}}


def add_fall(record: Record, fact: Fact) -> None:
    """A dated fall; abroad at times as a count of one on its date."""
    check_keys(fact, ("concept", "date"))
    if record.sometimes("fall"):
        concept = record.concept("falls", FALLS_PAST_YEAR)
        record.observe(concept, fact["date"], valueInteger=1)
    else:
        add_condition(record, record.concept("fall", FALL), fact["date"], "resolved")
