"""What one Observation says: kept in Observations, or reported (facts-to-fhir 4 and 9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime
from operator import attrgetter

import msgspec
from msgspec.structs import replace

from fhir_mappings.codes import LOINC, Meaning, concepts_of, has_code, meaning
from fhir_mappings.dates import day_or_none, last_day
from fhir_mappings.facts import Fall, FamilyHistory, Finding, Issue, Measurement, Site, newest_first
from fhir_mappings.observed import (
    ANSWERS,
    BODY_SITES,
    DENSITIES,
    DENSITY,
    MEASURED,
    NOTES,
    PLANNED,
    READ,
    SMOKING,
)
from fhir_mappings.prefetch import Received
from fhir_mappings.r4.clinical import Observation
from fhir_mappings.r4.datatypes import CodeableConcept, Reference
from fhir_mappings.resources import Item
from fhir_mappings.units import convert_value, implausible, unit_of, unit_problem
from fhir_mappings.values import Observed, explains_absence, name_of, read_number

_USED = frozenset({"final", "amended", "corrected"})
_SILENT = frozenset({"entered-in-error", "cancelled", "registered"})
_NONE: frozenset[str] = frozenset()
_date = attrgetter("date")
_NUMBERS = MEASURED | DENSITY.keys() | {"menopause_age"}


class Compression(msgspec.Struct, frozen=True, gc=False):
    """How much of its height a vertebra lost, in percent, and which Condition it belongs to.

    `about`: the references it names as its focus. `vfa`: found by VFA.
    """

    percent: float
    is_range: bool
    date: date | None
    reference: str
    about: frozenset[str]
    vfa: bool


class Observations(msgspec.Struct, gc=False):
    """What the Observations say. `measured` also holds menopause_age, in years."""

    measured: dict[str, list[Measurement]] = msgspec.field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = msgspec.field(default_factory=list)
    falls: list[Fall] = msgspec.field(default_factory=list)
    family: list[FamilyHistory] = msgspec.field(default_factory=list)
    compressions: list[Compression] = msgspec.field(default_factory=list)

    def newest(self) -> dict[str, tuple[Measurement, ...]]:
        """The measurements by concept, newest first."""
        return {concept: _newest_first(values) for concept, values in self.measured.items() if values}


class Observer:
    """Takes Observations one by one."""

    def __init__(self, received: Received, as_of: date, issues: list[Issue], generic_t_scores: frozenset[str]) -> None:
        self.received = received
        self.as_of = as_of
        self.issues = issues
        self.generic_t_scores = generic_t_scores
        self.found = Observations()

    def read(self, item: Item) -> None:
        """Keep what one Observation says, or the issue why not."""
        observation = self.received.read(item, Observation, self.issues)
        if observation is None:
            return
        if observation.status not in _USED:
            if observation.status not in _SILENT:
                self.issues.append(Issue(item.reference, f"status {observation.status}, expected final"))
            return
        about = meaning(bytes(item.head.code))
        day = _effective_day(observation)
        self._take(observation, about or _meaning_of(observation), observation, day, item.reference)
        for component in observation.component:
            self._take(component, _meaning_of(component), observation, day, item.reference)

    def _take(self, part: Observed, about: Meaning, whole: Observation, day: date | None, reference: str) -> None:
        """Keep what one part of an Observation says: itself, or a component."""
        concepts = about.concepts.get("observation", _NONE) & READ
        if day is not None and day > self.as_of and not concepts & PLANNED:
            return
        for concept in concepts if len(concepts) < 2 else sorted(concepts):
            if concept in _NUMBERS:
                self._take_number(part, concept, whole, day, reference)
            else:
                self._take_finding(part, concept, whole, day, reference)
        if part.valueCodeableConcept is not None or "family" in about.concepts:
            self._take_coded_value(part, about, day, reference)

    def _take_number(self, part: Observed, concept: str, whole: Observation, day: date | None, reference: str) -> None:
        if day is None:
            self.issues.append(Issue(reference, f"{name_of(concept)} has no date (effective)"))
            return
        measure, site = DENSITY.get(concept, (concept, None))
        number = read_number(part, measure, reference, self.issues)
        if number is None:
            return
        scanner = None
        if site is not None:
            if measure == "t_score" and has_code(part.code.coding, LOINC, self.generic_t_scores):
                site = "unstated"
            site = _body_site(whole.bodySite) or site
            scanner = _scanner(whole.device)
        name = "alcohol_units_week" if measure == "alcohol_units_day" else measure
        value, comparator, low, high, mean = number
        self.found.measured[name].append(
            Measurement(name, value, day, reference, comparator, low, high, mean, site, scanner, whole.issued or "")
        )

    def _take_finding(self, part: Observed, concept: str, whole: Observation, day: date | None, reference: str) -> None:
        if concept in NOTES:
            self._take_note(part, concept, day, reference)
        elif concept in ANSWERS:
            self._take_answer(part, concept, ANSWERS[concept], "answer", day, reference)
        elif concept == "smoking_status":
            self._take_answer(part, concept, SMOKING, "observation", day, reference)
        elif concept == "falls_past_year":
            number = read_number(part, concept, reference, self.issues, unit_free=True)
            if number is not None and number.value > 0:
                self.found.falls.append(Fall(day, max(1, round(number.value)), reference))
        elif concept == "vertebral_compression":
            self._take_compression(part, whole, day, reference)

    def _take_note(self, part: Observed, concept: str, day: date | None, reference: str) -> None:
        if part.valueBoolean is not None:
            self.found.findings.append(Finding(concept, part.valueBoolean, day, reference))
        elif not explains_absence(part):
            self.issues.append(Issue(reference, f"{name_of(concept)} has no valueBoolean"))

    def _take_answer(
        self,
        part: Observed,
        concept: str,
        answers: Mapping[str, str],
        kind: str,
        day: date | None,
        reference: str,
    ) -> None:
        """A coded answer; one that no table knows says nothing."""
        value = part.valueCodeableConcept
        for answer in sorted(concepts_of(value.coding, kind)) if value else ():
            if answer in answers:
                self.found.findings.append(Finding(concept, answers[answer], day, reference))

    def _take_coded_value(self, part: Observed, about: Meaning, day: date | None, reference: str) -> None:
        """What a value says whatever the code is: residence, and family history (also as the code)."""
        value = part.valueCodeableConcept.coding if part.valueCodeableConcept else ()
        if "nursing_home_resident" in concepts_of(value, "answer"):
            self.found.findings.append(Finding("residence", "nursing_home", day, reference))
        told = about.concepts.get("family", _NONE) | concepts_of(value, "family")
        if told and part.valueBoolean is not False:
            self.found.family.append(family_history(told, day, reference))

    def _take_compression(self, part: Observed, whole: Observation, day: date | None, reference: str) -> None:
        span = part.valueRange
        quantity = span.low if span else part.valueQuantity
        if quantity is None or quantity.value is None:
            if not explains_absence(part):
                self.issues.append(Issue(reference, "vertebral compression has no percentage"))
            return
        unit = unit_of(quantity) or (unit_of(span.high) if span and span.high else "")
        percent = convert_value("vertebral_compression", quantity.value, unit)
        if percent is None:
            problem = unit_problem("vertebral_compression", "vertebral compression", quantity)
            self.issues.append(Issue(reference, problem))
            return
        if implausible("vertebral_compression", percent):
            self.issues.append(Issue(reference, f"vertebral compression {percent:g} %, expected 0 to 100 %"))
            return
        focus = (each.reference for each in whole.focus)
        about = frozenset(self.received.named(each) for each in focus if each)
        self.found.compressions.append(
            Compression(percent, span is not None, day, reference, about, is_vfa(whole.method))
        )

    def name_scanners(self) -> None:
        """All values of one day are one DXA: a scanner named on one of them is that of all."""
        named: dict[date, set[str]] = defaultdict(set)
        for measure in DENSITIES:
            for each in self.found.measured.get(measure, ()):
                if each.scanner:
                    named[each.date].add(each.scanner)
        only = {day: next(iter(scanners)) for day, scanners in named.items() if len(scanners) == 1}
        for measure in DENSITIES if only else ():
            self.found.measured[measure] = [
                replace(each, scanner=only.get(each.date)) if each.scanner is None else each
                for each in self.found.measured.get(measure, ())
            ]


def family_history(told: frozenset[str], day: date | None, reference: str) -> FamilyHistory:
    """A family history told by a code alone: no ages, and only a hip fracture as a fracture."""
    return FamilyHistory(reference, True if "family_hip_fracture" in told else None, date=day)


def is_vfa(concept: CodeableConcept | None) -> bool:
    """Whether a method or evidence code says vertebral fracture assessment (83051-3, 83014-1)."""
    return concept is not None and "vfa" in concepts_of(concept.coding, "order")


def _meaning_of(part: Observed) -> Meaning:
    kinds = {kind: concepts_of(part.code.coding, kind) for kind in ("observation", "family")}
    return Meaning({kind: concepts for kind, concepts in kinds.items() if concepts}, _NONE)


def _effective_day(observation: Observation) -> date | None:
    """effectiveDateTime, the end of effectivePeriod, or effectiveInstant."""
    written = observation.effectiveDateTime or observation.effectiveInstant
    return day_or_none(written) if written else last_day(observation.effectivePeriod)


def _newest_first(values: list[Measurement]) -> tuple[Measurement, ...]:
    """Newest first; where two are of one day, `issued` is put in UTC so that they compare."""
    if len({each.date for each in values}) == len(values):
        return tuple(sorted(values, key=_date, reverse=True))
    return newest_first([replace(each, issued=_in_utc(each.issued)) for each in values])


def _in_utc(issued: str) -> str:
    try:
        return datetime.fromisoformat(issued).astimezone(UTC).isoformat() if issued else ""
    except (ValueError, OverflowError):
        return ""


def _body_site(site: CodeableConcept | None) -> Site | None:
    for name in sorted(concepts_of(site.coding, "observation")) if site else ():
        if name in BODY_SITES:
            return BODY_SITES[name]
    return None


def _scanner(device: Reference | None) -> str | None:
    """The scanner's identifier, else the reference to it."""
    if device is None:
        return None
    return (device.identifier and device.identifier.value) or device.reference
