"""Discovery, the service call, languages, cross-origin access, errors and the log, over HTTP."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from cds_service.clients import Client
from cds_service.settings import Settings
from hooks.services import SERVICES
from tests.conftest import Clock, ServiceClient
from tests.examples import bundle, changed, patient, request, t_score

VIEW = "/cds-services/osteoporosis-patient-view"
SIGN = "/cds-services/osteoporosis-order-sign"
PATHS = ("/cds-services", VIEW, f"{VIEW}/feedback")
SANDBOX = "https://sandbox.cds-hooks.org"
SECRET = "secret-0107571234"


def fired(answer: dict[str, Any]) -> list[str]:
    return [each["id"] for each in answer["extension"]["org.osteo-cds.evaluation"]["fired"]]


class TestDiscovery:
    def test_it_lists_the_three_services(self, service: ServiceClient) -> None:
        found = service.discovery()["services"]
        assert [(each["id"], each["hook"]) for each in found] == [
            ("osteoporosis-patient-view", "patient-view"),
            ("osteoporosis-order-select", "order-select"),
            ("osteoporosis-order-sign", "order-sign"),
        ]
        assert {each["version"] for each in found} == {"2.0.1"}
        assert {each["hookVersion"] for each in found} == {"1.0"}

    def test_templates_stay_within_the_query_restrictions(self, service: ServiceClient) -> None:
        for each in service.discovery()["services"]:
            assert 8 <= len(each["prefetch"]) <= 12
            assert each["prefetch"]["patient"] == "Patient/{{context.patientId}}"
            for template in each["prefetch"].values():
                assert set(re.findall(r"\{\{(.*?)\}\}", template)) == {"context.patientId"}
                names = [parameter.partition("=")[0] for parameter in template.partition("?")[2].split("&")]
                assert len(names) == len(set(names)), "each parameter once"
                assert not any(":" in name or "." in name for name in names), "no modifiers, no chains"

    def test_a_slash_at_the_end_is_of_no_matter(self, service: ServiceClient) -> None:
        assert service.http.get("/cds-services/").status_code == 200

    def test_it_takes_no_post(self, service: ServiceClient) -> None:
        answer = service.post("/cds-services", {})
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]


class TestCall:
    @pytest.mark.parametrize("each", SERVICES, ids=lambda each: each.hook)
    def test_each_service_answers_its_hook(self, service: ServiceClient, each: Any) -> None:
        assert service.answer(request(each.hook))["cards"]

    def test_cards_rest_on_the_patient(self, service: ServiceClient) -> None:
        answer = service.answer(request())
        assert "TX-IND-1" in fired(answer)
        assert answer["cards"][0]["indicator"] == "warning"
        nothing = changed(
            changed(request(), "prefetch.observations", bundle()), "prefetch.patient.birthDate", "1995-01-01"
        )
        assert service.answer(nothing)["cards"] == []

    def test_the_clock_is_asked_once(self, service: ServiceClient, clock: Clock) -> None:
        before = clock.asked
        service.answer(request("order-sign"))
        assert clock.asked == before + 1

    def test_later_data_is_not_seen(self, service: ServiceClient, clock: Clock) -> None:
        clock.day = clock.day.replace(year=2024)
        assert "TX-IND-1" not in fired(service.answer(request()))

    def test_a_fixed_day_in_the_settings_wins(self, clock: Clock) -> None:
        early = ServiceClient(Settings(today=clock.day.replace(year=2024)), clock)
        assert "TX-IND-1" not in fired(early.answer(request()))

    def test_the_same_call_has_the_same_answer(self, service: ServiceClient) -> None:
        assert service.answer(request()) == service.answer(request())

    def test_no_answer_is_kept_on_the_way(self, service: ServiceClient) -> None:
        assert service.post(VIEW, request()).headers["Cache-Control"] == "no-store"

    def test_a_key_that_was_not_sent_is_not_known(self, service: ServiceClient) -> None:
        evaluation = service.answer(changed(request(), "prefetch.conditions"))["extension"]["org.osteo-cds.evaluation"]
        assert any("conditions" in each["needs"] for each in evaluation["unknown"])

    def test_no_card_asks_a_2_0_client_for_more_than_it_knows(self, service: ServiceClient) -> None:
        for each in SERVICES:
            assert b"actionSelectionBehavior" not in service.post(f"/cds-services/{each.id}", request(each.hook)).data


class TestLanguage:
    @pytest.mark.parametrize(
        ("accepted", "english"),
        [
            (None, False),
            ("en", True),
            ("en-US,en;q=0.9", True),
            ("da;q=0.5, en;q=0.9", True),
            ("en;q=0.5, da-DK;q=0.9", False),
            ("sv, en;q=0.3", True),
            ("sv", False),
            ("*", False),
            ("en;q=0", False),
            (";;;", False),
        ],
    )
    def test_the_caller_says_which(self, service: ServiceClient, accepted: str | None, english: bool) -> None:
        summary = service.answer(request(), language=accepted)["cards"][0]["summary"]
        assert summary == service.answer(request(), language="en" if english else "da")["cards"][0]["summary"]
        other = service.answer(request(), language="da" if english else "en")["cards"][0]["summary"]
        assert summary != other

    def test_the_setting_answers_who_asks_for_none(self, service: ServiceClient) -> None:
        english = ServiceClient(Settings(language="en"))
        assert english.answer(request())["cards"] == service.answer(request(), language="en")["cards"]
        assert english.answer(request(), language="da")["cards"] == service.answer(request())["cards"]

    def test_a_clients_entry_wins(self, service: ServiceClient) -> None:
        server = "http://127.0.0.1:8085/fhir"
        client = Client(
            "sandbox", "https://sandbox.example.org", fhir_servers=(server,), language="en", development=True
        )
        known = ServiceClient(Settings(clients=(client,)))
        body = request() | {"fhirServer": server}
        assert known.answer(body, language="da")["cards"] == service.answer(request(), language="en")["cards"]
        assert known.answer(request(), language="da")["cards"] == service.answer(request())["cards"]


def test_only_a_declared_client_means_any_site_by_the_forearm_code(service: ServiceClient) -> None:
    server = "http://127.0.0.1:8085/fhir"
    client = Client(
        "synthea",
        "https://synthea.example.org",
        fhir_servers=(server,),
        development=True,
        generic_t_score_codes=frozenset({"38265-5"}),
    )
    body = changed(request(), "prefetch.observations", bundle(t_score(-3.7, code="38265-5")))
    body["fhirServer"] = server
    assert "DEF-OP-1" not in fired(service.answer(body))
    declared = ServiceClient(Settings(clients=(client,)))
    assert "DEF-OP-1" in fired(declared.answer(body))
    assert "DEF-OP-1" not in fired(declared.answer(body | {"fhirServer": "http://127.0.0.1:8085/other"}))


class TestErrors:
    @pytest.mark.parametrize(
        ("content_type", "status"),
        [
            ("application/json", 200),
            ("application/json; charset=utf-8", 200),
            ("Application/JSON;charset=UTF-8", 200),
            ("application/json; charset=iso-8859-1", 415),
            ("application/fhir+json", 415),
            ("text/plain", 415),
            ("application/x-www-form-urlencoded", 415),
            (None, 415),
        ],
    )
    def test_the_content_type_is_json(self, service: ServiceClient, content_type: str | None, status: int) -> None:
        answer = service.post(VIEW, request(), content_type=content_type)
        assert answer.status_code == status
        if status == 415:
            assert orjson.loads(answer.data)["issue"][0]["expression"] == ["http.Content-Type"]

    def test_a_compressed_body_is_refused(self, service: ServiceClient) -> None:
        service.refused(VIEW, b"\x1f\x8b", status=415, headers={"Content-Encoding": "gzip"})

    def test_a_body_has_a_largest_size(self) -> None:
        small = ServiceClient(Settings(max_body_bytes=20_000))
        assert small.post(VIEW, request()).status_code == 200
        issue = small.refused(VIEW, b" " * 20_001, status=413)
        assert issue["code"] == "too-long"
        assert "OSTEO_CDS_MAX_BODY_MB" in issue["diagnostics"]

    @pytest.mark.parametrize("path", ["/cds-services/none", "/cds-services/none/feedback", "/", "/cds-services/a/b/c"])
    def test_what_does_not_exist(self, service: ServiceClient, path: str) -> None:
        assert service.refused(path, request(), status=404)["code"] == "not-found"

    @pytest.mark.parametrize("path", [VIEW, f"{VIEW}/feedback"])
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
    def test_another_method(self, service: ServiceClient, path: str, method: str) -> None:
        answer = service.http.open(path, method=method)
        assert (answer.status_code, answer.mimetype) == (405, "application/fhir+json")
        assert "POST" in answer.headers["Allow"]

    @pytest.mark.parametrize("hook", ["order-sign", "encounter-start", SECRET])
    def test_another_hook_than_the_services(self, service: ServiceClient, hook: str) -> None:
        issue = service.refused(VIEW, changed(request(), "hook", hook), status=400)
        assert issue["expression"] == ["hook"]
        assert "patient-view" in issue["diagnostics"]
        assert SECRET not in issue["diagnostics"]

    def test_a_form_error_names_its_field(self, service: ServiceClient) -> None:
        issue = service.refused(SIGN, changed(request("order-sign"), "context.draftOrders", []), status=400)
        assert issue["expression"] == ["context.draftOrders"]

    @pytest.mark.parametrize(
        "prefetch",
        [
            None,
            {},
            {"patient": None},
            {"patient": bundle()},
            {"patient": {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}},
            {"patient": ["garbage"]},
            {"patient": t_score()},
        ],
        ids=["none", "empty", "null", "empty bundle", "outcome", "garbage", "no Patient"],
    )
    def test_without_the_patient_nothing_is_evaluated(self, service: ServiceClient, prefetch: Any) -> None:
        issue = service.refused(VIEW, changed(request(), "prefetch", prefetch), status=412)
        assert issue["expression"] == ["prefetch.patient"]
        assert "patient" in issue["diagnostics"]

    @pytest.mark.parametrize("found", [patient("pat-2"), bundle(patient("pat-2"))], ids=["resource", "bundle"])
    def test_another_patient_stops_everything(self, service: ServiceClient, found: dict[str, Any]) -> None:
        body = changed(request(), "prefetch.patient", found)
        answer = service.post(VIEW, body)
        assert answer.status_code == 422
        assert orjson.loads(answer.data)["issue"][0]["expression"] == ["prefetch.patient"]
        assert b"pat-1" not in answer.data
        assert b"pat-2" not in answer.data

    def test_our_bug_is_a_500_without_patient_data(
        self, service: ServiceClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken(*_arguments: object, **_options: object) -> None:
            raise KeyError(SECRET)

        monkeypatch.setattr("cds_service.routes.answer", broken)
        caplog.set_level("DEBUG")
        issue = service.refused(VIEW, request(), status=500)
        assert issue["code"] == "exception"
        assert SECRET not in issue["diagnostics"] + caplog.text
        assert "KeyError at test_service.py" in caplog.text


class TestCrossOrigin:
    @pytest.mark.parametrize("path", PATHS)
    def test_a_preflight_is_answered(self, path: str) -> None:
        open_to_sandbox = ServiceClient(Settings(cors_origins=frozenset({SANDBOX})))
        answer = open_to_sandbox.http.options(
            path,
            headers={
                "Origin": SANDBOX,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
                "Access-Control-Request-Private-Network": "true",
            },
        )
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
        assert {"GET", "POST"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
        assert {"Authorization", "Content-Type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))
        assert answer.headers["Access-Control-Allow-Private-Network"] == "true"
        assert "Origin" in answer.vary

    def test_answers_and_errors_can_be_read_by_the_page(self) -> None:
        open_to_sandbox = ServiceClient(Settings(cors_origins=frozenset({SANDBOX})))
        for body, status in ((request(), 200), ({}, 400)):
            answer = open_to_sandbox.post(VIEW, body, headers={"Origin": SANDBOX})
            assert answer.status_code == status
            assert answer.headers["Access-Control-Allow-Origin"] == SANDBOX
        missing = open_to_sandbox.post("/cds-services/none", {}, headers={"Origin": SANDBOX})
        assert missing.headers["Access-Control-Allow-Origin"] == SANDBOX

    def test_loopback_is_allowed_in_development(self, service: ServiceClient) -> None:
        answer = service.http.get("/cds-services", headers={"Origin": "http://localhost:9000"})
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:9000"

    @pytest.mark.parametrize("origin", [SANDBOX, "null", "http://localhost.example.org", ""])
    def test_other_pages_are_not(self, service: ServiceClient, origin: str) -> None:
        answer = service.http.get("/cds-services", headers={"Origin": origin})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]
        assert "Origin" in answer.vary

    def test_no_page_is_allowed_outside_development(self) -> None:
        closed = ServiceClient(Settings(development=False))
        answer = closed.http.get("/cds-services", headers={"Origin": "http://localhost:9000"})
        assert "Access-Control-Allow-Origin" not in answer.headers


class TestLog:
    def test_a_call_is_one_line(self, service: ServiceClient, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        service.answer(request())
        [line] = caplog.messages
        assert "service=osteoporosis-patient-view" in line
        assert "hookInstance=d1577c69-dfbe-44ad-ba6d-3e05e953b2ea" in line
        assert "TX-IND-1" in line
        assert re.search(r" ms=\d+\.\d", line)

    def test_nothing_of_the_patient_is_in_it(
        self, service: ServiceClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """Every text of a request is marked; none of the marks may come back anywhere but in the answer."""
        caplog.set_level("DEBUG")
        for hook in ("patient-view", "order-select", "order-sign"):
            body = marked(request(hook))
            path = f"/cds-services/osteoporosis-{hook}"
            service.post(path, body)
            for name in ("context", "hookInstance", "hook", "prefetch"):
                service.post(path, body | {name: SECRET})
            service.post(f"/cds-services/{SECRET}", body)
            service.post(f"/{SECRET}?patient={SECRET}", body)
        output = capfd.readouterr()
        assert SECRET not in caplog.text + output.out + output.err


def marked(body: dict[str, Any]) -> dict[str, Any]:
    """The request with patient data everywhere that text may stand, and a broken value in each resource."""
    body = changed(body, "context.patientId", SECRET)
    body["context"]["encounterId"] = SECRET
    body["fhirServer"] = f"https://ehr.example.org/{SECRET}"
    body["fhirAuthorization"] = {
        "access_token": SECRET,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": SECRET,
        "subject": SECRET,
    }
    body["prefetch"]["patient"] |= {"id": SECRET, "name": [{"family": SECRET}]}
    broken = t_score(number=2, patient_id=SECRET) | {"effectiveDateTime": SECRET}
    unreadable = t_score(number=3, patient_id=SECRET) | {"valueQuantity": {"value": 1, "unit": SECRET}}
    noted = t_score(number=4, patient_id=SECRET) | {"note": [{"text": SECRET}]}
    body["prefetch"]["observations"] = bundle(broken, unreadable, noted)
    body["prefetch"][SECRET] = SECRET
    return body
