"""The facts the rules read: plain clinical values, free of FHIR.

Every fact carries `reference`, the resource it was read from, so that a card can show
where its numbers come from. What a missing fact means is written on the field that would
hold it; the sources that were not available at all stand in `PatientFacts.sources`.

Dates are calendar dates; `stop` and `end` of a period are exclusive (the first day without).
Values are in the one unit named beside the field or in UNITS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from operator import attrgetter
from types import MappingProxyType
from typing import Literal

import msgspec

Day = date  # for classes that have a field named date
Sex = Literal["female", "male"]
Site = Literal["lumbar_spine", "femoral_neck", "total_hip", "unstated", "forearm", "other"]
FractureSite = Literal["hip", "vertebral", "pelvis", "humerus", "forearm", "wrist", "ankle", "rib", "other"]

#: The unit of each measured concept after conversion (terminology/units.csv).
UNITS: Mapping[str, str] = MappingProxyType(
    {
        "t_score": "SD",
        "z_score": "SD",
        "bmd": "g/cm2",
        "egfr": "mL/min/1.73 m2",
        "calcium_ionised": "mmol/L",
        "calcium_corrected": "mmol/L",
        "vitamin_d": "nmol/L",
        "p1np": "ug/L",
        "ctx": "ng/L",
        "haemoglobin": "mmol/L",
        "leucocytes": "10*9/L",
        "crp": "mg/L",
        "creatinine": "umol/L",
        "sodium": "mmol/L",
        "potassium": "mmol/L",
        "alat": "U/L",
        "alp": "U/L",
        "tsh": "m[IU]/L",
        "hba1c": "mmol/mol",
        "pth": "pmol/L",
        "testosterone": "nmol/L",
        "height_cm": "cm",
        "peak_height_cm": "cm",
        "weight_kg": "kg",
        "bmi": "kg/m2",
        "dietary_calcium_mg": "mg/day",
        "alcohol_units_week": "drinks/week",
    }
)


class SourceState(Enum):
    """Whether the absence of something in a source means anything."""

    COMPLETE = "complete"  # delivered whole: what is not in it is not recorded
    PARTIAL = "partial"  # more pages exist: what is not in it may be recorded
    MISSING = "missing"  # not delivered or not readable: nothing is known


class Source(msgspec.Struct, frozen=True, gc=False):
    """One prefetch key as received. `reason` says in words why it is not complete."""

    key: str
    state: SourceState
    reason: str = ""


class Issue(msgspec.Struct, frozen=True, gc=False):
    """A piece of received data that was left out, and why."""

    reference: str
    problem: str


class Measurement(msgspec.Struct, frozen=True, gc=False):
    """A measured value in the concept's unit (UNITS).

    A comparator (`>90`) leaves the limit as the value and itself in `comparator`.
    `low` and `high` are the reference range of this result, in the same unit.
    `site` is set for t_score, z_score and bmd.
    """

    concept: str
    value: float
    date: date
    reference: str
    comparator: str = ""
    low: float | None = None
    high: float | None = None
    geometric_mean: float | None = None
    site: Site | None = None
    scanner: str | None = None
    issued: str = ""


class Finding(msgspec.Struct, frozen=True, gc=False):
    """A coded answer without number: smoking status, residence, a note of the doctor.

    `value` is a vocabulary name ("current", "nursing_home", "poor") or True or False.
    """

    concept: str
    value: str | bool
    date: date | None
    reference: str


class Condition(msgspec.Struct, frozen=True, gc=False):
    """A disease or state. `onset` None: undated, present but never "recent".

    `active` as of the day asked; always True where having had it counts (heart attack, stroke,
    venous thromboembolism, breast cancer, skeletal radiotherapy, transplants).
    """

    concept: str
    onset: date | None
    end: date | None
    active: bool
    reference: str


class Fracture(msgspec.Struct, frozen=True, gc=False):
    """One fracture event.

    `low_energy` None: the mechanism is not recorded. `pathological`: flagged on this fracture.
    `compression_pct`: vertebral height reduction in percent, the low end where a range was
    reported (then `compression_is_range`), None when not recorded. `vfa`: found by VFA.
    """

    site: FractureSite
    date: date | None
    reference: str
    low_energy: bool | None = None
    pathological: bool = False
    compression_pct: float | None = None
    compression_is_range: bool = False
    vfa: bool = False


class Fall(msgspec.Struct, frozen=True, gc=False):
    """Falls recorded on a day (`count` of them); undated falls say only that there was one."""

    date: date | None
    count: int
    reference: str


class FamilyHistory(msgspec.Struct, frozen=True, gc=False):
    """Osteoporosis or fracture in a first-degree relative. None: not recorded. Ages in years."""

    reference: str
    relative_fracture: bool | None = None
    relative_fracture_age: float | None = None
    relative_dx_age: float | None = None
    date: date | None = None


class DoseStep(msgspec.Struct, frozen=True, gc=False):
    """A stretch of days with one dose. `end` exclusive; None: open-ended. mg of the drug itself per day."""

    start: date
    end: date | None
    mg_per_day: float


class MedicationCourse(msgspec.Struct, frozen=True, gc=False):
    """One course of one product, from an order, a statement, or a draft of either.

    `drugs`: vocabulary names the product counts as (0.9); empty for products no rule knows.
    `product`: what tells two products apart when active drugs are counted.
    `stop`: first day without, None open-ended. `active`: on the day asked, as recorded.
    `cancer_product`: denosumab 120 mg, zoledronate 4 mg.
    Glucocorticoids: `systemic`, `local`; `steps` empty and `dose_known` False when the dose
    or the duration of a dose cannot be read (`dose_text` is what was written, patient data).
    `prn_mg`: what was dispensed, else prescribed once, of an as-needed course.
    `duplicate`: overlaps another order of the same drug without a link.
    `daily_mg`, `intakes_per_day`: calcium per day and its intakes. Of a bone drug that is taken,
    `daily_mg` is its average day (70 mg a week: 10); it is shown, no rule reads it.
    """

    drugs: frozenset[str]
    product: str
    reference: str
    start: date | None
    stop: date | None
    active: bool
    display: str = ""
    route: str = ""
    paused: bool = False
    cancer_product: bool = False
    systemic: bool = False
    local: bool = False
    prn: bool = False
    prn_mg: float | None = None
    dose_known: bool = True
    dose_text: str = ""
    steps: tuple[DoseStep, ...] = ()
    open_ended: bool = False
    duplicate: bool = False
    daily_mg: float | None = None
    intakes_per_day: float | None = None

    @property
    def date(self) -> date | None:
        """The day the course is shown under."""
        return self.start


class Administration(msgspec.Struct, frozen=True, gc=False):
    """A dose given: denosumab injection, zoledronate infusion."""

    drug: str
    date: date
    reference: str
    cancer_product: bool = False


class Dispensing(msgspec.Struct, frozen=True, gc=False):
    """A product handed out. `days_supply`: how many days it covers, None unknown."""

    drugs: frozenset[str]
    date: date
    reference: str
    days_supply: float | None = None
    quantity_mg: float | None = None
    cancer_product: bool = False


class Order(msgspec.Struct, frozen=True, gc=False):
    """An order already placed. `pending`: active, no result yet; else done. `planned`: the day it is for."""

    concepts: frozenset[str]
    date: date | None
    pending: bool
    reference: str
    planned: Day | None = None


class Visit(msgspec.Struct, frozen=True, gc=False):
    """A visit that took place."""

    concept: str
    date: date
    reference: str


class Booking(msgspec.Struct, frozen=True, gc=False):
    """A visit booked for today or later."""

    concept: str
    date: date
    reference: str


class Declined(msgspec.Struct, frozen=True, gc=False):
    """A step the patient declined: topic treatment, dxa, denosumab, markers, fall_prevention."""

    topic: str
    date: date
    reference: str


class Override(msgspec.Struct, frozen=True, gc=False):
    """A clinician's override of one recommendation."""

    recommendation: str
    date: date
    reference: str


