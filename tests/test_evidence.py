"""Evidence in words: what was recorded, its value, its date, in which resource, in both languages."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from fhir_mappings.facts import (
    Administration,
    Booking,
    Condition,
    Dispensing,
    DoseStep,
    DraftMedication,
    DraftReferral,
    DraftService,
    DraftStop,
    Fact,
    Fall,
    FamilyHistory,
    Finding,
    Fracture,
    Measurement,
    MedicationCourse,
    Order,
    Visit,
)
from hooks.evidence import describe, evidence
from hooks.language import language
from tests.worked import outcomes

DAY = date(2026, 1, 10)
DANISH, ENGLISH = language("da"), language("en")


def course(*drugs: str, **more: object) -> MedicationCourse:
    """A course of these drugs from DAY."""
    told = {"product": "", "reference": "MedicationRequest/1", "start": DAY, "stop": None, "active": True, **more}
    return MedicationCourse(drugs=frozenset(drugs), **told)  # type: ignore[arg-type]


SAID: list[tuple[Fact, str, str]] = [
    (
        Measurement("t_score", -2.8, DAY, "Observation/1", site="total_hip"),
        "T-score −2,8, total hofte, 10.01.2026",
        "T-score −2.8, total hip, 2026-01-10",
    ),
    (
        Measurement("egfr", 34, DAY, "Observation/1"),
        "eGFR 34 ml/min/1,73 m², 10.01.2026",
        "eGFR 34 mL/min/1.73 m², 2026-01-10",
    ),
    (
        Measurement("egfr", 90, DAY, "Observation/1", comparator=">"),
        "eGFR >90 ml/min/1,73 m², 10.01.2026",
        "eGFR >90 mL/min/1.73 m², 2026-01-10",
    ),
    (
        Measurement("calcium_ionised", 1.17, DAY, "Observation/1"),
        "ioniseret calcium 1,17 mmol/l, 10.01.2026",
        "ionised calcium 1.17 mmol/L, 2026-01-10",
    ),
    (
        Finding("smoking_status", "current", DAY, "Observation/1"),
        "rygestatus: ryger, 10.01.2026",
        "smoking status: current smoker, 2026-01-10",
    ),
    (
        Finding("adherence_doubt", True, None, "Observation/1"),
        "tvivl om medicinen tages",
        "doubt whether the drug is taken",
    ),
    (
        Condition("rheumatoid_arthritis", DAY, None, True, "Condition/1"),
        "reumatoid artritis, 10.01.2026",
        "rheumatoid arthritis, 2026-01-10",
    ),
    (Condition("rheumatoid_arthritis", None, None, True, "Condition/1"), "reumatoid artritis", "rheumatoid arthritis"),
    (
        Fracture("hip", DAY, "Condition/1", low_energy=True),
        "hoftebrud, lavenergi, 10.01.2026",
        "hip fracture, low energy, 2026-01-10",
    ),
    (
        Fracture("vertebral", None, "Condition/1", compression_pct=25, vfa=True),
        "ryghvirvelbrud, sammenfald 25 %, VFA",
        "vertebral fracture, compression 25 %, VFA",
    ),
    (Fall(DAY, 2, "Observation/1"), "2 × fald, 10.01.2026", "2 × fall, 2026-01-10"),
    (
        FamilyHistory("FamilyMemberHistory/1"),
        "osteoporose eller brud hos nær slægtning",
        "osteoporosis or fracture in a close relative",
    ),
    (course("alendronate"), "alendronat, fra 10.01.2026", "alendronate, from 2026-01-10"),
    (
        course("prednisolone", steps=(DoseStep(DAY, None, 7.5),)),
        "prednisolon 7,5 mg/dag, fra 10.01.2026",
        "prednisolone 7.5 mg/day, from 2026-01-10",
    ),
    (
        course("prednisolone", start=None, steps=(DoseStep(DAY, DAY, 25), DoseStep(DAY, None, 5))),
        "prednisolon op til 25 mg/dag",
        "prednisolone up to 25 mg/day",
    ),
    (
        course("ssri", "antidepressant", stop=date(2026, 3, 1)),
        "SSRI, fra 10.01.2026 til 28.02.2026",
        "SSRI, from 2026-01-10 until 2026-02-28",
    ),
    (course(display="Ukendt\nmiddel", start=None), "Ukendt middel", "Ukendt middel"),
    (
        Administration("denosumab", DAY, "MedicationAdministration/1"),
        "denosumab, givet, 10.01.2026",
        "denosumab, given, 2026-01-10",
    ),
    (
        Dispensing(frozenset({"alendronate"}), DAY, "MedicationDispense/1"),
        "alendronat, udleveret, 10.01.2026",
        "alendronate, dispensed, 2026-01-10",
    ),
    (Order(frozenset({"dxa"}), DAY, True, "ServiceRequest/1"), "DXA, bestilt, 10.01.2026", "DXA, ordered, 2026-01-10"),
    (Order(frozenset({"dxa"}), DAY, False, "ServiceRequest/1"), "DXA, udført, 10.01.2026", "DXA, done, 2026-01-10"),
    (Visit("dental_visit", DAY, "Encounter/1"), "tandlægebesøg, 10.01.2026", "dental visit, 2026-01-10"),
    (
        Booking("denosumab_injection", DAY, "Appointment/1"),
        "denosumab-injektion, booket, 10.01.2026",
        "denosumab injection, booked, 2026-01-10",
    ),
    (DraftMedication(course("denosumab"), "MedicationRequest/1"), "kladde: denosumab", "draft: denosumab"),
    (DraftService(frozenset({"dxa"}), "ServiceRequest/1"), "kladde: DXA", "draft: DXA"),
    (
        DraftStop(frozenset({"denosumab"}), "MedicationRequest/1"),
        "kladde: stop af denosumab",
        "draft: stop of denosumab",
    ),
    (
        DraftReferral(frozenset({"teriparatide"}), "ServiceRequest/1"),
        "kladde: henvisning til teriparatid",
        "draft: referral for teriparatide",
    ),
]


@pytest.mark.parametrize(("fact", "danish", "english"), SAID, ids=lambda said: said if isinstance(said, str) else None)
def test_a_fact_in_words(fact: Fact, danish: str, english: str) -> None:
    assert describe(fact, DANISH) == danish
    assert describe(fact, ENGLISH) == english


def test_every_kind_of_fact_has_an_example() -> None:
    assert {type(fact) for fact, _, _ in SAID} == set(get_args(Fact))


def test_evidence_names_the_resource_and_says_each_thing_once() -> None:
    scan = Measurement("t_score", -2.8, DAY, "Observation/1", site="total_hip")
    assert evidence([scan, scan], ENGLISH) == [
        {"reference": "Observation/1", "text": "T-score −2.8, total hip, 2026-01-10"}
    ]


@pytest.mark.parametrize("say", [DANISH, ENGLISH], ids=lambda say: say.code)
def test_no_fact_a_worked_patient_rests_on_lacks_a_word(say: object) -> None:
    assert isinstance(say, type(DANISH))
    for _, all_fired in outcomes():
        for fired in all_fired:
            for fact in fired.answer.evidence:
                assert "_" not in describe(fact, say), fact
