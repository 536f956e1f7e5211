"""What the bone markers of a patient on tablets show: a fall, too little of it, a rise, the target (§7, §9.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from fhir_mappings.facts import Measurement
from hooks.guideline.calendar import add_days, add_months, within_months
from hooks.guideline.case import CONDITIONS, OBSERVATIONS, Case, absent, predicate
from hooks.guideline.laboratory import values
from hooks.guideline.logic import TOLERANCE, Answer, Unknown, Yes, all_of, any_of, exists, no
from hooks.guideline.markers import ANALYTES, fracture_at_start, readable, treated_day
from hooks.guideline.tablets import bp_start, on_oral_bp
from hooks.guideline.thresholds import MARKER_FALL, MARKER_FIRST, MARKER_LATE, MARKER_REPEAT, MARKER_RISE

Reading = Callable[[Case, "Followed"], tuple[Measurement, ...]]


@dataclass(frozen=True, slots=True)
class Followed:
    """One analyte of a patient on tablets; only readable values, oldest first.

    `base`: the latest of the six months up to the start. `treated`: after the start.
    `late`: of those, from three months on (14 days early accepted).
    """

    analyte: str
    base: Measurement | None
    treated: tuple[Measurement, ...]
    late: tuple[Measurement, ...]

    def fall(self, marker: Measurement) -> float | None:
        """Percent below the value before start; None without one."""
        if self.base is None or self.base.value <= 0:
            return None
        return (self.base.value - marker.value) / self.base.value * 100

    def responded(self, marker: Measurement) -> bool:
        """A fall of 30 % or more (C-01)."""
        fall = self.fall(marker)
        return fall is not None and fall >= MARKER_FALL - TOLERANCE

    def fell_too_little(self, marker: Measurement) -> bool:
        """A known fall of less than 30 %."""
        return self.base is not None and self.base.value > 0 and not self.responded(marker)


@predicate
def followed(case: Case) -> tuple[Followed, ...]:
    """The analytes on record during the running tablet course; empty without a known start."""
    start = bp_start(case)
    if start is None:
        return ()
    return tuple(_followed(case, analyte, start) for analyte in ANALYTES)


def _followed(case: Case, analyte: str, start: date) -> Followed:
    found = sorted((m for m in values(case, analyte) if readable(case, m)), key=lambda m: m.date)
    earliest = add_months(start, -case.defaults.marker_base)
    before = [m for m in found if earliest <= m.date <= start]
    first = add_days(add_months(start, MARKER_FIRST), -case.defaults.marker_tol)
    return Followed(
        analyte,
        before[-1] if before else None,
        tuple(m for m in found if m.date > start),
        tuple(m for m in found if m.date >= first),
    )


def acted_on(case: Case, marker: Measurement) -> bool:
    """At most P_MARKER_ACT old."""
    return within_months(marker.date, case.today, case.defaults.marker_act)


def current(case: Case, found: Followed) -> Measurement | None:
    """fu: the latest value from three months on, if it is acted on."""
    return found.late[-1] if found.late and acted_on(case, found.late[-1]) else None


def shown_by(case: Case, reading: Reading) -> Answer:
    """Yes on the values an analyte of the running course shows; unknown when start or record is not known."""
    for found in followed(case):
        evidence = reading(case, found)
        if evidence:
            return all_of(Yes(evidence), no(absent(case, *CONDITIONS)))
    if isinstance(on_oral_bp(case), Yes) and bp_start(case) is None:
        return Unknown(("treatment_start",))
    return absent(case, *OBSERVATIONS, *CONDITIONS)


def _with_base(found: Followed, *markers: Measurement) -> tuple[Measurement, ...]:
    return (found.base, *markers) if found.base is not None else markers


def _rise(case: Case, found: Followed) -> tuple[Measurement, ...]:
    if not found.treated:
        return ()
    latest, earlier = found.treated[-1], found.treated[:-1]
    if not acted_on(case, latest) or not any(found.responded(m) for m in earlier):
        return ()
    lowest = min(earlier, key=lambda m: m.value)
    risen = latest.value >= lowest.value * (1 + MARKER_RISE / 100) - TOLERANCE
    return (lowest, latest) if risen else ()


@predicate
def marker_rising(case: Case) -> Answer:
    """FAIL-5: after a fall of 30 % or more, 30 % or more above the lowest value on treatment."""
    return shown_by(case, _rise)


def _effect(case: Case, found: Followed) -> tuple[Measurement, ...]:
    latest = current(case, found)
    return _with_base(found, latest) if latest is not None and found.responded(latest) else ()


@predicate
def marker_fell(case: Case) -> Answer:
    """The latest value is 30 % or more below the value before start."""
    return shown_by(case, _effect)


@predicate
def marker_shows_effect(case: Case) -> Answer:
    """MON-MARK-6: the latest value fell by 30 % or more, and the marker is not rising again (FAIL-5)."""
    return all_of(marker_fell(case), no(marker_rising(case)))


def _exact(case: Case, found: Followed) -> tuple[Measurement, ...]:
    latest = current(case, found)
    fall = found.fall(latest) if latest is not None else None
    exact = latest is not None and fall is not None and abs(fall - MARKER_FALL) <= TOLERANCE
    return _with_base(found, latest) if exact and latest is not None else ()


@predicate
def marker_fell_exactly(case: Case) -> Answer:
    """The latest value is exactly 30 % below the value before start (C-01)."""
    return shown_by(case, _exact)


def _repeat_due(case: Case, found: Followed) -> date | None:
    """When the second control counts: three months after the first, 14 days early accepted."""
    if not found.late:
        return None
    return add_days(add_months(found.late[0].date, MARKER_REPEAT), -case.defaults.marker_tol)


def _too_little(case: Case, found: Followed) -> tuple[Measurement, ...]:
    due = _repeat_due(case, found)
    if due is None or not found.fell_too_little(found.late[0]) or not acted_on(case, found.late[-1]):
        return ()
    if any(found.responded(m) for m in found.late) or any(m.date >= due for m in found.late):
        return ()
    return _with_base(found, found.late[0])


@predicate
def marker_fell_too_little(case: Case) -> Answer:
    """The first control fell by less than 30 %, none ever reached 30 %, and it is not repeated yet."""
    return shown_by(case, _too_little)


def _twice(case: Case, found: Followed) -> tuple[Measurement, ...]:
    due = _repeat_due(case, found)
    latest = current(case, found)
    if due is None or latest is None or latest.date < due:
        return ()
    first = found.late[0]
    poor = found.fell_too_little(first) and found.fell_too_little(latest)
    return _with_base(found, first, latest) if poor else ()


@predicate
def marker_fell_too_little_twice(case: Case) -> Answer:
    """The first control and the one at least three months later both fell by less than 30 %."""
    return shown_by(case, _twice)


def _ever_responded(_case: Case, found: Followed) -> tuple[Measurement, ...]:
    return next((_with_base(found, m) for m in found.late if found.responded(m)), ())


@predicate
def marker_ever_fell(case: Case) -> Answer:
    """Some control reached a fall of 30 %."""
    return shown_by(case, _ever_responded)


def _on_target(case: Case, found: Followed) -> tuple[Measurement, ...]:
    below_mean = (m for m in _without_base(case, found) if m.geometric_mean is not None and m.value < m.geometric_mean)
    return tuple(below_mean)[:1]


def _without_base(case: Case, found: Followed) -> tuple[Measurement, ...]:
    """Controls without a value before start; after a fracture at start only those from one year (§7)."""
    first = treated_day(case, MARKER_LATE)
    wait = isinstance(fracture_at_start(case), Yes)
    return () if found.base is not None else tuple(m for m in found.late if not wait or (first and m.date >= first))


@predicate
def marker_ever_on_target(case: Case) -> Answer:
    """Without a value before start, some control was below the geometric mean of premenopausal women."""
    return shown_by(case, _on_target)


@predicate
def marker_response(case: Case) -> Answer:
    """marker_response: some control showed effect (MON-MARK-6 or 9), and the marker is not rising now."""
    shown = any_of(marker_ever_fell(case), marker_ever_on_target(case))
    return shown if isinstance(no(marker_rising(case)), Yes) else no(marker_rising(case))


@predicate
def marker_without_base(case: Case) -> Answer:
    """A current control exists, and no value before start to compare it with."""
    found = _uncompared(case)
    return shown_by(case, lambda _case, _found: found)


def _uncompared(case: Case) -> tuple[Measurement, ...]:
    """The current controls without a value before start, when no analyte has both."""
    if any(f.base is not None and current(case, f) is not None for f in followed(case)):
        return ()
    latest = [current(case, f) for f in followed(case) if f.base is None]
    usable = {m for f in followed(case) for m in _without_base(case, f)}
    return tuple(m for m in latest if m is not None and m in usable)


@predicate
def marker_below_mean(case: Case) -> Answer:
    """The current control without comparison is below the geometric mean; equal to it is not below."""
    found = _uncompared(case)
    low = [m for m in found if m.geometric_mean is not None and m.value < m.geometric_mean - TOLERANCE]
    if low or not found:
        return exists(low, otherwise=absent(case, *OBSERVATIONS))
    unknown = all(m.geometric_mean is None for m in found)
    return Unknown(("geometric_mean",)) if unknown else no(Yes(found))
