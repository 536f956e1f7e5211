"""Dosage[] -> when how much of a product is taken (facts-to-fhir 6 "How much", 0.10 point 3).

A plan keeps doses as they are written (mg, mL or pieces); with the product's strength it
becomes steps in mg per day. Doses of every second day or week are spread evenly. What is not
understood stays unknown: no dose, no timing, a free text alone, a rate, a maximum.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from fhir_mappings.amounts import Amount, Strength, amount_of, high_end
from fhir_mappings.dates import day_after, day_or_none
from fhir_mappings.facts import DoseStep
from fhir_mappings.r4.datatypes import Dosage
from fhir_mappings.timing import Bounds, Rhythm, bounds, rhythm


class Segment(msgspec.Struct, frozen=True, gc=False):
    """Days with one dosage. `end`: the first day without, None open. `once`: one dose on one day.

    `intake`: the amount taken at a time; `rhythm`: how often. None: not understood.
    """

    start: date | None
    end: date | None
    dosage: Dosage
    once: bool = False

    @property
    def intake(self) -> Amount | None:
        return _intake(self.dosage)

    @property
    def rhythm(self) -> Rhythm | None:
        if self.once:
            return _ONCE
        return None if self.dosage.modifierExtension else rhythm(self.dosage.timing)

    @property
    def per_day(self) -> Amount | None:
        """The amount of an average day."""
        intake, often = self.intake, self.rhythm
        return None if intake is None or often is None else intake.times(often.per_day)


_ONCE = Rhythm(1.0, 1.0)


class Plan(msgspec.Struct, frozen=True, gc=False):
    """The dosages of one order on the calendar.

    `start`: the first day, None when not written. `stop`: the day after the last, None when
    the last step is open. `placed` False: the days of a step cannot be told. `prn`: all
    dosages are as needed; they have no segments. `text`: what was written, patient data.
    """

    segments: tuple[Segment, ...] = ()
    start: date | None = None
    stop: date | None = None
    placed: bool = True
    prn: bool = False
    text: str = ""

    def steps(self, strength: Strength) -> tuple[DoseStep, ...] | None:
        """mg per day, day by day without overlap; None when a dose or its days are unknown."""
        if not self.placed or not self.segments:
            return None
        steps = []
        for segment in self.segments:
            mg = strength.mg(segment.per_day)
            if mg is None or segment.start is None:
                return None
            steps.append(DoseStep(segment.start, segment.end, mg))
        return flatten(steps)

    def daily(self, when: date) -> Amount | None:
        """The amount per day around a day; None when a part of it is unknown or of another kind."""
        amounts = [segment.per_day for segment in self.on(when)]
        known = [amount for amount in amounts if amount is not None]
        if not known or len(known) < len(amounts) or len({amount.kind for amount in known}) > 1:
            return None
        return Amount(sum(amount.value for amount in known), known[0].kind)

    def on(self, when: date) -> tuple[Segment, ...]:
        """The segments of a day; of the nearest later, else the last earlier one when the day has none."""
        running = [s for s in self.segments if (s.start is None or s.start <= when) and (s.end is None or when < s.end)]
        if running or not self.segments:
            return tuple(running)
        later = [s.start for s in self.segments if s.start is not None and s.start > when]
        nearest = min(later) if later else max(s.start or date.min for s in self.segments)
        return tuple(s for s in self.segments if (s.start or date.min) == nearest)


#: The most steps, or listed days, of one order that are worked out; beyond it the dose is unknown.
MOST_STEPS = 120


def lay_out(dosages: Sequence[Dosage], start: date | None) -> Plan:
    """The plan of an order that begins on `start` unless a dosage says otherwise.

    Steps follow in order of `sequence`; one without a start of its own begins the day after
    the step before it. The same (or no) sequence: at the same time. As-needed dosages beside
    fixed ones are not counted.
    """
    if not dosages:
        return Plan(start=start)
    if len(dosages) == 1 and (dosages[0].timing is None or not dosages[0].timing.event):
        return _lay_one(dosages[0], start)
    if len(dosages) > MOST_STEPS or any(d.timing is not None and len(d.timing.event) > MOST_STEPS for d in dosages):
        # nobody writes so many; working them out would keep every other caller waiting
        return Plan(start=start, placed=False, text="; ".join(filter(None, map(_text, dosages[:MOST_STEPS]))))
    if len(dosages) == 1 and not _only_events(dosages[0]):
        return _lay_one(dosages[0], start)
    fixed = [dosage for dosage in dosages if not as_needed(dosage)]
    laid: list[Segment] = []
    placed, following = True, start
    for group in _in_sequence(fixed or dosages):
        limits = [bounds(dosage.timing) for dosage in group]
        begin = min((limit.start for limit in limits if limit.start is not None), default=following)
        if laid and begin is None:
            placed = False
        elif laid and begin is not None:
            laid = _cut(laid, begin)
        ends: list[date | None] = []
        for dosage, limit in zip(group, limits, strict=True):
            found = _segments(dosage, limit, begin)
            laid += found
            ends += [segment.end for segment in found]
            placed = placed and limit.readable and all(s.start is not None for s in found)
        known_ends = [end for end in ends if end is not None]
        following = max(known_ends) if len(known_ends) == len(ends) and ends else None
    ends = [segment.end for segment in laid]
    starts = [segment.start for segment in laid if segment.start is not None]
    return Plan(
        segments=tuple(laid) if fixed else (),
        start=min(starts, default=start),
        stop=None if not ends or None in ends else max(end for end in ends if end is not None),
        placed=placed,
        prn=not fixed,
        text="; ".join(filter(None, map(_text, dosages))),
    )


def _lay_one(dosage: Dosage, start: date | None) -> Plan:
    """The plan of a single dosage: most orders have no more."""
    limit, prn = bounds(dosage.timing), as_needed(dosage)
    (segment,) = _segments(dosage, limit, start)
    return Plan(
        segments=() if prn else (segment,),
        start=segment.start,
        stop=segment.end,
        placed=limit.readable and segment.start is not None,
        prn=prn,
        text=_text(dosage),
    )


def _text(dosage: Dosage) -> str:
    return dosage.text or dosage.patientInstruction or ""


def _only_events(dosage: Dosage) -> bool:
    """Taken on listed days."""
    timing = dosage.timing
    return timing is not None and bool(timing.event) and timing.repeat is None and timing.code is None


def as_needed(dosage: Dosage) -> bool:
    """Taken only when needed (PRN)."""
    return bool(dosage.asNeededBoolean) or dosage.asNeededCodeableConcept is not None


def clip(steps: Iterable[DoseStep], start: date | None, stop: date | None) -> tuple[DoseStep, ...]:
    """What lies from `start` until the day before `stop`; None does not limit."""
    kept = []
    for step in steps:
        begin = step.start if start is None else max(step.start, start)
        end = step.end if stop is None else min(step.end or stop, stop)
        if end is None or begin < end:
            kept.append(DoseStep(begin, end, step.mg_per_day))
    return tuple(kept)


def flatten(steps: Iterable[DoseStep]) -> tuple[DoseStep, ...]:
    """The same doses as steps that do not overlap, oldest first; overlapping ones are summed."""
    steps = tuple(steps)
    edges = sorted({edge for step in steps for edge in (step.start, step.end) if edge is not None})
    laid = []
    for begin, end in pairwise([*edges, None]):
        if begin is None:
            continue
        during = [s.mg_per_day for s in steps if s.start <= begin and (s.end is None or begin < s.end)]
        if during:
            laid.append(DoseStep(begin, end, sum(sorted(during))))
    return tuple(laid)


def used_up(steps: Sequence[DoseStep], mg: float) -> tuple[DoseStep, ...]:
    """Steps whose open last one ends when `mg` are taken; the last day takes what is left."""
    closed: list[DoseStep] = []
    for step in steps:
        if step.end is not None or step.mg_per_day <= 0:
            closed.append(step)
            mg -= (step.end - step.start).days * step.mg_per_day if step.end is not None else 0.0
            continue
        days = int(max(mg, 0.0) / step.mg_per_day + 1e-9)
        left = max(mg, 0.0) - days * step.mg_per_day
        try:
            end = step.start + timedelta(days=days)
            last = DoseStep(end, end + timedelta(days=1), left)
        except OverflowError:
            return tuple(steps)
        closed += [DoseStep(step.start, end, step.mg_per_day)] * (days > 0) + [last] * (left > 1e-6)
    return tuple(closed)


def _in_sequence(dosages: Sequence[Dosage]) -> Sequence[Sequence[Dosage]]:
    if len(dosages) == 1:
        return (dosages,)
    numbers = [dosage.sequence for dosage in dosages if dosage.sequence is not None]
    lowest = min(numbers, default=1)
    groups: dict[int, list[Dosage]] = {}
    for dosage in dosages:
        groups.setdefault(lowest if dosage.sequence is None else dosage.sequence, []).append(dosage)
    return [groups[number] for number in sorted(groups)]


def _segments(dosage: Dosage, limit: Bounds, begin: date | None) -> list[Segment]:
    """The days of one dosage: from its own start, else from `begin`, to its earliest end."""
    if dosage.timing is not None and _only_events(dosage):
        return [Segment(each, day_after(each), dosage, once=True) for each in map(day_or_none, dosage.timing.event)]
    start, end = limit.start or begin, limit.end
    if limit.days is not None and start is not None:
        counted = start + timedelta(days=limit.days)
        end = counted if end is None else min(end, counted)
    return [Segment(start, end, dosage)]


def _intake(dosage: Dosage) -> Amount | None:
    """The amount taken at a time; of several (ordered, calculated) the highest of one kind."""
    found = [amount_of(each.doseQuantity) or high_end(each.doseRange) for each in dosage.doseAndRate]
    amounts = [amount for amount in found if amount is not None]
    for kind in ("mg", "mL", "piece"):
        same = [amount for amount in amounts if amount.kind == kind]
        if same:
            return max(same, key=lambda amount: amount.value)
    return None


def _cut(laid: list[Segment], begin: date) -> list[Segment]:
    """Earlier steps end where the next one begins."""
    kept = []
    for segment in laid:
        if segment.start is not None and segment.start >= begin:
            continue
        kept.append(replace(segment, end=min(segment.end or begin, begin)))
    return kept
