"""Measurements and notes of a worked patient (facts-to-fhir 4 and 9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from tests.vignette_codes import (
    ALCOHOL_DAY,
    ALCOHOL_WEEK,
    DXA,
    DXA_PANEL,
    DXA_UNITS,
    FEMORAL_NECK,
    MEASURES,
    SMOKING,
    SMOKING_STATUS,
    Measure,
    both,
)
from tests.vignette_diseases import add_swallowing_difficulty
from tests.vignette_record import (
    Fact,
    Record,
    Resource,
    UnknownFactError,
    check_keys,
    known,
)
from tests.vignette_units import converted, exact_quotient, quantity

DENTAL = ("none", "poor", "regular")


def add_observations(record: Record) -> None:
    """Laboratory and body values one by one, the values of one DXA together."""
    writers: dict[str, Callable[[Record, Fact], None]] = {
        "alcohol_units_week": add_alcohol,
        "smoking_status": add_smoking,
    }
    scans: dict[date, list[Fact]] = {}
    for fact in record.facts("observations"):
        if fact.get("concept") in ("bmd", "scanner_id", "t_score", "z_score"):
            scans.setdefault(fact["date"], []).append(fact)
        else:
            writers.get(fact.get("concept", ""), add_measure)(record, fact)
    for day, facts in scans.items():
        add_scan(record, day, facts)


def add_measure(record: Record, fact: Fact) -> None:
    """A value in the unit of the dialect, its reference range in the same unit."""
    optional = ("unit", "ref_low", "ref_high", "geometric_mean_premenopausal")
    check_keys(fact, ("concept", "date", "value"), optional)
    name = fact["concept"]
    measure = known(name, MEASURES, "observation")
    if fact.get("unit", measure.unit) != measure.unit:
        raise UnknownFactError(f"{name} in {fact['unit']!r}: expected {measure.unit!r}.")
    unit = travel_unit(record, name, measure)
    record.observe(
        record.concept(name, measure.codes),
        fact["date"],
        valueQuantity=quantity(converted(fact["value"], measure.table, unit), unit),
        referenceRange=reference_ranges(record, fact, measure, unit) or None,
    )


def travel_unit(record: Record, name: str, measure: Measure) -> str:
    """The unit of this patient's laboratory."""
    units = measure.danish_unit if record.dialect == "danish" else measure.foreign_unit
    return record.choose(f"{name} unit", units.split())


def reference_ranges(record: Record, fact: Fact, measure: Measure, unit: str) -> list[Resource]:
    """The normal range, and the mean of premenopausal women as a range of a type of its own."""
    ends = [(end, fact[key]) for end, key in (("low", "ref_low"), ("high", "ref_high")) if key in fact]
    normal = {end: quantity(converted(limit, measure.table, unit), unit) for end, limit in ends}
    ranges: list[Resource] = [normal] if normal else []
    if "geometric_mean_premenopausal" in fact:
        mean = converted(fact["geometric_mean_premenopausal"], measure.table, unit)
        kind = record.concept("mean", both("own:geometric-mean-premenopausal"))
        ranges.append({"type": kind, "high": quantity(mean, unit)})
    return ranges


def add_alcohol(record: Record, fact: Fact) -> None:
    """Drinks per week; abroad at times per day."""
    check_keys(fact, ("concept", "date", "value"), ("unit",))
    if fact.get("unit", "units/week") != "units/week":
        raise UnknownFactError(f"alcohol in {fact['unit']!r}: expected units/week.")
    per_day = record.sometimes("alcohol", one_in=2)
    concept = record.concept("alcohol", ALCOHOL_DAY if per_day else ALCOHOL_WEEK)
    drinks = exact_quotient(fact["value"], 7) if per_day else fact["value"]
    amount = quantity(drinks, "{drinks}/d" if per_day else "{drinks}/wk")
    record.observe(concept, fact["date"], valueQuantity=amount)


def add_smoking(record: Record, fact: Fact) -> None:
    """Smoking status as a coded answer."""
    check_keys(fact, ("concept", "date", "value"))
    answer = record.concept(f"smoking {fact['value']}", known(fact["value"], SMOKING, "smoking status"))
    concept = record.concept("smoking status", SMOKING_STATUS)
    record.observe(concept, fact["date"], valueCodeableConcept=answer)


