"""Each worked patient, written in FHIR and read back, gives the facts of the vignette.

Both dialects. The medication part is checked in test_medications.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest

from fhir_mappings import Reading, read_facts
from fhir_mappings.facts import Condition, Finding, Fracture, Measurement, PatientFacts
from tests.vignette_facts import facts_of
from tests.vignette_record import Dialect
from tests.vignette_requests import DIALECTS, load_vignettes, to_request, today_of

VIGNETTES = load_vignettes()
CASES = [
    pytest.param(vignette, dialect, id=f"{vignette['id']}-{dialect}") for vignette in VIGNETTES for dialect in DIALECTS
]
#: Facts the readers keep that a vignette tells in another way: as an age, an order, or a finding.
TOLD_OTHERWISE = {"postmenopausal", "early_menopause", "nursing_home_resident", "dysphagia", "smoking"}
#: Read by no rule.
NOT_READ = {"psa", "m_component", "magnesium"}


def reading_of(vignette: dict[str, Any], dialect: Dialect) -> Reading:
    """The vignette's request through read_facts."""
    request = to_request(vignette, dialect)
    prefetch = {key: msgspec.Raw(msgspec.json.encode(value)) for key, value in request["prefetch"].items()}
    return read_facts(prefetch, patient_id=request["context"]["patientId"], as_of=today_of(vignette))


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def measured(values: Iterable[Measurement]) -> list[tuple[Any, ...]]:
    return sorted(
        (m.date, m.site or "", rounded(m.value), rounded(m.low), rounded(m.high), rounded(m.geometric_mean))
        for m in values
    )


def broken(fractures: Iterable[Fracture]) -> list[str]:
    return sorted(
        f"{f.site} {f.date} {f.low_energy} {f.pathological} {f.compression_pct} {f.compression_is_range} {f.vfa}"
        for f in fractures
    )


def diseases(conditions: Mapping[str, tuple[Condition, ...]]) -> list[str]:
    transplant = {"organ_transplant"} if "kidney_transplant" in conditions else set()  # it is one
    return sorted(
        f"{c.concept} {c.onset} {c.active}"
        for same in conditions.values()
        for c in same
        if c.concept not in TOLD_OTHERWISE | transplant
    )


def told(findings: Iterable[Finding]) -> dict[str, object]:
    dated = {"denosumab_stop_planned", "oral_bp_intolerance"}
    return {f.concept: (f.value, f.date) if f.concept in dated else f.value for f in findings}


@pytest.mark.parametrize(("vignette", "dialect"), CASES)
def test_a_worked_patient_is_read_as_written(vignette: dict[str, Any], dialect: Dialect) -> None:
    read, written = reading_of(vignette, dialect).facts, facts_of(vignette)
    assert not read.issues
    assert (read.sex, read.birth_date) == (written.sex, written.birth_date)
    assert rounded(read.menopause_age) == written.menopause_age
    assert told_as_in(read, written)
    concepts = (read.measurements.keys() | written.measurements.keys()) - NOT_READ
    for concept in concepts:
        assert measured(read.measurements.get(concept, ())) == measured(written.measurements.get(concept, ()))
    assert diseases(read.conditions) == diseases(written.conditions)
    assert broken(read.fractures) == broken(written.fractures)
    assert sorted(str(f.date) for f in read.falls) == sorted(str(f.date) for f in written.falls)
    assert family(read) == family(written)
    assert {(o.concepts, o.date, o.pending) for o in read.orders} >= {
        (o.concepts, o.date, o.pending) for o in written.orders
    }
    assert {(v.concept, v.date) for v in read.visits} == {(v.concept, v.date) for v in written.visits}
    assert {(b.concept, b.date) for b in read.bookings} == {(b.concept, b.date) for b in written.bookings}
    assert {(d.topic, d.date) for d in read.declined} == {(d.topic, d.date) for d in written.declined}
    assert {(o.recommendation, o.date) for o in read.overrides} == {
        (o.recommendation, o.date) for o in written.overrides
    }


def told_as_in(read: PatientFacts, written: PatientFacts) -> bool:
    """The findings, less what an age at menopause, an order or a disease tells besides."""
    found, expected = told(read.findings.values()), told(written.findings.values())
    if "menopause_status" not in expected and written.menopause_age is not None:
        found.pop("menopause_status", None)
    if any(order.pending and "zoledronate" in order.concepts for order in read.orders):
        found.setdefault("den_bp_plan", True)
        expected["den_bp_plan"] = found["den_bp_plan"]
    assert found == expected
    return True


def family(facts: PatientFacts) -> set[tuple[object, ...]]:
    return {(f.relative_fracture, f.relative_fracture_age, f.relative_dx_age) for f in facts.family_history}