@dataclass(frozen=True, slots=True)
class DraftMedication:
    """A drafted prescription. `course.start` is its planned start, today when none is written.

    `replaces`: the orders it names as its priorPrescription.
    """

    course: MedicationCourse
    reference: str
    replaces: frozenset[str] = frozenset()

    @property
    def drugs(self) -> frozenset[str]:
        return self.course.drugs


@dataclass(frozen=True, slots=True)
class DraftService:
    """A drafted test, scan or referral. `interpretation_wanted` None: not stated (DXA)."""

    concepts: frozenset[str]
    reference: str
    interpretation_wanted: bool | None = None
    has_reason: bool = False
    planned: date | None = None


@dataclass(frozen=True, slots=True)
class DraftStop:
    """A draft that ends a running treatment."""

    drugs: frozenset[str]
    reference: str


@dataclass(frozen=True, slots=True)
class DraftReferral:
    """A drafted referral for a drug: teriparatide, romosozumab or "anabolic"."""

    drugs: frozenset[str]
    reference: str


@dataclass(frozen=True, slots=True)
class Drafts:
    """What is about to be ordered. On order-select only the selected drafts.

    `left_out`: references of drafts that could not be read in whole; each has an issue.
    """

    medications: tuple[DraftMedication, ...] = ()
    services: tuple[DraftService, ...] = ()
    stops: tuple[DraftStop, ...] = ()
    referrals: tuple[DraftReferral, ...] = ()
    left_out: tuple[str, ...] = field(default=(), compare=False)


