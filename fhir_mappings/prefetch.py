"""Prefetch values -> Received: which sources are whole, and whose resources they hold.

A key that is missing, failed or holds an OperationOutcome: its source is MISSING, with the
reason. `null` or an empty Bundle: searched and none found. A Bundle with a `next` link:
PARTIAL. One bad entry costs that entry and is reported. The order of entries is of no effect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

import msgspec
from msgspec import Raw

from fhir_mappings.codes import Meaning, meaning
from fhir_mappings.errors import MissingPrefetchError, PatientMismatchError
from fhir_mappings.facts import Issue, Source, SourceState
from fhir_mappings.r4.datatypes import DomainResource
from fhir_mappings.resources import BAD_DATA, Head, Item, head_of, read

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


class _Link(msgspec.Struct, gc=False):
    relation: str = ""


class _Search(msgspec.Struct, gc=False):
    mode: str | None = None


class _Entry(msgspec.Struct, gc=False, rename="camel"):
    resource: Raw = Raw()
    full_url: str | None = None
    search: _Search | None = None


class _Bundle(msgspec.Struct):
    link: list[_Link] | None = None
    entry: list[_Entry] | None = None


class _LooseBundle(msgspec.Struct):
    """A Bundle of which some entries are malformed."""

    link: Raw = Raw()
    entry: list[Raw] | None = None


class _OutcomeIssue(msgspec.Struct):
    severity: str = ""
    code: str = ""
    diagnostics: str | None = None


class _Outcome(msgspec.Struct):
    issue: list[_OutcomeIssue] = []


class _Meta(msgspec.Struct, rename="camel"):
    last_updated: str | None = None
    version_id: str | None = None


class _Versioned(msgspec.Struct):
    meta: _Meta | None = None


class _Reference(msgspec.Struct):
    reference: str | None = None
    identifier: _Identifier | None = None


class _Identifier(msgspec.Struct, frozen=True):
    system: str | None = None
    value: str | None = None


class _Identified(msgspec.Struct):
    identifier: list[_Identifier] | None = None


_bundle = msgspec.json.Decoder(_Bundle).decode
#: Keeps the place of an entry that could not be read.
_MALFORMED = _Entry()
_TYPE_AND_ID = re.compile(r"(?:^|/)([A-Za-z]+/[A-Za-z0-9.-]{1,255})(?:/_history/[^/]*)?$")


class Received:
    """What was received of one patient.

    `sources` says of each prefetch key whether it is complete; `systems` are the code systems
    seen. `items(type)` gives the resources of a type, each once, `coded` those with a wanted
    code; `read` reads one of them; `resolve` follows a reference.
    """

    def __init__(self, patient_id: str) -> None:
        self.patient_id = patient_id
        self.sources: dict[str, Source] = {}
        self.systems: set[str] = set()
        self._by_type: dict[str, dict[str | bytes, Item]] = {}
        self._by_url: dict[str, Item] | None = None
        self._more_urls: list[tuple[str, str, str | bytes]] = []
        self._patient: Item | None = None
        self._ours: dict[bytes, str] = {}
        self._patient_urls: frozenset[str] = frozenset()
        self._patient_identifiers: frozenset[_Identifier] = frozenset()

    @classmethod
    def parse(
        cls,
        prefetch: Mapping[str, Raw | bytes | None],
        patient_id: str,
        issues: list[Issue],
        keys: Iterable[str] = tuple(KEYS),
    ) -> Received:
        """The prefetch values of the patient `patient_id`.

        `keys`: those the service asks for; one that was not sent is MISSING. MissingPrefetchError
        without a Patient, PatientMismatchError when it is another one.
        """
        received = cls(patient_id)
        for key, value in prefetch.items():
            if key in KEYS:
                received._take(key, b"null" if value is None else value, issues)
            else:
                issues.append(Issue(key, "unknown prefetch key, not read"))
        for key in keys:
            received.sources.setdefault(key, Source(key, SourceState.MISSING, "not sent"))
        received._identify(issues)
        return received

    @property
    def patient(self) -> Item:
        """The Patient resource. MissingPrefetchError when there is none."""
        if self._patient is None:
            source = self.sources.get("patient")
            raise MissingPrefetchError("patient", (source and source.reason) or "no Patient received")
        return self._patient

    def items(self, resource_type: str, where: Callable[[Item], bool] | None = None) -> list[Item]:
        """The resources of a type, each once, in an order that does not depend on that of the entries."""
        items = self._by_type.get(resource_type, {}).values()
        return sorted(items if where is None else filter(where, items), key=_order)

    def coded(self, resource_type: str, wanted: Callable[[Meaning, Item], bool]) -> list[Item]:
        """The resources of a type whose `code` is wanted, or cannot be read and must be reported.

        Notes the code systems of all that are this patient's, wanted or not.
        """
        kept = []
        for item in self._by_type.get(resource_type, {}).values():
            about = meaning(bytes(item.head.code))
            if about is None:
                kept.append(item)
                continue
            if not about.systems <= self.systems and not self.not_ours(item.head.subject or item.head.patient):
                self.systems.update(about.systems)
            if wanted(about, item):
                kept.append(item)
        return sorted(kept, key=_order)

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
            for url, resource_type, identity in self._more_urls:
                self._by_url.setdefault(url, self._by_type[resource_type][identity])
        found = self._by_url.get(reference)
        match = _TYPE_AND_ID.search(reference)
        if found is None and match:
            resource_type, _, resource_id = match[1].partition("/")
            found = self._by_type.get(resource_type, {}).get(resource_id)
        return found

    def named(self, reference: str) -> str:
        """A reference as `Type/id`, the way facts carry it; unchanged when it cannot be resolved."""
        found = self.resolve(reference)
        return found.reference if found else reference

    def not_ours(self, subject: Raw | bytes) -> str:
        """Why a subject is not this patient; empty when it is."""
        written = bytes(subject)
        problem = self._ours.get(written)
        if problem is None:
            problem = self._ours[written] = self._other_patient(written)
        return problem

    def _other_patient(self, written: bytes) -> str:
        if not written or written == b"null":
            return "subject is missing, expected a reference to the patient"
        try:
            subject = msgspec.json.decode(written, type=_Reference)
        except BAD_DATA:
            return "subject is no reference"
        if subject.reference is None:
            same = subject.identifier is not None and subject.identifier in self._patient_identifiers
            return "" if same else "subject has no reference to the patient"
        if subject.reference in self._patient_urls:
            return ""
        match = _TYPE_AND_ID.search(subject.reference)
        if match and match[1] == f"Patient/{self.patient_id}":
            return ""
        return "subject is another patient"

    def _take(self, key: str, value: Raw | bytes, issues: list[Issue]) -> None:
        """Read one prefetch value: a Bundle, one resource of the key's type, null, or what it failed with."""
        if bytes(value).strip() == b"null":
            self.sources[key] = Source(key, SourceState.COMPLETE)
            return
        try:
            head = head_of(value)
        except BAD_DATA:
            self.sources[key] = Source(key, SourceState.MISSING, "no FHIR resource")
            return
        if head.resource_type == "Bundle":
            self.sources[key] = self._take_bundle(key, value, issues)
        elif head.resource_type == KEYS[key]:
            self.sources[key] = Source(key, SourceState.COMPLETE)
            self._add(Item(Raw(value), head, key), issues)
        else:
            reason = _outcome_text(value) if head.resource_type == "OperationOutcome" else ""
            reason = reason or f"{head.resource_type}, expected a Bundle"
            self.sources[key] = Source(key, SourceState.MISSING, reason)

    def _take_bundle(self, key: str, value: Raw | bytes, issues: list[Issue]) -> Source:
        try:
            bundle = _bundle(value)
        except BAD_DATA:
            try:
                bundle = _loose_bundle(key, value, issues)
            except BAD_DATA:
                return Source(key, SourceState.MISSING, "Bundle that cannot be read")
        state, reason = SourceState.COMPLETE, ""
        if any(link.relation == "next" for link in bundle.link or ()):
            state, reason = SourceState.PARTIAL, "more pages exist"
        for index, entry in enumerate(bundle.entry or ()):
            if entry is _MALFORMED:
                continue  # reported already
            raw = entry.resource
            try:
                head = head_of(raw)
            except BAD_DATA:
                issues.append(Issue(entry.full_url or f"{key}[{index}]", "entry is no FHIR resource"))
                continue
            if head.resource_type == "OperationOutcome":
                text = _outcome_text(raw)
                issues.append(Issue(f"{key}[{index}]", text))
                if _outcome_failed(raw):
                    state, reason = SourceState.PARTIAL, text
                continue
            self._add(Item(raw, head, key, index, entry.full_url), issues)
        return Source(key, state, reason)

    def _add(self, item: Item, issues: list[Issue]) -> None:
        """Keep an item once. Of two versions the later one stays."""
        group = self._by_type.setdefault(item.head.resource_type, {})
        identity = item.head.id or bytes(item.raw)
        earlier = group.setdefault(identity, item)
        if earlier is item:
            return
        if item.full_url and item.full_url != earlier.full_url:
            self._more_urls.append((item.full_url, item.type, identity))
        if bytes(earlier.raw) != bytes(item.raw):
            old, new = _version(earlier), _version(item)
            if old[:2] == new[:2]:
                issues.append(Issue(item.reference, "received twice with different content, one was left out"))
            if new > old:
                group[identity] = item

    def _identify(self, issues: list[Issue]) -> None:
        """Find the patient; leave out other patients. MissingPrefetchError, PatientMismatchError."""
        patients = self._by_type.get("Patient", {})
        for item in list(patients.values()):
            if item.id == self.patient_id:
                continue
            if item.key == "patient":
                found = f"Patient/{item.id}" if item.id else "Patient without id"
                raise PatientMismatchError(f"{found}, expected Patient/{self.patient_id}")
            issues.append(Issue(item.reference, "another patient"))
            del patients[item.id or bytes(item.raw)]
        self._patient = patients.get(self.patient_id)
        ours = self.patient
        named = ("Patient", self.patient_id)
        more = (url for url, *resource in self._more_urls if tuple(resource) == named)
        urls = (f"urn:uuid:{self.patient_id}", ours.full_url, *more)
        self._patient_urls = frozenset(url for url in urls if url)
        try:
            identified = msgspec.json.decode(ours.raw, type=_Identified)
        except BAD_DATA:
            return
        self._patient_identifiers = frozenset(
            each for each in identified.identifier or () if each.system and each.value
        )


