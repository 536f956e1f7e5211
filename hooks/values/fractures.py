"""Fractures in texts: which, when, how much a vertebra is compressed, and what is not recorded."""

from __future__ import annotations

from collections.abc import Callable

from fhir_mappings.facts import Fracture
from hooks.guideline.anabolic import romosozumab_fracture, teriparatide_fractures
from hooks.guideline.calendar import within_days
from hooks.guideline.case import Case
from hooks.guideline.fractures import (
    MAJOR_SITES,
    fractures,
    mechanism_unclear,
    not_high_energy,
    other_low_energy,
    pathological,
    qualifies,
    unclear_fracture,
    vertebra_counts,
)
from hooks.guideline.logic import Answer, Yes
from hooks.guideline.thresholds import FRACTURE_LETTER
from hooks.language import Language
from hooks.values import value, when

_LONGEST = "hoftebrud (31.12.2025), ryghvirvelbrud (31.12.2024) og ryghvirvelbrud (ikke registreret)"


def fracture_list(case: Case, say: Language, chosen: Callable[[Fracture], bool]) -> str:
    """The chosen fractures with their days, newest first."""
    found = sorted(fractures(case, chosen), key=lambda f: f.date.toordinal() if f.date else 0, reverse=True)
    return say.list(f"{say.term(f'fracture.{f.site}')} ({say.day(f.date)})" for f in found) or say.term("none")


@value("major_fractures", _LONGEST)
def _(case: Case, say: Language) -> str:
    return fracture_list(case, say, lambda f: qualifies(case, f))


@value("other_fractures", _LONGEST)
def _(case: Case, say: Language) -> str:
    return fracture_list(case, say, lambda f: other_low_energy(case, f))


@value("romosozumab_fractures", _LONGEST)
def _(case: Case, say: Language) -> str:
    return _evident(case, say, romosozumab_fracture(case))


@value("teriparatide_fractures", _LONGEST)
def _(case: Case, say: Language) -> str:
    return _evident(case, say, teriparatide_fractures(case))


def _evident(case: Case, say: Language, answer: Answer) -> str:
    """The fractures an answer rests on."""
    return fracture_list(case, say, lambda f: isinstance(answer, Yes) and f in answer.evidence)


@value("pathological_fractures", _LONGEST)
def _(case: Case, say: Language) -> str:
    return fracture_list(case, say, lambda f: f.site in MAJOR_SITES and not_high_energy(f) and pathological(case, f))


@value("recent_fractures", _LONGEST)
def _(case: Case, say: Language) -> str:
    return fracture_list(case, say, lambda f: not_high_energy(f) and within_days(f.date, case.today, FRACTURE_LETTER))


@value("small_compression", "ikke registreret")
def _(case: Case, say: Language) -> str:
    found = [
        f.compression_pct
        for f in fractures(case, lambda f: f.site == "vertebral" and not vertebra_counts(f))
        if f.compression_pct is not None
    ]
    return f"{say.number(max(found))} %" if found else say.term("not_recorded")


@when("mechanism_unknown")
def _(case: Case) -> bool:
    """A fracture is only presumed to be low-energy."""
    return bool(fractures(case, lambda f: qualifies(case, f) and f.low_energy is None))


@when("compression_unknown")
def _(case: Case) -> bool:
    """The grade of a vertebral fracture is not recorded."""
    return bool(
        fractures(case, lambda f: f.site == "vertebral" and f.low_energy is not False and f.compression_pct is None)
    )


@when("major_fracture_undated")
def _(case: Case) -> bool:
    """A hip or vertebral fracture has no date."""
    return bool(fractures(case, lambda f: qualifies(case, f) and f.date is None))


@value("unclear_fractures", _LONGEST)
def _(case: Case, say: Language) -> str:
    return fracture_list(case, say, lambda f: mechanism_unclear(case, f))


@when("fracture_mechanism_unclear")
def _(case: Case) -> bool:
    """A fracture outside hip and spine whose mechanism is not recorded."""
    return isinstance(unclear_fracture(case), Yes)