#: Anything a rule may name as the ground for its answer.
Fact = (
    Measurement
    | Finding
    | Condition
    | Fracture
    | Fall
    | FamilyHistory
    | MedicationCourse
    | Administration
    | Dispensing
    | Order
    | Visit
    | Booking
    | DraftMedication
    | DraftService
    | DraftStop
    | DraftReferral
)


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Everything known of one patient on the day `as_of`.

    `sex`, `birth_date` None: not known; no card is made then.
    `measurements`: by concept, newest first; t_score, z_score and bmd hold all sites.
    `conditions`: by concept (fractures, falls and family history stand apart).
    `findings`: newest per concept: smoking_status (current, former, never, not_current),
    menopause_status (pre, post), residence (nursing_home), dental_status (poor, none,
    regular) and the notes of 0.9 (True, or False when denied).
    `menopause_age` in years.
    `systems`: canonical URIs of the code systems seen in the caller's data.
    """

    as_of: date
    patient_id: str
    sex: Sex | None
    birth_date: date | None
    deceased: bool = False
    menopause_age: float | None = None
    measurements: Mapping[str, tuple[Measurement, ...]] = field(default_factory=dict)
    findings: Mapping[str, Finding] = field(default_factory=dict)
    conditions: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    fractures: tuple[Fracture, ...] = ()
    falls: tuple[Fall, ...] = ()
    family_history: tuple[FamilyHistory, ...] = ()
    courses: tuple[MedicationCourse, ...] = ()
    administrations: tuple[Administration, ...] = ()
    dispensings: tuple[Dispensing, ...] = ()
    orders: tuple[Order, ...] = ()
    visits: tuple[Visit, ...] = ()
    bookings: tuple[Booking, ...] = ()
    declined: tuple[Declined, ...] = ()
    overrides: tuple[Override, ...] = ()
    drafts: Drafts = Drafts()
    sources: Mapping[str, Source] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    systems: frozenset[str] = frozenset()

    def state(self, *keys: str) -> SourceState:
        """The worst state of the given prefetch keys; a key never received is MISSING."""
        worst = SourceState.COMPLETE
        for key in keys:
            source = self.sources.get(key)
            if source is None or source.state is SourceState.MISSING:
                return SourceState.MISSING
            if source.state is SourceState.PARTIAL:
                worst = SourceState.PARTIAL
        return worst


def newest_first(measurements: Sequence[Measurement]) -> tuple[Measurement, ...]:
    """Newest date first; of one day the later `issued` first, else the lower value (facts-to-fhir 1)."""
    ordered = sorted(measurements, key=_by_value)
    ordered.sort(key=_by_day, reverse=True)
    return tuple(ordered)


_by_value = attrgetter("value", "reference")
_by_day = attrgetter("date", "issued")
