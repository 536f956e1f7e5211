"""A FHIR server may do what it likes: the key it fails stays unknown with a reason, the others are used, in time."""

from __future__ import annotations

import gc
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import orjson
import pytest
import trustme
from msgspec import Raw

from cds_service.fhir_access import Completed, FhirAccess, fetch_missing, reasons
from cds_service.fhir_access.breaker import MISSES, REST, Breaker
from cds_service.fhir_access.budget import Budget
from cds_service.fhir_access.fetching import MOST, THREADS, KeyFetch
from cds_service.fhir_access.pages import FetchError
from cds_service.settings import Settings
from cds_service.wire import HookRequest, read_envelope, read_request
from fhir_mappings import Failed
from hooks.services import SERVICES, Service
from tests.conftest import ServiceClient
from tests.examples import KEYS, bundle, request, smoker, t_score
from tests.fhir_server import (
    Behaviour,
    FhirServer,
    after,
    answer,
    dripping,
    fhir_server,
    head,
    offering,
    reset,
    silence,
)

VIEW: Service = SERVICES[0]
ALL = ("patient", *KEYS)
DEADLINE = "no answer within the deadline"
#: Seconds: the default, and what the answer may take beyond it.
LIMIT, GRACE = 0.4, 0.1
CHUNKED = head(headers={"Transfer-Encoding": "chunked"})
PATIENCE = Settings(fetch_deadline_ms=20_000)


def called(base: str, *without: str, **members: Any) -> HookRequest:
    """A request that lacks these keys."""
    return read_request(read_envelope(orjson.dumps(offering(request(), base, *without, **members))), VIEW.hook)


def completed(access: FhirAccess, made: HookRequest, settings: Settings | None = None) -> Completed:
    return fetch_missing(made, VIEW, None, settings or Settings(), access)


def in_time(
    call: Callable[[], object], access: FhirAccess | None = None, without: Callable[[], object] = lambda: None
) -> None:
    """Whether a call keeps within the limit, once in six tries.

    The machine may have other things to do: what it is late with a plain wait for the deadline and
    then the same answer `without` a fetch does not count.
    """
    taken: list[tuple[float, float]] = []
    for _ in range(6):
        if access is not None:
            access._breakers.clear()  # each try asks
        began = time.monotonic()
        call()
        done = time.monotonic()
        time.sleep(LIMIT)
        without()
        taken.append((done - began, time.monotonic() - done))
        if taken[-1][0] < max(LIMIT, taken[-1][1]) + GRACE:
            return
    pytest.fail(f"took {taken} s")


def all_ended(access: FhirAccess, within: float = 10.0) -> bool:
    """Whether every fetch has let go of its thread."""
    until = time.monotonic() + within
    places = access.connections()._places
    while time.monotonic() < until:
        if places._value == MOST:
            return True
        time.sleep(0.01)
    return False


def endless(connection: socket.socket, path: str) -> bool:  # noqa: ARG001
    """A body that never ends, at full speed."""
    connection.sendall(CHUNKED)
    while True:
        connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")


def slow_head(connection: socket.socket, path: str) -> bool:
    """One byte of the head at a time: no single read times out."""
    return dripping(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000)(connection, path)


BAD = {
    "silence": silence,
    "slow head": slow_head,
    "slow drip": dripping(b" ", head(headers={"Content-Length": "100000"})),
    "slow chunks": dripping(b"1\r\n \r\n", CHUNKED),
    "slow redirect": dripping(b" ", head(302, headers={"Location": "/elsewhere", "Content-Length": "100000"})),
    "late": after(5, answer(bundle())),
    "only continue": dripping(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.001),
}


