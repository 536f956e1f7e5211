"""Values of part 15: what speaks for falls, and the drugs that count."""

from __future__ import annotations

from collections.abc import Iterable

from hooks.guideline.bone_density import osteoporosis
from hooks.guideline.case import Case
from hooks.guideline.courses import courses
from hooks.guideline.drafted import draft_medications
from hooks.guideline.falls import FALL_DRUGS, STARTED_FALL_DRUGS
from hooks.guideline.logic import Yes
from hooks.guideline.risk_factors import fall_prone, falls_in_a_year
from hooks.guideline.scope import condition, nursing_home
from hooks.language import Language
from hooks.values import value, when


def _named(products: Iterable[frozenset[str]], listed: tuple[str, ...], say: Language) -> str:
    """Each product under its narrowest name, in the order of the list."""
    first = {next(name for name in listed if name in drugs) for drugs in products if drugs & frozenset(listed)}
    return say.list(say.term(f"drug.{name}") for name in sorted(first, key=listed.index)) or say.term("none")


@value("fall_drugs", "sovemiddel, opioid, blodtrykssænkende middel, loopdiuretikum og blodsukkersænkende middel")
def _(case: Case, say: Language) -> str:
    return _named((c.drugs for c in courses(case, FALL_DRUGS) if c.active), FALL_DRUGS, say)


@value("drafted_fall_drug", "tricyklisk antidepressivum")
def _(case: Case, say: Language) -> str:
    drafts = draft_medications(case, frozenset(STARTED_FALL_DRUGS))
    return _named((d.drugs for d in drafts), STARTED_FALL_DRUGS, say)


@value("fall_signs", "fald inden for 12 måneder: 12, faldtendens, brug af rollator og plejehjem")
def _(case: Case, say: Language) -> str:
    signs = [say.term("falls_counted").format(count=falls_in_a_year(case))] if falls_in_a_year(case) else []
    signs += [
        say.term(f"condition.{concept}")
        for concept in ("fall_tendency", "rollator")
        if isinstance(condition(case, concept), Yes)
    ]
    if isinstance(nursing_home(case), Yes):
        signs.append(say.term("value.nursing_home"))
    return say.list(signs) or say.term("none")


@when("falls_known")
def _(case: Case) -> bool:
    return isinstance(fall_prone(case), Yes)


@when("has_osteoporosis")
def _(case: Case) -> bool:
    return isinstance(osteoporosis(case), Yes)
