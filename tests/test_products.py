"""Which drugs of the vocabulary a product counts as, and where it acts (facts-to-fhir 6)."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_mappings.facts import Issue, MedicationCourse, Sex
from fhir_mappings.medications import read_medications
from tests.examples import TODAY
from tests.medication_records import (
    ATC,
    INHALED,
    INTRAMUSCULAR,
    INTRAVENOUS,
    ORAL,
    RXNORM,
    SNOMED,
    concept,
    daily,
    drug,
    of,
    only,
    order,
    quantity,
    read,
    received,
    resource,
)


def course(sex: Sex = "female", route: str = "", **product: Any) -> MedicationCourse:
    """The course of a daily dose of 10 mg of a product."""
    return only(read(order(1, "2025-01-01", daily(10, route), **product), sex=sex))


NAMES = {
    # osteoporosis drugs and their combinations
    ("M05BA04", ATC): "alendronate",
    ("904431", RXNORM): "alendronate",
    ("391730008", SNOMED): "alendronate",
    ("904462", RXNORM): "alendronate vitamin_d",
    ("M05BB03", ATC): "alendronate vitamin_d",
    ("M05BB05", ATC): "alendronate calcium_vitd",
    ("M05BB06", ATC): "alendronate",  # alfacalcidol does not count
    ("M05BB02", ATC): "calcium risedronate",
    ("M05BA03", ATC): "",  # pamidronate is in no rule
    ("M05BX03", ATC): "strontium",
    ("M05BX04", ATC): "denosumab",
    ("MM05BX04", "urn:oid:1.2.208.176.2.4"): "denosumab",  # SKS writes M before ATC
    ("M05BX04", "urn:oid:2.16.840.1.113883.6.73"): "denosumab",
    # supplements
    ("A12AA04", ATC): "calcium",
    ("A12AX", ATC): "calcium_vitd",
    ("A11CC05", ATC): "vitamin_d",
    ("A11CC03", ATC): "",  # active vitamin D is no supplement
    # glucocorticoids
    ("H02AB06", ATC): "prednisolone",
    ("H02AB03", ATC): "glucocorticoid_systemic",
    ("A07EA06", ATC): "budesonide glucocorticoid_local",
    ("R03BA05", ATC): "glucocorticoid_local",
    ("R03AL09", ATC): "glucocorticoid_local",  # the triple inhaler has one
    ("R03AL04", ATC): "",  # the double one has not
    # the most specific name wins
    ("N05AN01", ATC): "lithium",
    ("N05AH04", ATC): "antipsychotic",
    ("N05CD08", ATC): "benzodiazepine",
    ("N05CF01", ATC): "hypnotic",
    ("C07AB02", ATC): "betablocker",
    ("C03AA01", ATC): "diuretic",
    ("C09AA02", ATC): "antihypertensive",
    ("A10BG03", ATC): "glitazone",
    ("A10BA02", ATC): "",  # metformin: the class is broad
    # these are both: the fall-risk list names the larger group
    ("N06AB04", ATC): "antidepressant ssri",
    ("C03CA01", ATC): "diuretic loop_diuretic",
    ("N06AA09", ATC): "anticholinergic antidepressant tca",
    ("A10AE04", ATC): "glucose_lowering insulin",
    ("A10BB12", ATC): "glucose_lowering sulfonylurea",
    # other drugs of the vocabulary
    ("N02BE01", ATC): "paracetamol",
    ("M01AE01", ATC): "nsaid",
    ("N02BF01", ATC): "neuropathic_agent",
    ("A08AB01", ATC): "weight_loss_drug",
    ("C10AA05", ATC): "statin",
    ("G04BE03", ATC): "pde5_inhibitor",
    ("G03FA01", ATC): "hrt",
    ("L02BG04", ATC): "aromatase_inhibitor",
    ("R06AE07", ATC): "",  # newer antihistamines are not anticholinergic: the row is broad
    ("J01CE02", ATC): "",
}


@pytest.mark.parametrize(("code", "names"), NAMES.items(), ids=[code for code, _ in NAMES])
def test_a_code_counts_as(code: tuple[str, str], names: str) -> None:
    assert " ".join(sorted(course(**drug(code[0], "", code[1])).drugs)) == names


def test_text_alone_proves_nothing() -> None:
    assert course(**drug("", "Prednisolon 5 mg tabletter")).drugs == frozenset()


def test_any_coding_may_match() -> None:
    both = {"coding": [{"system": "urn:local", "code": "x"}, {"system": ATC, "code": "H02AB06"}]}
    assert course(medicationCodeableConcept=both).drugs == {"prednisolone"}


def test_castrating_drugs_are_antiandrogens_in_men_only() -> None:
    leuprorelin = drug("L02AE02")
    assert course("male", **leuprorelin).drugs == {"antiandrogen"}
    assert course("female", **leuprorelin).drugs == frozenset()
    assert course("female", **drug("L02BB03")).drugs == {"antiandrogen"}


def test_vaginal_oestrogen_is_no_hormone_therapy() -> None:
    assert course(**drug("G03CA03")).drugs == {"hrt"}
    assert course(route="16857009", **drug("G03CA03")).drugs == frozenset()
    assert course(**drug("G03CA03", "Vagifem 10 mikrogram vaginaltabletter")).drugs == frozenset()


def test_ibandronate_as_a_course_is_by_mouth() -> None:
    assert course(**drug("M05BA06", "Ibandronsyre 150 mg tabletter")).drugs == {"ibandronate"}
    assert course(route=INTRAVENOUS, **drug("M05BA06")).drugs == {"ibandronate_iv"}
    assert course(**drug("M05BA06", "3 ML ibandronic acid 1 MG/ML Prefilled Syringe")).drugs == {"ibandronate_iv"}


# where the product is described


def medication(number: str = "m", **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Medication", "id": number, **elements}


def test_a_contained_product() -> None:
    inside: dict[str, Any] = {
        "contained": [medication(code=concept("H02AB06"))],
        "medicationReference": {"reference": "#m"},
    }
    assert course(**inside).drugs == {"prednisolone"}


def test_a_referenced_product_of_any_bundle() -> None:
    taken = order(1, "2025-01-01", daily(10), medicationReference=of("Medication", "m"))
    assert only(read(taken, medication(code=concept("H02AB06")))).drugs == {"prednisolone"}


def test_a_product_that_was_not_received_is_reported() -> None:
    issues: list[Issue] = []
    taken = order(1, "2025-01-01", daily(10), medicationReference=of("Medication", "9") | {"display": "Prednisolon"})
    found = only(read(taken, issues=issues))
    assert (found.drugs, found.display, found.active) == (frozenset(), "Prednisolon", True)
    assert issues == [
        Issue("MedicationRequest/1", "medicationReference Medication/9 not received, product unknown"),
    ]


def test_ingredients_where_the_product_has_no_code() -> None:
    calcium = {"itemCodeableConcept": concept("1897", "", RXNORM)}
    vitamin_d = {"itemCodeableConcept": concept("2418", "", RXNORM)}
    excipient = {"itemCodeableConcept": concept("H02AB06"), "isActive": False}
    product = medication(code=concept("4711", "Kalk", "urn:local"), ingredient=[calcium, vitamin_d, excipient])
    found = course(contained=[product], medicationReference={"reference": "#m"})
    assert found.drugs == {"calcium_vitd"}
    assert found.display == "Kalk"


def test_the_strength_of_the_ingredient_beats_the_name() -> None:
    strength = {"numerator": quantity(5), "denominator": {"value": 1, "unit": "tablet"}}
    ingredient = [{"itemCodeableConcept": concept("H02AB06"), "strength": strength}]
    tablets = daily(0) | {"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "tablet"}}]}
    product = medication(code=concept("", "Prednisolon 2,5 mg"), ingredient=ingredient)
    taken = order(1, "2025-01-01", tablets, contained=[product], medicationReference={"reference": "#m"})
    assert only(read(taken)).steps[0].mg_per_day == 10


def test_effervescent_alendronate_by_form_or_name() -> None:
    form = concept("effervescent-tablet", "", "https://osteo-cds.org/fhir/CodeSystem/facts")
    formed = medication(code=concept("M05BA04"), form=form)
    assert course(contained=[formed], medicationReference={"reference": "#m"}).drugs == {"alendronate_effervescent"}
    assert course(**drug("M05BA04", "Binosto 70 mg brusetabletter")).drugs == {"alendronate_effervescent"}


def given_once(mg: float | None, unit: str = "mg") -> dict[str, Any]:
    dose = {"doseAndRate": [{"doseQuantity": quantity(mg, unit)}]} if mg is not None else {}
    return {"timing": {"repeat": {"frequency": 1, "period": 6, "periodUnit": "mo"}}} | dose


CANCER = {
    "Prolia 60 mg": ("M05BX04", "Prolia 60 mg", None, False),
    "denosumab, nothing more": ("M05BX04", "", None, False),
    "Xgeva": ("M05BX04", "Xgeva", None, True),
    "denosumab 120 mg by strength": ("M05BX04", "Denosumab 120 mg", None, True),
    "denosumab 120 mg by dose": ("M05BX04", "", 120, True),
    "the dose beats the strength": ("M05BX04", "Denosumab 120 mg", 60, False),
    "Aclasta 5 mg/100 ml": ("M05BA08", "Aclasta 5 mg/100 ml", None, False),
    "zoledronate 5 mg by dose": ("M05BA08", "", 5, False),
    "zoledronate 4 mg by dose": ("M05BA08", "", 4, True),
    "zoledronate 4 mg by strength": ("M05BA08", "Zoledronsyre 4 mg/100 ml", None, True),
    "Zometa": ("M05BA08", "Zometa", None, True),
    "4 mg of another drug": ("H02AB04", "", 4, False),
}


@pytest.mark.parametrize(("code", "text", "mg", "cancer"), CANCER.values(), ids=CANCER)
def test_cancer_products(code: str, text: str, mg: float | None, cancer: bool) -> None:
    taken = order(1, "2025-01-01", given_once(mg), **drug(code, text))
    assert only(read(taken)).cancer_product is cancer


SITES = {
    "by mouth": ("H02AB06", "", ORAL, "systemic"),
    "into a vein": ("H02AB04", "", INTRAVENOUS, "systemic"),
    "no route": ("H02AB06", "Prednisolon 5 mg tabletter", "", "systemic"),
    "nothing but the code": ("H02AB06", "", "", "systemic"),
    "inhaled": ("H02AB06", "", INHALED, "local"),
    "into a muscle: depot": ("H02AB04", "Depo-Medrol 40 mg/ml", INTRAMUSCULAR, "local"),
    "a depot by its name": ("H02AB04", "Depo-Medrol 40 mg/ml, injektionsvæske, suspension", "", "local"),
    "into a joint": ("H02AB08", "", "12130007", "local"),
    "rectal": ("H02AB06", "", "37161004", "local"),
    "a cream by its name": ("H02AB09", "Hydrocortison 1 % creme", "", "local"),
    "skin by ATC": ("D07AC01", "", "", "local"),
    "skin by ATC, whatever the route": ("D07AC01", "", ORAL, "local"),
    "budesonide in the gut": ("A07EA06", "", ORAL, "local"),
    "an injection, not said where": ("H02AB04", "40 mg/ml injektionsvæske", "", "unclear"),
    "under the skin": ("H02AB04", "", "34206005", "unclear"),
    "a route nobody knows": ("H02AB06", "", "99999999", "unclear"),
}


@pytest.mark.parametrize(("code", "text", "route", "site"), SITES.values(), ids=SITES)
def test_where_a_glucocorticoid_acts(code: str, text: str, route: str, site: str) -> None:
    found = course(route=route, **drug(code, text))
    assert (found.systemic, found.local) == (site != "local", site == "local")
    assert found.dose_known is (site != "unclear")
    assert bool(found.steps) is (site == "systemic")


def test_a_glucocorticoid_of_unknown_potency_asks_for_its_dose() -> None:
    found = course(**drug("H02AB03"))
    assert (found.systemic, found.dose_known, found.steps) == (True, False, ())


# calcium


def calcium(*dosages: dict[str, Any], code: str = "A12AX", text: str = "") -> tuple[float | None, float | None]:
    found = only(read(order(1, "2025-01-01", *dosages, **drug(code, text))))
    return found.daily_mg, found.intakes_per_day


def tablets(number: float, frequency: int | None = None) -> dict[str, Any]:
    timing = {"timing": {"repeat": {"frequency": frequency, "period": 1, "periodUnit": "d"}}} if frequency else {}
    return timing | {"doseAndRate": [{"doseQuantity": quantity(number, "tablet")}]}


def test_calcium_per_day_and_its_intakes() -> None:
    assert calcium(tablets(1, 2), text="Unikalk 400 mg + 19 mikrogram") == (800, 2)
    assert calcium(tablets(2, 1), text="500 mg/10 mikrogram") == (1000, 1)
    assert calcium(tablets(1, 1), tablets(1, 1), text="400 mg + 19 mikrogram") == (800, 2)
    assert calcium(daily(500), code="A12AA04") == (500, 1)


def test_calcium_without_timing_is_one_intake() -> None:
    assert calcium(tablets(2), text="400 mg + 19 mikrogram") == (800, 1)


def test_calcium_that_cannot_be_counted() -> None:
    assert calcium({"text": "1 morgen"}) == (None, None)
    assert calcium(tablets(1, 2)) == (None, 2)
    assert calcium(tablets(1, 2), text="calcium carbonate 1250 MG Oral Tablet") == (None, 2)  # mg of the salt


def test_the_systems_of_the_caller_are_noted() -> None:
    arrived = received(order(1, "2025-01-01", **drug("8638", "", RXNORM)), resource("Procedure", 1, status="completed"))
    read_medications(arrived, TODAY, [])
    assert RXNORM in arrived.systems
