"""The safe readings: spots where the catalogue is literal, ambiguous or impractical, and interactions of rules.

Each test is one patient (part 0.9), asked as facts. Offers are those of every entry that fires,
so that no place on a card and no cap of suggestions can hide one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from hooks.evaluation import respond
from hooks.guideline.case import Case, Hook
from hooks.guideline.drafted import BONE_DRUGS
from hooks.guideline.firing import evaluate
from hooks.guideline.proposal import Proposal
from hooks.guideline.register import RULES
from hooks.language import LANGUAGES
from hooks.offers import offers
from hooks.texts import render, texts
from tests.conftest import Clock, ServiceClient
from tests.fhir import SNOMED, coded, condition, facts
from tests.vignette_facts import facts_of
from tests.vignette_record import Dialect
from tests.vignette_requests import DIALECTS, to_request
from tests.worked import as_sent

TODAY = date(2025, 6, 1)
Item = dict[str, Any]

CV: Item = {"drug": "calcium_vitd", "start": date(2020, 1, 1)}
DENOSUMAB: list[Item] = [{"drug": "denosumab", "date": day} for day in (date(2024, 3, 1), date(2024, 9, 1))]
PREDNISOLONE: Item = {"drug": "prednisolone", "route": "oral", "dose_mg": 10, "every_days": 1}
HIP_FRACTURE: Item = {"concept": "fracture", "site": "hip", "date": date(2025, 3, 1), "low_energy": True}


def value(concept: str, day: date, number: float, **more: Any) -> Item:
    return {"concept": concept, "date": day, "value": number, **more}


def calcium(day: date, number: float) -> Item:
    return value("calcium_ionised", day, number, ref_low=1.18, ref_high=1.32)


def t_score(day: date, number: float, site: str = "total_hip") -> Item:
    return value("t_score", day, number, site=site)


RECENT = date(2025, 5, 20)


def blood_tests(egfr: float | None = 78, ionised: float | None = 1.25, vitamin_d: float | None = 84) -> list[Item]:
    """Blood tests of 20 May 2025; None leaves one out."""
    found = [] if egfr is None else [value("egfr", RECENT, egfr)]
    found += [] if ionised is None else [calcium(RECENT, ionised)]
    return found + ([] if vitamin_d is None else [value("vitamin_d", RECENT, vitamin_d)])


def drug(name: str, start: date, **more: Any) -> Item:
    return {"drug": name, "start": start, **more}


def draft(name: str, **more: Any) -> Item:
    return {"kind": "medication", "drug": name, **more}


def named(*concepts: str) -> list[Item]:
    return [{"concept": concept, "date": date(2024, 1, 1)} for concept in concepts]


def woman(age: int = 70, today: date = TODAY, hook: Hook = "patient-view", **sections: Any) -> Item:
    """A worked patient: a woman after the menopause."""
    patient = {"sex": "female", "age": age, "menopause_status": "post"}
    return {"id": "S-1", "hook": hook, "today": today, "patient": patient, **sections}


@dataclass(frozen=True)
class Answered:
    """What one patient's record leads to."""

    case: Case
    fired: dict[str, str]
    unknown: dict[str, tuple[str, ...]]
    offered: list[Proposal]

    def offers(self, kind: str, what: str = "") -> list[Proposal]:
        """The offers of a kind, of one thing if named."""
        return [p for p in self.offered if p.kind == kind and what in ("", p.what)]

    @property
    def bone_drugs(self) -> list[Proposal]:
        """Offers that would bring a bone drug about: prescription, change, infusion, referral for one."""
        names = BONE_DRUGS | {"to_alendronate", "to_effervescent"}
        drugs = [p for p in self.offered if p.kind in ("prescribe", "change-draft", "order") and p.what in names]
        return [*drugs, *(p for p in self.offered if p.kind == "refer" and p.drug)]

    @property
    def cards(self) -> list[dict[str, Any]]:
        """The cards in Danish."""
        found = self.case.facts
        sent = as_sent(found)
        answer = respond(found, self.case.hook, "da", hook_instance="x", draft_resources=sent)
        cards: list[dict[str, Any]] = answer["cards"]
        return cards

    @property
    def first_card(self) -> str:
        return str(self.cards[0]["extension"]["org.osteo-cds.card"]["card"])

    @property
    def shown(self) -> str:
        """Everything a doctor reads."""
        return "\n".join(f"{card['summary']}\n{card['detail']}" for card in self.cards)


