"""Medication courses as recorded: of which drugs, and whether one runs."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings.facts import MedicationCourse
from hooks.guideline.case import MEDICATIONS, Case, absent
from hooks.guideline.drafted import ORAL_BISPHOSPHONATES
from hooks.guideline.logic import Answer, exists

BISPHOSPHONATES = ORAL_BISPHOSPHONATES | {"zoledronate", "ibandronate_iv"}


def courses(case: Case, drugs: Iterable[str]) -> tuple[MedicationCourse, ...]:
    """All recorded courses of these drugs, past, running and planned; cancer products left out."""
    wanted = frozenset(drugs)
    return tuple([c for c in case.facts.courses if c.drugs & wanted and not c.cancer_product])


def active(case: Case, *drugs: str) -> Answer:
    """Whether one of these drugs is being taken; unknown when the medicine list was not delivered."""
    return exists((c for c in courses(case, drugs) if c.active), otherwise=absent(case, *MEDICATIONS))