def _order(item: Item) -> tuple[str, bytes]:
    return item.order


def _loose_bundle(key: str, value: Raw | bytes, issues: list[Issue]) -> _Bundle:
    """A Bundle read entry by entry; each malformed one becomes an Issue."""
    loose = msgspec.json.decode(value, type=_LooseBundle)
    entries = []
    for index, raw in enumerate(loose.entry or ()):
        try:
            entries.append(msgspec.json.decode(raw, type=_Entry))
        except BAD_DATA:
            issues.append(Issue(f"{key}[{index}]", "entry is malformed"))
            entries.append(_MALFORMED)
    try:
        links = msgspec.json.decode(loose.link or b"[]", type=list[_Link])
    except BAD_DATA:
        links = [_Link("next")]  # a link that cannot be read may be one to more pages
    return _Bundle(links, entries)


def _outcome(value: Raw | bytes) -> list[_OutcomeIssue]:
    try:
        return msgspec.json.decode(value, type=_Outcome).issue
    except BAD_DATA:
        return [_OutcomeIssue("error")]


def _outcome_text(value: Raw | bytes) -> str:
    """An OperationOutcome in words. Its diagnostics are not repeated: they may hold patient data."""
    codes = ", ".join(dict.fromkeys(issue.code for issue in _outcome(value) if issue.code))
    return f"OperationOutcome: {codes}" if codes else "OperationOutcome"


def _outcome_failed(value: Raw | bytes) -> bool:
    return any(issue.severity not in ("warning", "information") for issue in _outcome(value))


def _version(item: Item) -> tuple[float, int, bytes]:
    """Orders the versions of one resource: meta.lastUpdated, then versionId, then content."""
    try:
        meta = msgspec.json.decode(item.raw, type=_Versioned).meta or _Meta()
        updated = datetime.fromisoformat(meta.last_updated).timestamp() if meta.last_updated else 0.0
        number = int(meta.version_id) if meta.version_id and meta.version_id.isdecimal() else 0
    except BAD_DATA:
        updated, number = 0.0, 0
    return updated, number, bytes(item.raw)


__all__ = ["KEYS", "Head", "Item", "Received"]
