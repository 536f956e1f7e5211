"""What was handed out or given of a glucocorticoid -> the doses of its courses (0.10 points 3 and 5).

One source per course: dispensings, else administrations that name the order, else the order.
Dispensed mg are spread over the days they last; a supply fetched early begins when the one
before it is used up. They tell the past and as far as they last; from then on a running order
counts as ordered. Of an as-needed course each supply counts once, on its day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from math import ceil

import msgspec
from msgspec.structs import replace

from fhir_mappings.courses import Entry, by_drug
from fhir_mappings.dosage import clip, flatten
from fhir_mappings.facts import DoseStep
from fhir_mappings.products import Kind, Product

#: A supply fetched at most so many days before its order begins belongs to it.
_FETCHED_BEFORE = 31
#: A supply for longer is a mistake.
_LONGEST_DAYS = 3660


class Supply(msgspec.Struct, frozen=True, gc=False):
    """One dispensing, or one dose given (`days` 1). `mg`, `days` None: not known. `orders`: what it names."""

    reference: str
    product: Product
    site: Kind
    day: date
    mg: float | None
    days: float | None
    orders: frozenset[str] = frozenset()
    given: bool = False

    @property
    def order(self) -> tuple[date, str]:
        """Sorts supplies alike whatever order they were received in."""
        return self.day, self.reference


def supplied(entries: Sequence[Entry], supplies: Iterable[Supply], as_of: date) -> list[Entry]:
    """The entries with what was supplied instead of what was ordered; supplies without an order as courses."""
    glucocorticoids = sorted((s for s in supplies if s.site), key=lambda s: s.order)
    if not glucocorticoids:
        return list(entries)
    groups = by_drug(entry for entry in entries if entry.site)
    owned: dict[str, list[Supply]] = defaultdict(list)
    orphans: dict[tuple[str, Kind], list[Supply]] = defaultdict(list)
    for supply in glucocorticoids:
        entry = _owner(supply, groups[supply.product.key])
        if entry is None:
            orphans[supply.product.key, supply.site].append(supply)
        elif entry.site == supply.site == "systemic":
            owned[entry.reference].append(supply)
    found: list[Entry] = []
    for entry in entries:
        sources = _one_source(entry, owned[entry.reference])
        found += _supplied(entry, sources, as_of) if sources else [entry]
    found += [_course(each) for each in orphans.values()]
    return sorted(found, key=lambda entry: entry.order)


def _owner(supply: Supply, entries: Sequence[Entry]) -> Entry | None:
    """The order a supply names; else the latest of the drug that runs that day, or begins soon after.

    One that acts at the same place comes first. A supply whose route is not said may belong
    to a local order: then it is local too.
    """
    same_site = [entry for entry in entries if entry.site == supply.site]
    return _owner_among(same_site, supply) or (None if supply.site == "local" else _owner_among(entries, supply))


def _owner_among(entries: Sequence[Entry], supply: Supply) -> Entry | None:
    named = [entry for entry in entries if entry.references & supply.orders]
    running = [entry for entry in entries if entry.takes_in(supply.day)]
    if named or running:
        return max(named or running, key=lambda entry: entry.order)
    soon = supply.day + timedelta(days=_FETCHED_BEFORE)
    return next((e for e in entries if e.start is not None and supply.day < e.start <= soon), None)


def _one_source(entry: Entry, supplies: Sequence[Supply]) -> list[Supply]:
    """The dispensings; without any, what was given to carry out this order."""
    dispensed = [supply for supply in supplies if not supply.given]
    return dispensed or [supply for supply in supplies if supply.orders & entry.references]


def _supplied(entry: Entry, supplies: Sequence[Supply], as_of: date) -> list[Entry]:
    """The entry with what was supplied; unchanged where mg or days of a supply are not known."""
    if entry.prn:
        counted = [replace(entry, start=s.day, stop=_later(entry.stop, s.day), prn_mg=s.mg) for s in supplies if s.mg]
        return counted or [entry]
    steps = _spread(supplies, entry)
    if steps is None:
        return [entry]
    covered = max(step.end or step.start for step in steps)
    if entry.end_unknown:
        stop = min(covered, as_of)
        return [replace(entry, stop=stop, steps=clip(steps, None, stop))]
    steps = clip(steps, None, entry.stop)
    rest = max(covered, as_of)
    if entry.status != "active" or (entry.stop is not None and entry.stop <= rest):
        return [replace(entry, steps=steps)]
    if entry.steps is not None:
        return [replace(entry, steps=flatten([*steps, *clip(entry.steps, rest, None)]))]
    return [replace(entry, steps=steps, stop=rest), replace(entry, start=rest)]


def _spread(supplies: Sequence[Supply], entry: Entry | None) -> tuple[DoseStep, ...] | None:
    """The supplies one after the other, each mg over its days; None when one of them is not known."""
    steps: list[DoseStep] = []
    free = entry.start if entry is not None else None
    for supply in supplies:
        days = supply.days
        if days is None and entry is not None and supply.mg is not None:
            daily = entry.product.strength.mg(entry.daily(supply.day))
            days = supply.mg / daily if daily else None
        if supply.mg is None or days is None or not 0 < days <= _LONGEST_DAYS:
            return None
        begin = supply.day if free is None or supply.given else max(supply.day, free)
        length = ceil(days - 1e-6)
        free = begin + timedelta(days=length)
        steps.append(DoseStep(begin, free, supply.mg / length))
    return flatten(steps)


def _course(supplies: Sequence[Supply]) -> Entry:
    """Supplies of one drug without any order, as a course of their own."""
    first, last = supplies[0], supplies[-1]
    steps = _spread(supplies, None)
    days = min(last.days or 1.0, _LONGEST_DAYS)
    stop = max(step.end or step.start for step in steps) if steps else last.day + timedelta(days=ceil(days))
    return Entry(
        reference=first.reference,
        kind="supply",
        product=first.product,
        status="active",
        start=first.day,
        stop=stop,
        site=first.site,
        steps=steps if first.site == "systemic" else None,
        references=frozenset(supply.reference for supply in supplies),
    )


def _later(stop: date | None, day: date) -> date | None:
    """A stop that is not before the day after `day`."""
    return None if stop is None else max(stop, day + timedelta(days=1))
