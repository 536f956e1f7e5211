"""Authenticated calls over HTTP, and those of everybody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask, Response, g
from werkzeug.test import TestResponse

from cds_service.app import create_app
from cds_service.authentication import StoreError, UsedTokens
from cds_service.authentication.open_views import open_to_everybody
from cds_service.settings import Settings
from tests.conftest import FHIR_JSON, Clock, ServiceClient
from tests.databases import memory_in
from tests.examples import bundle, changed, request, smoker, t_score
from tests.schemas import check
from tests.tokens import (
    BASE,
    GONE,
    NOW,
    SECOND,
    VIEW,
    bearer,
    claims,
    client,
    header,
    jwk,
    key_set,
    private_key,
    sign,
    token,
)

FEEDBACK = f"{VIEW}/feedback"
ROUTES = [("GET", "/cds-services"), ("POST", VIEW), ("POST", FEEDBACK)]
ORIGIN = "https://sandbox.cds-hooks.org"


class Service:
    """The service as it is when callers must be authenticated; the client's keys are in a file."""

    def __init__(self, folder: Path, used_tokens: UsedTokens | None = None, **entry: Any) -> None:
        path = folder / "jwks.json"
        path.write_bytes(key_set(jwk()))
        right = {"jwks_url": None, "jwks_file": path, "language": "en", "generic_t_score_codes": frozenset({"38265-5"})}
        self.settings = Settings(
            auth="required",
            public_url=BASE,
            clients=(client(**(right | entry)),),
            cors_origins=frozenset({ORIGIN}),
            audit_file=folder / "audit.jsonl",
        )
        memory = memory_in(f"sqlite:///{folder / 'memory.sqlite'}")
        self.app: Flask = create_app(
            self.settings,
            Clock(),
            memory=memory,
            used_tokens=used_tokens,
            now=lambda: NOW,
        )

    def records(self) -> list[dict[str, Any]]:
        """The audit records so far."""
        assert self.settings.audit_file is not None
        return [orjson.loads(line) for line in self.settings.audit_file.read_bytes().splitlines()]

    def call(
        self,
        method: str = "POST",
        path: str = VIEW,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        **options: Any,
    ) -> TestResponse:
        """Call it; headers None for a right token."""
        sent = orjson.dumps(body if body is not None else request()) if method == "POST" else None
        headers = {"X-Request-ID": "one"} | dict(bearer(token(path)) if headers is None else headers)
        kind = "application/json" if method == "POST" else None
        http = self.app.test_client()
        return http.open(path, method=method, data=sent, content_type=kind, headers=headers, buffered=True, **options)


@pytest.fixture
def secured(tmp_path: Path) -> Service:
    return Service(tmp_path)


def test_a_client_discovers_calls_and_gives_feedback(secured: Service) -> None:
    discovery = secured.call("GET", "/cds-services")
    assert discovery.status_code == 200
    check("discovery", orjson.loads(discovery.data))
    answer = secured.call()
    assert answer.status_code == 200
    check("response", orjson.loads(answer.data))
    card = orjson.loads(answer.data)["cards"][0]
    outcome = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2025-03-10T10:05:31Z"}
    feedback = secured.call(path=FEEDBACK, body={"feedback": [outcome]})
    assert (feedback.status_code, feedback.get_json()) == (200, {})


def test_the_entry_of_the_client_counts(secured: Service) -> None:
    """Its language, and its code for a T-score of any site."""
    english = ServiceClient(Settings(language="en"))
    danish = {"Accept-Language": "da"}
    assert orjson.loads(secured.call(headers=bearer() | danish).data) == english.answer(request())
    body = changed(request(), "prefetch.observations", bundle(t_score(code="38265-5"), smoker()))
    assert "TX-IND-1" in fired(orjson.loads(secured.call(body=body).data))
    assert "TX-IND-1" not in fired(english.answer(body))


def fired(answer: Mapping[str, Any]) -> set[str]:
    return {each["id"] for each in answer["extension"]["org.osteo-cds.evaluation"]["fired"]}