def ask(vignette: Item, missing: tuple[str, ...] = ()) -> Answered:
    case = Case(facts_of(vignette, missing=missing), vignette["hook"], rules=RULES)
    outcome = evaluate(case)
    assert not outcome.broken
    return Answered(
        case,
        {f.rule.id: f.indicator for f in outcome.fired},
        {rule.id: unknown.needs for rule, unknown in outcome.unknown},
        [offer.proposal for offer in offers(outcome.fired, case)],
    )


# 1. Offers


MALIGNANT = pytest.mark.parametrize("concept", ["malignancy_suspected_spine", "skeletal_malignancy"])


@MALIGNANT
def test_no_bone_drug_is_offered_while_cancer_may_be_the_cause(concept: str) -> None:
    found = ask(woman(conditions=[HIP_FRACTURE, *named(concept)], observations=blood_tests()))
    assert "TX-IND-2" in found.fired
    assert found.bone_drugs == []
    assert found.offers("refer", "bone_specialist")
    well = ask(woman(conditions=[HIP_FRACTURE], observations=blood_tests()))
    assert well.offers("prescribe", "alendronate")


@MALIGNANT
def test_no_bone_drug_is_offered_for_prednisolone_either(concept: str) -> None:
    steroid = [PREDNISOLONE | {"start": date(2025, 4, 1)}]
    osteopenia = [t_score(date(2025, 1, 10), -1.8), *blood_tests()]
    found = ask(woman(conditions=named(concept), observations=osteopenia, medications=steroid))
    assert "GLU-TX-1" in found.fired
    assert found.bone_drugs == []
    assert ask(woman(observations=osteopenia, medications=steroid)).offers("prescribe", "alendronate")


def test_a_perhaps_pathological_fracture_stops_the_offer_for_prednisolone_before_the_scan() -> None:
    pathological = HIP_FRACTURE | {"pathological": True}
    steroid = [PREDNISOLONE | {"start": date(2025, 4, 1)}]
    found = ask(woman(80, conditions=[pathological], observations=blood_tests(), medications=steroid))
    assert {"GLU-TX-2", "DEF-PATH-1"} <= found.fired.keys()
    assert found.bone_drugs == []


def test_no_referral_for_zoledronate_while_cancer_may_be_the_cause() -> None:
    kidneys = woman(conditions=[HIP_FRACTURE, *named("ckd")], observations=blood_tests(egfr=40))
    assert [p.drug for p in ask(kidneys).offers("refer")] == ["zoledronate"]
    low = ask(kidneys | {"observations": blood_tests(egfr=40, vitamin_d=20)})
    assert [p.drug for p in low.offers("refer")] == [""], "vitamin D first"
    found = ask(kidneys | {"conditions": [*kidneys["conditions"], *named("malignancy_suspected_spine")]})
    assert "PRE-EGFR-5" in found.fired
    assert [p.drug for p in found.offers("refer")] == [""]


@pytest.mark.parametrize(("level", "offered"), [(24, False), (25, True)])
def test_very_low_vitamin_d_is_raised_before_zoledronate(level: float, offered: bool) -> None:
    found = ask(
        woman(
            conditions=[HIP_FRACTURE],
            observations=blood_tests(vitamin_d=level),
            notes={"cannot_stay_upright": True},
        )
    )
    assert "SEL-2" in found.fired
    assert bool(found.offers("order", "zoledronate")) is offered
    assert found.offers("prescribe", "vitamin_d")
    assert [p.on for p in found.offers("order", "vitamin_d")] == [date(2025, 9, 1)]


