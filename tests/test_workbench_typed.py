"""A typed patient becomes the record an EHR would send: standard codes, read back as what was typed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import orjson
import pytest

from cds_service.bundle import read_bundle
from cds_service.workbench import typed_fields, typed_form
from cds_service.workbench.coding import written
from cds_service.workbench.typed_patient import bundle
from fhir_mappings import read_facts
from fhir_mappings.codes import lookup
from fhir_mappings.facts import PatientFacts
from fhir_mappings.units import PLAUSIBLE
from hooks.language import LANGUAGES, language
from tests.examples import TODAY
from tests.workbench import WOMAN, Workbench, fired

PERSON = {"sex": "female", "age": "70"}
GROUPS = {group.name: group for group in typed_fields.groups()}


def choices(group: str) -> list[str]:
    return [value for value, _ in GROUPS[group].fields[0].choices]


def facts(**form: str) -> PatientFacts:
    """What the service reads of a patient typed so (`scans_0_site` is the field scans-0-site)."""
    asked = PERSON | {re.sub(r"_(\d+)_", r"-\1-", name): text for name, text in form.items()}
    typed = typed_form.read(asked, TODAY)
    assert typed.problems == {}
    request = read_bundle(orjson.dumps(bundle(typed, TODAY, language("da"))), "patient-view")
    reading = read_facts(request.prefetch, patient_id=request.patient_id, as_of=TODAY)
    assert reading.facts.issues == ()
    return reading.facts


def test_the_advice_is_that_of_a_sent_record() -> None:
    page = Workbench().post("/workbench/patient", WOMAN)
    assert page.status_code == 200
    assert "TX-IND-1" in fired(page)


class TestCodes:
    @pytest.mark.parametrize(("concept", "kind"), list(written()))
    def test_each_is_in_the_terminology(self, concept: str, kind: str) -> None:
        coding = written()[concept, kind]
        found = {name for of_kind, name in lookup(coding["system"], coding["code"]) if of_kind == kind}
        assert concept in found

    @pytest.mark.parametrize("code", LANGUAGES)
    def test_every_choice_has_words(self, code: str) -> None:
        page = Workbench().get(f"/workbench/patient?lang={code}")
        assert page.status_code == 200
        assert page.text.count("<option") > 200


class TestWhatIsRead:
    @pytest.mark.parametrize("concept", typed_fields.MEASURED)
    def test_a_measurement(self, concept: str) -> None:
        limits = PLAUSIBLE[concept]
        value = round((max(limits.low, 1) + min(limits.high, 200)) / 2, 1)
        read = facts(measures_0_concept=concept, measures_0_value=f"{value}", measures_0_on="2025-01-15")
        [found] = read.measurements[concept]
        assert (found.value, found.date) == (value, date(2025, 1, 15))

    @pytest.mark.parametrize("site", choices("scans"))
    def test_a_t_score(self, site: str) -> None:
        read = facts(scans_0_site=site, scans_0_value="-2,6", scans_0_on="2024")
        [found] = read.measurements["t_score"]
        assert (found.site, found.value) == (site, -2.6)

    @pytest.mark.parametrize("concept", choices("conditions"))
    def test_a_condition(self, concept: str) -> None:
        read = facts(conditions_0_concept=concept, conditions_0_on="05.2020")
        if concept == "dysphagia":
            assert read.findings["swallowing_difficulty"].value is True
        else:
            [found] = read.conditions[concept]
            assert (found.active, found.onset) == (True, date(2020, 5, 1))

    @pytest.mark.parametrize("site", choices("fractures"))
    @pytest.mark.parametrize(("energy", "low"), [("low", True), ("high", False), ("", None)])
    def test_a_fracture(self, site: str, energy: str, low: bool | None) -> None:
        read = facts(fractures_0_site=site, fractures_0_on="2025-01-02", fractures_0_energy=energy)
        [found] = read.fractures
        assert (found.site, found.low_energy, found.date) == (site, low, date(2025, 1, 2))

    def test_a_compression(self) -> None:
        for on in ("2025-01-02", ""):
            read = facts(fractures_0_site="vertebral", fractures_0_on=on, fractures_0_compression="27")
            assert read.fractures[0].compression_pct == 27

    @pytest.mark.parametrize("drug", choices("drugs"))
    def test_a_drug(self, drug: str) -> None:
        read = facts(drugs_0_drug=drug, drugs_0_start="2025-01-01")
        [found] = read.courses
        assert drug in found.drugs or found.drugs == {"glucocorticoid_systemic"}
        assert found.active
        assert found.start == date(2025, 1, 1)

    def test_a_course_of_prednisolone(self) -> None:
        read = facts(
            drugs_0_drug="prednisolone", drugs_0_mg="37,5", drugs_0_start="2025-01-01", drugs_0_stop="2025-01-10"
        )
        [course] = read.courses
        assert course.systemic
        assert not course.active
        [step] = course.steps
        assert (step.mg_per_day, (step.end or TODAY) - step.start) == (37.5, date(2025, 1, 11) - date(2025, 1, 1))

    @pytest.mark.parametrize("drug", choices("given"))
    def test_an_injection(self, drug: str) -> None:
        [given] = facts(given_0_drug=drug, given_0_on="2024-09-01").administrations
        assert (given.drug, given.date, given.cancer_product) == (drug, date(2024, 9, 1), False)

    @pytest.mark.parametrize("note", typed_fields.NOTED)
    def test_a_note(self, note: str) -> None:
        assert facts(**{note: "yes"}).findings[note].value is True

    @pytest.mark.parametrize("value", typed_fields.DENTAL)
    def test_the_teeth(self, value: str) -> None:
        assert facts(dental_status=value).findings["dental_status"].value == value

    @pytest.mark.parametrize("value", ["current", "former", "never"])
    def test_smoking(self, value: str) -> None:
        assert facts(smoking=value).findings["smoking_status"].value == value

    @pytest.mark.parametrize(("value", "fracture"), [("fracture", True), ("osteoporosis", False)])
    def test_a_relative(self, value: str, fracture: bool) -> None:
        [found] = facts(family=value, family_age="71").family_history
        assert (found.relative_fracture, found.relative_fracture_age if fracture else found.relative_dx_age) == (
            fracture,
            71,
        )

    def test_the_person(self) -> None:
        read = facts(menopause="post", menopause_age="44", nursing_home="yes", falls_past_year="2", born="1951-04-03")
        assert (read.birth_date, read.menopause_age) == (date(1951, 4, 3), 44)
        assert read.findings["menopause_status"].value == "post"
        assert read.findings["residence"].value == "nursing_home"
        assert sum(fall.count for fall in read.falls) == 2

    def test_an_age_holds_today(self) -> None:
        page = Workbench().post("/workbench/patient", PERSON | {"age": "58"})
        assert "<h1>Kvinde, 58 år</h1>" in page.text


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("field", "text", "problem"),
        [
            ("sex", "", "required"),
            ("sex", "x", "choice"),
            ("age", "", "age_or_born"),
            ("age", "halvfjerds", "number"),
            ("age", "170", "range"),
            ("born", "31.02.1950", "day"),
            ("born", "2050-01-01", "future"),
            ("born", "1194-01-01", "day"),
            ("menopause_age", "3", "range"),
            ("measures-0-value", "mange", "number"),
            ("measures-0-value", "9999", "range"),
            ("scans-0-value", "-25", "range"),
            ("scans-0-on", "i går", "day"),
            ("drugs-0-mg", "0", "above_zero"),
            ("drugs-0-stop", "2020", "before_start"),
            ("drugs-0-drug", "aspirin", "choice"),
            ("fractures-0-compression", "130", "range"),
        ],
    )
    def test_beside_its_field_and_nothing_is_lost(self, field: str, text: str, problem: str) -> None:
        form = WOMAN | {
            "measures-0-concept": "egfr",
            "measures-0-value": "62",
            "measures-0-on": "2025-01-01",
            "drugs-0-drug": "alendronate",
            "drugs-0-mg": "70",
            "drugs-0-start": "2024-01-01",
            "fractures-0-site": "vertebral",
            "fractures-0-on": "2024-12-24",
            field: text,
        }
        typed = typed_form.read(form, TODAY)
        assert {name: found.text for name, found in typed.problems.items()} == {field: problem}
        page = Workbench().post("/workbench/patient", form)
        assert page.status_code == 422
        assert f'id="{field}-error"' in page.text
        assert f'aria-describedby="{field}-error"' in page.text
        for name, value in form.items():
            if name != field and value:
                assert f'name="{name}"' in page.text
                assert f'value="{value}"' in page.text

    def test_half_a_row(self) -> None:
        assert typed_form.read(PERSON | {"scans-0-value": "-2"}, TODAY).problems.keys() == {
            "scans-0-site",
            "scans-0-on",
        }

    def test_a_preset_alone_is_an_empty_row(self) -> None:
        typed = typed_form.read(PERSON | {"measures-0-concept": "egfr", "measures-0-value": " "}, TODAY)
        assert (typed.rows["measures"], typed.problems) == ([], {})


def test_more_rows_keep_what_is_typed() -> None:
    page = Workbench().post("/workbench/patient", WOMAN | {"more": "scans"})
    assert 'name="scans-2-site"' in page.text
    assert 'value="−2,8"' in page.text


def test_the_answer_leads_back_to_the_form() -> None:
    bench = Workbench()
    answer = bench.post("/workbench/patient", WOMAN)
    hidden: Any = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text))
    assert {name: hidden[name] for name in WOMAN} == WOMAN
    assert 'value="−2,8"' in bench.post("/workbench/patient", WOMAN | {"edit": "yes"}).text
