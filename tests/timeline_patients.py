"""Patients for the timeline: facts as the readers would give them, without FHIR in between."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from fhir_mappings.facts import (
    Administration,
    DoseStep,
    Fracture,
    Measurement,
    MedicationCourse,
    PatientFacts,
    Source,
    SourceState,
    newest_first,
)
from tests.vignette_facts import KEYS

TODAY = date(2025, 9, 1)
HOSTILE = "Observation/<script>alert(1)</script>\"'&]]>{{x}}\u202e"


def result(concept: str, value: float, day: date, number: object, **more: Any) -> Measurement:
    return Measurement(concept, value, day, f"Observation/{number}", **more)


def course(
    drug: str, number: object, start: date | None, stop: date | None, *steps: DoseStep, **more: Any
) -> MedicationCourse:
    """A course; it runs when it has begun and not ended."""
    active = (start is None or start <= TODAY) and (stop is None or stop > TODAY)
    told: dict[str, Any] = {"active": active, "systemic": bool(steps), "steps": steps} | more
    return MedicationCourse(frozenset({drug}), drug, f"MedicationRequest/{number}", start, stop, **told)


def injection(day: date, number: object, drug: str = "denosumab", **more: Any) -> Administration:
    return Administration(drug, day, f"MedicationAdministration/{number}", **more)


def person(*measurements: Measurement, as_of: date = TODAY, **more: Any) -> PatientFacts:
    """A woman of 75 with these results; every source was delivered."""
    found: dict[str, list[Measurement]] = defaultdict(list)
    for measurement in measurements:
        found[measurement.concept].append(measurement)
    results = {concept: newest_first(values) for concept, values in found.items()}
    sources = {key: Source(key, SourceState.COMPLETE) for key in KEYS}
    return PatientFacts(as_of, "p", "female", date(1950, 3, 1), measurements=results, sources=sources, **more)


def long_course() -> PatientFacts:
    """Fourteen years: wrist, tablets with markers, prednisolone, a vertebra, denosumab once late and now overdue."""
    scans = [(2014, -2.9, -2.6, -2.3), (2017, -2.6, -2.5, -2.2), (2019, -2.2, -2.4, -2.0), (2025, -2.1, -2.5, -2.2)]
    sites = ("lumbar_spine", "femoral_neck", "total_hip")
    results = [
        result("t_score", t, date(year, 3, 12), f"{site}-{year}", site=site)
        for year, *values in scans
        for site, t in zip(sites, values, strict=True)
    ]
    results += [result("egfr", 90, date(2014, 4, 3), "egfr-2014", comparator=">")]
    results += [result("egfr", v, date(y, 4, 3), f"egfr-{y}") for y, v in [(2017, 74), (2021, 60), (2024, 43)]]
    results += [result("vitamin_d", v, date(y, 3, 3), f"vitd-{y}") for y, v in [(2014, 31), (2017, 88), (2025, 81)]]
    markers = [(date(2014, 4, 1), 62), (date(2014, 8, 1), 34), (date(2019, 6, 1), 41)]
    results += [result("p1np", v, day, f"p1np-{day}") for day, v in markers]
    results += [result("ctx", v, d, f"ctx-{d}") for d, v in [(date(2014, 4, 1), 520), (date(2014, 8, 1), 210)]]
    days = (date(2022, 5, 1), date(2022, 11, 2), date(2023, 5, 3), date(2023, 12, 28), date(2024, 6, 20))
    first, then, end = date(2021, 2, 1), date(2021, 5, 1), date(2021, 9, 1)
    return person(
        *results,
        courses=(
            course("alendronate", 1, date(2014, 4, 20), date(2019, 6, 1), daily_mg=10.0, dose_text="70 mg ugentligt"),
            course("calcium_vitd", 2, date(2014, 4, 1), None, daily_mg=800.0),
            course("prednisolone", 3, first, end, DoseStep(first, then, 25), DoseStep(then, end, 7.5)),
            course("prednisolone", 4, date(2025, 8, 1), None, DoseStep(date(2025, 8, 1), None, 5)),
            course("risedronate", 5, None, date(2012, 1, 1)),
        ),
        administrations=tuple(injection(day, number) for number, day in enumerate(days)),
        fractures=(
            Fracture("wrist", date(1992, 7, 1), "Condition/1", True),
            Fracture("wrist", date(2011, 7, 1), "Condition/2", True),
            Fracture("vertebral", date(2022, 2, 12), "Condition/3", True, compression_pct=30, vfa=True),
            Fracture("hip", None, "Condition/4"),
        ),
    )


def many_results() -> PatientFacts:
    """Two thousand results of one kind."""
    days = (date(2005, 1, 1) + timedelta(days=3 * number) for number in range(2000))
    return person(*(result("egfr", 40 + number % 30, day, number) for number, day in enumerate(days)))


def hostile() -> PatientFacts:
    """Everything a record can write is an attack."""
    return person(
        Measurement("t_score", -2.7, date(2025, 3, 1), HOSTILE, site="total_hip"),
        courses=(
            course("alendronate", 1, date(2025, 3, 1), None, dose_text="</template><img src=x onerror=alert(1)>"),
            MedicationCourse(frozenset({"risedronate"}), "r", HOSTILE, None, None, True, dose_text="[x](javascript:1)"),
        ),
        fractures=(Fracture("hip", date(2025, 1, 2), HOSTILE),),
    )
