"""FHIR R4 -> facts, and proposals -> FHIR. The one door in is `read_facts`.

This package knows codes, units and dates, and no rule. Bad data never raises: what cannot be
read is left out with an Issue. Only a missing Patient (MissingPrefetchError) and another
patient than the one asked about (PatientMismatchError) end the reading.
"""

from __future__ import annotations

from fhir_mappings.errors import MissingPrefetchError, PatientMismatchError, UnreadableError
from fhir_mappings.fetched import Failed, Partial, PrefetchValue
from fhir_mappings.reading import Reading, ReadOptions, read_facts
from fhir_mappings.templates import prefetch_templates

__all__ = [
    "Failed",
    "MissingPrefetchError",
    "Partial",
    "PatientMismatchError",
    "PrefetchValue",
    "ReadOptions",
    "Reading",
    "UnreadableError",
    "prefetch_templates",
    "read_facts",
]
