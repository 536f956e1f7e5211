"""The workbench: any record in, the same call as an EHR's, nothing kept, nothing let in from elsewhere."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.feedback import Feedback, read_feedback
from cds_service.settings import Settings, load_settings
from cds_service.workbench import POLICY
from cds_service.workbench.result import STATES
from cds_service.workbench.safe_text import escaped_json, is_https, markdown, visible
from cds_service.workbench.words import words
from hooks.language import LANGUAGES
from tests.conftest import ServiceClient
from tests.databases import memory_in
from tests.examples import bundle, changed, egfr, patient, prednisolone, request, smoker, t_score
from tests.tokens import client, jwk, key_set
from tests.workbench import OWN, WOMAN, Workbench, area, fired, summaries

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "cds_service" / "workbench" / "templates" / "workbench"
RECORD = bundle(patient(), t_score(), smoker(), egfr(62), kind="collection")
HOSTILE = "<script>alert(1)</script> [click](javascript:alert(1)) ![x](https://evil.example/x.png) \u202eevil"


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return Workbench()


class TestIn:
    @pytest.mark.parametrize("hook", ["patient-view", "order-select", "order-sign"])
    def test_a_request_has_the_cards_the_service_gives(
        self, bench: Workbench, service: ServiceClient, hook: str
    ) -> None:
        page = bench.advice(request(hook))
        assert page.status_code == 200
        assert summaries(page) == [card["summary"] for card in service.answer(request(hook))["cards"]]

    def test_what_is_shown_as_sent_can_be_sent(self, bench: Workbench, service: ServiceClient) -> None:
        for page in (bench.advice(RECORD), bench.get("/workbench/examples/egfr-alendronate")):
            assert service.answer(area(page, "record")) == area(page, "answer")

    def test_a_bundle_is_the_whole_record(self, bench: Workbench) -> None:
        page = bench.advice(RECORD)
        assert "TX-IND-1" in fired(page)
        assert area(page, "record")["prefetch"]["conditions"]["entry"] == []

    def test_the_drafts_of_a_bundle_are_what_is_ordered(self, bench: Workbench) -> None:
        record = bundle(patient(), t_score(-1.8), prednisolone(), kind="collection")
        for hook in ("order-sign", "order-select"):
            assert area(bench.advice(record, hook=hook), "record")["hook"] == hook
        assert "GLU-PREV-1" in fired(bench.advice(record, hook="order-sign"))

    @pytest.mark.parametrize("do", ["view", "select", "sign", "again"])
    def test_an_entry_without_an_order_is_no_fault_of_ours(self, bench: Workbench, do: str) -> None:
        entries: tuple[dict[str, Any], ...] = (
            {},
            {"resource": {}},
            {"resource": {"resourceType": "MedicationRequest"}},
        )
        for entry in entries:
            drafts = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
            record = orjson.dumps(changed(request("order-sign"), "context.draftOrders", drafts)).decode()
            assert bench.post("/workbench/advice", {"record": record, "do": do}).status_code in (200, 422)

    def test_a_file_is_read(self, bench: Workbench) -> None:
        file = (io.BytesIO(b"\xef\xbb\xbf" + orjson.dumps(RECORD)), "record.json")
        page = bench.post("/workbench/advice", {"record": "", "file": file})
        assert "TX-IND-1" in fired(page)

    @pytest.mark.parametrize(
        "text",
        [
            *("{", "[]", "7", "x" * 100, '{"resourceType": "Bundle"}', '{"hook": "patient-view"}'),
            orjson.dumps(changed(request(), "prefetch.patient")).decode(),
            orjson.dumps(request() | {"hook": "encounter-start"}).decode(),
            orjson.dumps(request()).decode().replace('"patientId"', '"patientId":"other","patientId"'),
        ],
    )
    def test_what_cannot_be_read_is_told_and_kept(self, bench: Workbench, text: str) -> None:
        page = bench.advice(text)
        assert page.status_code == 422
        assert 'id="record-error"' in page.text
        assert text[:40].replace('"', "&#34;") in page.text

    def test_a_file_that_is_no_text(self, bench: Workbench) -> None:
        page = bench.post("/workbench/advice", {"file": (io.BytesIO(b"\xff\xfe\x00"), "x.json")})
        assert (page.status_code, "UTF-8" in page.text) == (422, True)

    def test_nothing_is_asked_for(self, bench: Workbench) -> None:
        assert bench.advice(" ").status_code == 422

    def test_too_much_is_refused_with_a_page(self) -> None:
        small = Workbench(Settings(max_body_bytes=1024))
        page = small.advice("x" * 200_000)
        assert page.status_code == 413
        assert page.mimetype == "text/html"

    def test_a_token_is_not_shown(self, bench: Workbench) -> None:
        token = {"access_token": "sekret", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "cds"}
        sent = request() | {"fhirServer": "https://ehr.example.org/fhir", "fhirAuthorization": token}
        assert "sekret" not in bench.advice(sent).text


class TestOrder:
    def test_prednisolone_is_drafted_and_signed(self, bench: Workbench) -> None:
        page = bench.advice(RECORD, do="sign", order="drug.prednisolone", mg="10", weeks="26")
        [draft] = area(page, "record")["context"]["draftOrders"]["entry"]
        [dosage] = draft["resource"]["dosageInstruction"]
        assert dosage["doseAndRate"][0]["doseQuantity"]["value"] == 10
        assert dosage["timing"]["repeat"]["boundsDuration"]["value"] == 182
        assert "GLU-DOSE-1" in fired(page)

    @pytest.mark.parametrize("action", ["select", "sign"])
    def test_whatever_is_on_the_list(self, bench: Workbench, action: str) -> None:
        options = re.findall(r'<option value="((?:drug|stop|order)\.\w+)"', bench.advice(RECORD).text)
        assert len(options) >= 15
        for option in options:
            page = bench.advice(RECORD, do=action, order=option, mg="5", weeks="10")
            assert page.status_code == 200
            assert area(page, "record")["hook"] == f"order-{action}"
            assert area(page, "answer")["extension"]["org.osteo-cds.evaluation"]["issues"] == []
            assert f'value="{option}" selected' in page.text

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"order": ""}, "order"),
            ({"order": "drug.aspirin"}, "order"),
            ({"order": "drug.prednisolone", "mg": "10"}, "weeks"),
            ({"order": "drug.prednisolone", "mg": "ti", "weeks": "4"}, "mg"),
            ({"order": "drug.alendronate", "weeks": "-4"}, "weeks"),
            ({"order": "drug.alendronate", "weeks": "nan"}, "weeks"),
            ({"order": "drug.alendronate", "every": "moon"}, "every"),
        ],
    )
    def test_a_wrong_field_is_told_beside_it(self, bench: Workbench, fields: dict[str, str], field: str) -> None:
        page = bench.advice(RECORD, do="sign", **fields)
        assert page.status_code == 422
        assert f'id="{field}-error"' in page.text
        assert area(page, "record")["hook"] == "patient-view"

    def test_the_draft_goes_when_the_record_is_opened(self, bench: Workbench) -> None:
        signed = area(bench.get("/workbench/examples/egfr-alendronate"), "record")
        opened = area(bench.advice(signed, do="view"), "record")
        assert (opened["hook"], "draftOrders" in opened["context"]) == ("patient-view", False)
        again = area(bench.advice(signed, do="sign", order=""), "record")
        assert again["context"] == signed["context"]
        assert area(bench.advice(signed, do="select", order=""), "record")["context"]["selections"]


class TestOut:
    def test_every_recommendation_has_a_reason(self, bench: Workbench) -> None:
        page = bench.advice(RECORD)
        listed = re.findall(r'<li class="is-([\w-]+)">', page.text)
        assert len(listed) == 277
        assert set(listed) <= set(STATES)
        assert {"fired", "unknown", "not-fired"} <= set(listed)
        assert re.search(r'class="needs"><strong>Det ville afgøre det:</strong> \w', page.text)

    def test_suggestions_show_the_resource(self, bench: Workbench) -> None:
        page = bench.get("/workbench/examples/hip-fracture")
        shown = page.text
        for card in area(page, "answer")["cards"]:
            for suggestion in card["suggestions"]:
                assert suggestion["uuid"] in shown
                for action in suggestion["actions"]:
                    text = orjson.dumps(action["resource"], option=orjson.OPT_INDENT_2).decode()
                    assert text.replace('"', "&#34;").replace("<", "&lt;").replace("'", "&#39;") in shown

    def test_answers_go_to_the_feedback_endpoint(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        bench = Workbench(memory=memory_in(f"sqlite:///{tmp_path / 'memory.sqlite'}"))
        received: list[Feedback] = []

        def spy(body: bytes) -> list[Feedback]:
            received.extend(read_feedback(body))
            return received[-1:]

        monkeypatch.setattr("cds_service.routes.read_feedback", spy)
        page = bench.get("/workbench/examples/hip-fracture")
        card = area(page, "answer")["cards"][0]
        accepted = {"card": card["uuid"], "outcome": "accepted", "suggestion": card["suggestions"][0]["uuid"]}
        reason = card["overrideReasons"][0]
        dismissed = {"card": card["uuid"], "outcome": "overridden", "reason": f"{reason['system']}|{reason['code']}"}
        for form in (accepted, dismissed):
            assert bench.post("/workbench/feedback/osteoporosis-patient-view", form).status_code == 200
        assert [(each.card, each.outcome) for each in received] == [
            (card["uuid"], "accepted"),
            (card["uuid"], "overridden"),
        ]
        assert [each.id for each in received[0].accepted_suggestions or ()] == [card["suggestions"][0]["uuid"]]
        assert received[1].override_reason is not None
        assert received[1].override_reason.reason is not None
        assert received[1].override_reason.reason.code == reason["code"]
        assert bench.post("/workbench/feedback/osteoporosis-patient-view", {"card": "x"}).status_code == 400
        assert bench.post("/workbench/feedback/other", accepted).status_code == 404


class TestHostile:
    def test_text_stays_text(self, bench: Workbench) -> None:
        record = bundle(patient(), t_score(), egfr(62), prednisolone("active"), kind="collection")
        for each in record["entry"]:
            each["resource"] |= {"text": {"status": "generated", "div": HOSTILE}}
        drug = record["entry"][-1]["resource"]
        drug["medicationCodeableConcept"] = {"coding": [{"system": "http://www.whocc.no/atc", "code": "H02AB06"}]}
        drug["medicationCodeableConcept"]["text"] = HOSTILE
        drug["dosageInstruction"][0]["text"] = HOSTILE
        page = bench.advice(record).text
        assert "<script>alert" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page
        assert "\u202e" not in page
        assert "&lt;script&gt;alert" in page

    @pytest.mark.parametrize(
        "url",
        ["javascript:alert(1)", "http://a.example", "data:text/html,x", "https:", "//a.example", "https://u@a.example"],
    )
    def test_only_https_is_a_link(self, url: str) -> None:
        assert not is_https(url)
        assert "<a" not in markdown(f"[x]({url})")
        assert "<a" in markdown("[x](https://a.example/b)")

    def test_markdown_makes_no_html(self) -> None:
        assert "<script" not in markdown(HOSTILE)
        assert "<img" not in markdown("![x](https://a.example/x.png)")
        assert "<b>" not in markdown("<b>x</b>")

    def test_hidden_marks_are_seen(self) -> None:
        assert visible("a\u202eb\u200fc") == "a[U+202E]b[U+200F]c"
        assert orjson.loads(escaped_json(orjson.dumps("a\u202eb").decode())) == "a\u202eb"

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    @pytest.mark.parametrize("path", ["advice", "patient", "feedback/osteoporosis-patient-view"])
    def test_a_form_of_another_site_is_refused(self, bench: Workbench, path: str, headers: dict[str, str]) -> None:
        assert bench.post(f"/workbench/{path}", {"record": "{}"}, headers).status_code == 403

    def test_a_browser_that_only_says_its_origin(self, bench: Workbench) -> None:
        assert bench.post("/workbench/patient", WOMAN, {"Origin": "https://localhost"}).status_code == 200

    @pytest.mark.parametrize("path", ["/", "/rules", "/workbench/static/workbench.js", "/workbench/examples/none"])
    def test_strict_headers(self, bench: Workbench, path: str) -> None:
        headers = bench.get(path).headers
        assert headers.getlist("Content-Security-Policy") == [POLICY]  # a second one would hold too
        assert "unsafe" not in POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        # what is asked for anew each time may be kept; a page may not
        assert headers["Cache-Control"] == "no-store" or ("static" in path and headers["Cache-Control"] == "no-cache")

    def test_no_script_or_style_stands_in_a_page(self) -> None:
        for path in TEMPLATES.glob("*.html"):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|\|safe", text), path.name


class TestKept:
    def test_nothing_of_a_patient_reaches_the_log(self, bench: Workbench, caplog: pytest.LogCaptureFixture) -> None:
        marked = bundle(patient("sekret-77"), t_score(patient_id="sekret-77"), kind="collection")
        with caplog.at_level(logging.DEBUG):
            assert bench.advice(marked).status_code == 200
            assert bench.advice(orjson.dumps(marked).decode()[:-1]).status_code == 422
            bench.post("/workbench/patient", WOMAN | {"age": "sekret-77"})
        assert caplog.records
        assert "sekret" not in caplog.text

    def test_an_answer_has_no_address(self, bench: Workbench) -> None:
        assert bench.get("/workbench/advice").status_code == 302


class TestSetting:
    def test_on_unless_it_is_off(self) -> None:
        assert load_settings({}).shows_workbench
        assert load_settings({"OSTEO_CDS_WORKBENCH": "on"}).shows_workbench
        assert not load_settings({"OSTEO_CDS_WORKBENCH": "off"}).shows_workbench

    def test_off_when_callers_must_say_who_they_are(self) -> None:
        assert not Settings(auth="required").shows_workbench
        assert Settings(auth="required", workbench="on").shows_workbench

    @pytest.mark.parametrize("path", ["/", "/rules", "/workbench/patient", "/workbench/static/workbench.css"])
    def test_off_is_not_there(self, path: str) -> None:
        answer = Workbench(Settings(workbench="off")).get(path)
        assert (answer.status_code, answer.mimetype) == (404, "application/fhir+json")

    def test_a_call_loads_nothing_of_it(self) -> None:
        program = """
