"""Coded answers and notes: the newest of each, whichever resource tells it (facts-to-fhir 2, 4, 9).

Absent: false or not known, as said at each name in facts-to-fhir.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from fhir_mappings.codes import Meaning, concepts_of
from fhir_mappings.conditions import Conditions
from fhir_mappings.dates import at_age, completed_years, day_or_none, first_day
from fhir_mappings.facts import Condition, Finding, Issue, Measurement, Order
from fhir_mappings.observed import NOTES
from fhir_mappings.prefetch import Received
from fhir_mappings.r4.clinical import AllergyIntolerance
from fhir_mappings.r4.workflow import Flag
from fhir_mappings.resources import Item

_ORAL_BISPHOSPHONATES = frozenset({"alendronate", "risedronate", "ibandronate", "etidronate"})
#: An active condition -> the finding it is.
_ACTIVE: Mapping[str, tuple[str, str | bool]] = {
    "smoking": ("smoking_status", "current"),
    "dysphagia": ("swallowing_difficulty", True),
    "nursing_home_resident": ("residence", "nursing_home"),
}
_MENOPAUSE = ("postmenopausal", "early_menopause")


def newest_findings(found: Iterable[Finding]) -> Mapping[str, Finding]:
    """The newest finding of each concept; an undated one counts as the oldest."""
    newest: dict[str, Finding] = {}
    for finding in sorted(found, key=_order):
        newest[finding.concept] = finding
    return newest


def _order(finding: Finding) -> tuple[str, date, str, str]:
    return finding.concept, finding.date or date.min, str(finding.value), finding.reference


def told_by_conditions(conditions: Conditions) -> list[Finding]:
    """Active smoking, dysphagia and residence; the menopause, which does not go away."""
    found: list[Finding] = []
    for concept, (name, value) in _ACTIVE.items():
        disease = conditions.active(concept)
        if disease is not None:
            found.append(Finding(name, value, _dated(disease, conditions), disease.reference))
    for concept in _MENOPAUSE:
        for disease in conditions.diseases.get(concept, ()):
            day = _dated(disease, conditions)
            found.append(Finding("menopause_status", "post", day, disease.reference))
    return found


def _dated(disease: Condition, conditions: Conditions) -> date | None:
    return disease.onset or conditions.recorded.get(disease.reference)


def menopause_age(
    measured: Sequence[Measurement], conditions: Conditions, birth_date: date | None
) -> tuple[float | None, Measurement | None]:
    """Age at menopause in years: the first measured, else the onset of the Condition. And the measurement."""
    if measured:
        return measured[0].value, measured[0]
    for concept in _MENOPAUSE:
        for disease in conditions.diseases.get(concept, ()):
            if disease.reference in conditions.onset_ages:
                return conditions.onset_ages[disease.reference], None
            if disease.onset is not None and birth_date is not None and disease.onset > birth_date:
                return float(completed_years(birth_date, disease.onset)), None
    return None, None


def told_by_menopause_age(measured: Measurement | None, birth_date: date | None, as_of: date) -> list[Finding]:
    """An age at menopause that lies in the past says postmenopausal."""
    if measured is None or birth_date is None:
        return []
    reached = at_age(birth_date, measured.value)
    if reached is None or reached > as_of:
        return []
    return [Finding("menopause_status", "post", measured.date, measured.reference)]


def told_by_flags(received: Received, as_of: date, issues: list[Issue]) -> list[Finding]:
    """Notes kept as active Flags."""
    found: list[Finding] = []
    for item in received.coded("Flag", _is_note):
        flag = received.read(item, Flag, issues)
        start = first_day(flag.period) if flag else None
        if flag is None or flag.status != "active" or (start is not None and start > as_of):
            continue
        notes = concepts_of(flag.code.coding, "observation") & NOTES
        found.extend(Finding(note, True, start, item.reference) for note in sorted(notes))
    return found


def told_by_allergies(received: Received, as_of: date, issues: list[Issue]) -> list[Finding]:
    """An active intolerance to an oral bisphosphonate."""
    found = []
    for item in received.coded("AllergyIntolerance", _is_bisphosphonate):
        allergy = received.read(item, AllergyIntolerance, issues)
        if allergy is None or not _stands(allergy):
            continue
        day = day_or_none(allergy.onsetDateTime) or first_day(allergy.onsetPeriod)
        day = day or day_or_none(allergy.recordedDate)
        if day is None or day <= as_of:
            found.append(Finding("oral_bp_intolerance", True, day, item.reference))
    return found


def told_by_orders(orders: Iterable[Order]) -> list[Finding]:
    """An infusion of zoledronate that is ordered is the planned bisphosphonate after denosumab."""
    return [
        Finding("den_bp_plan", True, order.date, order.reference)
        for order in orders
        if order.pending and "zoledronate" in order.concepts
    ]


def _is_note(about: Meaning, _: Item) -> bool:
    return not NOTES.isdisjoint(about.concepts.get("observation", ()))


def _is_bisphosphonate(about: Meaning, _: Item) -> bool:
    """An oral one, or the whole class; not one given by vein."""
    drugs = about.concepts.get("medication", frozenset())
    return not _ORAL_BISPHOSPHONATES.isdisjoint(drugs) or drugs == {"bisphosphonate"}


def _stands(allergy: AllergyIntolerance) -> bool:
    """Active, or without a status, and not refuted."""
    clinical = allergy.clinicalStatus.coding if allergy.clinicalStatus else ()
    verification = allergy.verificationStatus.coding if allergy.verificationStatus else ()
    refused = {"refuted", "entered-in-error", "unconfirmed"}
    return all(coding.code == "active" for coding in clinical) and not any(
        coding.code in refused for coding in verification
    )
