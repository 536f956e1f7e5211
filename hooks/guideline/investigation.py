"""What is not yet looked into: factors and fractures without a scan, or newer than the last one (§4)."""

from __future__ import annotations

from hooks.guideline.bone_density import after_last_dxa, dxa_dates, no_dxa_ever
from hooks.guideline.calendar import within_days
from hooks.guideline.case import OBSERVATIONS, Case, absent, predicate
from hooks.guideline.firing import logic_of
from hooks.guideline.fractures import (
    any_fracture,
    major_fracture,
    not_high_energy,
    other_low_energy,
    other_low_energy_fracture,
    qualifies,
)
from hooks.guideline.logic import Answer, Unknown, all_of, any_of
from hooks.guideline.risk_factors import any_factor, new_since_dxa, register
from hooks.guideline.thresholds import FRACTURE_LETTER


@predicate
def major_fracture_not_scanned(case: Case) -> Answer:
    """A low-energy hip or vertebral fracture, and no DXA ever or such a fracture after the last one."""
    return any_of(
        all_of(major_fracture(case), no_dxa_ever(case)),
        any_fracture(case, lambda f: qualifies(case, f) and after_last_dxa(case, f.date)),
    )


@predicate
def other_fracture_not_scanned(case: Case) -> Answer:
    """A low-energy fracture elsewhere, and no DXA ever or such a fracture after the last one."""
    return any_of(
        all_of(other_low_energy_fracture(case), no_dxa_ever(case)),
        any_fracture(case, lambda f: other_low_energy(case, f) and after_last_dxa(case, f.date)),
    )


def factor_not_scanned(case: Case, *ids: str) -> Answer:
    """One of these factors, and no DXA ever or the factor appeared after the last one."""
    return any_of(all_of(any_factor(case, ids), no_dxa_ever(case)), new_since_dxa(case, ids))


@predicate
def not_scanned_since_new_factor(case: Case) -> Answer:
    """No DXA ever, or a factor that counts for investigation appeared after the last one."""
    counted = [factor.id for factor in register(case).values() if factor.investigate != "no"]
    return any_of(no_dxa_ever(case), new_since_dxa(case, counted))


@predicate
def fracture_letter(case: Case) -> Answer:
    """A fracture of the last 90 days, not known as high-energy, without a DXA on or after it."""
    found = any_fracture(
        case,
        lambda f: (
            not_high_energy(f)
            and within_days(f.date, case.today, FRACTURE_LETTER)
            and not any(f.date is not None and day >= f.date for day in dxa_dates(case))
        ),
    )
    scans = absent(case, *OBSERVATIONS)
    return all_of(found, scans) if isinstance(scans, Unknown) else found


@predicate
def xray_wanted(case: Case) -> Answer:
    """An entry asks for a spine X-ray: height lost on treatment, or a VFA that nothing has confirmed."""
    return logic_of(case, "MON-HEIGHT-2", "DXA-VFA-3")
