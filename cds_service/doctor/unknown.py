"""What of a record the tables do not know: codes, code systems, units. Never what a record says in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from fhir_mappings.codes import SNOMED, canonical, known_systems, lookup
from fhir_mappings.facts import Issue

#: The coded elements of each type that say what a resource is about.
ELEMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Condition": ("code",),
    "Observation": ("code", "component.code"),
    "Procedure": ("code",),
    "ServiceRequest": ("code",),
    "MedicationRequest": ("medicationCodeableConcept",),
    "MedicationStatement": ("medicationCodeableConcept",),
    "MedicationAdministration": ("medicationCodeableConcept",),
    "MedicationDispense": ("medicationCodeableConcept",),
    "Encounter": ("type", "serviceType", "reasonCode"),
    "Appointment": ("serviceType", "reasonCode"),
    "FamilyMemberHistory": ("condition.code",),
}
#: A code as terminologies write them. Anything else (a text, a CPR number) is not repeated.
_CODE: Final = re.compile(r"(?!\d{6}-\d{4})[A-Za-z0-9][A-Za-z0-9._/-]{0,29}")
_SYSTEM: Final = re.compile(r"(?:https?://|urn:)[A-Za-z0-9._~:/#-]{1,150}")
#: SNOMED CT has such codes; in any other system it may be a CPR number.
_TEN_DIGITS: Final = re.compile(r"\d{10}")
_UNIT: Final = re.compile(r"(?!.*\d{5})[A-Za-z0-9%/.,*^()\[\]{}µμ²³_'-]{1,20}")
NOT_SHOWN: Final = "(not shown)"


@dataclass(frozen=True, slots=True)
class Unknown:
    """How often each was met. `codes`: (resource type, system, code); `coded`: coded concepts in all."""

    codes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    systems: Counter[str] = field(default_factory=Counter)
    coded: int = 0


def unknown_codes(found: Iterable[bytes]) -> Unknown:
    """The codings of concepts of which no coding is known, in resources as JSON."""
    codes: Counter[tuple[str, str, str]] = Counter()
    systems: Counter[str] = Counter()
    coded = 0
    known_uris = known_systems()
    for raw in found:
        try:
            resource = msgspec.json.decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue  # told as a resource that could not be read
        for kind, codings in _concepts(resource):
            coded += 1
            if any(lookup(*coding) for coding in codings):
                continue
            for system, code in dict.fromkeys(codings):
                uri = canonical(system)
                name = _shown(_SYSTEM, uri) if uri else "(no system)"
                codes[kind, name, _shown_code(uri, code.partition("|")[0])] += 1
                if uri not in known_uris:
                    systems[name] += 1
    return Unknown(codes, systems, coded)


def _shown_code(uri: str, code: str) -> str:
    return NOT_SHOWN if uri != SNOMED and _TEN_DIGITS.fullmatch(code) else _shown(_CODE, code)


def _shown(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) else NOT_SHOWN


def _concepts(resource: Any) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The type and the codings of each coded concept; of a Medication those of its ingredients too."""
    if not isinstance(resource, dict):
        return
    kind = resource.get("resourceType")
    for path in ELEMENTS.get(kind, ()) if isinstance(kind, str) else ():
        for concept in _at(resource, path):
            codings = _codings(concept)
            if codings:
                yield str(kind), codings
    for medication in [resource, *_at(resource, "contained")]:
        if isinstance(medication, dict) and medication.get("resourceType") == "Medication":
            paths = ("code", "ingredient.itemCodeableConcept")
            codings = [coding for path in paths for each in _at(medication, path) for coding in _codings(each)]
            if codings:
                yield "Medication", codings


def _codings(concept: Any) -> list[tuple[str, str]]:
    codings = _at(concept, "coding")
    pairs = ((each.get("system") or "", each.get("code")) for each in codings if isinstance(each, dict))
    return [(system, code) for system, code in pairs if isinstance(system, str) and isinstance(code, str) and code]


def _at(element: Any, path: str) -> list[Any]:
    """What stands at a dotted path, lists opened on the way."""
    found = [element]
    for name in path.split("."):
        inner = [each.get(name) for each in found if isinstance(each, dict)]
        found = [one for each in inner for one in (each if isinstance(each, list) else [each]) if one is not None]
    return found


