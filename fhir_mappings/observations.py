"""Observation -> measured values, findings, falls, vertebral compressions (facts-to-fhir 4 and 9).

Only final, amended and corrected results count. Absent: never measured, or not sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from fhir_mappings.codes import LOINC, Meaning, concepts_of, has_code, meaning
from fhir_mappings.dates import day_or_none, last_day
from fhir_mappings.facts import UNITS, Fall, FamilyHistory, Finding, Issue, Measurement, Site, newest_first
from fhir_mappings.prefetch import Received
from fhir_mappings.query import Query
from fhir_mappings.r4.clinical import Observation
from fhir_mappings.r4.datatypes import CodeableConcept, Reference
from fhir_mappings.resources import Item
from fhir_mappings.units import convert_value, implausible, unit_of, unit_problem
from fhir_mappings.values import Observed, explains_absence, name_of, read_number

#: Concept of a DXA code -> what is measured and where. The rules ignore forearm and other sites.
_SITES: Mapping[str, Site] = {
    "total_hip": "total_hip",
    "femoral_neck": "femoral_neck",
    "lumbar_spine": "lumbar_spine",
    "forearm": "forearm",
    "other_site": "other",
}
DENSITIES = ("t_score", "z_score", "bmd")
DENSITY: Mapping[str, tuple[str, Site]] = {
    f"{measure}_{name}": (measure, site) for measure in DENSITIES for name, site in _SITES.items()
}
#: A body site beats the site of the code; "femur" says no more than the femur code itself.
BODY_SITES: Mapping[str, Site] = {
    "body_site_femoral_neck": "femoral_neck",
    "body_site_lumbar_spine": "lumbar_spine",
}
SMOKING = {
    "smoking_current": "current",
    "smoking_former": "former",
    "smoking_never": "never",
    "smoking_not_current": "not_current",
}
#: Findings whose value is a code: what each answer means.
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "menopause_status": {"postmenopausal": "post", "premenopausal": "pre"},
    "dental_status": {"dental_poor": "poor", "dental_none": "none", "dental_regular": "regular"},
}
#: Notes of the doctor, yes or no. The date of a planned stop may lie ahead.
NOTES = frozenset(
    {
        *("specialist_bone_care", "zoledronate_unsuitable", "denosumab_stop_planned", "den_bp_plan"),
        *("severe_or_rapid_op", "cannot_stay_upright", "oral_bp_intolerance", "adherence_doubt"),
        "markers_available",
    }
)
PLANNED = frozenset({"denosumab_stop_planned"})
#: Concepts with a number for the rules, in the unit of facts.UNITS; alcohol per day becomes per week.
MEASURED = frozenset(UNITS).difference(DENSITIES) | {"alcohol_units_day"}
#: Everything read from an Observation's code.
READ = (
    frozenset({*DENSITY, "density_panel", *MEASURED, *NOTES, *ANSWERS, "smoking_status"})
    | {"menopause_age", "falls_past_year", "vertebral_compression"}
)  # fmt: skip
#: The routine tests of a work-up (SEC-1, SEC-2): apart, so that they cannot push old scans out of a page.
SCREENING = frozenset(
    {
        *("creatinine", "pth", "tsh", "hba1c", "haemoglobin", "leucocytes", "crp", "sodium", "potassium"),
        *("alat", "alp", "testosterone"),
    }
)
#: Densities of bones that tell nothing are read when they come, not asked for.
_NOT_ASKED_FOR = frozenset({"bmd_forearm", "bmd_other_site"})
READS = (
    Query("observations", "Observation", 1000, "-date", READ - SCREENING - _NOT_ASKED_FOR),
    Query("screening", "Observation", 200, "-date", SCREENING, frozenset({"patient-view"})),
)

_USED = frozenset({"final", "amended", "corrected"})
_SILENT = frozenset({"entered-in-error", "cancelled", "registered"})


@dataclass(frozen=True, slots=True)
class Compression:
    """How much of its height a vertebra lost, in percent, and which Condition it belongs to.

    `about`: the references it names as its focus. `vfa`: found by VFA.
    """

    percent: float
    is_range: bool
    date: date
    reference: str
    about: frozenset[str]
    vfa: bool


@dataclass(slots=True)
class Observations:
    """What the Observations say. `measured` also holds menopause_age, in years."""

    measured: dict[str, list[Measurement]] = field(default_factory=lambda: defaultdict(list))
    findings: list[Finding] = field(default_factory=list)
    falls: list[Fall] = field(default_factory=list)
    family: list[FamilyHistory] = field(default_factory=list)
    compressions: list[Compression] = field(default_factory=list)

    def newest(self) -> dict[str, tuple[Measurement, ...]]:
        """The measurements by concept, newest first."""
        return {concept: newest_first(values) for concept, values in self.measured.items() if values}


def read_observations(
    received: Received, as_of: date, issues: list[Issue], generic_t_scores: frozenset[str] = frozenset()
) -> Observations:
    """The Observations up to the day `as_of`.

    `generic_t_scores`: LOINC codes by which this client sends T-scores without site (Synthea:
    38265-5, by name the forearm).
    """
    reader = _Reader(received, as_of, issues, generic_t_scores)
    for item in received.coded("Observation", _wanted):
        observation = received.read(item, Observation, issues)
        if observation is not None:
            reader.take(observation, item.reference)
    reader.name_scanners()
    return reader.found


def _wanted(about: Meaning, item: Item) -> bool:
    """Whether an Observation says something the rules read, by its code or by its coded value."""
    concepts = about.concepts
    if not READ.isdisjoint(concepts.get("observation", ())) or "family" in concepts:
        return True
    if not item.head.value_codeable_concept:
        return False
    value = meaning(bytes(item.head.value_codeable_concept))
    return value is not None and (
        not value.concepts.keys().isdisjoint({"family"}) or "nursing_home_resident" in value.concepts.get("answer", ())
    )


class _Reader:
    """Takes Observations one by one."""

    def __init__(self, received: Received, as_of: date, issues: list[Issue], generic_t_scores: frozenset[str]) -> None:
        self.received = received
        self.as_of = as_of
        self.issues = issues
        self.generic_t_scores = generic_t_scores
        self.found = Observations()

    def take(self, observation: Observation, reference: str) -> None:
        """Keep what one Observation says, or the issue why not."""
        if observation.status not in _USED:
            if observation.status not in _SILENT:
                self.issues.append(Issue(reference, f"status {observation.status}, expected final"))
            return
        day = _effective_day(observation)
        if day is None:
            self.issues.append(Issue(reference, "has no date (effective)"))
            return
        parts: tuple[Observed, ...] = (observation, *observation.component)
        for part in parts:
            concepts = concepts_of(part.code.coding, "observation") & READ
            if day <= self.as_of or concepts & PLANNED:
                for concept in sorted(concepts):
                    self._take_part(part, concept, observation, day, reference)
                self._take_coded_value(part, day, reference)

    def _take_part(self, part: Observed, concept: str, observation: Observation, day: date, reference: str) -> None:
        if concept in DENSITY:
            self._take_density(part, concept, observation, day, reference)
        elif concept in MEASURED or concept == "menopause_age":
            self._take_number(part, concept, observation, day, reference)
        elif concept in NOTES:
            self._take_note(part, concept, day, reference)
        elif concept in ANSWERS:
            answers = ANSWERS[concept]
            self._take_answer(part, concept, answers, "answer", day, reference)
        elif concept == "smoking_status":
            self._take_answer(part, concept, SMOKING, "observation", day, reference)
        elif concept == "falls_past_year":
            number = read_number(part, concept, reference, self.issues, unit_free=True)
            if number is not None and number.value > 0:
                self.found.falls.append(Fall(day, max(1, round(number.value)), reference))
        elif concept == "vertebral_compression":
            self._take_compression(part, observation, day, reference)

    def _take_number(self, part: Observed, concept: str, observation: Observation, day: date, reference: str) -> None:
        number = read_number(part, concept, reference, self.issues)
        if number is None:
            return
        name = "alcohol_units_week" if concept == "alcohol_units_day" else concept
        self.found.measured[name].append(
            Measurement(
                name,
                number.value,
                day,
                reference,
                comparator=number.comparator,
                low=number.low,
                high=number.high,
                geometric_mean=number.geometric_mean,
                issued=_issued(observation),
            )
        )

    def _take_density(self, part: Observed, concept: str, observation: Observation, day: date, reference: str) -> None:
        measure, site = DENSITY[concept]
        if measure == "t_score" and has_code(part.code.coding, LOINC, self.generic_t_scores):
            site = "unstated"
        number = read_number(part, measure, reference, self.issues)
        if number is None:
            return
        self.found.measured[measure].append(
            Measurement(
                measure,
                number.value,
                day,
                reference,
                comparator=number.comparator,
                site=_body_site(observation.bodySite) or site,
                scanner=_scanner(observation.device),
                issued=_issued(observation),
            )
        )

    def _take_note(self, part: Observed, concept: str, day: date, reference: str) -> None:
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
        day: date,
        reference: str,
    ) -> None:
        """A coded answer; one that no table knows says nothing."""
        value = part.valueCodeableConcept
        for answer in sorted(concepts_of(value.coding, kind)) if value else ():
            if answer in answers:
                self.found.findings.append(Finding(concept, answers[answer], day, reference))

    def _take_coded_value(self, part: Observed, day: date, reference: str) -> None:
        """What a value says whatever the code is: residence, and family history (also as the code)."""
        value = part.valueCodeableConcept.coding if part.valueCodeableConcept else ()
        if "nursing_home_resident" in concepts_of(value, "answer"):
            self.found.findings.append(Finding("residence", "nursing_home", day, reference))
        told = concepts_of((*part.code.coding, *value), "family")
        if told and part.valueBoolean is not False:
            self.found.family.append(family_history(told, day, reference))

    def _take_compression(self, part: Observed, observation: Observation, day: date, reference: str) -> None:
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
        focus = (each.reference for each in observation.focus)
        about = frozenset(self.received.named(each) for each in focus if each)
        self.found.compressions.append(
            Compression(percent, span is not None, day, reference, about, is_vfa(observation.method))
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


def _effective_day(observation: Observation) -> date | None:
    """effectiveDateTime, the end of effectivePeriod, or effectiveInstant."""
    written = observation.effectiveDateTime or observation.effectiveInstant
    return day_or_none(written) or last_day(observation.effectivePeriod)


def _issued(observation: Observation) -> str:
    """`issued` in UTC, so that two of one day compare; empty when absent."""
    if observation.issued is None:
        return ""
    try:
        return datetime.fromisoformat(observation.issued).astimezone(UTC).isoformat()
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