@pytest.mark.parametrize("behaviour", BAD.values(), ids=BAD)
def test_a_bad_server_never_delays_beyond_the_deadline(behaviour: Behaviour) -> None:
    """What hangs is let go of, and the rest is used."""
    access = FhirAccess(Settings())
    reason = "redirect, not followed" if behaviour is BAD["slow redirect"] else DEADLINE
    with fhir_server(
        Condition=behaviour, Encounter=behaviour, Observation=answer(bundle(t_score(), smoker()))
    ) as server:
        made = called(server.base, "conditions", "encounters", "observations")
        completed(access, called(server.base, "observations"), PATIENCE)  # warm

        def call() -> None:
            found = completed(access, made)
            assert found.reasons == {"conditions": reason, "encounters": reason}
            assert isinstance(found.request.prefetch["observations"], Raw)

        in_time(call, access)
        assert all_ended(access)


def test_the_whole_answer_comes_in_time() -> None:
    """Over HTTP, with every search hanging: answered, saying what was missing."""
    client = ServiceClient(Settings())
    client.answer(request())  # warm

    def call() -> None:
        with fhir_server(**dict.fromkeys(("Condition", "Observation", "MedicationRequest"), silence)) as server:
            body = offering(request(), server.base, "conditions", "observations", "medicationRequests")
            found = client.answer(body, "en")
        said = {issue["problem"] for issue in found["extension"]["org.osteo-cds.evaluation"]["issues"]}
        assert f"fetch failed: {DEADLINE}" in said

    lacking = {key: value for key, value in request()["prefetch"].items() if key not in ("conditions", "observations")}
    in_time(call, without=lambda: client.answer(request() | {"prefetch": lacking}))


def test_others_are_answered_while_one_waits() -> None:
    client = ServiceClient(Settings(fetch_deadline_ms=3000))
    with fhir_server(Condition=silence) as server:
        waiting = threading.Thread(target=client.answer, args=(offering(request(), server.base, "conditions"),))
        waiting.start()
        until = time.monotonic() + 2
        while not server.asked and time.monotonic() < until:
            time.sleep(0.005)
        assert server.asked
        client.answer(request())
        assert waiting.is_alive()
        waiting.join()


def bomb(connection: socket.socket, path: str) -> bool:
    """100 MB of blanks in a Bundle, some 400 kB on the wire."""
    packed = gzip.compress(b'{"resourceType": "Bundle"' + b" " * 100_000_000 + b"}", 1)
    return answer(packed, headers={"Content-Encoding": "gzip"})(connection, path)


def saying(content: bytes) -> Behaviour:
    """These bytes, then the connection is closed."""

    def behave(connection: socket.socket, path: str) -> bool:  # noqa: ARG001
        connection.sendall(content)
        return False

    return behave


