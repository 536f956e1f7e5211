"""Which keys of a JWK Set may check a token."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from jwt import PyJWK

from cds_service.authentication.key_sets import KeySetError, read_key_set, thumbprint, well_known
from tests.tokens import (
    JKU,
    authenticator,
    claims,
    client,
    header,
    jwk,
    key_set,
    private_key,
    public_members,
    reason,
    sign,
    token,
)

#: The public key of https://sandbox.cds-hooks.org/.well-known/jwks.json; the private one is in its repository.
SANDBOX = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    "x": "dw_JGR8nB2I6XveNxUOl2qk699ZPLM2nYI5STSdiEl9avAkrm3CkfYMbrrjr8laB",
    "y": "Sm3mLE-n1zYNla_aiE3cb3nZsL51RbC7ysw3q8aJLxGm-hx79RPMYpITDjp7kgzy",
    "alg": "ES384",
}
#: The example of the CDS Hooks specification ("JWT Signing Algorithm"), which prints its private key with it.
SPECIFICATION = {
    "kty": "EC",
    "use": "sig",
    "crv": "P-384",
    "kid": "example-kid",
    "x": "46SDH7Znh821wblCBglA61sNE9ZrHYKKt3qRtRTmSXyOI_FIGBLWrWa0GPUkDCEk",
    "y": "XMcRuuoGW7CXjQdy-F5i3FeBE0x9hPLdeFdSoDd3ELmx404tLX0VRRcqzAsPhXcI",
    "alg": "ES384",
}
SPECIFICATION_PRIVATE = SPECIFICATION | {"d": "SeFXUXda8UomZ8GFUl7HH_Oi15rIbfMcsWj9ecIsDR8kLbqsEz2CGNgwy_IcILxy"}
#: RFC 7638, section 3.1, and RFC 8037, appendix A.3: a key and its thumbprint.
THUMBPRINTS = [
    (
        {
            "kty": "RSA",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXj"
            "BZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgn"
            "Yb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls"
            "1jF44-csFCur-kEgU8awapJzKnqDKgw",
            "e": "AQAB",
            "alg": "RS256",
            "kid": "2011-04-29",
        },
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    ),
    (
        {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "a"},
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    ),
]


def left_out(*keys: Any) -> dict[str, int]:
    """Why keys are left out, when none is usable."""
    found = read_key_set(json.dumps({"keys": keys}).encode())
    assert not found.keys
    return dict(found.left_out)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"d": "AA"}, "private"),
        ({"d": None}, "private"),
        ({"kty": "oct", "k": "c2VjcmV0"}, "of another type"),
        ({"kty": "RSA"}, "no key of its type"),
        ({"kty": "AKP"}, "of another type"),
        ({"crv": "P-256"}, "no key of its type"),
        ({"crv": "secp256k1"}, "of another type"),
        ({"crv": None}, "of another type"),
        ({"use": "enc"}, "for another use"),
        ({"key_ops": ["sign"]}, "for another use"),
        ({"key_ops": []}, "for another use"),
        ({"alg": "ES256"}, "for another algorithm"),
        ({"alg": "none"}, "for another algorithm"),
        ({"alg": "HS256"}, "for another algorithm"),
        ({"x": "AA"}, "no key of its type"),
        ({"x": "!"}, "no key of its type"),
        ({"x": None}, "no key of its type"),
        ({"y": base64.urlsafe_b64encode(bytes(48)).decode()}, "no key of its type"),
        ({"kid": None}, "without kty or kid, or of the wrong form"),
        ({"kid": 7}, "without kty or kid, or of the wrong form"),
        ({"kty": ["EC"]}, "without kty or kid, or of the wrong form"),
        ({"key_ops": "verify"}, "without kty or kid, or of the wrong form"),
    ],
    ids=repr,
)
def test_a_key_of_no_use_is_left_out(changes: dict[str, Any], why: str) -> None:
    assert left_out(jwk() | changes) == {why: 1}
    rest = read_key_set(key_set(jwk() | changes, jwk("ES384", "key-2")))
    assert list(rest.keys) == ["key-2"]


@pytest.mark.parametrize("key", [None, 7, "text", [], {}], ids=repr)
def test_what_is_no_key_is_left_out(key: Any) -> None:
    assert left_out(key) == {"without kty or kid, or of the wrong form": 1}


@pytest.mark.parametrize("bits", [1024, 2040])
def test_a_short_rsa_key_is_left_out(bits: int) -> None:
    short = private_key("RS384", "short", bits)
    published = public_members(short.public_key(), "RS384") | {"kid": "short"}
    [why] = left_out(published)
    assert "2048" in why
    door = authenticator(published={JKU: key_set(published)})
    assert reason(door, sign(header("RS384", "short"), claims(), "RS384", short)) == "key"


def test_a_huge_rsa_key_is_left_out() -> None:
    huge = base64.urlsafe_b64encode(b"\xff" * 2048).decode().rstrip("=")
    [why] = left_out({"kty": "RSA", "kid": "a", "n": huge, "e": "AQAB"})
    assert "8192" in why


def test_two_keys_with_one_id_are_both_left_out() -> None:
    found = read_key_set(key_set(jwk(), jwk("RS384"), jwk("ES384", "key-2")))
    assert list(found.keys) == ["key-2"]
    assert str(found) == "1 usable; left out: 1 with an id given twice"


def test_only_so_many_keys_are_read() -> None:
    found = read_key_set(key_set(*({"kid": str(number)} for number in range(150)), jwk()))
    assert not found.keys
    assert found.left_out["beyond the limit"] == 51


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"{}", b'{"keys": {}}', b'{"keys": null}', b"<html>", b"\xff", b"[" * 100_000],
    ids=lambda t: repr(t[:9]),
)
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(KeySetError):
        read_key_set(text)


def test_an_empty_set_says_that_there_are_no_keys() -> None:
    assert not read_key_set(b'{"keys": []}').keys
    assert reason(authenticator(published={JKU: b'{"keys": []}'}), token()) == "key"


@pytest.mark.parametrize(("key", "name"), THUMBPRINTS)
def test_a_thumbprint_is_that_of_the_rfc(key: dict[str, Any], name: str) -> None:
    assert thumbprint(key) == name
    assert name in well_known()


@pytest.mark.parametrize("key", [SANDBOX, SPECIFICATION, *(key for key, _ in THUMBPRINTS)], ids=lambda key: key["kid"])
def test_a_well_known_key_is_for_development_only(key: dict[str, Any]) -> None:
    assert list(left_out(key)) == ["well known (its private half is published)"]
    assert list(read_key_set(key_set(key), development=True).keys) == [key["kid"]]


def test_another_spelling_of_a_well_known_key_is_the_same_key() -> None:
    key, _ = THUMBPRINTS[0]
    padded = base64.urlsafe_b64encode(b"\0" + base64.urlsafe_b64decode(key["n"] + "==")).decode()
    assert list(left_out(key | {"n": padded})) == ["well known (its private half is published)"]


def test_anybody_could_sign_with_the_key_of_the_specification() -> None:
    """A stranger calls with it: let in as a client in development, and as no other."""
    stolen = PyJWK.from_dict(SPECIFICATION_PRIVATE, "ES384").key
    text = sign(header(kid="example-kid"), claims(), key=stolen)
    published: dict[str | None, bytes] = {JKU: key_set(SPECIFICATION)}
    assert reason(authenticator(client(development=True), published=published), text) == ""
    assert reason(authenticator(client(), published=published), text) == "key"