def test_with_a_hip_fracture_alendronate_comes_after_the_vitamin_d() -> None:
    found = ask(woman(conditions=[HIP_FRACTURE], observations=blood_tests(vitamin_d=20)))
    names = [(p.kind, p.what) for p in found.offered]
    assert names.index(("prescribe", "vitamin_d")) < names.index(("order", "vitamin_d"))
    assert names.index(("order", "vitamin_d")) < names.index(("prescribe", "alendronate"))


def test_with_prednisolone_too_alendronate_comes_after_the_vitamin_d() -> None:
    osteopenia = [t_score(date(2025, 1, 10), -1.8), *blood_tests(vitamin_d=20)]
    found = ask(woman(observations=osteopenia, medications=[PREDNISOLONE | {"start": date(2025, 4, 1)}]))
    names = [(p.kind, p.what) for p in found.offered]
    assert names.index(("order", "vitamin_d")) < names.index(("prescribe", "alendronate"))


def test_no_supplement_is_offered_when_the_conditions_were_not_delivered() -> None:
    old = woman(75)
    assert ask(old).offers("prescribe", "calcium_vitd")
    found = ask(old, missing=("conditions",))
    assert "SUP-1" in found.fired
    assert found.offers("prescribe") == []


@pytest.mark.parametrize(("day", "number", "offered"), [("2019-01-01", 1.40, False), ("2019-01-01", 1.30, True)])
def test_no_supplement_on_a_high_calcium_that_was_not_repeated(day: str, number: float, offered: bool) -> None:
    found = ask(woman(75, observations=[calcium(date.fromisoformat(day), number)]))
    assert "SUP-1" in found.fired
    assert bool(found.offers("prescribe", "calcium_vitd")) is offered
    assert bool(found.offers("order", "calcium")) is not offered, "repeated first"
    repeated = woman(75, observations=[calcium(date.fromisoformat(day), number), calcium(date(2020, 1, 1), 1.25)])
    assert ask(repeated).offers("prescribe", "calcium_vitd")


def test_the_first_choice_is_effervescent_with_difficulty_swallowing() -> None:
    found = ask(
        woman(conditions=[HIP_FRACTURE], observations=blood_tests(), notes={"swallowing_difficulty": True}),
    )
    assert "SEL-1" in found.fired
    assert [p.what for p in found.bone_drugs] == ["alendronate_effervescent"]
    labels = [each["label"] for card in found.cards for each in card.get("suggestions", ())]
    assert any("brusetablet" in label for label in labels)


# 2. Denosumab on the medicine list without a recorded injection


def undated(hook: Hook = "order-sign", **sections: Any) -> Item:
    """Denosumab on the list for years, no injection recorded, and drafted again."""
    sections = {"medications": [CV, drug("denosumab", date(2022, 1, 1))], **sections}
    return woman(75, hook=hook, draft_orders=[draft("denosumab")], **sections)


@pytest.mark.parametrize(
    ("entry", "sections"),
    [
        ("PRE-EGFR-2", {"observations": blood_tests(egfr=34)}),
        ("PRE-EGFR-3", {"observations": blood_tests(egfr=35)}),
        ("PRE-EGFR-4", {"observations": blood_tests(), "conditions": named("kidney_transplant")}),
        ("PRE-CA-1", {"observations": blood_tests(ionised=1.10)}),
    ],
)
def test_denosumab_already_taken_is_held_and_never_taken_away(entry: str, sections: Any) -> None:
    found = ask(undated(**sections))
    assert entry in found.fired
    assert found.offers("delete-draft") == []
    assert found.offers("task", "hold_denosumab")
    assert found.offers("refer", "bone_specialist")


def test_a_new_denosumab_is_still_taken_away() -> None:
    found = ask(undated(observations=blood_tests(egfr=34), medications=[CV]))
    assert "PRE-EGFR-2" in found.fired
    assert [p.what for p in found.offers("delete-draft")] == ["denosumab"]
    assert found.offers("task", "hold_denosumab") == []


