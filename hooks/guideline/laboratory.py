"""Measured values: the latest, how fresh, low and high (0.9), and the BMI."""

from __future__ import annotations

from itertools import chain

from fhir_mappings.facts import Measurement
from hooks.guideline.calendar import add_months, within_days, within_months
from hooks.guideline.case import CONDITIONS, OBSERVATIONS, SCREENING, Case, absent, predicate, recorded
from hooks.guideline.logic import (
    NO,
    YES,
    Answer,
    Known,
    No,
    Unknown,
    Value,
    Yes,
    all_of,
    any_of,
    at_least,
    below,
    no,
    yes_if,
)
from hooks.guideline.scope import any_condition, condition
from hooks.guideline.thresholds import (
    CALCIUM_CORRECTED_HIGH,
    CALCIUM_CORRECTED_LOW,
    CALCIUM_IONISED_HIGH,
    CALCIUM_IONISED_LOW,
)

#: Concepts whose results come with the screening panel (a prefetch key of its own).
PANEL = frozenset(
    {
        *("creatinine", "sodium", "potassium", "alat", "alp", "crp"),
        *("pth", "tsh", "hba1c", "haemoglobin", "leucocytes", "testosterone"),
    }
)
CALCIUM = ("calcium_ionised", "calcium_corrected")


def values(case: Case, *concepts: str) -> tuple[Measurement, ...]:
    """All values of the concepts, newest first."""
    measurements = case.facts.measurements
    if len(concepts) == 1:
        return measurements.get(concepts[0], ())
    histories = [history for concept in concepts if (history := measurements.get(concept))]
    if len(histories) < 2:
        return histories[0] if histories else ()
    return tuple(sorted(chain.from_iterable(histories), key=lambda m: m.date, reverse=True))


def newest(case: Case, *concepts: str) -> Measurement | None:
    """The latest value of any of the concepts."""
    measurements = case.facts.measurements
    found = [history[0] for concept in concepts if (history := measurements.get(concept))]
    return max(found, key=lambda m: m.date, default=None) if len(found) > 1 else next(iter(found), None)


def last_value(case: Case, concept: str) -> Value[float]:
    """The latest value, whatever its age; unknown when never measured."""
    measurement = newest(case, concept)
    return Unknown((concept,)) if measurement is None else Known(measurement.value, (measurement,))


def recent_value(case: Case, concept: str, months: float) -> Value[float]:
    """The latest value if it is at most `months` old; unknown when there is none so fresh."""
    measurement = newest(case, concept)
    if measurement is None or not within_months(measurement.date, case.today, months):
        return Unknown((concept,))
    return Known(measurement.value, (measurement,))


def not_measured(case: Case, *concepts: str) -> Answer:
    """Whether no readable value exists at all; unknown when the results were not delivered."""
    return _unless(any(case.facts.measurements.get(concept) for concept in concepts), case, concepts)


def not_measured_within(case: Case, months: float, *concepts: str) -> Answer:
    """Whether no value is at most `months` old; unknown when the results were not delivered."""
    today, measurements = case.today, case.facts.measurements
    fresh = any(within_months(m.date, today, months) for name in concepts for m in measurements.get(name, ()))
    return _unless(fresh, case, concepts)


def not_measured_within_days(case: Case, days: float, *concepts: str) -> Answer:
    """Whether no value is at most `days` old; unknown when the results were not delivered."""
    today, measurements = case.today, case.facts.measurements
    fresh = any(within_days(m.date, today, days) for name in concepts for m in measurements.get(name, ()))
    return _unless(fresh, case, concepts)


def _unless(fresh: bool, case: Case, concepts: tuple[str, ...]) -> Answer:
    if fresh:
        return NO
    keys = SCREENING if any(concept in PANEL for concept in concepts) else OBSERVATIONS
    return no(absent(case, *keys))


def older_than(case: Case, concept: str, months: float) -> Answer:
    """Whether the latest value is more than `months` old; unknown when there is none."""
    measurement = newest(case, concept)
    if measurement is None:
        return Unknown((concept,))
    return yes_if(case.today > add_months(measurement.date, months), measurement)


@predicate
def egfr(case: Case) -> Value[float]:
    """The latest eGFR, any age, mL/min/1.73 m²."""
    return last_value(case, "egfr")


@predicate
def vitamin_d(case: Case) -> Value[float]:
    """The latest 25-OH vitamin D at most P_VITD_AGE old, nmol/L."""
    return recent_value(case, "vitamin_d", case.defaults.vitd_age)