def test_others_see_who_calls(secured: Service) -> None:
    seen = []

    @secured.app.after_request
    def look(response: Response) -> Response:
        seen.append(g.client.name)
        return response

    secured.call()
    assert seen == ["ehr"]


def forged() -> str:
    return sign(header(), claims(), key=private_key("ES384", "attacker"))


#: Every way to be refused, by the word the log has for it.
ATTACKS: dict[str, Callable[[], dict[str, str]]] = {
    "missing": dict,
    "scheme": lambda: {"Authorization": "Basic dXNlcjpwYXNz"},
    "structure": lambda: bearer("x.y"),
    "size": lambda: bearer(token(tenant="x" * 9000)),
    "algorithm": lambda: bearer(sign(header(alg="none"), claims())),
    "header": lambda: bearer(sign(header(crit=["x"]), claims())),
    "issuer": lambda: bearer(token(iss="https://attacker.example.org")),
    "jku": lambda: bearer(sign(header(jku="https://attacker.example.org/jwks.json"), claims())),
    "key": lambda: bearer(sign(header(kid="other"), claims())),
    "signature": lambda: bearer(forged()),
    "audience": lambda: bearer(token("/cds-services")),
    "times": lambda: bearer(token(exp=GONE)),
    "expired": lambda: bearer(token(iat=SECOND - 600, exp=SECOND - 60)),
    "early": lambda: bearer(token(nbf=SECOND + 61)),
    "life": lambda: bearer(token(exp=SECOND + 901)),
    "jti": lambda: bearer(token(jti=GONE)),
}