def plain_answers() -> dict[str, tuple[Behaviour, str]]:
    """Answers that come at once, and the reason each leaves."""
    ok = orjson.dumps(bundle(t_score()))
    packed = gzip.compress(ok)
    wrong = "answer is another resource than asked for"
    broken = "answer is truncated or broken"
    return {
        "401": (answer(b"", 401), "token refused (HTTP 401)"),
        "403": (answer({"resourceType": "OperationOutcome"}, 403), "access refused (HTTP 403)"),
        "404": (answer(b"", 404), "not found (HTTP 404)"),
        "410": (answer(b"", 410), "gone (HTTP 410)"),
        "429": (answer(b"", 429, headers={"Retry-After": "1"}), "too many requests (HTTP 429)"),
        "500": (answer(b"secret", 500), "FHIR server failed (HTTP 500)"),
        "503": (answer(b"", 503), "FHIR server failed (HTTP 503)"),
        "202": (answer(bundle(), 202), "unexpected answer (HTTP 202)"),
        "redirect": (answer(b"", 302, headers={"Location": "http://169.254.169.254/"}), "redirect, not followed"),
        "redirect home": (answer(b"", 307, headers={"Location": "/fhir/Condition"}), "redirect, not followed"),
        "html": (answer(b"<html>Log in</html>", content_type="text/html"), "answer is not JSON"),
        "html as json": (answer(b"<html>Log in</html>"), broken),
        "xml": (answer(b"<Bundle/>", content_type="application/fhir+xml"), "answer is not JSON"),
        "truncated": (answer(ok[:-10]), broken),
        "empty": (answer(b""), broken),
        "two texts": (answer(ok + ok), broken),
        "no utf-8": (answer(ok.replace(b"Observation", b"Observ\xffation", 1)), broken),
        "deep": (answer(b"[" * 100_000), broken),
        "list": (answer([]), wrong),
        "no type": (answer({"entry": []}), wrong),
        "another type": (answer(t_score()), wrong),
        "entry is no list": (answer({"resourceType": "Bundle", "entry": "x"}), wrong),
        "outcome": (answer({"resourceType": "OperationOutcome"}), "answer is an OperationOutcome"),
        "reset": (reset, "connection broke off"),
        "shorter than told": (saying(head(headers={"Content-Length": "500"}) + ok[:100]), "connection broke off"),
        "no http": (saying(b"SSH-2.0-OpenSSH\r\n"), "connection broke off"),
        "closed": (saying(b""), "connection broke off"),
        "half a gzip": (answer(packed[:-20], headers={"Content-Encoding": "gzip"}), broken),
        "no gzip": (answer(ok, headers={"Content-Encoding": "gzip"}), broken),
        "brotli": (answer(ok, headers={"Content-Encoding": "br"}), "answer has an unknown compression"),
        "gzip twice": (answer(packed, headers={"Content-Encoding": "gzip, gzip"}), "answer has an unknown compression"),
        "bomb": (bomb, "answers are larger than allowed"),
        "endless": (endless, "answers are larger than allowed"),
        "large": (answer(b" " * (17 * 1024 * 1024)), "answers are larger than allowed"),
    }


PLAIN = plain_answers()


@pytest.mark.parametrize("name", PLAIN)
def test_a_failed_key_stays_unknown_with_its_reason(name: str) -> None:
    behaviour, reason = PLAIN[name]
    access = FhirAccess(PATIENCE)
    with fhir_server(Condition=behaviour, Encounter=answer(bundle())) as server:
        found = completed(access, called(server.base, "conditions", "encounters"), PATIENCE)
    assert found.reasons == {"conditions": reason}
    assert found.request.prefetch["conditions"] == Failed(f"fetch failed: {reason}")
    assert isinstance(found.request.prefetch["encounters"], Raw)
    assert all_ended(access)


def test_compressed_answers_are_read() -> None:
    packed = answer(gzip.compress(orjson.dumps(bundle(t_score()))), headers={"Content-Encoding": "gzip"})
    with fhir_server(Observation=packed) as server:
        found = completed(FhirAccess(PATIENCE), called(server.base, "observations"), PATIENCE)
    assert found.reasons == {}
    assert bytes(found.request.prefetch["observations"]) == orjson.dumps(bundle(t_score()))  # type: ignore[arg-type]


def test_all_answers_together_have_a_largest_size() -> None:
    part = answer(orjson.dumps(bundle()) + b" " * 400_000)
    small = replace(PATIENCE, max_body_bytes=1_000_000)
    with fhir_server(Condition=part, Encounter=part, Appointment=part) as server:
        found = completed(FhirAccess(small), called(server.base, "conditions", "encounters", "appointments"), small)
    assert set(found.reasons.values()) == {"answers are larger than allowed"}
    assert len(found.reasons) < 3


def test_the_largest_page_under_way_gives_way() -> None:
    budget = Budget(100)
    budget.take("small", 10)
    budget.take("large", 85)
    budget.take("small", 10)  # too many, but not its fault
    with pytest.raises(FetchError, match=reasons.TOO_LARGE):
        budget.take("large", 1)
    with pytest.raises(FetchError, match=reasons.TOO_LARGE):
        budget.keep("large")
    budget.take("small", 70)
    budget.keep("small")
    with pytest.raises(FetchError, match=reasons.TOO_LARGE):
        budget.take("third", 20)
    budget.take("fourth", 10)