_QUOTED_UNIT: Final = re.compile(r'(?P<what>[^"\n]+) in "(?P<unit>.*)", (?P<expected>expected [^"\n]+)', re.DOTALL)
_NO_UNIT: Final = re.compile(r'(?P<what>[^"\n]+) without unit, (?P<expected>expected [^"\n]+)')
#: Problems in our own words, with the part that quotes the record left out.
_WORDED: Final = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (
            r"(?P<what>[^\"\n]+?) (?:-?\d[\d.]*(?:e[+-]?\d+)?|-?inf|nan)(?: .*)?"
            r" is not possible, (?P<rest>expected [-\d. to]+)",
            "{what} has a value that is not possible, {rest}",
        ),
        (r"(?P<what>vertebral compression) .*%, (?P<rest>expected 0 to 100 %)", "{what} is not possible, {rest}"),
        (
            r"(?P<what>[A-Za-z0-9 -]{1,60}) "
            r"(?P<rest>has no date \(effective\)|has no number as its value|has no valueBoolean|has no percentage)",
            "{what} {rest}",
        ),
        (r"(?P<what>status [a-z-]{1,20}, expected final)", "{what}"),
        (r"birthDate .*", "birthDate is in the future"),
        (r"medicationReference .*", "medicationReference not received, product unknown"),
        (r"modifierExtension .*", "modifierExtension is not understood"),
        (r"OperationOutcome.*", "OperationOutcome in a searchset"),
        (r"(?P<what>(?:subject|participant) [a-z ,]{1,80}|no participant is the patient|another patient)", "{what}"),
        (
            r"(?P<what>neither whenHandedOver nor whenPrepared, expected a date|effective has no start, expected a date"
            r"|performed has no date|an ingredient of the product was not received|entry is no FHIR resource"
            r"|entry is malformed|received twice with different content, one was left out)",
            "{what}",
        ),
        (
            r"(?P<what>[A-Za-z]{1,40})\b.* is no element of (?P<rest>[A-Za-z]{1,40}) in FHIR R4",
            "{rest}.{what}: an element not of FHIR R4, or not where it stands",
        ),
        (
            r"(?P<what>[A-Za-z]{1,40})\b.* is missing, (?P<rest>[A-Za-z]{1,40}) requires it",
            "{rest}: {what} lacks what FHIR R4 requires",
        ),
        (
            r"(?P<what>[a-z][A-Za-z]{1,40}(?:\.(?:\d{1,4}|[a-z][A-Za-z]{1,40})){0,8})[ :].*",
            "{what} is not valid FHIR R4",
        ),
    )
)
_OTHER: Final = "not valid FHIR R4"


def units_and_problems(issues: Iterable[Issue]) -> tuple[Counter[tuple[str, str, str]], Counter[tuple[str, str]]]:
    """Units not known (fact, unit, expected), and other reasons why data was left out (resource type, reason)."""
    units: Counter[tuple[str, str, str]] = Counter()
    problems: Counter[tuple[str, str]] = Counter()
    for issue in issues:
        found = _QUOTED_UNIT.fullmatch(issue.problem) or _NO_UNIT.fullmatch(issue.problem)
        if found:
            unit = found.groupdict().get("unit")
            units[found["what"], "(no unit)" if unit is None else _shown(_UNIT, unit), found["expected"]] += 1
        else:
            problems[_type_in(issue.reference), worded(issue.problem)] += 1
    return units, problems


def worded(problem: str) -> str:
    """A problem, the first of several, without what it quotes of the record, nor which of several elements it was."""
    first = problem.partition("; ")[0]
    for pattern, text in _WORDED:
        found = pattern.fullmatch(first)
        if found:
            return text.format(**{name: re.sub(r"\.\d+(?=\.|$)", "", part) for name, part in found.groupdict().items()})
    return _OTHER


def _type_in(reference: str) -> str:
    """The resource type of `Observation/12`, the prefetch key of `observations[3]`."""
    found = re.match(r"(?:.*/)?([A-Z][A-Za-z]{2,40})/[^/]*$|([a-z][A-Za-z]{2,40})\[\d+\]$", reference)
    return (found[1] or found[2]) if found else "entry"
