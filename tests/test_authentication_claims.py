"""Who a token says it is from, for whom it is, which key it names, and that it works once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cds_service.authentication.keys import KeyCache
from tests.tokens import (
    BASE,
    GONE,
    ISS,
    JKU,
    NOW,
    SECOND,
    VIEW,
    authenticator,
    claims,
    client,
    header,
    jwk,
    key_set,
    private_key,
    reason,
    sign,
    token,
)

ATTACKER = "https://attacker.example.org/jwks.json"


@pytest.mark.parametrize(
    "iss", ["", "https://ehr.example.org/", "HTTPS://ehr.example.org", "x", None, 7, [ISS], GONE], ids=repr
)
def test_the_issuer_is_known(iss: Any) -> None:
    assert reason(authenticator(), token(iss=iss)) == "issuer"


@pytest.mark.parametrize("jku", [ATTACKER, JKU + "#", JKU + "?", JKU.upper(), f"{JKU}/../x", "", None, [JKU]], ids=repr)
def test_no_address_but_the_agreed_one_is_fetched(jku: Any) -> None:
    fetched = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return key_set(jwk())

    door = authenticator()
    door.keys = KeyCache([client()], fetch=fetch)
    assert reason(door, sign(header(jku=jku), claims())) == "jku"
    assert fetched == []
    assert reason(door, sign(header(jku=JKU), claims())) == ""
    assert fetched == [JKU]


def test_a_key_file_goes_with_no_address(tmp_path: Any) -> None:
    path = tmp_path / "jwks.json"
    path.write_bytes(key_set(jwk()))
    without = authenticator(client(jwks_url=None, jwks_file=path))
    assert reason(without, token()) == ""
    for jku in (JKU, None):
        assert reason(without, sign(header(jku=jku), claims())) == "jku"
    compared = authenticator(client(jwks_file=path), published={"": b""})
    assert reason(compared, sign(header(jku=JKU), claims())) == ""
    assert reason(compared, sign(header(jku=ATTACKER), claims())) == "jku"


@pytest.mark.parametrize(
    "kid",
    [
        "",
        "KEY-1",
        "key-1 ",
        "key-1\x00",
        "../key-1",
        "/etc/passwd",
        "file:///key-1",
        "' OR 1=1 --",
        "key-1/../key-1",
        "0",
        "*",
    ],
)
def test_a_key_is_found_by_its_whole_id(kid: str) -> None:
    assert reason(authenticator(), sign(header(kid=kid), claims())) == "key"


@pytest.mark.parametrize("kid", [GONE, None, 7, ["key-1"], {"kid": "key-1"}], ids=repr)
def test_a_key_id_is_a_text(kid: Any) -> None:
    assert reason(authenticator(), sign(header(kid=kid), claims())) == "key"


def test_another_clients_key_does_not_count() -> None:
    other = client(name="other", iss="https://other.example.org", jwks_url="https://other.example.org/jwks.json")
    published: dict[str | None, bytes] = {JKU: key_set(jwk()), other.jwks_url: key_set(jwk("ES384", "other"))}
    door = authenticator(client(), other, published=published)
    theirs = private_key("ES384", "other")
    assert reason(door, sign(header(), claims(), key=theirs)) == "signature"
    assert reason(door, sign(header(kid="other"), claims(), key=theirs)) == "key"
    assert reason(door, sign(header(kid="other"), claims(iss=other.iss), key=theirs)) == ""


def test_two_clients_may_use_the_same_key_id() -> None:
    other = client(name="other", iss="https://other.example.org", jwks_url="https://other.example.org/jwks.json")
    theirs = jwk("ES384", "other") | {"kid": "key-1"}
    door = authenticator(client(), other, published={JKU: key_set(jwk()), other.jwks_url: key_set(theirs)})
    key = private_key("ES384", "other")
    assert reason(door, token()) == ""
    assert reason(door, sign(header(), claims(iss=other.iss), key=key)) == ""
    assert reason(door, sign(header(), claims(), key=key)) == "signature"
    assert reason(door, token(iss=other.iss)) == "signature"


@pytest.mark.parametrize(
    "audience",
    [
        BASE,
        f"{BASE}/cds-services",
        f"{BASE}{VIEW}/",
        f"{BASE}{VIEW}/feedback",
        f"{BASE}{VIEW}?a=b",
        f"{BASE}{VIEW}x",
        f"{BASE}{VIEW}"[:-1],
        f"{BASE}:443{VIEW}",
        f"{BASE}.attacker.example.org{VIEW}",
        f"https://attacker.example.org/{BASE}{VIEW}",
        f"http://cds.example.org{VIEW}",
        f"{BASE.upper()}{VIEW}",
        VIEW,
        "*",
        "",
        None,
        7,
        True,
        {},
        {f"{BASE}{VIEW}": 1},
        [],
        [[f"{BASE}{VIEW}"]],
        ["https://other.example.org"],
        GONE,
    ],
    ids=repr,
)
def test_the_audience_is_the_url_called(audience: Any) -> None:
    assert reason(authenticator(), token(aud=audience)) == "audience"


@pytest.mark.parametrize("others", [[], ["https://other.example.org"]])
def test_the_audience_may_be_a_list(others: list[str]) -> None:
    assert reason(authenticator(), token(aud=[*others, f"{BASE}{VIEW}"])) == ""


@pytest.mark.parametrize("jti", ["", None, 7, ["a"], "a" * 257, "a\x00", "a\n", "\ud800", GONE], ids=repr)
def test_a_token_has_an_id(jti: Any) -> None:
    assert reason(authenticator(), token(jti=jti)) == "jti"


def test_a_token_works_once() -> None:
    door = authenticator()
    first = token(jti="a" * 256)
    assert [reason(door, first), reason(door, first)] == ["", "replay"]
    assert reason(door, token(jti="a" * 256, sub="x")) == "replay"


def test_a_refused_token_is_not_used_up() -> None:
    door = authenticator()
    text = token()
    assert reason(door, text, "/cds-services") == "audience"
    assert reason(door, text) == ""


def test_it_is_remembered_for_as_long_as_it_would_be_accepted() -> None:
    remembered = []

    class Store:
        def use(self, iss: str, jti: str, expires: Any) -> bool:
            remembered.append((iss, jti, expires))
            return True

    text = token(jti="once", exp=SECOND + 300)
    last = NOW + timedelta(seconds=359.9)
    assert reason(authenticator(used_tokens=Store()), text) == ""
    assert reason(authenticator(used_tokens=Store(), now=last), text) == ""
    assert remembered == [(ISS, "once", NOW + timedelta(seconds=360))] * 2
    assert reason(authenticator(used_tokens=Store(), now=NOW + timedelta(seconds=360)), text) == "expired"


def test_the_subject_and_what_we_do_not_know_is_ignored() -> None:
    assert reason(authenticator(), token(sub="anything", tenant="x", future={"a": 1})) == ""
