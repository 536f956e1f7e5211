"""The prefetch templates of a service, from what the readers declare they read (facts-to-fhir 10)."""

from __future__ import annotations

from collections.abc import Iterable

from fhir_mappings import conditions, family, medications, observed, orders, patient, visits
from fhir_mappings.codes import FACTS, LOINC, NPU, codes_for
from fhir_mappings.query import PATIENT_ID, Query

#: What the readers read, in the order of the prefetch keys.
QUERIES: tuple[Query, ...] = (
    *patient.READS,
    *conditions.READS,
    *observed.READS,
    *medications.READS,
    *orders.READS,
    *visits.READS,
    *family.READS,
)
#: The systems of the codes asked for: a search for every national extension would grow too long.
_SEARCHED = (LOINC, NPU, FACTS)


def prefetch_templates(hook: str) -> dict[str, str]:
    """Prefetch key -> template, for the services of a hook."""
    return {query.key: template(query) for query in QUERIES if not query.hooks or hook in query.hooks}


def template(query: Query) -> str:
    """One template: a read of the patient, else a search by patient."""
    if query.resource_type == "Patient":
        return f"Patient/{PATIENT_ID}"
    parameters = [f"patient={PATIENT_ID}"]
    if query.concepts:
        parameters.append("code=" + ",".join(codes_of(query.concepts)))
    if query.sort:
        parameters.append(f"_sort={query.sort}")
    parameters.append(f"_count={query.count}")
    return f"{query.resource_type}?" + "&".join(parameters)


def codes_of(concepts: Iterable[str]) -> list[str]:
    """The codes of observation concepts, each once, always in the same order."""
    return list(
        dict.fromkeys(
            code.code
            for concept in sorted(concepts)
            for code in codes_for(concept, "observation")
            if code.system in _SEARCHED
        )
    )