def test_what_was_not_finished_is_given_back() -> None:
    budget = Budget(100)
    budget.take("broken off", 90)
    budget.release("broken off")
    budget.take("next", 100)


def test_a_large_answer_costs_its_own_key_only() -> None:
    """However their bytes interleave: the small one comes late, when the large one has filled almost everything."""
    tight = replace(PATIENCE, max_body_bytes=400_000)
    small = answer(orjson.dumps(bundle()) + b" " * 60_000)
    large = answer(b" " * 390_000)
    for _ in range(5):
        with fhir_server(Condition=large, Encounter=small) as server:
            found = completed(FhirAccess(tight), called(server.base, "conditions", "encounters"), tight)
        assert "encounters" not in found.reasons


def test_nobody_listens() -> None:
    server = FhirServer()
    server.close()
    found = completed(FhirAccess(PATIENCE), called(server.base, "conditions"), PATIENCE)
    assert found.reasons == {"conditions": "FHIR server cannot be reached"}


# --- TLS ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.mark.parametrize(
    ("name", "trusted", "reasons"),
    [
        ("127.0.0.1", True, {}),
        ("127.0.0.1", False, {"conditions": "TLS connection failed"}),
        ("other.example.org", True, {"conditions": "TLS connection failed"}),
    ],
)
def test_the_certificate_must_be_the_servers(
    authority: trustme.CA, tmp_path: Any, name: str, trusted: bool, reasons: dict[str, str]
) -> None:
    known = authority if trusted else trustme.CA()
    known.cert_pem.write_to_path(tmp_path / "ca.pem")
    settings = replace(PATIENCE, ca_file=tmp_path / "ca.pem")
    server = FhirServer(tls(authority, name))
    try:
        assert completed(FhirAccess(settings), called(server.base, "conditions"), settings).reasons == reasons
    finally:
        server.close()
    assert len(server.asked) == (0 if reasons else 1)


def test_without_a_file_only_public_authorities_count(authority: trustme.CA) -> None:
    server = FhirServer(tls(authority, "127.0.0.1"))
    found = completed(FhirAccess(PATIENCE), called(server.base, "conditions"), PATIENCE)
    server.close()
    assert found.reasons == {"conditions": "TLS connection failed"}


def test_a_tls_server_that_says_nothing_is_let_go_of() -> None:
    access = FhirAccess(Settings())
    server = FhirServer(answers_tls=False)

    def call() -> None:
        assert completed(access, called(server.base, "conditions")).reasons == {"conditions": DEADLINE}

    in_time(call, access)
    assert all_ended(access)
    server.close()


def test_a_tls_answer_that_drips_is_let_go_of(authority: trustme.CA, tmp_path: Any) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    settings = Settings(ca_file=tmp_path / "ca.pem")
    access = FhirAccess(settings)
    server = FhirServer(tls(authority, "127.0.0.1"))
    server.answers["Condition"] = slow_head
    completed(access, called(server.base, "encounters"), replace(settings, fetch_deadline_ms=20_000))  # warm

    def call() -> None:
        assert completed(access, called(server.base, "conditions"), settings).reasons == {"conditions": DEADLINE}

    in_time(call, access)
    assert all_ended(access)
    server.close()


# --- a dead server and many calls -----------------------------------------------------------


def test_twenty_calls_to_a_dead_server_make_no_threads_beyond_the_bound() -> None:
    access = FhirAccess(Settings())
    with fhir_server(**dict.fromkeys(("Condition", "Observation", "Encounter"), silence)) as server:
        server.answers = dict.fromkeys((*server.answers, "Patient", "MedicationRequest", "Appointment"), silence)
        made = called(server.base, *ALL)
        before, others = threading.active_count(), set(threading.enumerate())
        with ThreadPoolExecutor(20) as callers:
            founds = list(callers.map(lambda _: completed(access, made), range(20)))
            ours = [each for each in threading.enumerate() if each.name.startswith("fhir_") and each not in others]
        assert len(ours) <= THREADS
        assert all(found.reasons["conditions"] for found in founds)
        assert all_ended(access)
        # those of the callers and of the server end too
        until = time.monotonic() + 5
        while threading.active_count() > before + THREADS and time.monotonic() < until:
            time.sleep(0.02)
        assert threading.active_count() <= before + THREADS + 1


