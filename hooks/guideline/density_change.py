"""How bone density changed between the two latest scans, site by site (§5)."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_mappings.facts import Measurement
from hooks.guideline.bone_density import HIP, SPINE, studies
from hooks.guideline.case import OBSERVATIONS, Case, absent, predicate
from hooks.guideline.logic import Answer, Known, any_of, at_least
from hooks.guideline.thresholds import LSC_HIP, LSC_SPINE


@dataclass(frozen=True, slots=True)
class Change:
    """BMD of one site on two scans, and the change in percent of the older (negative: a loss)."""

    older: Measurement
    newer: Measurement
    percent: float

    @property
    def limit(self) -> float:
        """The least significant change of the site, percent."""
        return LSC_HIP if self.newer.site in HIP else LSC_SPINE


@predicate
def density_changes(case: Case) -> tuple[Change, ...]:
    """The changes at the sites both of the two latest studies measured, hip first; without BMD none."""
    latest = [s for s in studies(case) if s.t or (HIP | SPINE) & s.bmd.keys()][:2]
    if len(latest) < 2:
        return ()
    new, old = latest
    return tuple(
        Change(old.bmd[site], new.bmd[site], (new.bmd[site].value - old.bmd[site].value) / old.bmd[site].value * 100)
        for site in ("total_hip", "femoral_neck", "lumbar_spine")
        if site in new.bmd and site in old.bmd and old.bmd[site].value
    )


def reached(change: Change) -> Answer:
    """The change is at or above the least significant change of its site."""
    return at_least(Known(abs(change.percent), (change.older, change.newer)), change.limit)


@predicate
def significant_change(case: Case) -> Answer:
    """5 % or more at the hip, or 3 % or more at the spine."""
    changes = density_changes(case)
    return any_of(*(reached(change) for change in changes)) if changes else absent(case, *OBSERVATIONS)
