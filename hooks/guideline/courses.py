"""Medication courses as recorded: of which drugs, and whether one runs."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings.facts import MedicationCourse
from hooks.guideline.case import MEDICATIONS, Case, absent, predicate
from hooks.guideline.drafted import ORAL_BISPHOSPHONATES
from hooks.guideline.logic import Answer, Yes

BISPHOSPHONATES = ORAL_BISPHOSPHONATES | {"zoledronate", "ibandronate_iv"}


def courses(case: Case, drugs: Iterable[str]) -> tuple[MedicationCourse, ...]:
    """All recorded courses of these drugs, past, running and planned; cancer products left out."""
    wanted = frozenset(drugs)
    if wanted.isdisjoint(drugs_on_record(case)):
        return ()
    return tuple([c for c in case.facts.courses if not wanted.isdisjoint(c.drugs) and not c.cancer_product])


@predicate
def drugs_on_record(case: Case) -> frozenset[str]:
    """Every drug that has a course, past, running or planned."""
    return frozenset[str]().union(*[c.drugs for c in case.facts.courses])


def active(case: Case, *drugs: str) -> Answer:
    """Whether one of these drugs is being taken; unknown when the medicine list was not delivered."""
    taken = tuple([c for c in courses(case, drugs) if c.active])
    return Yes(taken) if taken else absent(case, *MEDICATIONS)
