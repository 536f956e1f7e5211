"""Fractures: low-energy or not, pathological or not, and what they establish (0.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from fhir_mappings.facts import Fracture
from hooks.guideline.calendar import completed_years, within_months
from hooks.guideline.case import CONDITIONS, Case, absent, predicate
from hooks.guideline.logic import Answer, Yes, any_of, exists
from hooks.guideline.scope import condition
from hooks.guideline.thresholds import AGE_PRESUMED_LOW_ENERGY, COMPRESSION_DIAGNOSTIC

MAJOR_SITES = frozenset({"hip", "vertebral"})


def fractures(case: Case, chosen: Callable[[Fracture], bool]) -> tuple[Fracture, ...]:
    """The recorded fractures that are chosen."""
    return tuple([f for f in case.facts.fractures if chosen(f)])


def any_fracture(case: Case, chosen: Callable[[Fracture], bool]) -> Answer:
    """Whether such a fracture is recorded; unknown when the conditions were not delivered."""
    return exists(fractures(case, chosen), otherwise=absent(case, *CONDITIONS))


def age_at(case: Case, fracture: Fracture) -> int | None:
    """Completed years at the fracture; an undated fracture counts with the age of today."""
    born = case.facts.birth_date
    return None if born is None else completed_years(born, fracture.date or case.today)


@predicate
def skeletal_cancer(case: Case) -> Answer:
    """Active myeloma or bone metastasis."""
    return any_of(condition(case, "myeloma"), condition(case, "bone_metastasis"))


def pathological(case: Case, fracture: Fracture) -> bool:
    """This fracture may have another cause: flagged, or myeloma or metastasis recorded."""
    return fracture.pathological or isinstance(skeletal_cancer(case), Yes)


def low_energy(case: Case, fracture: Fracture) -> bool:
    """le(f): recorded as low-energy, or presumed for hip and spine from 50 when not recorded."""
    if fracture.low_energy is not None:
        return fracture.low_energy
    years = age_at(case, fracture)
    return fracture.site in MAJOR_SITES and years is not None and years >= AGE_PRESUMED_LOW_ENERGY


def vertebra_counts(fracture: Fracture) -> bool:
    """vert_ok(f): a vertebral compression of 20 % or more, or of unknown grade."""
    if fracture.site != "vertebral":
        return False
    return fracture.compression_pct is None or fracture.compression_pct >= COMPRESSION_DIAGNOSTIC


def qualifies(case: Case, fracture: Fracture) -> bool:
    """A low-energy hip or vertebral fracture that establishes osteoporosis."""
    if pathological(case, fracture) or not low_energy(case, fracture):
        return False
    return fracture.site == "hip" or vertebra_counts(fracture)


@predicate
def major_fracture(case: Case) -> Answer:
    """le_major: a low-energy hip or vertebral fracture."""
    return any_fracture(case, lambda f: qualifies(case, f))


def other_low_energy(case: Case, fracture: Fracture) -> bool:
    """A recorded low-energy fracture outside hip and spine, from P_FX_MIN_AGE."""
    years = age_at(case, fracture)
    return (
        fracture.low_energy is True
        and not fracture.pathological
        and fracture.site not in MAJOR_SITES
        and years is not None
        and years >= case.defaults.fx_min_age
    )


@predicate
def other_low_energy_fracture(case: Case) -> Answer:
    """other_le_fx: a recorded low-energy fracture elsewhere, from P_FX_MIN_AGE."""
    return any_fracture(case, lambda f: other_low_energy(case, f))


def mechanism_unclear(case: Case, fracture: Fracture) -> bool:
    """A fracture outside hip and spine, from P_FX_MIN_AGE, of which nobody wrote how it came about."""
    years = age_at(case, fracture)
    return (
        fracture.low_energy is None
        and not pathological(case, fracture)
        and fracture.site not in MAJOR_SITES
        and years is not None
        and years >= case.defaults.fx_min_age
    )


@predicate
def unclear_fracture(case: Case) -> Answer:
    """A fracture that would be a risk factor if it was low-energy, which is not recorded."""
    return any_fracture(case, lambda f: mechanism_unclear(case, f))


def details_missing(case: Case, fracture: Fracture) -> bool:
    """Mechanism (hip, spine) or grade of compression (spine) is not recorded and could matter."""
    if pathological(case, fracture) or fracture.site not in MAJOR_SITES:
        return False
    if fracture.low_energy is None:
        return True
    return fracture.site == "vertebral" and fracture.low_energy and fracture.compression_pct is None


@predicate
def small_compression(case: Case) -> Answer:
    """A vertebral compression of less than 20 %."""
    return any_fracture(
        case, lambda f: f.site == "vertebral" and f.compression_pct is not None and not vertebra_counts(f)
    )


@predicate
def perhaps_pathological_fracture(case: Case) -> Answer:
    """A hip or vertebral fracture, not known as high-energy, that may have another cause than osteoporosis."""
    return any_fracture(case, lambda f: f.site in MAJOR_SITES and not_high_energy(f) and pathological(case, f))


def not_high_energy(fracture: Fracture) -> bool:
    """Recorded as low-energy, or mechanism not recorded."""
    return fracture.low_energy is not False


def fracture_since(case: Case, day: date | None, *, after: bool = False) -> Answer:
    """A fracture, not known as high-energy, dated on or after `day` (strictly `after`)."""

    def since(fracture: Fracture) -> bool:
        if fracture.date is None or day is None or not not_high_energy(fracture):
            return False
        return fracture.date > day if after else fracture.date >= day

    return any_fracture(case, since)


def fracture_within(case: Case, months: float) -> Answer:
    """A fracture, not known as high-energy, within the last `months`."""
    return any_fracture(case, lambda f: not_high_energy(f) and within_months(f.date, case.today, months))


def latest_date(fractures_: Iterable[Fracture]) -> date | None:
    """The newest date among them, None when all are undated."""
    return max((f.date for f in fractures_ if f.date is not None), default=None)
