"""An order, statement or supply on its way to a MedicationCourse (facts-to-fhir 6 "When")."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec
from msgspec.structs import replace

from fhir_mappings.amounts import Amount
from fhir_mappings.dosage import Plan, clip
from fhir_mappings.facts import DoseStep, MedicationCourse
from fhir_mappings.products import Kind, Product

Status = Literal["active", "paused", "ended"]


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One order, statement or supply before it is joined to others.

    `site`, `steps`, `steady`: of a glucocorticoid where it acts, its mg per day, and its one
    dose per day when there is only one; None when dose or days are unknown. `plan`: its
    dosages, None of a supply. `references`: itself and what it absorbed. `replaces`: its
    priorPrescription. `based_on`: what it carries out or reports. `group`: orders written
    together.
    """

    reference: str
    kind: Literal["order", "statement", "supply"]
    product: Product
    status: Status
    start: date | None
    stop: date | None
    route: str = ""
    site: Kind = ""
    cancer: bool = False
    steps: tuple[DoseStep, ...] | None = None
    steady: float | None = None
    plan: Plan | None = None
    prn: bool = False
    prn_mg: float | None = None
    text: str = ""
    daily_mg: float | None = None
    intakes: float | None = None
    references: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    based_on: frozenset[str] = frozenset()
    group: str = ""
    duplicate: bool = False

    @property
    def order(self) -> tuple[date, date, str]:
        """Sorts entries alike whatever order they were received in."""
        return self.start or date.min, self.stop or date.max, self.reference

    @property
    def dosed(self) -> bool:
        """Whether it has a dosage of its own that is understood."""
        return self.prn or (self.plan is not None and any(s.per_day is not None for s in self.plan.segments))

    def daily(self, day: date) -> Amount | None:
        """The amount per day around a day, None when it is not known."""
        return self.plan.daily(day) if self.plan is not None else None

    @property
    def end_unknown(self) -> bool:
        """No longer taken, and not known since when."""
        return self.status != "active" and self.stop is None

    def overlaps(self, other: Entry) -> bool:
        """Whether both have a day in common, as far as is known."""
        mine, theirs = self.stop or date.max, other.stop or date.max
        return (self.start or date.min) < theirs and (other.start or date.min) < mine

    def takes_in(self, day: date) -> bool:
        """Whether the day lies between start and stop, as far as is known."""
        return (self.start or date.min) <= day < (self.stop or date.max)

    def until(self, stop: date) -> Entry:
        """The entry ended on a day, at the latest."""
        steps = None if self.steps is None else clip(self.steps, None, stop)
        return replace(self, stop=min(self.stop or stop, stop), steps=steps)


def course_of(entry: Entry, as_of: date) -> MedicationCourse:
    """The course as of a day.

    One that was stopped, completed or paused has no planned days. Where its end is not
    known, `stop` is None and `active` False; the dose of such a glucocorticoid is unknown,
    because its duration is.
    """
    start, stop, steps = entry.start, entry.stop, entry.steps
    if entry.status != "active":
        steps = None if steps is None or stop is None else clip(steps, None, as_of)
        if stop is not None and stop > as_of:
            stop = as_of if entry.site else None
    begun = start is None or start <= as_of
    systemic = entry.site in ("systemic", "unclear")
    return MedicationCourse(
        drugs=entry.product.drugs,
        product=entry.product.key,
        reference=entry.reference,
        start=start,
        stop=stop,
        active=entry.status == "active" and begun and (stop is None or as_of < stop),
        display=entry.product.display,
        route=entry.route or entry.product.route,
        paused=entry.status == "paused" and begun and (stop is None or as_of <= stop),
        cancer_product=entry.cancer,
        systemic=systemic,
        local=entry.site == "local",
        prn=entry.prn,
        prn_mg=entry.prn_mg,
        dose_known=not systemic or entry.prn or steps is not None,
        dose_text=entry.text,
        steps=(steps or ()) if systemic and not entry.prn else (),
        open_ended=stop is None and entry.status == "active",
        duplicate=entry.duplicate,
        daily_mg=entry.daily_mg,
        intakes_per_day=entry.intakes,
    )


def by_drug(entries: Iterable[Entry]) -> Mapping[str, list[Entry]]:
    """The entries of each drug."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.product.key].append(entry)
    return groups