def test_missing_tests_are_named_when_the_last_injection_is_not_recorded() -> None:
    found = ask(undated())
    assert {"DEN-CA-2": "warning", "DEN-EGFR-3": "info"}.items() <= found.fired.items()
    assert "Datoen for seneste indsprøjtning mangler" in found.shown
    at_risk = ask(undated(observations=blood_tests(egfr=45, ionised=None, vitamin_d=None)))
    assert at_risk.fired["DEN-CA-3"] == "warning"


@pytest.mark.parametrize("entry", ["DEN-CA-2", "DEN-EGFR-3"])
def test_injections_not_delivered_leave_the_tests_unknown(entry: str) -> None:
    found = ask(undated(), missing=("medicationAdministrations",))
    assert "medicationAdministrations" in found.unknown[entry]
    assert "C-UNCHECKED" in [card["extension"]["org.osteo-cds.card"]["card"] for card in found.cards]


# 3. Hypercalcaemia of malignancy


@pytest.mark.parametrize("cancer", ["myeloma", "bone_metastasis", "skeletal_malignancy"])
def test_high_calcium_beside_cancer_of_the_bone_is_of_malignancy(cancer: str) -> None:
    drafted: Item = {"hook": "order-sign", "draft_orders": [draft("calcium_vitd", daily_mg=800, intakes_per_day=2)]}
    found = ask(woman(conditions=named(cancer), observations=blood_tests(ionised=1.45), **drafted))
    assert found.fired["SUP-10"] == "warning"
    assert "SUP-11" not in found.fired
    assert "SUP-10" not in ask(woman(conditions=named(cancer), observations=blood_tests(), **drafted)).fired
    old = woman(conditions=named(cancer), observations=[calcium(date(2024, 5, 31), 1.45)], **drafted)
    assert "SUP-10" not in ask(old).fired


def test_a_supplement_is_not_kept_for_hyperparathyroidism_beside_such_calcium() -> None:
    both = named("primary_hyperparathyroidism", "bone_metastasis")
    found = ask(woman(conditions=both, observations=blood_tests(ionised=1.45)))
    assert "SUP-9" not in found.fired
    assert found.offers("prescribe") == []


# 4. A planned stop or a refusal hides neither low calcium nor low eGFR


@pytest.mark.parametrize(
    "ending",
    [
        {"notes": {"denosumab_stop_planned": date(2025, 2, 1)}},
        {"declined": [{"topic": "denosumab", "date": date(2025, 2, 1)}]},
    ],
)
@pytest.mark.parametrize(("egfr", "entry"), [(34, "DEN-EGFR-1"), (35, "DEN-EGFR-2")])
def test_a_stop_does_not_hide_the_kidneys_and_the_calcium(ending: Any, egfr: float, entry: str) -> None:
    today = date(2025, 3, 1)
    results = [value("egfr", date(2025, 2, 20), egfr), calcium(date(2025, 2, 20), 1.10)]
    found = ask(woman(75, today, medications=[CV], administrations=DENOSUMAB, observations=results, **ending))
    assert {entry: "warning", "DEN-CA-1": "warning"}.items() <= found.fired.items()
    assert found.bone_drugs == []
    sample = [value("egfr", date(2025, 1, 15), egfr)]
    early = woman(75, date(2025, 1, 31), administrations=DENOSUMAB, observations=sample, **ending)
    assert entry not in ask(early).fired, "before month five"


# 5. An old order for zoledronate is no plan


@pytest.mark.parametrize(
    ("ordered", "silent"),
    [("2021-05-01", False), ("2024-02-29", False), ("2024-03-01", True), ("2025-01-20", True)],
)
def test_a_stop_of_denosumab_wants_a_plan_of_its_own_time(
    service: ServiceClient, clock: Clock, ordered: str, silent: bool
) -> None:
    stop = woman(
        75,
        date(2025, 2, 1),
        "order-sign",
        administrations=DENOSUMAB,
        orders=[{"concept": "zoledronate", "date": date.fromisoformat(ordered), "status": "active"}],
        draft_orders=[{"kind": "stop", "drug": "denosumab"}],
    )
    assert ("DEN-STOP-1" not in ask(stop).fired) is silent
    if not silent:
        assert ask(stop).fired["DEN-STOP-1"] == "critical"
    clock.day = stop["today"]
    answer = service.answer(to_request(stop, "danish"))
    fired = {each["id"] for each in answer["extension"]["org.osteo-cds.evaluation"]["fired"]}
    assert ("DEN-STOP-1" not in fired) is silent, "an order is also read as a noted plan"


