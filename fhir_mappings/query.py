"""What a reader asks for: one prefetch key, its resource type and search (facts-to-fhir 10).

Only what the CDS Hooks query restrictions allow: each parameter once, no token but the patient.
"""

from __future__ import annotations

import msgspec

PATIENT_ID = "{{context.patientId}}"


class Query(msgspec.Struct, frozen=True, gc=False):
    """One prefetch key.

    `concepts`: observation concepts whose codes are listed, without system because NPU arrives
    under two. `count`: the page size asked for; more than that is PARTIAL. `hooks`: the hooks
    that ask for it, all when empty.
    """

    key: str
    resource_type: str
    count: int = 0
    sort: str = ""
    concepts: frozenset[str] = frozenset()
    hooks: frozenset[str] = frozenset()
