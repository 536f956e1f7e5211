"""The command line: what it prints, and its exit codes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service import cli
from cds_service.settings import Settings
from cds_service.terminal import plain
from hooks.guideline.register import catalogue
from tests.conftest import ServiceClient
from tests.count_checks import FILE, counted
from tests.examples import TODAY, bundle, changed, patient, prednisolone, request, smoker, t_score
from tests.schemas import check
from tests.vignette_requests import load_vignettes, to_request

Run = Callable[..., tuple[int, str, str]]
DAY = ("--today", TODAY.isoformat())


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., tuple[int, str, str]]:
    """Run a command on a body (a file of it is added to the arguments); exit code, output, errors."""
    for name in ("OSTEO_CDS_CONFIG", "OSTEO_CDS_LANGUAGE", "OSTEO_CDS_TODAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("cds_service.logs.configure", lambda: None)

    def run(*arguments: str, body: object = None, stdin: bool = False) -> tuple[int, str, str]:
        given = list(arguments)
        if body is not None:
            sent = body if isinstance(body, bytes) else orjson.dumps(body)
            path = tmp_path / "input.json"
            path.write_bytes(sent)
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent)))
            given.insert(1, "-" if stdin else str(path))
        try:
            code = cli.main(given)
        except SystemExit as error:  # argparse
            code = int(error.code or 0)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def record() -> dict[str, Any]:
    """The patient of the example request as a transaction Bundle whose references are urn:uuid."""
    whole = bundle(patient(), t_score(), smoker(), kind="transaction")
    for entry in whole["entry"]:
        entry["fullUrl"] = f"urn:uuid:{entry['resource']['id']}"
        entry["request"] = {"method": "POST", "url": entry["resource"]["resourceType"]}
        if "subject" in entry["resource"]:
            entry["resource"]["subject"]["reference"] = "urn:uuid:pat-1"
    return whole


class TestEvaluate:
    def test_the_answer_is_the_services(
        self, run: Run, service: ServiceClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for hook in ("patient-view", "order-select", "order-sign"):
            cards = service.answer(request(hook))["cards"]
            capsys.readouterr()  # the service's audit
            code, output, errors = run("evaluate", "--json", *DAY, body=request(hook))
            assert (code, errors) == (0, "")
            found = json.loads(output)
            check("response", found)
            assert found["cards"] == cards

    def test_a_bundle_is_a_whole_record(self, run: Run) -> None:
        code, output, _ = run("evaluate", "--json", *DAY, body=record())
        found = json.loads(output)
        check("response", found)
        evaluation = found["extension"]["org.osteo-cds.evaluation"]
        assert code == 0
        assert "TX-IND-1" in [each["id"] for each in evaluation["fired"]]
        assert evaluation["issues"] == []

    def test_the_drafts_of_a_bundle_are_what_is_ordered(self, run: Run) -> None:
        ordered = bundle(patient(), prednisolone())
        code, output, _ = run("evaluate", "--json", "--hook", "order-sign", *DAY, body=ordered)
        found = json.loads(output)["extension"]["org.osteo-cds.evaluation"]["fired"]
        assert code == 0
        assert any(each["id"].startswith("GLU-") for each in found)
        assert run("evaluate", "--hook", "order-sign", *DAY, body=record())[0] == 2

    def test_cards_are_readable(self, run: Run) -> None:
        code, output, _ = run("evaluate", "--lang", "en", *DAY, body=record())
        assert code == 0
        assert output.startswith("WARNING: ")
        assert "Source: " in output
        assert "**" not in output
        assert max(map(len, output.splitlines())) <= 140

    def test_danish_is_the_default(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        assert run("evaluate", *DAY, body=record())[1].startswith("ADVARSEL: ")
        monkeypatch.setenv("OSTEO_CDS_LANGUAGE", "en")
        assert run("evaluate", *DAY, body=record())[1].startswith("WARNING: ")

    def test_nothing_to_say_is_said(self, run: Run) -> None:
        young = bundle(patient(birth_date="1995-01-01"))
        code, output, _ = run("evaluate", "--lang", "en", *DAY, body=young)
        assert code == 0
        assert output.startswith("No card: ")

    def test_what_holds_without_a_card_is_listed(self, run: Run) -> None:
        [vignette] = [each for each in load_vignettes() if each["id"] == "V-086"]
        day = ("--today", vignette["today"].isoformat())
        body = to_request(vignette, "danish")
        code, output, _ = run("evaluate", "--hook", "population", "--lang", "en", *day, body=body)
        assert code == 0
        assert output.startswith("No card. Holds without a card:\n  - ")
        assert "INV-16: " in output

    def test_standard_input(self, run: Run) -> None:
        assert run("evaluate", *DAY, body=record(), stdin=True)[0] == 0

    def test_the_forearm_code_counts_only_when_declared(self, run: Run) -> None:
        body = bundle(patient(), t_score(-3.7, code="38265-5"))
        without = run("evaluate", "--json", *DAY, body=body)[1]
        declared = run("evaluate", "--json", "--generic-t-score", "38265-5", *DAY, body=body)[1]
        assert '"DEF-OP-1"' not in without
        assert '"DEF-OP-1"' in declared

    def test_the_day_can_be_chosen(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        early = run("evaluate", "--json", "--today", "2024-03-10", body=record())[1]
        assert '"TX-IND-1"' not in early
        monkeypatch.setenv("OSTEO_CDS_TODAY", "2024-03-10")
        assert run("evaluate", "--json", body=record())[1] == early

    @pytest.mark.parametrize(
        ("body", "named"),
        [
            (b"", "empty"),
            (b"{", "no JSON"),
            (b"[]", "JSON object"),
            (b'{"resourceType": "Patient", "id": "1"}', "hook"),
            ({"resourceType": "Bundle"}, "0 Patients"),
            (bundle(patient("a"), patient("b")), "2 Patients"),
            ({"resourceType": "Bundle", "entry": "x"}, "entry"),
            ({"resourceType": "Bundle", "entry": [7]}, "entry[0]"),
            ({"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}]}, "no id"),
            (changed(request(), "hookInstance", "x"), "hookInstance"),
            (changed(request(), "hook", "encounter-start"), "hook"),
            (changed(request(), "prefetch.patient"), "prefetch.patient"),
            (changed(request(), "prefetch.patient.id", "pat-2"), "prefetch.patient"),
        ],
    )
    def test_bad_input_is_2_and_says_why(self, run: Run, body: object, named: str) -> None:
        code, output, errors = run("evaluate", *DAY, body=body)
        assert (code, output) == (2, "")
        assert named in errors
        assert errors.startswith("osteo-cds evaluate: ")

    def test_a_byte_order_mark_is_no_harm(self, run: Run) -> None:
        assert run("evaluate", *DAY, body=b"\xef\xbb\xbf" + orjson.dumps(record()))[0] == 0

    @pytest.mark.parametrize(
        "arguments",
        [
            ("evaluate",),
            ("evaluate", "/no/such/file"),
            ("evaluate", "x.json", "--today", "10-03-2025"),
            ("evaluate", "x.json", "--lang", "sv"),
            ("evaluate", "x.json", "--hook", "encounter-start"),
            ("serve", "--port", "0"),
            ("serve", "--workers", "none"),
            ("unknown",),
            (),
        ],
    )
    def test_a_wrong_command_is_2(self, run: Run, arguments: tuple[str, ...]) -> None:
        code, output, errors = run(*arguments)
        assert (code, output) == (2, "")
        assert errors

    def test_a_wrong_setting_is_2_and_named(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OSTEO_CDS_LANGUAGE", "sv")
        monkeypatch.setenv("OSTEO_CDS_LANGAUGE", "da")
        code, _, errors = run("evaluate", *DAY, body=record())
        assert code == 2
        assert "OSTEO_CDS_LANGUAGE: " in errors
        assert "OSTEO_CDS_LANGAUGE is no setting" in errors


class TestRules:
    def test_every_recommendation_is_listed(self, run: Run) -> None:
        code, output, _ = run("rules", "--json")
        listed = json.loads(output)
        assert code == 0
        assert [each["id"] for each in listed] == [entry.id for entry in catalogue()]
        assert len(listed) == 277
        assert {"id", "section", "title", "strength", "implemented", "tests"} == set(listed[0])

    def test_the_table_ends_with_the_sums(self, run: Run) -> None:
        lines = run("rules")[1].splitlines()
        assert len(lines) == 277 + 3
        assert f"{sum(entry.implemented for entry in catalogue())} of 277 implemented" in lines[-1]

    def test_the_numbers_of_tests_are_up_to_date(self) -> None:
        assert FILE.read_text(encoding="utf-8") == counted(), "run python -m tests.count_checks"


class TestServe:
    def test_another_address_needs_to_be_meant(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        code, _, errors = run("serve", "--host", "0.0.0.0")
        assert code == 2
        assert "OSTEO_CDS_AUTH" in errors
        assert "--insecure" in errors
        started: list[tuple[Settings, str, int, int]] = []
        monkeypatch.setattr("cds_service.server.serve", lambda *given: started.append(given))
        assert run("serve", "--host", "0.0.0.0", "--insecure", "--port", "8001", "--workers", "2")[0] == 0
        assert started[0][1:] == ("0.0.0.0", 8001, 2)
        assert not started[0][0].development

    def test_what_cannot_be_promised_is_refused(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("OSTEO_CDS_AUTH", "required")
        code, _, errors = run("serve")
        assert code == 2
        assert "OSTEO_CDS_AUTH" in errors


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**T-score** −2,8 (_hofte_)", "T-score −2,8 (hofte)"),
        ("### Heading\n- one\n- two", "Heading\n- one\n- two"),
        ("[guideline](https://example.org/a_b_c) says", "guideline (https://example.org/a_b_c) says"),
        ("a\\_b \\*c\\* 2 \\< 3", "a_b *c* 2 < 3"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        ("`code` and __strong__", "code and strong"),
    ],
)
def test_marks_are_taken_off(markdown: str, text: str) -> None:
    assert plain(markdown) == text
