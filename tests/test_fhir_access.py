"""What prefetch did not bring is fetched from the client's FHIR server, and what it brings is read like prefetch."""

from __future__ import annotations

import logging
import subprocess
import sys
from copy import deepcopy
from typing import Any

import orjson
import pytest

from cds_service.settings import Settings
from tests.conftest import ServiceClient
from tests.examples import KEYS, PATIENT_ID, bundle, patient, request, smoker, t_score
from tests.fhir_server import FhirServer, answer, fhir_server, offering, token

VIEW = "/cds-services/osteoporosis-patient-view"
ALL = ("patient", *KEYS)
#: Long enough for a busy machine: what these tests are about is not time.
PATIENT = Settings(fetch_deadline_ms=20_000)


@pytest.fixture(scope="module")
def fetching() -> ServiceClient:
    """The service, with time to fetch."""
    return ServiceClient(PATIENT)


def issues(answered: dict[str, Any]) -> dict[str, str]:
    """The problem of each prefetch key that is not whole."""
    found = answered["extension"]["org.osteo-cds.evaluation"]["issues"]
    return {each["reference"].removeprefix("prefetch."): each["problem"] for each in found}


def records(resource: dict[str, Any]) -> dict[str, Any]:
    """What a server answers to both searches for Observations: the one with her T-score has it."""
    return bundle(resource, smoker())


def test_fetched_data_give_the_answer_prefetch_gives(fetching: ServiceClient) -> None:
    with fhir_server(Observation=answer(records(t_score()))) as server:
        found = fetching.answer(offering(request(), server.base, *ALL))
    assert found["cards"]
    assert issues(found) == {}
    assert found == fetching.answer(request())


def test_each_missing_key_is_asked_once_by_its_template_with_the_token(fetching: ServiceClient) -> None:
    with fhir_server() as server:
        fetching.answer(offering(request(), server.base, "conditions", "observations"))
    assert server.types() == ["Condition", "Observation"]
    assert f"Condition?patient={PATIENT_ID}&_count=500" in server.paths
    for _, headers in server.asked:
        assert headers["authorization"] == "Bearer token-that-must-stay-secret"
        assert headers["accept"].startswith("application/fhir+json")


def test_what_was_delivered_is_not_asked_for(fetching: ServiceClient) -> None:
    body = offering(request(), "https://never.asked.example.org/fhir")
    body["prefetch"]["conditions"] = None
    assert issues(fetching.answer(body)) == {}


@pytest.mark.parametrize(
    "delivered",
    [{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}, "garbage", {}, 7, []],
    ids=["OperationOutcome", "text", "no-type", "number", "list"],
)
def test_a_key_the_client_failed_is_tried_once(fetching: ServiceClient, delivered: object) -> None:
    with fhir_server() as server:
        body = offering(request(), server.base)
        body["prefetch"]["conditions"] = delivered
        answered = fetching.post(VIEW, body)
    assert server.types() == ["Condition"]
    assert issues(orjson.loads(answered.data)) == {}


def test_nothing_is_fetched_without_a_token(fetching: ServiceClient) -> None:
    with fhir_server() as server:
        body = offering(request(), server.base, "conditions")
        del body["fhirAuthorization"]
        assert issues(fetching.answer(body)) == {"conditions": "not sent"}
    assert server.asked == []


def test_an_expired_token_is_not_used(fetching: ServiceClient) -> None:
    with fhir_server() as server:
        found = issues(fetching.answer(offering(request(), server.base, "conditions", expires_in=0)))
    assert found == {"conditions": "not delivered, and not fetched: token has expired"}
    assert server.asked == []


def test_a_token_of_another_patient_is_refused(fetching: ServiceClient) -> None:
    with fhir_server() as server:
        issue = fetching.refused(VIEW, offering(request(), server.base, "conditions", patient="other"), 422)
    assert issue["expression"] == ["fhirAuthorization.patient"]
    assert server.asked == []


