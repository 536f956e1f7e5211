"""osteo-cds doctor with a FHIR server: every template, what was understood, and nothing of the patient."""

from __future__ import annotations

import io
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from cds_service import cli
from cds_service.doctor import fhir, unknown
from fhir_mappings.facts import Issue
from hooks.services import BY_ID
from tests.examples import PATIENT_ID, bundle, egfr, patient, prednisolone, smoker, t_score
from tests.fhir_server import FhirServer, after, answer, fhir_server, silence

TOKEN = "token-that-must-stay-secret"
SNOMED = "http://snomed.info/sct"
STATEMENT = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": {"name": "Secret Software"}}
#: What a record holds and no report may: each stands in one of the resources below.
SECRETS = (
    "Nancy",
    "Hemmelig",
    "0105571234",
    "010557-1234",
    "1957-06-01",
    "2025-02-20",
    "-2.8",
    "777.25",
    "t-1",
    "sky-9",
)

Report = dict[str, Any]
Run = Callable[..., tuple[int, Report, str]]


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with fhir_server(metadata=answer(STATEMENT)) as running:
        yield running


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the doctor on a server, as JSON and as text; exit code, the JSON, and all that was printed."""
    for name in [name for name in os.environ if name.startswith("OSTEO_CDS_") and "_TEST_" not in name]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OSTEO_CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    monkeypatch.setenv("OSTEO_CDS_TODAY", "2025-03-10")
    monkeypatch.setenv("OSTEO_CDS_DOCTOR_TOKEN", TOKEN)
    monkeypatch.setattr(fhir, "PATIENCE", 1.0)

    def ran(server: FhirServer, *arguments: str) -> tuple[int, Report, str]:
        given = ["doctor", "--fhir-server", server.base, "--patient", PATIENT_ID, *arguments]
        code = cli.main(given)
        text = capsys.readouterr()
        assert cli.main([*given, "--json"]) == code
        machine = capsys.readouterr()
        return code, json.loads(machine.out), text.out + text.err + machine.out + machine.err

    return ran


def named(report: Report, name: str) -> list[dict[str, str]]:
    return [check for check in report["checks"] if check["name"] == name]


def condition(number: int, *codings: tuple[str, str], **members: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": f"c-{number}",
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "code": {
            "text": "Hemmelig sygdom",
            "coding": [{"system": system, "code": code, "display": "Hemmelig"} for system, code in codings],
        },
        "recordedDate": "2025-02-20",
    } | members


def record(server: FhirServer) -> None:
    """A record with all kinds of things to know and not to know, and secrets everywhere."""
    server.answers["Patient"] = answer(
        patient()
        | {
            "name": [{"family": "Hemmelig", "given": ["Nancy"]}],
            "identifier": [{"system": "urn:cpr", "value": "0105571234"}],
        }
    )
    server.answers["Observation"] = answer(
        bundle(
            t_score(),
            smoker(),
            egfr(777.25),
            egfr() | {"id": "e-2", "valueQuantity": {"value": 777.25, "unit": "dråber/time", "code": "drops/h"}},
            egfr() | {"id": "e-3", "valueQuantity": {"value": 777.25, "unit": "set af Nancy Hemmelig"}},
            egfr() | {"id": "e-6", "valueQuantity": {"value": 777.25, "unit": "0105571234"}},
            egfr() | {"id": "e-4", "effectiveDateTime": "Nancy"},
            egfr() | {"id": "e-5", "subject": {"reference": "Patient/010557-1234"}},
        )
    )
    local = "https://ehr.example.org/local"
    server.answers["Condition"] = answer(
        bundle(
            condition(1, (SNOMED, "195662009")),
            condition(2, (SNOMED, "195662009"), (local, "HT1")),
            condition(3, (local, "010557-1234")),
            condition(4, (local, "Nancy Hemmelig"), (local, "0105571234")),
            condition(5, (SNOMED, "64859006"), (local, "OSTEO")),
            condition(6, ("", "K86")),
        )
    )
    server.answers["MedicationRequest"] = answer(
        bundle(prednisolone("active") | {"id": "sky-9"}, prednisolone("active") | {"id": "p-2", "status": "Hemmelig"})
    )


class TestAGoodServer:
    def test_is_asked_every_template_with_the_token(self, run: Run, server: FhirServer) -> None:
        record(server)
        code, report, _ = run(server)
        assert code == 0
        keys = list(BY_ID["osteoporosis-patient-view"].prefetch)
        assert [each["key"] for each in report["fhir"]["templates"]] == keys
        assert {each["state"] for each in report["fhir"]["templates"]} == {"ok"}
        by_key = {each["key"]: each for each in report["fhir"]["templates"]}
        assert (by_key["patient"]["resources"], by_key["conditions"]["resources"]) == (1, 6)
        assert all(each["pages"] == 1 and each["ms"] > 0 for each in by_key.values())
        assert len(server.asked) == 2 * (len(keys) + 1)
        assert {headers["authorization"] for _, headers in server.asked} == {f"Bearer {TOKEN}"}
        assert report["fhir"]["fhirVersion"] == "4.0.1"
        assert named(report, "FHIR times")[0]["state"] == "ok"

    def test_says_which_facts_could_be_read(self, run: Run, server: FhirServer) -> None:
        record(server)
        facts = run(server)[1]["record"]["facts"]
        assert facts["patient"] == {"birth date": 1, "sex": 1}
        assert facts["measurements"] == {"t_score (femoral_neck)": 1}
        assert facts["findings"] == {"smoking_status": 1}
        assert facts["conditions"] == {"osteoporosis_coded": 1}
        assert "prednisolone" in facts["medication courses"]

    def test_says_which_codes_were_not_known(self, run: Run, server: FhirServer) -> None:
        record(server)
        _, report, _ = run(server)
        local = "https://ehr.example.org/local"
        assert [tuple(each.values()) for each in report["record"]["unknownCodes"]] == [
            ("Condition", local, "(not shown)", 3),
            ("Condition", SNOMED, "195662009", 2),
            ("Condition", "(no system)", "K86", 1),
            ("Condition", local, "HT1", 1),
        ]
        systems = [tuple(each.values()) for each in report["record"]["unknownSystems"]]
        assert systems == [(local, 4), ("(no system)", 1)]
        assert named(report, "codes")[0]["state"] == "warning"

    def test_says_which_units_and_resources_were_left_out(self, run: Run, server: FhirServer) -> None:
        record(server)
        _, report, _ = run(server)
        units = {(each["fact"], each["unit"]) for each in report["record"]["unknownUnits"]}
        assert units == {("eGFR", "drops/h"), ("eGFR", "(not shown)")}
        problems = {(each["resourceType"], each["problem"]) for each in report["record"]["problems"]}
        assert problems == {
            ("Observation", "eGFR has a value that is not possible, expected 1 to 250"),
            ("Observation", "effectiveDateTime is not valid FHIR R4"),
            ("Observation", "subject is another patient"),
            ("MedicationRequest", "status is not valid FHIR R4"),
        }

    @pytest.mark.parametrize("hook", ["patient-view", "order-sign"])
    def test_nothing_of_the_patient_and_no_token_is_printed(self, run: Run, server: FhirServer, hook: str) -> None:
        record(server)
        _, _, printed = run(server, "--hook", hook)
        assert "t_score" in printed
        assert [secret for secret in (*SECRETS, TOKEN, PATIENT_ID, "Secret Software") if secret in printed] == []

    def test_is_told_in_words(self, run: Run, server: FhirServer, capsys: pytest.CaptureFixture[str]) -> None:
        record(server)
        assert run is not None
        assert cli.main(["doctor", "--fhir-server", server.base, "--patient", PATIENT_ID]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert any(re.fullmatch(r"ok +conditions +6 +1 +\d+", line) for line in lines)
        assert "  measurements: t_score (femoral_neck) 1" in lines
        assert f"      2  Condition  {SNOMED}  195662009" in lines
        assert "      1  eGFR  drops/h  expected mL/min/1.73 m2" in lines
        assert "      1  Observation  subject is another patient" in lines
        assert lines[-1].startswith("failed: 0, warnings: ")

    def test_what_is_agreed_with_the_client_counts(
        self, run: Run, server: FhirServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        server.answers["Observation"] = answer(bundle(t_score(code="38265-5")))
        assert run(server)[1]["record"]["facts"]["measurements"] == {"t_score (forearm)": 1}
        clients = tmp_path / "clients.toml"
        clients.write_text(
            f'[[client]]\nname = "ehr"\niss = "https://ehr.example.org"\ndevelopment = true\n'
            f'fhir_servers = ["{server.base}"]\ngeneric_t_score_codes = ["38265-5"]\n',
            encoding="utf-8",
        )
        monkeypatch.setenv("OSTEO_CDS_CLIENTS", str(clients))
        _, report, _ = run(server)
        assert report["record"]["facts"]["measurements"] == {"t_score (unstated)": 1}
        assert "fhir_servers of client ehr" in named(report, "FHIR server")[0]["text"]

    def test_pages_are_counted(self, run: Run, server: FhirServer) -> None:
        first = bundle(condition(1, (SNOMED, "64859006"))) | {
            "link": [{"relation": "next", "url": f"{server.base}/page?n=2"}]
        }
        server.answers["Condition"] = answer(first)
        server.answers["page"] = answer(bundle(condition(2, (SNOMED, "64859006"))))
        [told] = [each for each in run(server)[1]["fhir"]["templates"] if each["key"] == "conditions"]
        assert (told["state"], told["resources"], told["pages"]) == ("ok", 2, 2)


class TestABadServer:
    def test_that_refuses_the_token_fails_each_template(self, run: Run, server: FhirServer) -> None:
        for kind in ("Observation", "Patient"):
            server.answers[kind] = answer({"resourceType": "OperationOutcome"}, 401)
        code, report, printed = run(server)
        assert code == 1
        found = {each["key"]: each for each in report["fhir"]["templates"]}
        assert found["observations"]["state"] == "failed"
        assert found["observations"]["reason"] == "token refused (HTTP 401)"
        assert found["observations"]["remedy"] == "give a fresh token"
        assert found["conditions"]["state"] == "ok"
        assert "the service answers 412" in named(report, "record")[0]["text"]
        assert TOKEN not in printed

    def test_that_answers_in_html_or_fails_leaves_that_source_unknown(self, run: Run, server: FhirServer) -> None:
        server.answers["Condition"] = answer(b"<html>Nancy</html>", content_type="text/html")
        server.answers["Encounter"] = answer(b"Nancy", 503)
        code, report, printed = run(server)
        assert code == 1
        reasons = {each["key"]: each["reason"] for each in report["fhir"]["templates"] if each["reason"]}
        assert reasons == {"conditions": "answer is not JSON", "encounters": "FHIR server failed (HTTP 503)"}
        assert report["record"]["sources"] == {"conditions": "missing", "encounters": "missing"}
        assert "Nancy" not in printed

    def test_that_is_slow_is_told_which_templates_would_be_late(
        self, run: Run, server: FhirServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OSTEO_CDS_FETCH_DEADLINE_MS", "100")
        server.answers["Encounter"] = after(0.2, answer(bundle()))
        server.answers["Appointment"] = silence
        code, report, _ = run(server)
        assert code == 1
        found = {each["key"]: each for each in report["fhir"]["templates"]}
        assert (found["encounters"]["state"], found["encounters"]["late"]) == ("warning", True)
        assert found["encounters"]["ms"] >= 200
        assert (found["appointments"]["state"], found["appointments"]["reason"]) == (
            "failed",
            "no answer within the deadline",
        )
        assert {"encounters", "appointments"} <= {each["key"] for each in found.values() if each["late"]}
        [check] = named(report, "FHIR times")
        assert "encounters" in check["text"]
        assert "OSTEO_CDS_FETCH_DEADLINE_MS (100)" in check["text"]

    def test_that_never_answers_is_not_asked_for_more(self, run: Run, server: FhirServer) -> None:
        server.answers["metadata"] = silence
        code, report, _ = run(server)
        assert code == 1
        assert named(report, "FHIR version")[0]["state"] == "failed"
        assert report["fhir"]["templates"] == []
        assert server.types() == ["metadata", "metadata"]

    def test_that_is_not_there_is_told(self, run: Run) -> None:
        with fhir_server() as gone:
            pass
        code, report, _ = run(gone)
        assert code == 1
        assert "FHIR server cannot be reached" in named(report, "FHIR version")[0]["text"]

    @pytest.mark.parametrize(
        ("body", "state", "said"),
        [
            (STATEMENT | {"fhirVersion": "4.0.0"}, "ok", "4.0.0"),
            (STATEMENT | {"fhirVersion": "5.0.0"}, "failed", "5.0.0"),
            (STATEMENT | {"fhirVersion": "4.3.0"}, "failed", "4.3.0"),
            (STATEMENT | {"fhirVersion": "Nancy Hemmelig"}, "failed", "not said"),
            (bundle(), "warning", "no CapabilityStatement"),
        ],
    )
    def test_of_another_version_is_told(
        self, run: Run, server: FhirServer, body: Mapping[str, Any], state: str, said: str
    ) -> None:
        server.answers["metadata"] = answer(body)
        code, report, printed = run(server)
        [check] = named(report, "FHIR version")
        assert (check["state"], code) == (state, 1 if state == "failed" else 0)
        assert said in check["text"]
        assert "Nancy" not in printed

    @pytest.mark.parametrize(("seconds", "state"), [(0, "ok"), (20, "warning"), (-600, "failed")])
    def test_with_another_clock_is_told(self, run: Run, server: FhirServer, seconds: int, state: str) -> None:
        date = formatdate(time.time() + seconds, usegmt=True)
        server.answers["metadata"] = answer(STATEMENT, headers={"Date": date})
        code, report, _ = run(server)
        [check] = [check for check in named(report, "clock") if server.base in check["text"]]
        assert (check["state"], code) == (state, 1 if state == "failed" else 0)

    def test_another_patient_is_not_read(self, run: Run, server: FhirServer) -> None:
        server.answers["Patient"] = answer(patient("sky-9"))
        code, report, printed = run(server)
        assert code == 1
        assert "record" in [check["name"] for check in report["checks"] if check["state"] == "failed"]
        assert "sky-9" not in printed


def test_a_server_that_is_not_listed_is_not_asked(
    run: Run, server: FhirServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSTEO_CDS_FHIR_SERVERS", "https://ehr.example.org/fhir")
    code, report, _ = run(server)
    assert code == 1
    [check] = named(report, "FHIR server")
    assert "not on the allow-list" in check["text"]
    assert "OSTEO_CDS_FHIR_SERVERS" in check["remedy"]
    assert server.asked == []
    monkeypatch.setenv("OSTEO_CDS_FHIR_SERVERS", server.base)
    code, report, _ = run(server)
    assert (code, named(report, "FHIR server")[0]["state"]) == (0, "ok")


def test_the_token_comes_from_a_file_or_standard_input(
    run: Run, server: FhirServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OSTEO_CDS_DOCTOR_TOKEN")
    file = tmp_path / "token"
    file.write_text("from-a-file\n", encoding="utf-8")
    assert run(server, "--token-file", str(file))[0] == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("from-stdin\n"))
    given = ["doctor", "--fhir-server", server.base, "--patient", PATIENT_ID, "--token-file", "-"]
    assert cli.main(given) == 0
    assert {headers["authorization"] for _, headers in server.asked} == {"Bearer from-a-file", "Bearer from-stdin"}
    output = capsys.readouterr()
    assert "from-stdin" not in output.out + output.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--fhir-server", "https://ehr.example.org/fhir"), "--patient"),
        (("--fhir-server", "https://ehr.example.org/fhir", "--patient", ".."), "--patient"),
        (("--fhir-server", "ehr.example.org", "--patient", "p"), "--fhir-server"),
        (("--patient", "p"), "--fhir-server"),
        (("--fhir-server", "https://ehr.example.org/fhir", "--patient", "p", "--token-file", "/no/such"), "/no/such"),
    ],
)
def test_what_does_not_go_together_is_bad_input(
    run: Run,  # noqa: ARG001 - sets the settings
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert cli.main(["doctor", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_missing_token_is_bad_input(
    run: Run, server: FhirServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run is not None
    given = ["doctor", "--fhir-server", server.base, "--patient", PATIENT_ID]
    for token in ("", "two\nlines", "blånk"):
        monkeypatch.setenv("OSTEO_CDS_DOCTOR_TOKEN", token)
        assert cli.main(given) == 2
        error = capsys.readouterr().err
        assert "the token: expected" in error
        assert not token or token not in error


@pytest.mark.parametrize(
    "problem",
    [
        'value.Nancy "Hemmelig": Input should be 0105571234',
        "Nancy 0105571234",
        "subject Nancy",
        "birthDate 1957-06-01 is after 1950-01-01",
        "medicationReference Medication/sky-9 not received, product unknown",
        'modifierExtension "https://Nancy" is not understood',
        "25-OH vitamin D 777.25 nmol/L is not possible, expected 1 to 1500",
        "vertebral compression 777.25 %, expected 0 to 100 %",
        "OperationOutcome: Nancy",
        "code.Nancy is no element of Observation in FHIR R4",
        "status Hemmelig, expected final",
        "",
    ],
)
def test_problems_are_told_without_what_they_quote(problem: str) -> None:
    units, problems = unknown.units_and_problems([Issue("Observation/sky-9", problem)])
    assert not units
    [((kind, told), number)] = problems.items()
    assert (kind, number) == ("Observation", 1)
    assert told
    assert [secret for secret in SECRETS if secret in told] == []
    assert not re.search(r"\d{4}-\d\d|\d{5,}", told)