# 6. Osteopenia never speaks against a drug that follows another


OSTEOPENIA = [t_score(date(2025, 4, 1), -1.8), *blood_tests()]


@pytest.mark.parametrize(
    "sections",
    [
        {"administrations": [{"drug": "denosumab", "date": date(2019, 1, 1)}]},
        {"medications": [CV, drug("denosumab", date(2018, 1, 1), stop=date(2019, 1, 1))]},
        {"medications": [CV, drug("teriparatide", date(2022, 6, 1), stop=date(2024, 6, 1))]},
        {"administrations": [{"drug": "zoledronate", "date": date(2023, 6, 1)}]},
    ],
)
@pytest.mark.parametrize("name", ["alendronate", "zoledronate"])
def test_a_drug_that_follows_another_is_not_called_unfounded(sections: Any, name: str) -> None:
    found = ask(woman(hook="order-sign", observations=OSTEOPENIA, draft_orders=[draft(name)], **sections))
    assert "TX-IND-4" not in found.fired
    assert found.offers("delete-draft") == []
    alone = ask(woman(hook="order-sign", observations=OSTEOPENIA, draft_orders=[draft(name)]))
    assert alone.fired["TX-IND-4"] == "warning"


def test_very_low_vitamin_d_does_not_take_the_follow_on_drug_away() -> None:
    low = woman(
        hook="order-sign",
        observations=[t_score(date(2025, 4, 1), -2.7), *blood_tests(vitamin_d=20)],
        draft_orders=[draft("zoledronate")],
    )
    assert [p.what for p in ask(low).offers("delete-draft")] == ["zoledronate"]
    found = ask(low | {"administrations": DENOSUMAB})
    assert "PRE-VITD-4" in found.fired
    assert found.offers("delete-draft") == []
    assert found.offers("prescribe", "vitamin_d")


# 7. A fracture that may be the risk factor


WRIST: Item = {"concept": "fracture", "site": "wrist", "date": date(2020, 3, 1)}


def test_a_fracture_of_unknown_mechanism_is_named_beside_a_low_t_score() -> None:
    record = woman(observations=[t_score(date(2025, 4, 1), -2.8), *blood_tests()], medications=[CV])
    assert "TX-IND-3" in ask(record).fired
    assert ask(record).offers("task", "clarify_fracture_mechanism") == []
    found = ask(record | {"conditions": [WRIST]})
    assert "TX-IND-3" in found.fired
    assert found.offers("task", "clarify_fracture_mechanism")
    for code, words in (("da", "01.03.2020"), ("en", "treatment is then indicated")):
        assert words in render("TX-IND-3", "detail", found.case, texts(code))


@pytest.mark.parametrize(
    "no_question",
    [WRIST | {"low_energy": False}, WRIST | {"date": date(1999, 1, 1)}, WRIST | {"pathological": True}],
)
def test_only_a_fracture_that_could_count_is_asked_about(no_question: Item) -> None:
    found = ask(woman(observations=[t_score(date(2025, 4, 1), -2.8)], conditions=[no_question]))
    assert found.offers("task", "clarify_fracture_mechanism") == []


# 8. An old entry "before the menopause"


@pytest.mark.parametrize(("age", "recorded", "outside"), [(55, 54, False), (55, 55, True), (54, 53, True)])
def test_before_the_menopause_is_outgrown_at_55(age: int, recorded: int, outside: bool) -> None:
    record = woman(age, observations=[t_score(date(2025, 4, 1), -2.8)])
    record["patient"]["menopause_status"] = "pre"
    known = facts_of(record)
    born = known.birth_date
    assert born is not None
    entry = known.findings["menopause_status"]
    when = born.replace(year=born.year + recorded)
    findings = {"menopause_status": type(entry)("menopause_status", "pre", when, entry.reference)}
    case = Case(type(known)(**{**fields(known), "findings": findings}), "patient-view", rules=RULES)
    fired = {each.rule.id for each in evaluate(case).fired}
    assert ("DEF-SCOPE-1" in fired) is outside
    assert ("DEF-OP-1" in fired) is not outside


def fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__dataclass_fields__}


# 9. What is not offered for deletion, and sentences that were missing


TREATED: Item = {
    "medications": [CV, drug("alendronate", date(2023, 6, 1))],
    "conditions": [HIP_FRACTURE | {"date": date(2022, 3, 1)}],
}


def test_a_wanted_spine_xray_is_not_offered_for_deletion() -> None:
    xray: Item = {"hook": "order-sign", "draft_orders": [{"kind": "service", "concept": "spine_xray"}]}
    plain = ask(woman(**TREATED, **xray))
    assert [p.what for p in plain.offers("delete-draft")] == ["spine_xray"]
    heights = [value("height_cm", date(2023, 6, 1), 166), value("height_cm", date(2025, 5, 1), 161)]
    found = ask(woman(**TREATED, **xray, observations=heights))
    assert "DXA-XRAY-1" in found.fired
    assert found.offers("delete-draft") == []
    vfa = {"concept": "fracture", "site": "vertebral", "date": date(2025, 4, 1), "source": "vfa"}
    by_vfa = ask(woman(**{**TREATED, "conditions": [*TREATED["conditions"], vfa]}, **xray))
    assert "DXA-XRAY-1" in by_vfa.fired
    assert by_vfa.offers("delete-draft") == []


@pytest.mark.parametrize(
    "sections",
    [
        {},
        {
            "hook": "order-sign",
            "medications": [CV],
            "draft_orders": [{"kind": "stop", "drug": "calcium_vitd"}],
        },
    ],
)
def test_hyperparathyroidism_with_calcium_above_the_reference_is_conferred(sections: Any) -> None:
    disease: Item = {"conditions": named("primary_hyperparathyroidism")}
    found = ask(woman(**disease, observations=blood_tests(ionised=1.40), **sections))
    assert "SUP-9" in found.fired
    assert found.offers("prescribe") == found.offers("delete-draft") == []
    assert found.offers("refer", "specialist")
    assert "over referencen" in render("SUP-9", "detail", found.case, texts("da"))
    within = ask(woman(**disease, observations=blood_tests(), **sections))
    assert within.offers("prescribe") or within.offers("delete-draft")
    assert "over referencen" not in render("SUP-9", "detail", within.case, texts("da"))


