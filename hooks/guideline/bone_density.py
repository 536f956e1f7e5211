"""DXA scans: which values count, the latest study, osteoporosis and osteopenia (0.5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from fhir_mappings.facts import Measurement, Order
from hooks.guideline.calendar import add_months
from hooks.guideline.case import OBSERVATIONS, Case, absent, predicate
from hooks.guideline.fractures import major_fracture
from hooks.guideline.laboratory import values
from hooks.guideline.logic import (
    NO,
    YES,
    Answer,
    Known,
    No,
    Unknown,
    Value,
    Yes,
    above,
    all_of,
    any_of,
    at_most,
    exists,
    no,
    yes_if,
)
from hooks.guideline.scope import condition, in_scope
from hooks.guideline.thresholds import T_OSTEOPENIA, T_OSTEOPOROSIS

SPINE = frozenset({"lumbar_spine"})
HIP = frozenset({"femoral_neck", "total_hip"})
#: Sites that can define osteoporosis; "unstated" only where the client is declared to send such values.
DIAGNOSTIC = SPINE | HIP | {"unstated"}


@dataclass(slots=True)
class Study:
    """The values of one DXA, all of one date. Only diagnostic sites in `t`."""

    date: date
    t: dict[str, Measurement] = field(default_factory=dict)
    bmd: dict[str, Measurement] = field(default_factory=dict)
    scanner: str | None = None

    def lowest(self, sites: frozenset[str] = DIAGNOSTIC) -> Measurement | None:
        """The lowest T-score of the sites."""
        return min((m for site, m in self.t.items() if site in sites), key=lambda m: m.value, default=None)


@predicate
def studies(case: Case) -> tuple[Study, ...]:
    """All DXA studies with values, newest first; of one site and day the value the reader put first counts."""
    found: dict[date, Study] = {}
    for concept in ("t_score", "bmd"):
        for m in values(case, concept):
            if m.site is None or (concept == "t_score" and m.site not in DIAGNOSTIC):
                continue
            study = found.setdefault(m.date, Study(m.date))
            (study.t if concept == "t_score" else study.bmd).setdefault(m.site, m)
            study.scanner = study.scanner or m.scanner
    return tuple(found[day] for day in sorted(found, reverse=True))


@predicate
def t_studies(case: Case) -> tuple[Study, ...]:
    """The studies with a valid T-score, newest first."""
    return tuple(study for study in studies(case) if study.t)


@predicate
def days_of_change(case: Case) -> tuple[date, ...]:
    """Days of fractures and scans: each ends a refusal or an override made before it (0.6)."""
    fractures = [f.date for f in case.facts.fractures if f.date is not None]
    return (*fractures, *(study.date for study in t_studies(case)))


@predicate
def latest_study(case: Case) -> Study | None:
    """latest DXA: the valid T-scores that share the latest date."""
    found = t_studies(case)
    return found[0] if found else None


@predicate
def t_low(case: Case) -> Value[float]:
    """The lowest valid T-score of the latest DXA, SD."""
    return _lowest(case, DIAGNOSTIC, "t_score")


@predicate
def t_hip(case: Case) -> Value[float]:
    """The lower of femoral neck and total hip of the latest DXA, SD."""
    return _lowest(case, HIP, "t_score_hip")


def _lowest(case: Case, sites: frozenset[str], name: str) -> Value[float]:
    study = latest_study(case)
    lowest = study.lowest(sites) if study is not None else None
    return Unknown((name,)) if lowest is None else Known(lowest.value, (lowest,))


@predicate
def any_t_score(case: Case) -> Answer:
    """A valid T-score exists."""
    study = latest_study(case)
    return Yes(tuple(study.t.values())) if study is not None else absent(case, *OBSERVATIONS)


@predicate
def dxa_dates(case: Case) -> tuple[date, ...]:
    """Days a DXA was made, newest first: values on record, or a DXA order that is done.

    Danish DXA answers often arrive as text: a completed order is then all that shows the scan.
    """
    days = {study.date for study in t_studies(case)}
    days.update(order.date for order in _done(case) if order.date is not None)
    return tuple(sorted(days, reverse=True))


def _done(case: Case) -> tuple[Order, ...]:
    return tuple(o for o in case.facts.orders if "dxa" in o.concepts and not o.pending)


@predicate
def no_dxa_ever(case: Case) -> Answer:
    """No DXA on record; unknown when the results were not delivered."""
    if dxa_dates(case):
        return NO
    return no(absent(case, *OBSERVATIONS))


def dxa_since(case: Case, day: date | None) -> Answer:
    """A DXA dated on or after `day`."""
    if day is not None and any(made >= day for made in dxa_dates(case)):
        return YES
    return absent(case, *OBSERVATIONS)


def after_last_dxa(case: Case, day: date | None) -> bool:
    """Whether `day` lies after the last DXA. Undated is never after."""
    made = dxa_dates(case)
    return bool(made) and day is not None and day > made[0]


@predicate
def osteoporosis(case: Case) -> Answer:
    """T-score of -2.5 or lower, a qualifying fracture, or a coded diagnosis, in scope."""
    return all_of(
        in_scope(case),
        any_of(
            at_most(t_low(case), T_OSTEOPOROSIS),
            major_fracture(case),
            condition(case, "osteoporosis_coded"),
        )
        if not _recorded_otherwise(case)
        else NO,
    )


@predicate
def osteoporosis_by_code_alone(case: Case) -> Answer:
    """The diagnosis is coded, and neither a valid T-score nor a qualifying fracture is on record."""
    return all_of(condition(case, "osteoporosis_coded"), no(any_t_score(case)), no(major_fracture(case)))


def _recorded_otherwise(case: Case) -> bool:
    """No scan, no fracture, no diagnosis on complete record: not recorded as osteoporosis.

    A never measured T-score leaves the disease unrecorded, not unknown: the rules that ask
    `not osteoporosis` are about what the record says (INV-*: "no DXA ever").
    """
    return (
        isinstance(t_low(case), Unknown)
        and no_dxa_recorded(case)
        and major_fracture(case) == NO
        and condition(case, "osteoporosis_coded") == NO
    )


def no_dxa_recorded(case: Case) -> bool:
    """The results were delivered and hold no valid T-score."""
    return isinstance(any_t_score(case), No)


@predicate
def osteoporosis_ever(case: Case) -> Answer:
    """osteoporosis, or an earlier valid T-score of -2.5 or lower."""
    earlier = tuple(
        lowest
        for study in t_studies(case)
        if (lowest := study.lowest()) is not None and at_most(Known(lowest.value), T_OSTEOPOROSIS)
    )
    return any_of(osteoporosis(case), exists(earlier))


@predicate
def osteopenia(case: Case) -> Answer:
    """-2.5 < lowest T-score <= -1.0, no qualifying fracture, in scope. Never scanned: not recorded."""
    if no_dxa_recorded(case):
        return NO
    return all_of(
        in_scope(case),
        above(t_low(case), T_OSTEOPOROSIS),
        at_most(t_low(case), T_OSTEOPENIA),
        no(major_fracture(case)),
    )


def dxa_older_than(case: Case, months: float) -> Answer:
    """Whether the latest DXA is more than `months` old."""
    study = latest_study(case)
    if study is None:
        return Unknown(("t_score",))
    return yes_if(case.today > add_months(study.date, months))