def test_nothing_of_a_record_is_kept_between_calls() -> None:
    """Threads and connections are; what they brought is not."""
    access = FhirAccess(PATIENCE)
    with fhir_server(Condition=answer(bundle(t_score())), Encounter=answer(b"", 500)) as server:
        completed(access, called(server.base, "conditions", "encounters"), PATIENCE)
        assert all_ended(access)
        until = time.monotonic() + 10  # fetches of other tests may still be ending
        while time.monotonic() < until:
            time.sleep(0.05)
            gc.collect()
            kept = [each for each in gc.get_objects() if isinstance(each, KeyFetch)]
            if not kept:
                break
        assert kept == []


def test_a_server_that_does_not_answer_is_left_alone_for_a_while() -> None:
    access = FhirAccess(Settings())
    with fhir_server(Condition=silence) as server:
        made = called(server.base, "conditions")
        for _ in range(MISSES):
            assert completed(access, made).reasons == {"conditions": DEADLINE}
        asked = len(server.asked)
        found = completed(access, made)
        assert found.fetch_ms < 200
        assert found.reasons == {"conditions": "FHIR server did not answer lately, not asked"}
        assert found.request.prefetch["conditions"] == Failed(
            "not delivered, and not fetched: FHIR server did not answer lately, not asked"
        )
        assert len(server.asked) == asked


def test_a_server_slow_in_one_search_only_is_asked_on() -> None:
    access = FhirAccess(Settings())
    with fhir_server(Condition=silence) as server:
        completed(access, called(server.base, "encounters"), PATIENCE)  # warm
        for _ in range(MISSES + 1):
            found = completed(access, called(server.base, "conditions", "encounters"))
            assert found.reasons == {"conditions": DEADLINE}


def test_after_its_rest_one_call_tries_again() -> None:
    breaker = Breaker()
    for _ in range(MISSES):
        assert breaker.lets_through(0.0)
        breaker.note(False, 0.0)
    assert not breaker.lets_through(REST - 1)
    assert breaker.lets_through(REST)
    assert not breaker.lets_through(REST)
    breaker.note(False, REST)
    assert not breaker.lets_through(2 * REST - 1)
    assert breaker.lets_through(2 * REST)
    breaker.note(True, 2 * REST)
    assert all(breaker.lets_through(2 * REST) for _ in range(3))


def test_a_fault_of_ours_costs_the_key_and_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr("cds_service.fhir_access.fetching.read_page", fail)
    with fhir_server() as server:
        found = completed(FhirAccess(PATIENCE), called(server.base, "conditions"), PATIENCE)
    assert found.reasons == {"conditions": "internal error"}
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text


def test_an_answer_at_the_deadline_harms_no_other_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections are kept; ending a fetch must not break the connection another call has got meanwhile."""
    monkeypatch.setattr("cds_service.fhir_access.breaker.MISSES", 10_000)  # so many are late here
    access = FhirAccess(Settings())
    rounds: list[Callable[[], Completed]] = []
    with fhir_server(Condition=after(0.05, answer(bundle())), Encounter=answer(bundle())) as server:
        short = Settings(fetch_deadline_ms=51)
        hurried, calm = called(server.base, "conditions"), called(server.base, "encounters")
        completed(access, calm, PATIENCE)
        rounds = [lambda: completed(access, hurried, short), lambda: completed(access, calm, PATIENCE)] * 60
        with ThreadPoolExecutor(4) as callers:
            founds = list(callers.map(lambda each: each(), rounds))
    assert {tuple(found.reasons.items()) for found in founds} <= {(), (("conditions", DEADLINE),)}
