"""Discovery, the service call and its language, over HTTP."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cds_service.clients import Client
from cds_service.settings import Settings
from hooks.services import SERVICES
from tests.conftest import Clock, ServiceClient
from tests.examples import bundle, changed, request, t_score

VIEW = "/cds-services/osteoporosis-patient-view"


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
