"""Condition -> diseases and states, fractures, falls (facts-to-fhir 3). Absent: not present.

Flags and Procedures that say the same are read too, where a record sends them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from operator import attrgetter

import msgspec

from fhir_mappings.codes import Meaning, concepts_of
from fhir_mappings.dates import at_age, day_or_none, first_day
from fhir_mappings.diagnoses import diagnosis_code, plain_diagnosis
from fhir_mappings.facts import Condition as Disease
from fhir_mappings.facts import Fall, FamilyHistory, Fracture, Issue
from fhir_mappings.fractures import CANCER, FRACTURES, SITES, FractureEvent, due_to, merge_fractures, read_fracture
from fhir_mappings.observed import NOTES
from fhir_mappings.observing import Compression, family_history
from fhir_mappings.prefetch import Received
from fhir_mappings.query import Query
from fhir_mappings.r4 import clinical
from fhir_mappings.r4.datatypes import CodeableConcept, Quantity
from fhir_mappings.r4.workflow import Flag
from fhir_mappings.resources import Item

READS = (Query("conditions", "Condition", 500),)

#: Having had it counts, whatever the clinicalStatus.
EVER = frozenset(
    {
        *("myocardial_infarction", "stroke", "venous_thromboembolism", "breast_cancer"),
        *("skeletal_radiotherapy", "organ_transplant", "kidney_transplant"),
    }
)
#: What a diagnosis that is not confirmed is kept as: a suspicion. Everything else is no diagnosis.
SUSPECTED: Mapping[str, str] = {
    "bone_metastasis": "malignancy_suspected_spine",
    "skeletal_malignancy": "malignancy_suspected_spine",
    "myeloma": "malignancy_suspected_spine",
    "fracture_vertebra": "suspected_vertebral_collapse",
}
#: A done procedure that is a state ever after.
LASTING_PROCEDURES = frozenset({"organ_transplant", "kidney_transplant"})
#: Concepts that are no disease of their own here.
_APART = FRACTURES | {"fall", "fall_history"}
_ACTIVE = frozenset({"active", "recurrence", "relapse"})
_UNCONFIRMED = frozenset({"provisional", "differential", "unconfirmed"})
_NOT_MEANT = frozenset({"refuted", "entered-in-error"})

_order = attrgetter("order")


class Conditions(msgspec.Struct, gc=False):
    """What the Conditions say. `diseases`: by concept, one each; `onset_ages`: by reference, in years."""

    diseases: dict[str, tuple[Disease, ...]] = msgspec.field(default_factory=dict)
    fractures: tuple[Fracture, ...] = ()
    falls: list[Fall] = msgspec.field(default_factory=list)
    family: list[FamilyHistory] = msgspec.field(default_factory=list)
    recorded: dict[str, date] = msgspec.field(default_factory=dict)
    onset_ages: dict[str, float] = msgspec.field(default_factory=dict)

    def active(self, concept: str) -> Disease | None:
        """The disease when it is active."""
        return next((each for each in self.diseases.get(concept, ()) if each.active), None)


def read_conditions(
    received: Received,
    as_of: date,
    issues: list[Issue],
    birth_date: date | None,
    compressions: list[Compression],
) -> Conditions:
    """The Conditions up to the day `as_of`; vertebral compressions go to the fractures they belong to."""
    reader = _Reader(received, as_of, birth_date)
    others: list[Item] = []
    systems = received.systems
    for item in received.of("Condition"):
        code = diagnosis_code(bytes(item.head.code))
        if code is None:
            others.append(item)
            continue
        if not code.about.systems <= systems:
            received.note_systems(code.about, item.head.subject)
        if code.wanted and not (code.plain and reader.take_plain(item, code.concepts)):
            others.append(item)
    for item in sorted(others, key=_order):
        condition = received.read(item, clinical.Condition, issues)
        if condition is not None:
            reader.take(condition, item)
    for item in received.coded("Procedure", _wanted_procedure):
        procedure = received.read(item, clinical.Procedure, issues)
        if procedure is not None and procedure.status == "completed":
            reader.take_procedure(procedure, item.reference)
    for item in received.coded("Flag", _wanted_flag):
        flag = received.read(item, Flag, issues)
        if flag is not None and flag.status == "active":
            reader.take_flag(flag, item.reference)
    return reader.finish(compressions)


def _wanted_procedure(about: Meaning, _: Item) -> bool:
    return not LASTING_PROCEDURES.isdisjoint(about.concepts.get("condition", ()))


def _wanted_flag(about: Meaning, _: Item) -> bool:
    return bool(about.concepts.get("condition", frozenset()) - FRACTURES)


class _Spell(msgspec.Struct, frozen=True, gc=False):
    """From when to when something was there, and whether it still is."""

    onset: date | None
    recorded: date | None
    end: date | None
    active: bool
    reference: str


class _Reader:
    """Takes Conditions one by one."""

    def __init__(self, received: Received, as_of: date, birth_date: date | None) -> None:
        self.received = received
        self.as_of = as_of
        self.birth_date = birth_date
        self.found = Conditions()
        self.by_concept: dict[str, list[Disease]] = defaultdict(list)
        self.events: list[FractureEvent] = []
        self.falls: dict[date | None, Fall] = {}

    def take(self, condition: clinical.Condition, item: Item) -> None:
        """Keep what one Condition says."""
        codings = condition.code.coding if condition.code else ()
        concepts = concepts_of(codings, "condition")
        verification = _code(condition.verificationStatus)
        onset = self._onset(condition)
        recorded = day_or_none(condition.recordedDate)
        reference = item.reference
        end, active = self._course(condition)
        spell = _Spell(onset, recorded, end, active, reference)
        if not self._counts(concepts, verification, spell):
            return
        told = concepts_of(codings, "family")
        if told:
            self.found.family.append(family_history(told, onset, reference))
        if concepts & FRACTURES:
            self.events.append(read_fracture(condition, concepts, onset, item, self.received))
        self._take_falls(concepts, onset, reference)
        if "hypercalcaemia" in concepts and due_to(condition, self.received) & CANCER:
            concepts |= {"hypercalcaemia_malignancy"}
        if condition.onsetAge is not None and (age := years(condition.onsetAge)) is not None:
            self.found.onset_ages[reference] = age
        self._keep(concepts, spell)

    def _counts(self, concepts: frozenset[str], verification: str, spell: _Spell) -> bool:
        """Whether it is a diagnosis known by the day asked; a suspicion is kept as what it is."""
        seen = spell.onset or spell.recorded
        if verification in _NOT_MEANT or (seen is not None and seen > self.as_of):
            return False
        if verification not in _UNCONFIRMED:
            return True
        for name in {SUSPECTED[concept] for concept in concepts if concept in SUSPECTED}:
            self.by_concept[name].append(Disease(name, spell.onset, spell.end, spell.active, spell.reference))
        return False

    def _keep(self, concepts: frozenset[str], spell: _Spell) -> None:
        """Keep the diseases and states that stand."""
        if spell.recorded is not None:
            self.found.recorded[spell.reference] = spell.recorded
        for concept in concepts:
            if concept in _APART:
                continue
            counts = spell.active or concept in EVER
            self.by_concept[concept].append(Disease(concept, spell.onset, spell.end, counts, spell.reference))

    def take_plain(self, item: Item, concepts: frozenset[str]) -> bool:
        """Keep a diagnosis that is sent without anything uncommon; False when it has to be read strictly."""
        if self.received.problems[bytes(item.head.subject)]:
            return False
        found = plain_diagnosis(item)
        if found is None:
            return False
        end, told = found.end, found.clinical_status
        active = (end is not None and end > self.as_of) or (told in _ACTIVE if told else end is None)
        spell = _Spell(found.onset, found.recorded, end, active, item.reference)
        if self._counts(concepts, found.verification_status, spell):
            self._keep(concepts, spell)
        return True

    def take_procedure(self, procedure: clinical.Procedure, reference: str) -> None:
        """A transplantation done is a transplant ever after."""
        day = day_or_none(procedure.performedDateTime) or first_day(procedure.performedPeriod)
        if day is not None and day > self.as_of:
            return
        codings = procedure.code.coding if procedure.code else ()
        for concept in concepts_of(codings, "condition") & LASTING_PROCEDURES:
            self.by_concept[concept].append(Disease(concept, day, None, True, reference))

    def take_flag(self, flag: Flag, reference: str) -> None:
        """An active flag is a state that holds."""
        start = first_day(flag.period)
        end = day_or_none(flag.period.end) if flag.period else None
        if (start is not None and start > self.as_of) or (end is not None and end < self.as_of):
            return
        for concept in concepts_of(flag.code.coding, "condition") - _APART - NOTES:
            self.by_concept[concept].append(Disease(concept, start, end, True, reference))

    def finish(self, compressions: list[Compression]) -> Conditions:
        """Everything taken, each disease and each fracture once."""
        found = self.found
        found.diseases = {concept: (_one_disease(found_as),) for concept, found_as in self.by_concept.items()}
        found.fractures = merge_fractures(self.events, compressions)
        found.falls = list(self.falls.values())
        return found

    def _take_falls(self, concepts: frozenset[str], onset: date | None, reference: str) -> None:
        """A fall counts by its date; a history of falls says only that there was one."""
        if "fall" in concepts:
            self.falls.setdefault(onset, Fall(onset, 1, reference))
        elif "fall_history" in concepts:
            self.falls.setdefault(None, Fall(None, 1, reference))

    def _onset(self, condition: clinical.Condition) -> date | None:
        """Onset; recordedDate only for a diagnosis made at a visit, not for one taken over from elsewhere."""
        onset = day_or_none(condition.onsetDateTime) or first_day(condition.onsetPeriod)
        if onset is None and condition.onsetAge is not None and self.birth_date is not None:
            age = years(condition.onsetAge)
            onset = at_age(self.birth_date, age) if age is not None else None
        if onset is None and any(_code(each) == "encounter-diagnosis" for each in condition.category):
            onset = day_or_none(condition.recordedDate)
        return onset

    def _course(self, condition: clinical.Condition) -> tuple[date | None, bool]:
        """When it ended, and whether it is active on the day asked."""
        end = day_or_none(condition.abatementDateTime)
        if end is None and condition.abatementPeriod is not None:
            end = day_or_none(condition.abatementPeriod.end) or first_day(condition.abatementPeriod)
        if end is None and condition.abatementAge is not None and self.birth_date is not None:
            age = years(condition.abatementAge)
            end = at_age(self.birth_date, age) if age is not None else None
        if end is not None and end > self.as_of:
            return end, True  # it ends later than the day asked
        status = _code(condition.clinicalStatus)
        if status:
            return end, status in _ACTIVE
        abated = end is not None or bool(condition.abatementString or condition.abatementRange)
        return end, not abated


def years(age: Quantity) -> float | None:
    """An Age in years; None in an unknown unit."""
    per_year = {"a": 1.0, "mo": 12.0, "wk": 52.18, "d": 365.25, "": 1.0, "years": 1.0, "year": 1.0, "yr": 1.0}
    divisor = per_year.get(age.code or age.unit or "")
    return None if age.value is None or divisor is None else age.value / divisor


def _one_disease(found_as: list[Disease]) -> Disease:
    """The same disease recorded several times: earliest onset, active when any record is."""
    found_as.sort(key=lambda each: (each.onset or date.max, not each.active, each.reference))
    first = found_as[0]
    if len(found_as) == 1:
        return first
    active = any(each.active for each in found_as)
    ends = [each.end for each in found_as if each.end]
    return Disease(first.concept, first.onset, None if active else max(ends, default=None), active, first.reference)


def _code(concept: CodeableConcept | None) -> str:
    """The code of a concept from one of FHIR's own small lists, whichever edition its URI is of."""
    return next((coding.code for coding in concept.coding if coding.code), "") if concept else ""


__all__ = ["SITES", "Conditions", "read_conditions", "years"]
