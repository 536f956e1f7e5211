"""Key servers that send elsewhere, send too much, or come to no end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from cds_service.authentication.fetching import DEADLINE, LARGEST, PATIENCE, PIECE, FetchError, fetch
from cds_service.authentication.key_sources import COOL_DOWN, MOST_WAITING, KeyServer
from cds_service.authentication.keys import KeyCache
from tests.tokens import Published, Seconds, client, jwk, key_server, key_set, look


@pytest.fixture
def server() -> Iterator[Published]:
    with key_server() as running:
        yield running


def test_a_redirect_is_not_followed(server: Published) -> None:
    """Not to another machine, and not to another path of the same."""
    caller = client(jwks_url=server.url())
    with key_server() as other:
        for target in (other.url(), server.url("/other.json")):
            server.status, server.headers = 302, {"Location": target}
            assert look(KeyCache([caller]), caller) == "keyserver"
        assert other.seen == []
        assert set(server.seen) == {"/jwks.json"}


def test_a_compressed_answer_is_not_unpacked(server: Published) -> None:
    server.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(FetchError, match="compressed"):
        fetch(server.url())


def test_only_so_much_is_read(server: Published) -> None:
    server.body = b" " * (LARGEST + 1)
    with pytest.raises(FetchError, match="more than"):
        fetch(server.url())
    server.body = b" " * LARGEST
    assert len(fetch(server.url())) == LARGEST


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/", "http://", "file:///etc/passwd", "http://[::1"]
)
def test_an_address_that_leads_nowhere_is_a_failure(url: str) -> None:
    with pytest.raises(FetchError):
        fetch(url)


def test_a_server_that_drips_its_answer_is_given_up(server: Published) -> None:
    server.drip = (1, 0.1)
    server.body = key_set(jwk("RS256"))
    started = time.monotonic()
    with pytest.raises(FetchError, match="timeout"):
        fetch(server.url())
    assert time.monotonic() - started < DEADLINE + PIECE * PATIENCE


def test_a_slow_server_holds_up_nobody_for_long() -> None:
    """However long the fetch hangs, a caller waits for the deadline, once; what comes later is not used."""
    release, fetched = threading.Event(), []

    def hang(url: str) -> bytes:
        fetched.append(url)
        release.wait(20)
        return key_set(jwk())

    clock = Seconds()
    source = KeyServer("ehr", "https://x", development=False, clock=clock, fetch=hang, deadline=0.2)
    started = time.monotonic()
    assert [source.key_set("key-1", "ES384") for _ in range(20)] == [None] * 20
    assert time.monotonic() - started < 2
    for _ in range(10):
        clock.now += COOL_DOWN
        assert source.key_set("key-1", "ES384") is None
    assert len(fetched) == 3, "so many fetches may hang, not more"
    release.set()
    wait_until(lambda: source._aloft == 0)
    assert source._held is None
    assert source.key_set("key-1", "ES384") is not None


def test_who_has_a_known_key_waits_for_nobody() -> None:
    """While a fetch for unknown keys hangs, calls with a known one go on, and few of the others wait."""
    release, answers = threading.Event(), [key_set(jwk())]

    def first_at_once(_: str) -> bytes:
        if answers:
            return answers.pop()
        release.wait(20)
        return key_set(jwk())

    clock = Seconds()
    source = KeyServer("ehr", "https://x", development=False, clock=clock, fetch=first_at_once, deadline=10)
    assert source.key_set("key-1", "ES384") is not None
    clock.now += COOL_DOWN
    unknown = [threading.Thread(target=source.key_set, args=(f"unknown-{number}", "ES384")) for number in range(12)]
    for thread in unknown:
        thread.start()
    started = time.monotonic()
    assert source.key_set("key-1", "ES384") is not None
    assert time.monotonic() - started < 1
    wait_until(lambda: sum(thread.is_alive() for thread in unknown) == MOST_WAITING)
    release.set()
    for thread in unknown:
        thread.join()


def wait_until(true: Callable[[], bool], seconds: float = 5) -> None:
    """Wait for what a thread is about to do."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)