def add_scan(record: Record, day: date, facts: Sequence[Fact]) -> None:
    """One DXA: an Observation per value, abroad at times one panel; the scanner on each of them."""
    values = [fact for fact in facts if fact["concept"] != "scanner_id"]
    scanners = [fact for fact in facts if fact["concept"] == "scanner_id"]
    for fact in scanners:
        check_keys(fact, ("concept", "date", "value"))
    if not values or len(scanners) > 1:
        raise UnknownFactError(f"DXA of {day}: expected values and at most one scanner, got {list(facts)}.")
    used = device(record, scanners[0]["value"]) if scanners else None
    if record.sometimes("panel", one_in=4):
        panel = record.concept("panel", DXA_PANEL)
        record.observe(panel, day, device=used, component=[density(record, fact) for fact in values])
        return
    for fact in values:
        value = density(record, fact)
        record.observe(value.pop("code"), day, **neck(record, fact), **value, device=used)


def density(record: Record, fact: Fact) -> Resource:
    """Code and value of a T-score, Z-score or BMD."""
    check_keys(fact, ("concept", "site", "date", "value"))
    name = fact["concept"]
    codes = known((name, fact["site"]), DXA, "DXA value")
    unit = record.code(f"{name} unit", DXA_UNITS[name])
    code = record.concept(f"{name} {fact['site']}", codes)
    return {"code": code, "valueQuantity": quantity(fact["value"], unit)}


def neck(record: Record, fact: Fact) -> Resource:
    """LOINC knows only the femur: the neck is a body site, which abroad is at times left out."""
    if fact["site"] != "femoral_neck" or record.sometimes("neck"):
        return {}
    return {"bodySite": record.concept("neck", FEMORAL_NECK)}


def device(record: Record, scanner: str) -> Resource:
    """The scanner by its identifier, abroad at times by reference."""
    if record.sometimes("device", one_in=2):
        return {"reference": f"Device/scanner-{scanner}"}
    return {"identifier": {"value": scanner}}


def add_notes(record: Record) -> None:
    """What the doctor noted, as Observations with own codes; a date is the day it became true."""
    notes: Fact = record.vignette.get("notes") or {}
    for name, value in notes.items():
        writer = known(name, NOTES, "note")
        writer(record, name, value)


def add_note(record: Record, name: str, day: date, value: Resource) -> None:
    """The Observation of a note."""
    concept = record.concept(name, both("own:" + name.replace("_", "-")))
    record.observe(concept, day, **value)


def add_answer(record: Record, name: str, value: object) -> None:
    """A note that is true or false, as of today."""
    if not isinstance(value, bool):
        raise UnknownFactError(f"note {name}: {value!r}, expected true or false.")
    add_note(record, name, record.today, {"valueBoolean": value})


def add_event(record: Record, name: str, value: object) -> None:
    """A note that is the day something began."""
    if not isinstance(value, date):
        raise UnknownFactError(f"note {name}: {value!r}, expected a date.")
    add_note(record, name, value, {"valueBoolean": True})


def add_dental_status(record: Record, name: str, value: object) -> None:
    """Poor teeth, no dentist, or regular care."""
    if value not in DENTAL:
        raise UnknownFactError(f"note {name}: {value!r}, expected one of {DENTAL}.")
    answer = record.concept("dental", both(f"own:dental-{value}"))
    add_note(record, name, record.today, {"valueCodeableConcept": answer})


def add_dysphagia(record: Record, name: str, value: object) -> None:
    """A diagnosis; without it the patient swallows well."""
    if not isinstance(value, bool):
        raise UnknownFactError(f"note {name}: {value!r}, expected true or false.")
    if value:
        add_swallowing_difficulty(record)


NOTES: dict[str, Callable[[Record, str, object], None]] = {
    "adherence_doubt": add_answer,
    "cannot_stay_upright": add_answer,
    "den_bp_plan": add_answer,
    "denosumab_stop_planned": add_event,
    "dental_status": add_dental_status,
    "markers_available": add_answer,
    "oral_bp_intolerance": add_event,
    "severe_or_rapid_op": add_answer,
    "specialist_bone_care": add_answer,
    "swallowing_difficulty": add_dysphagia,
    "zoledronate_unsuitable": add_answer,
}