import sys
from cds_service.app import create_app
from cds_service.settings import Settings
client = create_app(Settings()).test_client()
body = open("examples/prednisolone-sign.json", "rb").read()
answer = client.post("/cds-services/osteoporosis-order-sign", data=body, content_type="application/json")
assert answer.status_code == 200
print([name for name in sys.modules if name.startswith(("cds_service.workbench.", "markdown_it"))])
"""
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"


class TestWords:
    def test_both_languages_say_the_same_things(self) -> None:
        assert set(words("da")) == set(words("en"))

    def test_what_the_templates_ask_for_is_there(self) -> None:
        named = {
            name
            for path in TEMPLATES.glob("*.html")
            for name in re.findall(r"""\bt\[["']([\w.]+)["']\]""", path.read_text(encoding="utf-8"))
        }
        assert len(named) > 60
        assert named <= set(words("da"))

    @pytest.mark.parametrize(
        ("path", "accepted", "expected"),
        [
            ("/", "", "da"),
            ("/", "en-GB", "en"),
            ("/?lang=da", "en", "da"),
            ("/?lang=xx", "en", "en"),
            ("/", "sv", "da"),
        ],
    )
    def test_the_reader_says_which(self, bench: Workbench, path: str, accepted: str, expected: str) -> None:
        assert f'<html lang="{expected}">' in bench.get(path, **{"Accept-Language": accepted}).text

    @pytest.mark.parametrize("code", LANGUAGES)
    def test_an_answer_can_be_read_in_the_other_language(self, bench: Workbench, code: str) -> None:
        page = bench.advice(RECORD, lang=code)
        assert f'<html lang="{code}">' in page.text
        assert f'name="lang" value="{code}"' in page.text


def test_a_fault_of_ours_is_a_page_without_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    import cds_service.workbench.views as views

    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("sekret")

    monkeypatch.setattr(views, "ask", broken)
    page = Workbench().http.post("/workbench/patient", data=WOMAN, headers=OWN)
    assert (page.status_code, page.mimetype) == (500, "text/html")
    assert "sekret" not in page.text


class TestWithTokens:
    """The page of a service that asks for tokens, where the operator shows it all the same."""

    def test_it_is_shown_without_buttons_that_could_only_be_refused(self, tmp_path: Path) -> None:
        (tmp_path / "jwks.json").write_bytes(key_set(jwk()))
        settings = Settings(
            auth="required",
            workbench="on",
            clients=(client(jwks_url=None, jwks_file=tmp_path / "jwks.json"),),
        )
        page = Workbench(settings).get("/workbench/examples/hip-fracture")
        assert page.status_code == 200
        assert "data-feedback" not in page.text
        assert "data-feedback" in Workbench().get("/workbench/examples/hip-fracture").text


class TestLimits:
    def test_the_rate_limit_is_for_pages_too_and_not_for_what_they_bring_along(self) -> None:
        bench = Workbench(Settings(rate_limit=2))
        assert [bench.get("/workbench/static/workbench.css").status_code for _ in range(4)] == [200] * 4
        assert [bench.get("/workbench/patient").status_code for _ in range(3)] == [200, 200, 429]
