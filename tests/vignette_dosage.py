"""Doses of a worked patient as FHIR Dosage (facts-to-fhir 6, "How much")."""

from __future__ import annotations

import re
from typing import Final

from tests.vignette_drugs import GLUCOCORTICOIDS, ROUTES
from tests.vignette_record import Fact, Record, Resource, UnknownFactError, check_keys
from tests.vignette_units import quantity

#: The ways a vignette gives a dose; at most one of the leading keys may stand in a fact.
DOSE_KEYS: Final = ("dose", "dose_mg", "every_days", "steps", "prn", "daily_mg", "intakes_per_day")
#: So many times a day, as a code.
ABBREVIATIONS: Final = {1: "QD", 2: "BID", 3: "TID", 4: "QID"}
ABBREVIATION_SYSTEM: Final = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
DOSE_TEXT: Final = re.compile(
    r"(?P<amount>\d+(?:[.,]\d+)?) (?P<unit>mg|g|ug) "
    r"(?:(?P<word>daily|weekly|monthly|yearly)|every (?P<number>\d+) (?P<span>day|week|month|year)s)"
)
SPANS: Final = {"day": "d", "week": "wk", "month": "mo", "year": "a"}
WORDS: Final = {"daily": "d", "weekly": "wk", "monthly": "mo", "yearly": "a"}


def check_dose(fact: Fact) -> None:
    """Refuse two doses, or half of one."""
    leading = [key for key in ("dose", "dose_mg", "steps", "prn", "daily_mg") if key in fact]
    halves = ("every_days" in fact) > ("dose_mg" in fact) or ("intakes_per_day" in fact) != ("daily_mg" in fact)
    if len(leading) > 1 or halves:
        raise UnknownFactError(f"{dict(fact)}: expected one dose, complete.")


def dosages(record: Record, fact: Fact, bounds: Resource, tablet_mg: float | None) -> list[Resource]:
    """The Dosage elements of a course or draft; `bounds` is what limits a single one."""
    if "steps" in fact:
        steps = enumerate(fact["steps"], start=1)
        return [step_dosage(record, fact, number, step, tablet_mg) for number, step in steps]
    single = route(record, fact) | amount(record, fact, tablet_mg) | timing(record, fact, bounds)
    return [single] if single else []


def timing(record: Record, fact: Fact, bounds: Resource) -> Resource:
    """How often and how long; abroad "once a day" is at times a code."""
    repeat = rhythm(record, fact)
    written: Resource = {}
    daily = repeat.get("period") == 1 and repeat["periodUnit"] == "d"
    if daily and repeat["frequency"] in ABBREVIATIONS and record.sometimes("abbreviation"):
        code = ABBREVIATIONS[repeat["frequency"]]
        written["code"] = {"coding": [{"system": ABBREVIATION_SYSTEM, "code": code}]}
        repeat = {}
    if repeat or bounds:
        written["repeat"] = repeat | bounds
    return {"timing": written} if written else {}


def step_dosage(record: Record, fact: Fact, number: int, step: Fact, tablet_mg: float | None) -> Resource:
    """One step of a taper: so many mg daily for so many days, abroad at times so many times."""
    check_keys(step, ("dose_mg", "days"), ("every_days",))
    repeat = rhythm(record, step)
    if record.sometimes("count") and repeat["period"] == 1:
        repeat["count"] = step["days"]
    else:
        repeat["boundsDuration"] = quantity(step["days"], "d")
    dose = {"doseAndRate": [{"doseQuantity": dose_quantity(step["dose_mg"], tablet_mg)}]}
    return {"sequence": number} | route(record, fact) | {"timing": {"repeat": repeat}} | dose


def route(record: Record, fact: Fact) -> Resource:
    """The route, which for a glucocorticoid is by mouth unless the vignette says otherwise (0.10)."""
    name = fact.get("route") or ("oral" if fact["drug"] in GLUCOCORTICOIDS else None)
    if name is None:
        return {}
    return {"route": {"coding": [record.coding(ROUTES[name])]}}


def amount(record: Record, fact: Fact, tablet_mg: float | None) -> Resource:
    """How much at a time; as needed; or a text that leaves the dose unknown."""
    if fact.get("prn"):
        return {"asNeededBoolean": True}
    if "dose_mg" in fact:
        return {"doseAndRate": [{"doseQuantity": dose_quantity(fact["dose_mg"], tablet_mg)}]}
    if "daily_mg" in fact:
        each = fact["daily_mg"] / fact["intakes_per_day"]
        return {"doseAndRate": [{"doseQuantity": dose_quantity(each, None)}]}
    if "dose" in fact:
        written, unit, _ = parsed_dose(fact["dose"])
        return {"text": fact["dose"], "doseAndRate": [{"doseQuantity": quantity(written, unit)}]}
    unsaid = {"danish": "efter aftale med lægen", "international": "as agreed with the doctor"}
    return {"text": unsaid[record.dialect]} if record.choose("text", (True, False)) else {}


def rhythm(record: Record, fact: Fact) -> Resource:
    """How often: the `timing.repeat` of a dose, nothing where the vignette does not say."""
    if "dose_mg" in fact:
        return every(record, fact.get("every_days", 1))
    if "daily_mg" in fact:
        return {"frequency": fact["intakes_per_day"], "period": 1, "periodUnit": "d"}
    return parsed_dose(fact["dose"])[2] if "dose" in fact else {}


def every(record: Record, days: int) -> Resource:
    """Once in so many days, abroad at times in weeks."""
    if days % 7 == 0 and record.sometimes("weeks", one_in=2):
        return {"frequency": 1, "period": days // 7, "periodUnit": "wk"}
    return {"frequency": 1, "period": days, "periodUnit": "d"}


def parsed_dose(text: str) -> tuple[float, str, Resource]:
    """Amount, unit and rhythm of "70 mg weekly" or "60 mg every 6 months"."""
    match = DOSE_TEXT.fullmatch(text)
    if not match:
        raise UnknownFactError(f"dose {text!r}: expected like '70 mg weekly' or '60 mg every 6 months'.")
    unit = WORDS[match["word"]] if match["word"] else SPANS[match["span"]]
    repeat = {"frequency": 1, "period": int(match["number"] or 1), "periodUnit": unit}
    return float(match["amount"].replace(",", ".")), match["unit"], repeat


def dose_quantity(milligrams: float, tablet_mg: float | None) -> Resource:
    """A dose in mg, or in tablets of a known strength."""
    if tablet_mg is None:
        return quantity(milligrams, "mg")
    return quantity(milligrams / tablet_mg, "{tablet}")
