"""Treatment failure (§9.3): T-score fallen on treatment, fractures after a year, and height lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fhir_mappings.facts import Fracture, Measurement
from hooks.guideline.bone_density import SPINE, studies
from hooks.guideline.calendar import add_months, within_months
from hooks.guideline.case import CONDITIONS, OBSERVATIONS, Case, absent, predicate
from hooks.guideline.fractures import any_fracture, fractures, not_high_energy
from hooks.guideline.laboratory import newest, values
from hooks.guideline.logic import (
    TOLERANCE,
    Answer,
    Known,
    Unknown,
    Value,
    Yes,
    any_of,
    exists,
)
from hooks.guideline.tablets import on_oral_bp
from hooks.guideline.thresholds import (
    FAILURE_AFTER,
    FAILURE_BASE,
    FAILURE_FRACTURES,
    FAILURE_SETTLED,
    FRACTURE_SHOWN,
    HEIGHT_BEFORE,
    T_FALL_HIP,
    T_FALL_SPINE,
)
from hooks.guideline.treatment import on_antiosteo, treatment_start

#: The hip site that is compared: total hip, else the femoral neck.
HIP_SITES = ("total_hip", "femoral_neck")


def _start_needed(case: Case) -> bool:
    """Whether a tablet runs whose start is not recorded, so that nothing can be dated against it."""
    return treatment_start(case) is None and isinstance(on_oral_bp(case), Yes)


def scans_to_compare(case: Case, sites: Iterable[str]) -> tuple[tuple[Measurement, Measurement], ...]:
    """(reference, latest) T-scores of the same site, preferring the first site that has any pair.

    Latest: the newest scan more than three months after treatment_start. References: the
    last scan up to then (not older than three years before start), and every later one.
    """
    start = treatment_start(case)
    if start is None:
        return ()
    for site in sites:
        pairs = _pairs(case, site, start)
        if pairs:
            return pairs
    return ()


def _pairs(case: Case, site: str, start: date) -> tuple[tuple[Measurement, Measurement], ...]:
    settled = add_months(start, FAILURE_SETTLED)
    scans = [study.t[site] for study in studies(case) if site in study.t]
    if not scans or scans[0].date <= settled:
        return ()
    latest, earlier = scans[0], scans[1:]
    references = [scan for scan in earlier if scan.date > settled]
    base = next((scan for scan in earlier if scan.date <= settled), None)
    if base is not None and base.date >= add_months(start, -FAILURE_BASE):
        references.append(base)
    return tuple((reference, latest) for reference in references)


def largest_fall(case: Case, sites: Iterable[str]) -> tuple[Measurement, Measurement] | None:
    """The pair with the largest fall in T-score."""
    return max(scans_to_compare(case, sites), key=lambda pair: pair[0].value - pair[1].value, default=None)


def _fallen(case: Case, sites: Iterable[str], limit: float) -> Answer:
    pair = largest_fall(case, sites)
    if pair is not None and pair[0].value - pair[1].value >= limit - TOLERANCE:
        return Yes(pair)
    return Unknown(("treatment_start",)) if _start_needed(case) else absent(case, *OBSERVATIONS)


@predicate
def spine_fallen(case: Case) -> Answer:
    """The T-score of the lumbar spine has fallen by 0.3 or more on treatment (C-31)."""
    return _fallen(case, sorted(SPINE), T_FALL_SPINE)


@predicate
def hip_fallen(case: Case) -> Answer:
    """The T-score of the hip has fallen by 0.5 or more on treatment (C-31)."""
    return _fallen(case, HIP_SITES, T_FALL_HIP)


def fractures_after(case: Case, months: float) -> tuple[Fracture, ...]:
    """Dated fractures, not known as high-energy, more than `months` after treatment_start."""
    start = treatment_start(case)
    if start is None:
        return ()
    since = add_months(start, months)
    return fractures(case, lambda f: not_high_energy(f) and f.date is not None and f.date > since)


@predicate
def fractured_twice(case: Case) -> Answer:
    """Two fractures or more after more than a year of treatment; undated ones are not counted."""
    found = fractures_after(case, FAILURE_AFTER)
    if len(found) >= FAILURE_FRACTURES:
        return Yes(found)
    return Unknown(("treatment_start",)) if _start_needed(case) else absent(case, *CONDITIONS)


@predicate
def fractured_on_treatment(case: Case) -> Answer:
    """A fracture after treatment_start and within the last 12 months."""
    found = [f for f in fractures_after(case, 0) if within_months(f.date, case.today, FRACTURE_SHOWN)]
    if not found and _start_needed(case):
        return Unknown(("treatment_start",))
    return exists(found, otherwise=absent(case, *CONDITIONS))


@predicate
def treatment_failure(case: Case) -> Answer:
    """FAIL-1, FAIL-2 or FAIL-3, on treatment."""
    return any_of(spine_fallen(case), hip_fallen(case), fractured_twice(case))


@predicate
def undated_fracture(case: Case) -> Answer:
    """A fracture whose day is not recorded."""
    return any_fracture(case, lambda f: not_high_energy(f) and f.date is None)


@predicate
def height_lost_on_treatment(case: Case) -> Value[float]:
    """cm between the highest height from 24 months before treatment_start on, and the latest."""
    start, latest = treatment_start(case), newest(case, "height_cm")
    if latest is None:
        return Unknown(("height_cm",))
    if start is None:
        return Unknown(("treatment_start",)) if isinstance(on_antiosteo(case), Yes) else Known(0.0)
    counted = [m for m in values(case, "height_cm") if m.date >= add_months(start, -HEIGHT_BEFORE)]
    highest = max(counted, key=lambda m: m.value, default=latest)
    return Known(highest.value - latest.value, (highest, latest))
