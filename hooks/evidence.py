"""What an answer rests on, in words: what was recorded, its value, its date, and in which resource.

The words are the vocabulary's (terms.toml); text of the record appears only where a product has
no name there, and then as one plain line.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fhir_mappings.facts import (
    Administration,
    Booking,
    Condition,
    Dispensing,
    DraftMedication,
    DraftReferral,
    DraftService,
    DraftStop,
    Fact,
    Fall,
    FamilyHistory,
    Finding,
    Fracture,
    Measurement,
    MedicationCourse,
    Order,
    Visit,
)
from hooks.language import Language
from hooks.texts import plain

#: The more telling name first, where a product counts as several drugs.
_GROUPS = frozenset(
    {"calcium", "vitamin_d", "antidepressant", "antihypertensive", "diuretic", "glucose_lowering", "glucocorticoid"}
)


#: Facts of one answer by identity, as they were worded for an earlier card: reference and text.
Worded = dict[int, tuple[str, str]]


def evidence(facts: Iterable[Fact], say: Language, worded: Worded | None = None) -> list[dict[str, str]]:
    """The facts as the contract's evidence, each line once; `worded` as in `evidence_lines`."""
    lines = evidence_lines(facts, say, {} if worded is None else worded)
    return [{"reference": reference, "text": text} for reference, text in lines]


def evidence_lines(facts: Iterable[Fact], say: Language, worded: Worded) -> list[tuple[str, str]]:
    """Reference and text of the facts, each line once. `worded` is read and added to; the facts outlive it."""
    lines: dict[tuple[str, str], None] = {}
    for fact in facts:
        line = worded.get(id(fact))
        if line is None:
            line = worded[id(fact)] = fact.reference, describe(fact, say)
        lines[line] = None
    return list(lines)


def describe(fact: Fact, say: Language) -> str:
    """One fact in words, as plain text."""
    words = _what(fact, say)
    day = _day(fact)
    return f"{words}, {say.day(day)}" if day is not None else words


def _what(fact: Fact, say: Language) -> str:
    match fact:
        case Measurement():
            return measurement_text(fact, say)
        case Finding():
            return _finding(fact, say)
        case Condition():
            return named(say, fact.concept, "condition", "concept")
        case Fracture():
            return _fracture(fact, say)
        case Fall():
            return (
                named(say, "fall", "condition") if fact.count <= 1 else f"{fact.count} × {say.term('condition.fall')}"
            )
        case FamilyHistory():
            return say.term("condition.family_history_osteoporosis")
        case MedicationCourse():
            return _course(fact, say)
        case Administration():
            return _said(say, "given", named(say, fact.drug, "drug"))
        case Dispensing():
            return _said(say, "dispensed", drugs(fact.drugs, say))
        case Order():
            return _said(say, "ordered" if fact.pending else "order_done", concepts(fact.concepts, say))
        case Visit():
            return named(say, fact.concept, "visit")
        case Booking():
            return _said(say, "booked", named(say, fact.concept, "visit"))
        case DraftMedication():
            return _said(say, "draft", drugs(fact.drugs, say, fact.course.display))
        case DraftService():
            return _said(say, "draft", concepts(fact.concepts, say))
        case DraftStop():
            return _said(say, "draft_stop", drugs(fact.drugs, say))
        case DraftReferral():
            return _said(say, "draft_referral", drugs(fact.drugs, say))


def _day(fact: Fact) -> date | None:
    match fact:
        case Condition():
            return fact.onset
        case DraftMedication() | DraftStop() | DraftReferral():
            return None
        case DraftService():
            return fact.planned
        case MedicationCourse():
            return None  # in the words, as a period
        case _:
            return fact.date


def measurement_text(measurement: Measurement, say: Language) -> str:
    """Name, value, unit and site of a result: `eGFR 34 ml/min/1,73 m²`."""
    value = f"{measurement.comparator}{say.number(measurement.value)}"
    unit = "" if measurement.concept in ("t_score", "z_score") else say.terms.get(f"unit.{measurement.concept}", "")
    text = " ".join(filter(None, (named(say, measurement.concept, "concept"), value, unit)))
    return f"{text}, {say.term(f'site.{measurement.site}')}" if measurement.site is not None else text


def _finding(finding: Finding, say: Language) -> str:
    name = named(say, finding.concept, "concept", "condition")
    if finding.value is True:
        return name
    value = "no" if finding.value is False else finding.value
    return f"{name}: {named(say, value, 'value')}"


def _fracture(fracture: Fracture, say: Language) -> str:
    text = say.term(f"fracture.{fracture.site}")
    if fracture.low_energy is not None:
        text += f", {say.term('evidence.low_energy' if fracture.low_energy else 'evidence.high_energy')}"
    if fracture.compression_pct is not None:
        text += f", {say.term('evidence.compression')} {say.number(fracture.compression_pct)} %"
    return f"{text}, VFA" if fracture.vfa else text


def _course(course: MedicationCourse, say: Language) -> str:
    name = drugs(course.drugs, say, course.display) + _daily_dose(course, say)
    if course.start is None and course.stop is None:
        return name
    period = [say.term("evidence.from").format(day=say.day(course.start))] if course.start is not None else []
    if course.stop is not None:
        last = max(course.stop.toordinal() - 1, (course.start or date.min).toordinal())
        period.append(say.term("evidence.until").format(day=say.day(date.fromordinal(last))))
    return f"{name}, {' '.join(period)}"


def _daily_dose(course: MedicationCourse, say: Language) -> str:
    """The dose of a glucocorticoid course, the highest where it changes."""
    doses = [step.mg_per_day for step in course.steps]
    if not doses:
        return ""
    term = "evidence.per_day" if len(set(doses)) == 1 else "evidence.up_to_per_day"
    return " " + say.term(term).format(dose=say.number(max(doses)))


def drugs(names: Iterable[str], say: Language, otherwise: str = "") -> str:
    """The drugs a product counts as; `otherwise`, text of the record, when no rule knows it."""
    found = sorted(names, key=lambda name: (name in _GROUPS, name))
    if not found:
        return plain(otherwise) or say.term("not_recorded")
    return named(say, found[0], "drug")


def concepts(names: Iterable[str], say: Language) -> str:
    """The tests or services of an order."""
    return say.list(named(say, name, "concept", "visit", "drug") for name in sorted(names)) or say.term("not_recorded")


def named(say: Language, name: str, *blocks: str) -> str:
    """The word for a vocabulary name in the first of the blocks that has it (a test shows that one has)."""
    for block in blocks:
        word = say.terms.get(f"{block}.{name}")
        if word is not None:
            return word
    return name.replace("_", " ")


def _said(say: Language, what: str, name: str) -> str:
    return say.term(f"evidence.{what}").format(what=name)
