"""Values of part 12: how far a T-score fell, and fractures on treatment."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings.facts import Fracture, Measurement
from hooks.guideline.bone_density import SPINE
from hooks.guideline.case import Case
from hooks.guideline.failure import HIP_SITES, fractured_on_treatment, fractures_after, largest_fall, undated_fracture
from hooks.guideline.logic import Yes, evident
from hooks.guideline.thresholds import FAILURE_AFTER, T_FALL_HIP, T_FALL_SPINE
from hooks.language import Language
from hooks.values import value, when
from hooks.values.common import rounded, t_text

_PAIR = "−10,25 (31.12.2024) til −10,75 (31.12.2025)"
_FRACTURES = "ryghvirvelbrud (31.12.2025), ryghvirvelbrud (31.12.2024) og underarmsbrud (31.12.2023)"


def _pair(case: Case, sites: Iterable[str], say: Language) -> str:
    pair = largest_fall(case, sites)
    if pair is None:
        return say.term("not_recorded")
    return say.term("fail.from_to").format(first=_at(pair[0], say), last=_at(pair[1], say))


def _at(score: Measurement, say: Language) -> str:
    return f"{t_text(score, say)} ({say.day(score.date)})"


def _fall(case: Case, sites: Iterable[str], limit: float, say: Language) -> str:
    pair = largest_fall(case, sites)
    if pair is None:
        return say.term("not_recorded")
    fall = round(pair[0].value - pair[1].value, 9)
    return say.number(fall, 1) if abs(fall * 10 - round(fall * 10)) < 1e-6 else rounded(fall, limit, say)


@value("spine_change", _PAIR)
def _(case: Case, say: Language) -> str:
    return _pair(case, sorted(SPINE), say)


@value("spine_fall", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return _fall(case, sorted(SPINE), T_FALL_SPINE, say)


@value("hip_change", _PAIR)
def _(case: Case, say: Language) -> str:
    return _pair(case, HIP_SITES, say)


@value("hip_fall", "ikke registreret")
def _(case: Case, say: Language) -> str:
    return _fall(case, HIP_SITES, T_FALL_HIP, say)


@value("hip_fall_site", "lårbenshals")
def _(case: Case, say: Language) -> str:
    pair = largest_fall(case, HIP_SITES)
    return say.term(f"site.{pair[1].site}") if pair is not None else say.term("not_recorded")


def _listed(found: Iterable[Fracture], say: Language) -> str:
    newest = sorted(found, key=lambda f: f.date.toordinal() if f.date else 0, reverse=True)
    return say.list(f"{say.term(f'fracture.{f.site}')} ({say.day(f.date)})" for f in newest) or say.term("none")


@value("failure_fractures", _FRACTURES)
def _(case: Case, say: Language) -> str:
    return _listed(fractures_after(case, FAILURE_AFTER), say)


@value("failure_fracture_count", "12")
def _(case: Case, _say: Language) -> str:
    return str(len(fractures_after(case, FAILURE_AFTER)))


@value("treatment_fractures", _FRACTURES)
def _(case: Case, say: Language) -> str:
    facts = evident((fractured_on_treatment(case),))
    return _listed((f for f in facts if isinstance(f, Fracture)), say)


@when("fracture_undated")
def _(case: Case) -> bool:
    return isinstance(undated_fracture(case), Yes)


@when("failure_scanners_differ")
def _(case: Case) -> bool:
    """The compared scans are known to be from different scanners."""
    pairs = [p for p in (largest_fall(case, sorted(SPINE)), largest_fall(case, HIP_SITES)) if p is not None]
    return any(a.scanner and b.scanner and a.scanner != b.scanner for a, b in pairs)
