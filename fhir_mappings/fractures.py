"""Condition -> fracture: site, mechanism, cause, compression (facts-to-fhir 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec
from msgspec.structs import replace

from fhir_mappings.codes import ICD10, SKS_DIAGNOSES, Coded, canonical, concepts_of
from fhir_mappings.facts import Fracture, FractureSite
from fhir_mappings.observed import BODY_SITES
from fhir_mappings.observing import Compression, is_vfa
from fhir_mappings.prefetch import Received
from fhir_mappings.r4.clinical import Condition
from fhir_mappings.r4.datatypes import CodeableConcept
from fhir_mappings.resources import BAD_DATA, Item

DUE_TO = "http://hl7.org/fhir/StructureDefinition/condition-dueTo"

#: Concept -> site; when one Condition names several, the first here.
SITES: Mapping[str, FractureSite] = {
    "fracture_hip": "hip",
    "fracture_vertebra": "vertebral",
    "fracture_pelvis": "pelvis",
    "fracture_humerus": "humerus",
    "fracture_wrist": "wrist",
    "fracture_forearm": "forearm",
    "fracture_ankle": "ankle",
    "fracture_rib": "rib",
    "fracture_femur_other": "other",
    "fracture_any": "other",
}
#: Codes that say osteoporotic or fragility fracture: low energy, the site perhaps not told.
FRAGILITY = frozenset({"fragility_fracture", "osteoporosis_with_fracture", "history_fragility_fracture"})
FRACTURES = frozenset(SITES) | FRAGILITY
CANCER = frozenset({"myeloma", "bone_metastasis", "skeletal_malignancy", "breast_cancer", "cancer"})
_FALLS = frozenset({"fall", "fall_history", "fall_tendency"})
_BODY_SITES: Mapping[str, FractureSite] = {"femoral_neck": "hip", "lumbar_spine": "vertebral"}


class FractureEvent(msgspec.Struct, frozen=True, gc=False):
    """A fracture, and the references it names as evidence (its compression). `site_told`: the record says where."""

    fracture: Fracture
    reference: str
    evidence: frozenset[str]
    site_told: bool = True


def read_fracture(
    condition: Condition, concepts: frozenset[str], onset: date | None, item: Item, received: Received
) -> FractureEvent:
    """One Condition is one event. A history of fractures is undated: its onset is not the fracture's."""
    causes = due_to(condition, received)
    low_energy = _low_energy(causes, concepts)
    details = (each.reference for evidence in condition.evidence for each in evidence.detail)
    evidence = frozenset(received.named(reference) for reference in details if reference)
    return FractureEvent(
        Fracture(
            _site(condition, concepts),
            None if "history_fragility_fracture" in concepts else onset,
            item.reference,
            low_energy=low_energy,
            pathological="pathological_cause" in causes or bool(causes & CANCER),
            vfa=any(is_vfa(code) for evidence in condition.evidence for code in evidence.code),
        ),
        item.reference,
        evidence,
        site_told=bool(condition.bodySite) or any(site in concepts for site in SITES if site != "fracture_any"),
    )


def due_to(condition: Condition, received: Received) -> frozenset[str]:
    """What a Condition is due to: concepts of cause or condition, `cancer` for any malignant disease."""
    causes: set[str] = set()
    for extension in condition.extension:
        if extension.url != DUE_TO:
            continue
        if extension.valueCodeableConcept is not None:
            causes |= _causes(extension.valueCodeableConcept.coding)
        elif extension.valueReference is not None and extension.valueReference.reference:
            causes |= _causes_of_other(received, extension.valueReference.reference)
    return frozenset(causes)


def merge_fractures(events: Iterable[FractureEvent], compressions: Iterable[Compression]) -> tuple[Fracture, ...]:
    """Each event once: the same site and onset date is one fracture. Newest first, undated last.

    A fracture without a site, on the day of one or more with a site, is that event: a record
    often codes the bone and "osteoporotic fracture" side by side. What it says holds for them.
    """
    merged: dict[tuple[FractureSite, date | None], list[FractureEvent]] = {}
    for event in sorted(events, key=lambda each: not each.site_told):
        day = event.fracture.date
        told = [same for (_, on), same in merged.items() if on == day and same[0].site_told]
        if event.site_told or day is None or not told:
            merged.setdefault((event.fracture.site, day), []).append(event)
        else:
            for same in told:
                same.append(event)
    measured = sorted(compressions, key=lambda each: (each.date or date.min, each.percent, each.reference))
    fractures = [_with_compression(_merge(same), same, measured) for same in merged.values()]
    fractures.sort(key=lambda each: (each.site, each.reference))
    fractures.sort(key=lambda each: each.date or date.min, reverse=True)
    return tuple(fractures)


def _merge(same: list[FractureEvent]) -> Fracture:
    """What several records of one fracture say together."""
    mechanisms = {event.fracture.low_energy for event in same} - {None}
    return replace(
        same[0].fracture,
        low_energy=mechanisms.pop() if len(mechanisms) == 1 else None,
        pathological=any(event.fracture.pathological for event in same),
        vfa=any(event.fracture.vfa for event in same),
    )


def _with_compression(fracture: Fracture, same: list[FractureEvent], compressions: list[Compression]) -> Fracture:
    """The fracture with its newest compression: linked either way, else one of the same day."""
    if fracture.site != "vertebral":
        return fracture
    references = {event.reference for event in same}
    evidence = {reference for event in same for reference in event.evidence}
    linked = [each for each in compressions if each.about & references or each.reference in evidence]
    if not linked:
        linked = [each for each in compressions if not each.about and each.date and each.date == fracture.date]
    if not linked:
        return fracture
    newest = linked[-1]
    return replace(
        fracture,
        compression_pct=newest.percent,
        compression_is_range=newest.is_range,
        vfa=fracture.vfa or any(each.vfa for each in linked),
    )


def _site(condition: Condition, concepts: frozenset[str]) -> FractureSite:
    sites: Iterator[FractureSite] = (site for concept, site in SITES.items() if concept in concepts)
    site: FractureSite = next(sites, "other")
    if site == "other" and "fracture_femur_other" not in concepts:
        for body_site in condition.bodySite:
            for name in concepts_of(body_site.coding, "observation"):
                if name in BODY_SITES:
                    return _BODY_SITES[BODY_SITES[name]]
    return site


def _low_energy(causes: frozenset[str], concepts: frozenset[str]) -> bool | None:
    if "high_energy_trauma" in causes:
        return False
    if "low_energy_trauma" in causes or causes & _FALLS or concepts & FRAGILITY:
        return True
    return None


def _causes(codings: Iterable[Coded]) -> frozenset[str]:
    known = tuple(codings)
    cancer = frozenset({"cancer"} if any(_is_malignant(coding) for coding in known) else ())
    return concepts_of(known, "cause") | concepts_of(known, "condition") | cancer


def _is_malignant(coding: Coded) -> bool:
    """Any code of ICD-10 chapter C."""
    letters = {ICD10: "C", SKS_DIAGNOSES: "DC"}.get(canonical(coding.system or ""))
    return letters is not None and (coding.code or "").startswith(letters)


class _Other(msgspec.Struct):
    """The code of the Condition that caused another."""

    code: CodeableConcept | None = None


def _causes_of_other(received: Received, reference: str) -> frozenset[str]:
    other = received.resolve(reference)
    if other is None or other.type != "Condition":
        return frozenset()
    try:
        code = msgspec.json.decode(other.raw, type=_Other).code
    except BAD_DATA:
        return frozenset()
    return _causes(code.coding) if code else frozenset()