@pytest.mark.parametrize("entry", ["SEL-5", "SEL-7"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_injections_go_on_until_the_specialist_decides(entry: str, code: Any) -> None:
    spine = {"concept": "fracture", "site": "vertebral", "date": date(2024, 9, 1), "compression_pct": 30}
    record = woman(observations=[t_score(date(2025, 4, 1), -3.2)], conditions=[spine | {"low_energy": True}])
    words = {"da": "indsprøjtningerne fortsætter til tiden", "en": "injections continue on time"}[code]
    found = ask(record | {"administrations": [{"drug": "denosumab", "date": date(2025, 1, 1)}]})
    assert entry in found.fired
    assert words in render(entry, "detail", found.case, texts(code))
    without = ask(record)
    assert entry in without.fired
    assert words not in render(entry, "detail", without.case, texts(code))


# 10. A fracture without a site on the day of one with a site


FOREARM = coded(SNOMED, "65966004")
OSTEOPOROTIC = coded(SNOMED, "443165006")


def fracture(code: Item, onset: str = "2021-02-12", **more: Any) -> Item:
    return condition(code, onsetDateTime=onset, **more)


@pytest.mark.parametrize("order", [(FOREARM, OSTEOPOROTIC), (OSTEOPOROTIC, FOREARM)])
def test_an_osteoporotic_fracture_on_the_day_of_a_forearm_fracture_is_that_fracture(order: Any) -> None:
    (found,) = facts(*(fracture(code, id=f"c{place}") for place, code in enumerate(order))).fractures
    assert (found.site, found.date, found.low_energy) == ("forearm", date(2021, 2, 12), True)


def test_on_another_day_or_with_a_site_of_its_own_it_is_another_fracture() -> None:
    later = fracture(OSTEOPOROTIC, "2021-02-13", id="c2")
    assert sorted(f.site for f in facts(fracture(FOREARM), later).fractures) == ["forearm", "other"]
    elsewhere = fracture(OSTEOPOROTIC, id="c2", bodySite=[coded(SNOMED, "51299004")])
    assert len(facts(fracture(FOREARM), elsewhere).fractures) == 2


# 11. Interactions


def test_1_overdue_denosumab_with_low_calcium() -> None:
    found = ask(
        woman(
            75,
            date(2025, 4, 2),
            medications=[CV, drug("alendronate", date(2019, 1, 1))],
            administrations=DENOSUMAB,
            observations=[value("egfr", date(2025, 3, 20), 62), calcium(date(2025, 3, 25), 1.10)],
        )
    )
    assert {"DEN-INT-2": "critical", "DEN-CA-1": "warning"}.items() <= found.fired.items()
    assert found.first_card == "C-DENOSUMAB"
    silent = {"DEN-INT-1", "DEN-CA-2", "DEN-CA-3", "SEL-1"}
    assert not [i for i in found.fired if i in silent or i.startswith(("TX-IND-", "MON-VISIT-"))]
    assert found.bone_drugs == []
    assert found.offers("book", "denosumab_injection") == [], "not booked for today while calcium is low"
    assert found.offers("refer", "bone_specialist")


def test_2_denosumab_signed_in_a_limited_life() -> None:
    found = ask(
        woman(
            84,
            date(2025, 3, 5),
            "order-sign",
            conditions=named("limited_life_expectancy", "multimorbidity"),
            notes={"specialist_bone_care": True},
            administrations=DENOSUMAB,
            observations=[value("egfr", date(2025, 2, 25), 33), calcium(date(2025, 2, 25), 1.10)],
            overrides=[{"rec": rec, "date": date(2025, 3, 1)} for rec in ("DEN-CA-1", "DEN-EGFR-1")],
            draft_orders=[draft("denosumab")],
        )
    )
    assert {"DEN-CA-1": "critical", "DEN-EGFR-1": "critical"}.items() <= found.fired.items()
    silent = {"PRE-CA-1", "PRE-EGFR-2", "DEN-CA-3", "DEN-APPT-1", "PRE-SUP-1", "TX-IND-6"}
    assert not silent & found.fired.keys()


def test_3_a_planned_stop_with_low_calcium_and_low_egfr() -> None:
    found = ask(
        woman(
            75,
            date(2025, 2, 20),
            medications=[CV],
            administrations=DENOSUMAB,
            notes={"denosumab_stop_planned": date(2025, 2, 1)},
            observations=[value("egfr", date(2025, 2, 15), 30), calcium(date(2025, 2, 15), 1.05)],
        )
    )
    expected = {"DEN-STOP-1": "critical", "DEN-CA-1": "warning", "DEN-EGFR-1": "warning"}
    assert expected.items() <= found.fired.items()
    assert found.bone_drugs == []
    assert "normalt calcium er også vigtigt før zoledronat" in found.shown


def test_4b_the_second_zoledronate_after_denosumab_is_not_called_unfounded() -> None:
    found = ask(
        woman(
            72,
            date(2026, 8, 1),
            "order-sign",
            administrations=[*DENOSUMAB, {"drug": "zoledronate", "date": date(2025, 3, 5)}],
            observations=[t_score(date(2025, 10, 1), -1.8)],
            draft_orders=[draft("zoledronate")],
        )
    )
    assert "TX-IND-4" not in found.fired


def test_6_another_tablet_with_low_egfr() -> None:
    found = ask(
        woman(
            78,
            hook="order-sign",
            medications=[CV, drug("alendronate", date(2023, 5, 1))],
            observations=blood_tests(egfr=31),
            draft_orders=[draft("risedronate")],
        )
    )
    assert found.fired["PRE-EGFR-2"] == "critical"
    assert found.first_card == "C-SAFETY"
    assert found.bone_drugs == []


@pytest.mark.parametrize("drafted", [False, True])
def test_7_kidney_function_ordered_and_not_yet_known(drafted: bool) -> None:
    record = woman(
        82,
        conditions=[HIP_FRACTURE],
        medications=[CV],
        observations=blood_tests(egfr=None),
        orders=[{"concept": "egfr", "date": date(2025, 5, 28), "status": "active"}],
    )
    if drafted:
        record |= {"hook": "order-sign", "draft_orders": [draft("alendronate")]}
    found = ask(record)
    assert found.offers("order", "egfr") == []
    if drafted:
        assert found.fired["PRE-EGFR-1"] == "warning"
    else:
        assert "TX-IND-2" in found.fired
        assert found.bone_drugs == []


def test_11_osteoporosis_by_code_and_prednisolone_asks_for_the_scan() -> None:
    record = woman(
        68,
        medications=[CV, PREDNISOLONE | {"start": date(2025, 4, 1)}],
        observations=blood_tests(),
        conditions=[{"concept": "osteoporosis_coded", "date": date(2016, 1, 1)}],
    )
    found = ask(record)
    asking = {"TX-IND-1", "GLU-TX-1"} & {id_ for id_, needs in found.unknown.items() if "t_score" in needs}
    assert asking
    assert found.fired["GLU-DXA-1"] == "warning"
    assert found.offers("order", "dxa")
    assert "ingen T-score her" in found.shown
    known = ask(record | {"observations": [*blood_tests(), t_score(date(2024, 1, 1), -2.7)]})
    assert "GLU-DXA-1" not in known.fired


def test_12_prednisolone_of_unknown_dose_leaves_osteopenia_undecided() -> None:
    record = woman(
        70,
        hook="order-sign",
        medications=[CV, drug("prednisolone", date(2025, 5, 1), route="oral")],
        observations=OSTEOPENIA,
        draft_orders=[draft("alendronate")],
    )
    assert "TX-IND-4" not in ask(record).fired
    assert ask(record | {"medications": [CV]}).fired["TX-IND-4"] == "warning"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("twice", [False, True])
def test_13_a_dispensed_course_is_counted_once(
    service: ServiceClient, clock: Clock, twice: bool, dialect: Dialect
) -> None:
    clock.day = TODAY
    starts = [date(2025, 2, 1), *([date(2024, 10, 1)] if twice else [])]
    course = {"drug": "prednisolone", "route": "oral", "dose_mg": 37.5, "every_days": 1}
    record = woman(
        66,
        hook="order-sign",
        medications=[course | {"start": day, "stop": day.replace(day=6), "dispensed_mg": 187.5} for day in starts],
        draft_orders=[draft("prednisolone", dose_mg=37.5, days=5)],
    )
    answer = service.answer(to_request(record, dialect))
    fired = {each["id"]: each["indicator"] for each in answer["extension"]["org.osteo-cds.evaluation"]["fired"]}
    shown = "\n".join(card["detail"] for card in answer["cards"])
    if twice:
        assert {"GLU-DXA-1": "warning", "GLU-SUP-1": "warning"}.items() <= fired.items()
        assert "562" in shown
    else:
        assert "GLU-DXA-1" not in fired
        assert "375" in shown


def test_15_a_supplement_with_metastases_and_high_calcium() -> None:
    found = ask(
        woman(
            73,
            hook="order-sign",
            conditions=named("bone_metastasis", "limited_life_expectancy"),
            observations=[value("calcium_corrected", date(2025, 5, 28), 2.95, ref_low=2.20, ref_high=2.55)],
            draft_orders=[draft("calcium_vitd", daily_mg=800, intakes_per_day=2)],
        )
    )
    assert found.fired["SUP-10"] == "warning"
    assert found.first_card == "C-SAFETY"
