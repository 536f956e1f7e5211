"""The record of one worked patient while it is being written in FHIR.

All choices a real record system would make one way or another (which of two codes, which
unit) are drawn from a hash of the patient's id: every run writes the same record, and five
hundred patients together show every way.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from tests.vignette_codes import NPU_SYSTEMS, SYSTEMS, Codes

Dialect = Literal["danish", "international"]
Resource = dict[str, Any]
Fact = Mapping[str, Any]
Choice = TypeVar("Choice")
Key = TypeVar("Key")

#: Times of day as laboratories send them: the calendar day is the one written, whatever the zone.
TIMES: Final = {"danish": ("", "T08:15:00+01:00"), "international": ("", "T23:45:00-05:00")}
TERMINOLOGY: Final = Path(__file__).parent.parent / "fhir_mappings" / "terminology"


class UnknownFactError(ValueError):
    """A vignette says something this adapter cannot write: to leave it out would falsify the patient."""


def check_keys(fact: Fact, required: Collection[str], optional: Collection[str] = ()) -> None:
    """Refuse a fact with a key nobody would write, or without one it needs."""
    unknown = set(fact) - set(required) - set(optional)
    missing = set(required) - set(fact)
    if unknown or missing:
        raise UnknownFactError(
            f"{dict(fact)}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}; "
            f"expected {sorted(required)}, optional {sorted(optional)}."
        )


def known(name: Key, table: Mapping[Key, Choice], kind: str) -> Choice:
    """The table's entry, or an error that names what is not in it."""
    if name not in table:
        raise UnknownFactError(f"{kind} {name!r}: expected one of {sorted(map(str, table))}.")
    return table[name]


class Record:
    """One patient's resources so far, in the order of the vignette.

    `courses` keeps the orders of each drug, which later orders, dispensings and stops refer to.
    """

    def __init__(self, vignette: Fact, dialect: Dialect) -> None:
        if dialect not in ("danish", "international"):
            raise ValueError(f"dialect {dialect!r}: expected danish or international.")
        self.vignette = vignette
        self.dialect: Dialect = dialect
        self.id: str = vignette["id"]
        self.today: date = vignette["today"]
        self.patient: Resource = {}
        self.resources: list[Resource] = []
        self.drafts: list[Resource] = []
        self.courses: dict[str, list[Resource]] = {}
        self._count = 0

    def facts(self, section: str) -> list[Fact]:
        """The facts of one section of the vignette."""
        return list(self.vignette.get(section) or ())

    def choose(self, topic: str, options: Sequence[Choice]) -> Choice:
        """One of the options, always the same for this patient and topic."""
        digest = hashlib.sha256(f"{self.id}/{topic}".encode()).digest()
        return options[int.from_bytes(digest[:4], "big") % len(options)]

    def sometimes(self, topic: str, one_in: int = 3) -> bool:
        """Whether a form that is accepted beside the canonical one is used: abroad, now and then."""
        return self.dialect == "international" and self.choose(topic, range(one_in)) == 0

    def code(self, topic: str, codes: Codes) -> str:
        """The `system:code` this patient's record uses for a concept."""
        written = codes.danish if self.dialect == "danish" else codes.international
        return self.choose(topic, written.split())

    def coding(self, written: str) -> Resource:
        """A Coding from `system:code`, NPU under the URI this patient's laboratory uses."""
        name, code = written.split(":", 1)
        system = self.choose("npu", NPU_SYSTEMS) if name == "npu" else SYSTEMS[name]
        display = displays().get((SYSTEMS[name], code))
        return {"system": system, "code": code} | ({"display": display} if display else {})

    def concept(self, topic: str, codes: Codes, suffix: str = "") -> Resource:
        """A CodeableConcept for a concept; `suffix` follows an SKS diagnosis only."""
        written = self.code(topic, codes)
        return {"coding": [self.coding(written + suffix if written.startswith("sks:") else written)]}

    def build(self, kind: str, **elements: Any) -> Resource:
        """A resource of this patient with an id of its own, not yet part of the record."""
        self._count += 1
        head = {"resourceType": kind, "id": f"{self.id}-{kind.lower()}-{self._count}"}
        subject = {"patient": self.subject} if kind == "FamilyMemberHistory" else {"subject": self.subject}
        written = {name: value for name, value in elements.items() if value is not None}
        return head | ({} if kind in ("Appointment", "Task") else subject) | written

    def add(self, kind: str, **elements: Any) -> Resource:
        """A resource of this patient, added to the record."""
        self.resources.append(self.build(kind, **elements))
        return self.resources[-1]

    def observe(self, concept: Resource, day: date | None, **elements: Any) -> Resource:
        """A final Observation, its day with or without a time, added to the record."""
        effective = None if day is None else day.isoformat() + self.choose("time", TIMES[self.dialect])
        return self.add("Observation", status="final", code=concept, effectiveDateTime=effective, **elements)

    @property
    def subject(self) -> Resource:
        """The reference to the patient."""
        return {"reference": f"Patient/pat-{self.id}"}

    @property
    def birth_date(self) -> date:
        """As given, else `age` and a half years before today (0.9)."""
        patient: Fact = self.vignette["patient"]
        given: date = patient.get("birth_date") or add_months(self.today, -12 * patient["age"] - 6)
        return given


def reference(resource: Resource) -> Resource:
    """The Reference to a resource of the record."""
    return {"reference": f"{resource['resourceType']}/{resource['id']}"}


def extension(url: str, concept: Resource) -> Resource:
    """An extension holding a CodeableConcept."""
    return {"url": url, "valueCodeableConcept": concept}


def add_months(day: date, months: int) -> date:
    """Calendar months later, the day clamped to the end of the month (0.2)."""
    total = day.year * 12 + day.month - 1 + months
    year, month = total // 12, total % 12 + 1
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, min(day.day, (first_of_next - timedelta(days=1)).day))


@cache
def displays() -> Mapping[tuple[str, str], str]:
    """The name of each exact code of codes.csv, as a record system would send it along."""
    with (TERMINOLOGY / "codes.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["match"] == "exact"]
    return {(row["system"], row["code"]): row["display"] for row in rows}
