"""Where keys come from: real key servers that fail in every way, and files that change."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cds_service.authentication.fetching import LARGEST
from cds_service.authentication.key_sources import COOL_DOWN, LAST_GOOD, TTL
from cds_service.authentication.keys import KeyCache
from tests.tokens import Published, Seconds, client, jwk, key_server, key_set, look


@pytest.fixture
def server() -> Iterator[Published]:
    with key_server() as running:
        yield running


class Keys:
    """The keys of one client, and a clock to move."""

    def __init__(self, server: Published) -> None:
        self.clock = Seconds()
        self.client = client(jwks_url=server.url())
        self.cache = KeyCache([self.client], self.clock)

    def look(self, kid: str = "key-1") -> str:
        """How a key is found: "" when it is, else why not."""
        return look(self.cache, self.client, kid)


@pytest.fixture
def keys(server: Published) -> Keys:
    return Keys(server)


def test_keys_are_fetched_once_in_a_while(server: Published, keys: Keys) -> None:
    assert [keys.look() for _ in range(20)] == [""] * 20
    assert server.asked == 1
    keys.clock.now += TTL - 1
    assert (keys.look(), server.asked) == ("", 1)
    keys.clock.now += 1
    assert (keys.look(), server.asked) == ("", 2)


def test_invented_key_ids_do_not_hammer_the_key_server(server: Published, keys: Keys) -> None:
    assert keys.look() == ""
    assert {keys.look(f"invented-{number}") for number in range(200)} == {"key"}
    assert server.asked == 1
    keys.clock.now += COOL_DOWN - 1
    assert (keys.look("invented"), server.asked) == ("key", 1)
    keys.clock.now += 1
    assert {keys.look(f"again-{number}") for number in range(200)} == {"key"}
    assert server.asked == 2
    assert (keys.look(), server.asked) == ("", 2)


def test_a_new_key_is_found_at_its_first_use(server: Published, keys: Keys) -> None:
    assert keys.look() == ""
    keys.clock.now += COOL_DOWN
    server.body = key_set(jwk(), jwk("ES384", "key-2"))
    assert [keys.look("key-2"), keys.look()] == ["", ""]
    assert server.asked == 2


def test_a_key_taken_out_is_refused_after_a_while(server: Published, keys: Keys) -> None:
    assert keys.look() == ""
    server.body = key_set(jwk("ES384", "key-2"))
    keys.clock.now += TTL - 1
    assert keys.look() == ""
    keys.clock.now += 1
    assert [keys.look(), keys.look("key-2")] == ["key", ""]
    server.body = b'{"keys": []}'
    keys.clock.now += TTL
    assert keys.look("key-2") == "key"


@pytest.mark.parametrize("status", [301, 302, 307, 308, 204, 401, 404, 429, 500, 503])
def test_while_the_key_server_fails_the_last_keys_count(server: Published, keys: Keys, status: int) -> None:
    assert keys.look() == ""
    server.status = status
    keys.clock.now += TTL
    assert {keys.look() for _ in range(20)} == {""}
    assert server.asked == 2, "a server that fails is left alone for a while too"
    keys.clock.now += COOL_DOWN
    assert (keys.look(), server.asked) == ("", 3)
    server.status, server.body = 200, key_set(jwk("ES384", "key-2"))
    keys.clock.now += COOL_DOWN
    assert [keys.look(), keys.look("key-2")] == ["key", ""]


def test_the_last_keys_do_not_count_for_ever(server: Published, keys: Keys) -> None:
    assert keys.look() == ""
    server.status = 500
    keys.clock.now += LAST_GOOD - 1
    assert keys.look() == ""
    keys.clock.now += 1
    assert keys.look() == "keyserver"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"{", b"[]", key_set(jwk())[:-9], b'{"keys": [' + b" " * LARGEST + b"]}"],
    ids=["empty", "html", "broken", "list", "truncated", "huge"],
)
def test_an_answer_that_is_no_key_set_changes_nothing(server: Published, keys: Keys, body: bytes) -> None:
    assert keys.look() == ""
    server.body = body
    keys.clock.now += TTL
    assert keys.look() == ""
    assert look(KeyCache([keys.client], keys.clock), keys.client) == "keyserver"


def test_without_any_keys_nobody_is_let_in(server: Published, keys: Keys) -> None:
    server.status = 500
    assert [keys.look(), keys.look()] == ["keyserver", "keyserver"]
    assert server.asked == 1
    assert keys.cache.problems() == {"ehr": f"{server.url()}: status 500"}
    server.status = 200
    keys.clock.now += COOL_DOWN
    assert keys.look() == ""
    assert keys.cache.problems() == {}
    assert look(KeyCache([]), keys.client) == "keyserver"


def test_many_callers_at_once_fetch_once(server: Published, keys: Keys) -> None:
    server.drip = (1 << 20, 0.3)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: keys.look(), range(16))) == {""}
    assert server.asked == 1


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(jwk()))
    caller = client(jwks_file=path, jwks_url=None)
    cache = KeyCache([caller])
    assert [look(cache, caller), look(cache, caller, "key-2")] == ["", "key"]
    path.write_bytes(key_set(jwk("ES384", "key-2")))
    assert [look(cache, caller), look(cache, caller, "key-2")] == ["key", ""]
    path.write_bytes(b"{")
    assert look(cache, caller, "key-2") == "keyserver"
    assert "jwks.json" in cache.file_problems()["ehr"]
    path.unlink()
    assert look(cache, caller, "key-2") == "keyserver"
    path.write_bytes(key_set(jwk()))
    assert look(cache, caller) == ""
    assert cache.file_problems() == {}


def test_a_file_that_does_not_change_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(jwk()))
    os.utime(path, (1_000_000_000, 1_000_000_000))
    caller = client(jwks_file=path, jwks_url=None)
    cache = KeyCache([caller])
    assert look(cache, caller) == ""
    monkeypatch.setattr(Path, "read_bytes", lambda _: b"")
    assert look(cache, caller) == ""


def test_a_file_changed_twice_at_the_same_moment_is_read_again(tmp_path: Path) -> None:
    """A file system may not tell two changes apart by their time."""
    path = tmp_path / "jwks.json"
    moment = time.time_ns()
    caller = client(jwks_file=path, jwks_url=None)
    cache = KeyCache([caller])
    for kid in ("key-1", "key-2"):
        path.write_bytes(key_set(jwk("ES384", kid)))
        os.utime(path, ns=(moment, moment))
        assert look(cache, caller, kid) == ""