@pytest.mark.parametrize("why", ATTACKS)
def test_every_refusal_is_the_same(secured: Service, caplog: pytest.LogCaptureFixture, why: str) -> None:
    """Nothing in the answer tells them apart; the log has one word, and nothing of the token."""
    caplog.set_level("DEBUG")
    headers = ATTACKS[why]()
    answer = secured.call(headers=headers)
    plain = secured.call(headers={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.mimetype == FHIR_JSON
    assert (answer.data, dict(answer.headers)) == (plain.data, dict(plain.headers))
    outcome = orjson.loads(answer.data)
    check("operation-outcome", outcome)
    assert outcome["issue"][0]["code"] == "login"
    [record, _] = secured.records()
    assert record["problem"] == why
    claimed = why not in ("missing", "scheme", "structure", "size", "algorithm", "header", "issuer")
    assert record.get("claimed_client") == ("ehr" if claimed else None)
    logged = caplog.text + str(secured.records())
    for part in headers.get("Authorization", "").removeprefix("Bearer ").split("."):
        assert len(part) < 4 or part not in logged
    assert "attacker" not in logged


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_all_routes_are_guarded_alike(secured: Service, method: str, path: str) -> None:
    assert secured.call(method, path, headers={}).status_code == 401
    assert secured.call(method, path, headers=bearer(forged())).status_code == 401
    assert secured.call(method, path, headers=bearer(token("/cds-services/other"))).status_code == 401
    assert secured.call("OPTIONS", path, headers={}).status_code == 401
    body: object = {"feedback": []} if path == FEEDBACK else None
    assert secured.call(method, path, body=body).status_code == 200


def test_a_head_is_guarded_too(secured: Service) -> None:
    assert secured.call("HEAD", "/cds-services", headers={}).status_code == 401


def test_who_is_not_known_learns_no_service_ids(secured: Service) -> None:
    assert secured.call(path="/cds-services/none", headers={}).status_code == 401
    assert secured.call(path="/cds-services/none").status_code == 404


def test_the_slash_at_the_end_belongs_to_the_url(secured: Service) -> None:
    """With and without are two URLs; a token is for the one that is called."""
    assert secured.call("GET", "/cds-services/", headers=bearer(token("/cds-services"))).status_code == 401
    assert secured.call("GET", "/cds-services", headers=bearer(token("/cds-services/"))).status_code == 401
    assert secured.call("GET", "/cds-services/").status_code == 200


@pytest.mark.parametrize("host", ["attacker.example.org", "cds.example.org.attacker.example.org"])
def test_the_url_is_ours_and_not_what_the_caller_calls_us(secured: Service, host: str) -> None:
    elsewhere = bearer(token(aud=f"https://{host}{VIEW}"))
    forwarded = {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "https", "Forwarded": f"host={host}"}
    assert secured.call(headers=elsewhere | forwarded).status_code == 401
    assert secured.call(headers=bearer() | forwarded).status_code == 200


def test_a_token_anywhere_else_is_ignored(secured: Service) -> None:
    for name in ("access_token", "Authorization", "token"):
        assert secured.call(headers={}, query_string={name: token()}).status_code == 401
        assert (
            secured.call(
                headers={name if name != "Authorization" else "X-Authorization": bearer()["Authorization"]}
            ).status_code
            == 401
        )
    assert secured.call(headers={"Cookie": f"access_token={token()}"}).status_code == 401
    form = secured.app.test_client().post(VIEW, data={"access_token": token()})
    assert form.status_code == 401
    assert secured.call(query_string={"access_token": "x"}).status_code == 200


def test_two_authorization_headers_are_refused(secured: Service) -> None:
    one, other = bearer()["Authorization"], bearer()["Authorization"]
    for joined in (f"{one},{other}", f"{one}, {other}"):
        assert secured.call(headers={"Authorization": joined}).status_code == 401


class Unreadable:
    """A body that may not be looked at."""

    def read(self, *_: object) -> bytes:
        raise AssertionError("the body was read")

    readline = readlines = __iter__ = read


def test_the_body_is_not_read_before_the_token(secured: Service) -> None:
    options = {"environ_overrides": {"wsgi.input": Unreadable(), "CONTENT_LENGTH": "9999999999"}}
    answer = secured.app.test_client().post(VIEW, content_type="text/plain", **options)
    assert answer.status_code == 401


def test_a_token_works_once_for_all_routes_together(secured: Service) -> None:
    used = token(jti="once")
    assert secured.call(headers=bearer(used)).status_code == 200
    assert secured.call(headers=bearer(used)).status_code == 401
    assert secured.call("GET", "/cds-services", headers=bearer(token("/cds-services", jti="once"))).status_code == 401


def test_of_many_that_replay_a_token_at_once_one_gets_in(secured: Service) -> None:
    for _ in range(5):
        used = bearer(token("/cds-services"))
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(secured.call, "GET", "/cds-services", used) for _ in range(8)]
        codes = [call.result().status_code for call in calls]
        assert sorted(codes) == [200] + [401] * 7


class Broken:
    """A store that cannot answer."""

    def use(self, iss: str, jti: str, expires: datetime) -> bool:  # noqa: ARG002 - the protocol's
        raise StoreError("no database at /secret/path")


def test_when_used_tokens_cannot_be_asked_nobody_is_let_in(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    broken = Service(tmp_path, Broken())
    answer = broken.call()
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    check("operation-outcome", orjson.loads(answer.data))
    [record] = broken.records()
    assert (record["claimed_client"], record["problem"]) == ("ehr", "store")
    assert "secret" not in caplog.text + answer.text + str(record)
    assert broken.call(headers=bearer(forged())).status_code == 401


def test_a_preflight_needs_no_token_and_a_refusal_can_be_read_by_the_page(secured: Service) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    preflight = secured.call("OPTIONS", VIEW, headers=asked)
    assert (preflight.status_code, preflight.data) == (204, b"")
    refused = secured.call(headers={"Origin": ORIGIN})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_what_does_not_exist_is_told_to_everybody(secured: Service) -> None:
    assert secured.call("GET", "/favicon.ico", headers={}).status_code == 404
    assert secured.call("PUT", VIEW, headers={}).status_code == 405


def test_a_view_is_open_only_when_it_says_so(secured: Service) -> None:
    fresh = create_app(secured.settings, Clock())
    fresh.add_url_rule("/open", view_func=open_to_everybody(lambda: "yes"), endpoint="open")
    fresh.add_url_rule("/closed", view_func=lambda: "yes", endpoint="closed")
    assert fresh.test_client().get("/open").status_code == 200
    assert fresh.test_client().get("/closed").status_code == 401