def is_low(calcium: Measurement) -> bool:
    """Below the reference of the same result, else below our default."""
    default = CALCIUM_IONISED_LOW if calcium.concept == "calcium_ionised" else CALCIUM_CORRECTED_LOW
    limit = calcium.low if calcium.low is not None else default
    return bool(below(Known(calcium.value), limit))


def is_high(calcium: Measurement) -> bool:
    """Above the reference of the same result, else above our default."""
    default = CALCIUM_IONISED_HIGH if calcium.concept == "calcium_ionised" else CALCIUM_CORRECTED_HIGH
    limit = calcium.high if calcium.high is not None else default
    return not at_least(Known(limit), calcium.value)


@predicate
def latest_calcium(case: Case) -> tuple[Measurement, ...]:
    """The ionised and albumin-corrected calcium of the newest day on which either was measured."""
    first = newest(case, *CALCIUM)
    histories = [values(case, concept) for concept in CALCIUM]
    return tuple([m for history in histories for m in history if first is not None and m.date == first.date])


@predicate
def calcium_low(case: Case) -> Answer:
    """The latest calcium is low: any of that day, the safe side (C-18)."""
    return _calcium(case, [m for m in latest_calcium(case) if is_low(m)])


@predicate
def calcium_high(case: Case) -> Answer:
    """The latest calcium is high and at most 12 months old."""
    latest = latest_calcium(case)
    if latest and not within_months(latest[0].date, case.today, 12):
        return Unknown(("calcium",))
    return _calcium(case, [m for m in latest if is_high(m)])


def _calcium(case: Case, found: list[Measurement]) -> Answer:
    latest = latest_calcium(case)
    if not latest:
        return Unknown(("calcium",))
    return Yes(tuple(found)) if found else yes_if(False, *latest)


@predicate
def hypercalcaemia_of_malignancy(case: Case) -> Answer:
    """Coded; or high calcium at most 12 months old with myeloma, bone metastasis or skeletal malignancy.

    Hypercalcaemia is rarely coded when the cancer is: the high value beside it is read as its work.
    """
    cancer = any_condition(case, "myeloma", "bone_metastasis", "skeletal_malignancy")
    return any_of(condition(case, "hypercalcaemia_malignancy"), all_of(cancer, calcium_high(case)))


@predicate
def last_calcium_high(case: Case) -> Answer:
    """The latest calcium, of any age, is above its reference, and nothing newer says otherwise."""
    return recorded(case, _calcium(case, [m for m in latest_calcium(case) if is_high(m)]), *OBSERVATIONS)


@predicate
def supplement_caution(case: Case) -> Answer:
    """supp_caution (0.5): calcium and vitamin D are not offered while calcium may be raised."""
    malignancy = any_condition(case, "myeloma", "bone_metastasis")
    high = calcium_high(case)
    raised = Yes(latest_calcium(case)) if isinstance(high, Yes) else NO
    return any_of(
        recorded(case, hypercalcaemia_of_malignancy(case), *CONDITIONS),
        condition(case, "sarcoidosis"),
        all_of(malignancy, NO if isinstance(high, No) else YES),
        all_of(raised, no(condition(case, "primary_hyperparathyroidism"))),
    )


@predicate
def bmi(case: Case) -> Value[float]:
    """Body mass index: measured, or from weight and height at most P_HEIGHT_AGE old; the newer of the two."""
    measured, weight, height = newest(case, "bmi"), newest(case, "weight_kg"), newest(case, "height_cm")
    months = case.defaults.height_age
    if weight is not None and height is not None and (measured is None or weight.date > measured.date):
        fresh = within_months(weight.date, case.today, months) and within_months(height.date, case.today, months)
        if fresh:
            return Known(weight.value / (height.value / 100) ** 2, (weight, height))
    return Unknown(("bmi",)) if measured is None else Known(measured.value, (measured,))


@predicate
def height_loss(case: Case) -> Value[float]:
    """Highest height ever recorded or reported minus the latest height, cm."""
    latest = newest(case, "height_cm")
    if latest is None:
        return Unknown(("height_cm",))
    heights = values(case, "height_cm", "peak_height_cm")
    if len(heights) < 2:
        return Unknown(("peak_height_cm",))
    highest = max(heights, key=lambda m: m.value)
    return Known(highest.value - latest.value, (highest, latest))


@predicate
def markers_available(case: Case) -> Answer:
    """Whether bone markers can be ordered here: the note on the patient, else P_MARKERS_AVAILABLE."""
    finding = case.facts.findings.get("markers_available")
    return yes_if(bool(case.defaults.markers_available if finding is None else finding.value))
