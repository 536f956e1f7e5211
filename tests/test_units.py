"""Units: every row of units.csv, the formula for HbA1c, what is unknown, what is impossible."""

from __future__ import annotations

import pytest

from fhir_mappings.codes import table_rows
from fhir_mappings.facts import UNITS
from fhir_mappings.r4.datatypes import Quantity
from fhir_mappings.units import PLAUSIBLE, UCUM, convert, convert_value, implausible, unit_of, unit_problem
from fhir_mappings.vocabulary import VOCABULARY

#: Read by no rule, or by the readers of dosages.
NOT_MEASURED = {
    *("calcium_total", "albumin", "psa", "magnesium", "m_component", "frax_major_osteoporotic_10y"),
    *("frax_hip_10y", "prednisolone_equivalent_dose", "drug_dose_mass", "age_at_menopause"),
}


@pytest.mark.parametrize(
    ("concept", "unit", "factor"),
    [(row[0], row[2], float(row[3])) for row in table_rows("units.csv") if row[3]],
)
def test_every_unit_of_the_table_is_converted(concept: str, unit: str, factor: float) -> None:
    assert convert_value(VOCABULARY.get(concept, concept), 2.0, unit) == pytest.approx(2.0 * factor, abs=1e-6)


def test_every_measured_concept_of_the_table_has_its_unit_in_facts() -> None:
    concepts = {VOCABULARY.get(row[0], row[0]) for row in table_rows("units.csv") if row[0] not in NOT_MEASURED}
    assert concepts <= UNITS.keys()


@pytest.mark.parametrize(
    ("concept", "value", "unit", "converted"),
    [
        ("hba1c", 6.5, "%", 47.541150),
        ("vitamin_d", 20, "ng/mL", 49.92),
        ("calcium_ionised", 4.8, "mg/dL", 1.1976),
        ("haemoglobin", 13.0, "g/dL", 8.073),
        ("creatinine", 100, "μmol/L", 100),  # Greek mu
        ("creatinine", 100, "µmol/L", 100),  # micro sign
        ("vitamin_d", 20, " ng/mL ", 49.92),
        ("height_cm", 1.64, "m", 164),
        ("peak_height_cm", 65, "[in_i]", 165.1),
        ("alcohol_units_day", 2, "{drinks}/d", 14),
        ("alcohol_units_week", 2, "{#}/d", 14),
        ("dietary_calcium_mg", 0.8, "g/d", 800),
        ("egfr", 1, "mL/s/{1.73_m2}", 60),
        ("egfr", 48, "ml/min/1,73 m²", 48),
        ("egfr", 48, "ml/min/1,73m²", 48),
        ("calcium_ionised", 1.2, "mmol/l", 1.2),
        ("t_score", -2.5, "", -2.5),
    ],
)
def test_a_known_unit_is_converted(concept: str, value: float, unit: str, converted: float) -> None:
    assert convert_value(concept, value, unit) == converted


def test_a_converted_value_meets_a_limit_it_met_before() -> None:
    """35 mL/min is 0.58333… mL/s: back in mL/min it must be 35 again, not 35.0000000001."""
    assert convert_value("egfr", 35 / 60, "mL/s/{1.73_m2}") == 35
    assert convert_value("egfr", 34.99999999, "mL/min") == 34.99999999  # not converted: as it was sent


@pytest.mark.parametrize(
    ("concept", "unit"),
    [
        ("egfr", "mg"),
        ("egfr", ""),
        ("egfr", "ML/MIN"),  # case variants only as listed, but for the litre
        ("calcium_ionised", "Mmol/L"),  # megamol
        ("vitamin_d", "mg/L"),
        ("haemoglobin", "%"),
        ("unheard_of", "mmol/L"),
    ],
)
def test_an_unknown_unit_gives_no_value(concept: str, unit: str) -> None:
    assert convert_value(concept, 50, unit) is None


def test_the_ucum_code_decides_over_the_text() -> None:
    assert unit_of(Quantity(value=1, unit="mmol/L", system=UCUM, code="mg/dL")) == "mg/dL"
    assert unit_of(Quantity(value=1, unit="mmol/L", code="mg/dL")) == "mg/dL"


def test_a_code_of_another_system_leaves_the_text_to_decide() -> None:
    assert unit_of(Quantity(value=1, unit="mmol/L", system="urn:oid:1.2.3", code="17")) == "mmol/L"


def test_a_quantity_without_value_has_none() -> None:
    assert convert("egfr", Quantity(unit="mL/min")) is None


def test_an_unknown_unit_is_told_with_what_was_expected() -> None:
    quantity = Quantity(value=4, unit="mg")
    assert unit_problem("egfr", "eGFR", quantity) == 'eGFR in "mg", expected mL/min/1.73 m2'
    assert unit_problem("egfr", "eGFR", Quantity(value=4)) == "eGFR without unit, expected mL/min/1.73 m2"


@pytest.mark.parametrize(
    ("concept", "value"),
    [
        ("egfr", -5),
        ("egfr", 0),
        ("t_score", 26),
        ("t_score", -25),
        ("vitamin_d", 0),
        ("vitamin_d", 5000),
        ("height_cm", 17),
        ("calcium_corrected", 12),
        ("calcium_ionised", 12),
        ("bmi", 250),
        ("weight_kg", 0),
        ("hba1c", float("inf")),
        ("hba1c", float("nan")),
    ],
)
def test_an_impossible_value_is_recognised(concept: str, value: float) -> None:
    assert implausible(concept, value)


@pytest.mark.parametrize(
    ("concept", "value"),
    [
        *(("egfr", 3), ("egfr", 160), ("t_score", -6.5), ("t_score", 4), ("vitamin_d", 5), ("vitamin_d", 700)),
        *(("height_cm", 120), ("height_cm", 215), ("calcium_corrected", 4.5), ("bmi", 9), ("bmi", 75)),
        *(("weight_kg", 30), ("crp", 0), ("tsh", 0), ("testosterone", 0), ("alcohol_units_week", 0)),
    ],
)
def test_rare_but_possible_values_pass(concept: str, value: float) -> None:
    assert implausible(concept, value) is None


def test_every_measured_concept_has_a_plausible_range_with_a_reason() -> None:
    assert UNITS.keys() <= PLAUSIBLE.keys()
    assert all(limits.low < limits.high and limits.reason for limits in PLAUSIBLE.values())