def test_only_what_the_scopes_cover_is_asked_for(fetching: ServiceClient) -> None:
    with fhir_server() as server:
        scope = "launch openid patient/Patient.read user/Observation.rs patient/Encounter.s?class=AMB"
        found = issues(fetching.answer(offering(request(), server.base, *ALL, scope=scope)))
    assert server.types() == ["Encounter", "Observation", "Observation", "Patient"]
    assert found.pop("encounters") == "not all of it: token's scope covers a part only"
    assert set(found) == set(KEYS) - {"observations", "screening", "encounters"}
    assert set(found.values()) == {"not delivered, and not fetched: token's scope does not cover it"}


def test_another_patients_data_are_left_out(fetching: ServiceClient) -> None:
    """A server that answers with somebody else's record changes nothing but the issues."""
    foreign = t_score(value=-4.5, number=9, patient_id="other")
    with fhir_server(Observation=answer(bundle(t_score(), smoker(), foreign))) as server:
        found = fetching.answer(offering(request(), server.base, "observations"))
    assert found["cards"] == fetching.answer(request())["cards"]
    assert found["extension"]["org.osteo-cds.evaluation"]["issues"] == [
        {"reference": "Observation/t-9", "problem": "subject is another patient"}
    ]


@pytest.mark.parametrize(
    ("answered", "reason"),
    [
        (answer(patient("other")), "answer is another resource than asked for"),
        (answer(bundle(patient())), "answer is another resource than asked for"),
        (answer({"resourceType": "OperationOutcome"}, status=404), "not found (HTTP 404)"),
        (answer({"resourceType": "OperationOutcome"}, status=401), "token refused (HTTP 401)"),
    ],
)
def test_without_a_patient_the_refusal_names_key_and_reason(
    fetching: ServiceClient, answered: Any, reason: str
) -> None:
    with fhir_server(Patient=answered) as server:
        issue = fetching.refused(VIEW, offering(request(), server.base, "patient"), 412)
    assert issue["expression"] == ["prefetch.patient"]
    assert reason in issue["diagnostics"]
    assert server.base not in issue["diagnostics"]


def test_a_patient_in_another_bundle_is_enough(fetching: ServiceClient) -> None:
    """412 is for when nobody is there to advise on: an unread key does not matter then."""
    with fhir_server(Patient=answer(b"", status=500)) as server:
        body = offering(request(), server.base, "patient")
        body["prefetch"]["conditions"] = bundle(patient())
        found = issues(fetching.answer(body))
    assert found == {"patient": "fetch failed: FHIR server failed (HTTP 500)"}


def test_an_id_of_dots_is_no_path(fetching: ServiceClient) -> None:
    with fhir_server() as server:
        body = offering(request(), server.base, "patient", patient=None)
        body["context"]["patientId"] = ".."
        issue = fetching.refused(VIEW, body, 412)
    assert "patientId cannot stand in a URL" in issue["diagnostics"]
    assert server.asked == []


@pytest.mark.parametrize(("language", "words"), [("da", "Ikke modtaget:"), ("en", "Not received:")])
def test_an_order_that_could_not_be_checked_says_so(fetching: ServiceClient, language: str, words: str) -> None:
    """The searches for results fail while alendronate is ordered: the card names what was missing."""
    with fhir_server(Observation=answer(b"", status=503)) as server:
        body = offering(request("order-select"), server.base, "observations")
        found = fetching.answer(body, language)
    [card] = [card for card in found["cards"] if card["extension"]["org.osteo-cds.card"]["card"] == "C-UNCHECKED"]
    assert card["indicator"] == "info"
    assert words in card["detail"]
    assert ("målinger og svar" if language == "da" else "measurements and results") in card["detail"]
    assert "503" not in card["detail"]
    assert issues(found)["observations"] == "fetch failed: FHIR server failed (HTTP 503)"


def test_a_fetched_record_leaves_nothing_unchecked(fetching: ServiceClient) -> None:
    body = request("order-select")
    with fhir_server(Observation=answer(body["prefetch"]["observations"])) as server:
        found = fetching.answer(offering(body, server.base, *KEYS))
    assert found == fetching.answer(body)


