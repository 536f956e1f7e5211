"""Prefetch values -> Received: which sources are whole, and this patient's resources, each once.

A key that is missing, failed or holds an OperationOutcome: its source is MISSING, with the
reason. `null` or an empty Bundle: searched and none found. A Bundle with a `next` link:
PARTIAL. What the edge could not complete (fetched.py) comes with its own reason. One bad entry
costs that entry and is reported. The order of entries is of no effect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from fhir_mappings.bundles import SearchSet, same_content, version
from fhir_mappings.codes import Meaning, meaning
from fhir_mappings.errors import MissingPrefetchError, PatientMismatchError
from fhir_mappings.facts import Issue, Source, SourceState
from fhir_mappings.fetched import Failed, PrefetchValue, read_delivered
from fhir_mappings.identity import Identity, type_and_id
from fhir_mappings.r4.datatypes import DomainResource
from fhir_mappings.resources import Item, read

R = TypeVar("R", bound=DomainResource)

#: The prefetch keys and the resource type each holds (facts-to-fhir 10).
KEYS: Mapping[str, str] = MappingProxyType(
    {
        "patient": "Patient",
        "conditions": "Condition",
        "observations": "Observation",
        "screening": "Observation",
        "medicationRequests": "MedicationRequest",
        "medicationStatements": "MedicationStatement",
        "medicationAdministrations": "MedicationAdministration",
        "medicationDispenses": "MedicationDispense",
        "serviceRequests": "ServiceRequest",
        "appointments": "Appointment",
        "encounters": "Encounter",
        "familyHistory": "FamilyMemberHistory",
    }
)


#: The prefetch as it should be: the known keys, each but the patient a Bundle or null. Decoded as a whole, so
#: that the bytes are gone through once less; what does not fit is decoded as Raw and told apart here.
WholePrefetch = msgspec.defstruct(
    "WholePrefetch",
    [
        (key, Raw | UnsetType if kind == "Patient" else SearchSet | None | UnsetType, UNSET)
        for key, kind in KEYS.items()
    ],
    forbid_unknown_fields=True,
)


def by_key(whole: msgspec.Struct) -> dict[str, PrefetchValue]:
    """The values of a WholePrefetch that were sent."""
    values = ((key, getattr(whole, key)) for key in whole.__struct_fields__)
    return {key: value for key, value in values if value is not UNSET}


class Received:
    """What was received of one patient.

    `sources` says of each prefetch key whether it is complete; `systems` are the code systems
    seen. `items(type)` gives the resources of a type, each once, `coded` those with a wanted
    code; `read` reads one of them; `resolve` follows a reference. `patient` is the Patient.
    `problems` says by a subject, as JSON, why it is not this patient; empty when it is.
    """

    def __init__(
        self,
        prefetch: Mapping[str, PrefetchValue],
        patient_id: str,
        issues: list[Issue],
        keys: Iterable[str] = tuple(KEYS),
    ) -> None:
        """The prefetch values of the patient `patient_id`.

        `keys`: those the service asks for; one that was not sent is MISSING. MissingPrefetchError
        without a Patient, PatientMismatchError when it is another one.
        """
        self.sources: dict[str, Source] = {}
        self.systems: set[str] = set()
        self._by_type: dict[str, dict[str | bytes, Item]] = {}
        self._by_url: dict[str, Item] | None = None
        self._more_urls: list[tuple[str, str, str | bytes]] = []
        for key, value in prefetch.items():
            if key not in KEYS:
                issues.append(Issue(key, "unknown prefetch key, not read"))
                continue
            source, items = read_delivered(key, KEYS[key], value, issues)
            self.sources[key] = source
            self._add(items, issues)
        for key in keys:
            self.sources.setdefault(key, Source(key, SourceState.MISSING, "not sent"))
        self.patient = self._only_patient(patient_id, issues, prefetch.get("patient"))
        urls = [url for url, kind, identity in self._more_urls if (kind, identity) == ("Patient", patient_id)]
        self.problems = Identity(self.patient, [*urls, *filter(None, [self.patient.full_url])])

    def items(self, resource_type: str, where: Callable[[Item], bool] | None = None) -> list[Item]:
        """The resources of a type, each once, in an order that does not depend on that of the entries."""
        items = self.of(resource_type)
        return sorted(items if where is None else filter(where, items), key=_order) if items else []

    def of(self, resource_type: str) -> Collection[Item]:
        """The resources of a type, each once, in no particular order."""
        return self._by_type[resource_type].values() if resource_type in self._by_type else ()

    def note_systems(self, about: Meaning, subject: Raw) -> None:
        """Note the code systems of a concept in a resource of this patient."""
        if not about.systems <= self.systems and not self.not_ours(subject):
            self.systems.update(about.systems)

    def coded(self, resource_type: str, wanted: Callable[[Meaning, Item], bool]) -> list[Item]:
        """The resources of a type whose `code` is wanted, or cannot be read and must be reported.

        Notes the code systems of all that are this patient's, wanted or not.
        """
        kept = []
        systems = self.systems
        for item in self.of(resource_type):
            head = item.head
            about = meaning(bytes(head.code))
            if about is None:
                kept.append(item)
                continue
            if not about.systems <= systems:
                self.note_systems(about, head.subject or head.patient)
            if wanted(about, item):
                kept.append(item)
        return sorted(kept, key=_order) if kept else kept

    def read(self, item: Item, struct: type[R], issues: list[Issue]) -> R | None:
        """The resource, or None with an Issue when it is invalid or not of this patient."""
        problem = self.not_ours(item.head.subject or item.head.patient)
        if problem:
            issues.append(Issue(item.reference, problem))
            return None
        return read(item, struct, issues)

    def resolve(self, reference: str) -> Item | None:
        """The resource a reference names: by fullUrl, else by Type/id. Not for `#contained`."""
        if self._by_url is None:
            items = (item for group in self._by_type.values() for item in group.values())
            self._by_url = {item.full_url: item for item in items if item.full_url}
            for url, kind, identity in self._more_urls:
                if identity in self._by_type[kind]:
                    self._by_url.setdefault(url, self._by_type[kind][identity])
        found = self._by_url.get(reference)
        if found is None:
            kind, _, resource_id = type_and_id(reference).partition("/")
            found = self._by_type.get(kind, {}).get(resource_id)
        return found

    def named(self, reference: str) -> str:
        """A reference as `Type/id`, the way facts carry it; unchanged when it cannot be resolved."""
        found = self.resolve(reference)
        return found.reference if found else reference

    def not_ours(self, subject: Raw | bytes) -> str:
        """Why a subject is not this patient; empty when it is."""
        return self.problems[bytes(subject)]

    def _add(self, items: Iterable[Item], issues: list[Issue]) -> None:
        """Keep the items, each once."""
        groups = self._by_type
        kind: str | None = None
        group: dict[str | bytes, Item] = {}
        for item in items:
            head = item.head
            if head.resource_type != kind:  # they come type by type
                kind = head.resource_type
                group = groups.setdefault(kind, {})
            identity = head.id or bytes(item.raw)
            earlier = group.setdefault(identity, item)
            if earlier is not item:
                self._one_of_two(group, identity, earlier, item, issues)

    def _one_of_two(
        self, group: dict[str | bytes, Item], identity: str | bytes, earlier: Item, item: Item, issues: list[Issue]
    ) -> None:
        """Of two versions of a resource the later one stays."""
        if item.full_url and item.full_url != earlier.full_url:
            self._more_urls.append((item.full_url, item.type, identity))
        if not same_content(earlier, item):
            old, new = version(earlier), version(item)
            if old[:2] == new[:2]:
                issues.append(Issue(item.reference, "received twice with different content, one was left out"))
            if new > old:
                group[identity] = item

    def _only_patient(self, patient_id: str, issues: list[Issue], sent: PrefetchValue) -> Item:
        """The patient; others are left out. MissingPrefetchError, PatientMismatchError."""
        patients = self._by_type.setdefault("Patient", {})
        for identity, item in list(patients.items()):
            if item.id == patient_id:
                continue
            if item.key == "patient":
                found = f"Patient/{item.id}" if item.id else "Patient without id"
                raise PatientMismatchError(f"{found}, expected Patient/{patient_id}")
            issues.append(Issue(item.reference, "another patient"))
            del patients[identity]
        if patient_id not in patients:
            source = self.sources.get("patient")
            tried = sent.reason if isinstance(sent, Failed) else ""
            raise MissingPrefetchError("patient", (source and source.reason) or "no Patient received", tried)
        return patients[patient_id]


_order = attrgetter("order")
