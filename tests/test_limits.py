"""Limits: calls a minute, depth, slow headers; and the headers that limit what others do with an answer."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_service.depth import MOST_LEVELS, is_deep, is_plainly_deep
from cds_service.rate_limit import SLOTS, RateLimit
from cds_service.settings import Settings
from tests.conftest import ServiceClient
from tests.examples import request
from tests.real_server import VIEW, serving

BODY = orjson.dumps(request())


# -- calls a minute


class Now:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_so_many_at_once_and_as_many_a_minute() -> None:
    now = Now()
    limit = RateLimit(6, now)
    assert [limit.wait_for("a") for _ in range(6)] == [0.0] * 6
    assert limit.wait_for("a") == pytest.approx(10)
    now.time += 4
    assert limit.wait_for("a") == pytest.approx(6), "a refused call does not count"
    now.time += 6
    assert limit.wait_for("a") == 0.0
    assert limit.wait_for("a") > 0
    now.time += 3600
    assert [limit.wait_for("a") for _ in range(6)] == [0.0] * 6
    assert limit.wait_for("a") > 0, "an hour's rest is no credit for an hour"


def test_each_caller_has_its_own() -> None:
    limit = RateLimit(1, Now())
    assert limit.wait_for("a") == limit.wait_for("b") == 0.0
    assert limit.wait_for("a") > 0


def test_more_callers_than_places_are_no_reason_to_refuse() -> None:
    limit = RateLimit(1, Now())
    assert all(limit.wait_for(f"caller {number}") == 0.0 for number in range(3 * SLOTS))


def test_too_many_calls_are_told_when_to_come_back() -> None:
    service = ServiceClient(Settings(rate_limit=2))
    assert [service.post(VIEW, BODY).status_code for _ in range(2)] == [200, 200]
    answer = service.post(VIEW, BODY)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 30
    issue = orjson.loads(answer.data)["issue"][0]
    assert issue["code"] == "throttled"
    assert "OSTEO_CDS_RATE_LIMIT" in issue["diagnostics"]
    assert service.http.get("/health/ready").status_code == 200
    assert service.http.get("/metrics").status_code == 200


def test_addresses_and_clients_are_counted_apart() -> None:
    from flask import g
    from flask import request as received

    from cds_service.clients import Client

    service = ServiceClient(Settings(rate_limit=1))

    def authenticated() -> None:
        if received.authorization:
            g.client = Client(received.authorization.token or "", "https://ehr.example.org")

    service.app.before_request(authenticated)

    def status(address: str, client: str = "") -> int:
        headers = {"Authorization": f"Bearer {client}"} if client else {}
        return service.http.get("/cds-services", environ_base={"REMOTE_ADDR": address}, headers=headers).status_code

    assert [status("192.0.2.1"), status("192.0.2.2"), status("192.0.2.1")] == [200, 200, 429]
    assert [status("192.0.2.1", "a"), status("192.0.2.1", "b"), status("192.0.2.9", "a")] == [200, 200, 429]


def test_the_workers_count_together(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2", environ={"OSTEO_CDS_RATE_LIMIT": "10"}) as server:
        statuses = [server.call("GET", "/cds-services").status for _ in range(60)]
    assert statuses[:10] == [200] * 10
    assert statuses.count(200) <= 10 + 3, "one more for each six seconds the calls took, and not ten for each worker"


# -- depth


def nested(levels: int, kind: str = "list") -> bytes:
    """A JSON text of so many levels."""
    start, end = {"list": (b"[", b"]"), "object": (b'{"a":', b"}"), "both": (b'[{"a":', b"}]")}[kind]
    times = levels // 2 if kind == "both" else levels
    return start * times + b"1" + end * times


@pytest.mark.parametrize("kind", ["list", "object", "both"])
def test_the_depth_of_a_text(kind: str) -> None:
    assert not is_deep(nested(64, kind))
    assert is_deep(nested(66, kind))
    assert is_deep(nested(6, kind), 4)
    assert not is_deep(nested(4, kind), 4)


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        (b"1", 0),
        (b"[]", 1),
        (b"[[],[],[[]]]", 3),
        (b'[{"a":[{}]},{"b":{}}]', 4),
        (b'{"a":"[[[[[[[[[["}', 1),
        (b'{"a":"]]]]]]]"}', 1),
        (b'{"a":"\\"[[[[[[[["}', 1),
        (b'["\\\\",[["[[[["]]]', 3),
        (b"[ [ [ 1 , [ ] ] , 2 ] ]", 4),
    ],
)
def test_brackets_within_texts_are_no_levels(text: bytes, levels: int) -> None:
    assert not is_deep(text, levels)
    if levels:
        assert is_deep(text, levels - 1)


@pytest.mark.parametrize("kind", ["list", "object", "both"])
def test_plain_nests_are_found_in_long_texts(kind: str) -> None:
    filler = b'{"a":[1,2,{"b":"]]]]]"}]},' * 10_000
    assert is_plainly_deep(b"[" + filler + nested(66, kind) + b"]")
    assert not is_plainly_deep(b"[" + filler + nested(60, kind) + b"]")
    assert not is_plainly_deep(b'["' + b"]" * 100 + b'"]')


@pytest.mark.parametrize("kind", ["list", "object", "both"])
def test_plain_nests_are_found_wherever_they_end(kind: str) -> None:
    for blanks in range(65):
        assert is_plainly_deep(b" " * blanks + nested(66, kind) + b" " * 100)


@pytest.mark.parametrize("kind", ["list", "object", "both"])
@pytest.mark.parametrize("place", ["context", "prefetch", "extension", "other"])
def test_a_deep_body_is_refused_with_the_limit(service: ServiceClient, place: str, kind: str) -> None:
    """Three levels above the nest at most, so 60 levels are always allowed."""

    def body(levels: int) -> bytes:
        whole: dict[str, Any] = request()
        (whole if place == "other" else whole.setdefault(place, {}))["zz"] = "HERE"
        return orjson.dumps(whole).replace(b'"HERE"', nested(levels, kind))

    assert service.post(VIEW, body(60)).status_code == 200
    for levels in (66, 300, 5000, 100_000):
        issue = service.refused(VIEW, body(levels), status=400)
        assert issue["code"] == "structure"
        assert f"at most {MOST_LEVELS} levels" in issue["diagnostics"]


@pytest.mark.parametrize("levels", [66, 500, 5000])
def test_deep_feedback_is_refused(keeping: ServiceClient, levels: int) -> None:
    nest = b"[ " * levels + b"1" + b" , 2 ]" * levels
    assert keeping.post(f"{VIEW}/feedback", b'{"feedback":[],"zz":[[]]}').status_code == 200
    issue = keeping.refused(f"{VIEW}/feedback", b'{"feedback":[],"zz":' + nest + b"}", status=400)
    assert f"at most {MOST_LEVELS} levels" in issue["diagnostics"]


@pytest.mark.parametrize("levels", [66, 200, 500, 800, 900, 950, 1000, 2000])
def test_a_nest_in_prefetch_that_ends_otherwise_is_never_our_bug(service: ServiceClient, levels: int) -> None:
    nest = b"[ " * levels + b"1" + b" , 2 ]" * levels
    for place in (b'"gender":', b'"prefetch":{', b'"code":'):
        inserted = place + b'"zz":' + nest + b"," if place.endswith(b"{") else b'"zz":' + nest + b"," + place
        assert service.post(VIEW, BODY.replace(place, inserted, 1)).status_code in (200, 400, 412)


# -- the server


def test_slow_headers_are_cut_off(tmp_path: Path) -> None:
    with serving(tmp_path, change="server.HEADERS_WITHIN = 1") as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n")
            started = time.monotonic()
            connection.recv(4096)
            assert time.monotonic() - started < 5
        answer = server.call("POST", VIEW, BODY, X_Request_ID="of-the-proxy")
        assert answer.headers["x-request-id"] == "of-the-proxy"
        assert answer.headers["server"] == "osteo-cds"


# -- headers


@pytest.mark.parametrize("path", ["/cds-services", "/health/ready", "/metrics", "/none"])
def test_every_answer_limits_what_is_done_with_it(service: ServiceClient, path: str) -> None:
    headers = service.http.get(path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Server"] == "osteo-cds"
    assert headers["X-Request-ID"]
    assert "Strict-Transport-Security" not in headers


@pytest.mark.parametrize(("url", "kept"), [("https://cds.example.org", True), ("http://127.0.0.1:8000", False)])
def test_a_service_called_over_tls_says_so(url: str, kept: bool) -> None:
    headers = ServiceClient(Settings(public_url=url)).http.get("/cds-services").headers
    assert ("Strict-Transport-Security" in headers) is kept