def test_connections_are_kept_and_cookies_are_not(fetching: ServiceClient) -> None:
    with fhir_server(Condition=answer(bundle(), headers={"Set-Cookie": "session=secret; Path=/"})) as server:
        for _ in range(5):
            fetching.answer(offering(request(), server.base, "conditions"))
        assert server.opened == 1
        assert not any("cookie" in headers for _, headers in server.asked)


def test_a_connection_the_server_closed_meanwhile_costs_nothing(fetching: ServiceClient) -> None:
    """It closes after each answer without saying so, as servers do with idle connections."""

    def once(connection: Any, path: str) -> bool:
        answer(bundle())(connection, path)
        return False

    with fhir_server(Condition=once) as server:
        for _ in range(5):
            assert issues(fetching.answer(offering(request(), server.base, "conditions"))) == {}


def test_a_netrc_or_proxy_of_the_machine_is_not_used(
    fetching: ServiceClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with fhir_server() as server:
        assert issues(fetching.answer(offering(request(), server.base, "conditions"))) == {}
    assert server.asked[0][1]["authorization"].startswith("Bearer ")


def test_an_ipv6_server(fetching: ServiceClient) -> None:
    server = FhirServer(host="::1")
    try:
        assert issues(fetching.answer(offering(request(), server.base, "conditions"))) == {}
    finally:
        server.close()
    assert server.types() == ["Condition"]


def test_the_token_is_told_nobody(
    fetching: ServiceClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in the answer, the log, an error or a URL, whether fetching works, fails or is refused."""
    caplog.set_level(logging.DEBUG)
    secret = token()["access_token"]
    said = ""
    with fhir_server(
        Condition=answer(b"", status=401),
        Encounter=answer(b"", status=302, headers={"Location": "https://elsewhere.example.org/"}),
        Appointment=answer(secret.encode()),
    ) as server:
        for body in (
            offering(request(), server.base, *ALL),
            offering(request(), server.base.replace("127.0.0.1", "127.0.0.1:1@localhost"), *ALL),
            offering(request(), "https://elsewhere.example.org", *ALL),
            offering(request(), server.base, *ALL, access_token=f"{secret}\r\nX-Evil: 1"),
            offering(request(), server.base, *ALL, access_token=f"{secret} æ"),
        ):
            said += fetching.post(VIEW, body).text
        assert server.asked
        assert not any(secret in path for path in server.paths)
    output = capfd.readouterr()
    everything = said + caplog.text + output.out + output.err
    assert secret not in everything
    assert PATIENT_ID not in caplog.text + output.out + output.err


@pytest.mark.parametrize("value", ["", "two words", "line\nfeed", "æ", 7, None])
def test_a_token_that_cannot_stand_in_a_header_is_refused(fetching: ServiceClient, value: object) -> None:
    body = offering(request(), "http://127.0.0.1:1/fhir", access_token=value)
    assert fetching.refused(VIEW, body, 400)["expression"] == ["fhirAuthorization.access_token"]


def test_the_audit_says_what_was_not_had(capsys: pytest.CaptureFixture[str], fetching: ServiceClient) -> None:
    with fhir_server(Condition=answer(b"", status=500)) as server:
        fetching.answer(offering(request(), server.base, "conditions", "encounters"))
    record = orjson.loads(capsys.readouterr().err)
    assert record["fetch_failures"] == {"server-error": 1}
    assert record["outcome"] == "partial"
    assert record["ms"]["fetch"] > 0


def test_a_full_prefetch_loads_no_http_client() -> None:
    """Neither at the start nor in a call: `requests` costs a tenth of a second."""
    body = offering(deepcopy(request()), "http://127.0.0.1:1/fhir")
    program = (
        "import sys; from cds_service.app import create_app; from cds_service.settings import Settings;"
        "client = create_app(Settings()).test_client();"
        f"found = client.post({VIEW!r}, data=sys.stdin.buffer.read(), content_type='application/json');"
        "assert found.status_code == 200, found.text;"
        "assert not {'requests', 'urllib3', 'concurrent.futures'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], input=orjson.dumps(body), capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
