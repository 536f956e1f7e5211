"""Tokens that are not accepted, and the few that are."""

from __future__ import annotations

import base64
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cds_service.authentication import UnauthenticatedError
from cds_service.clients import ALGORITHMS
from tests.tokens import (
    GONE,
    JKU,
    SECOND,
    VIEW,
    authenticator,
    bearer,
    claims,
    client,
    header,
    jwk,
    key_set,
    private_key,
    reason,
    segment,
    sign,
    token,
)

ATTACKER = "https://attacker.example.org/jwks.json"


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_each_algorithm_is_accepted(algorithm: str) -> None:
    door = authenticator(published={JKU: key_set(jwk(algorithm))})
    assert reason(door, sign(header(algorithm), claims(), algorithm)) == ""


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_each_algorithm_refuses_what_was_changed(algorithm: str) -> None:
    door = authenticator(published={JKU: key_set(jwk(algorithm))})
    head, body, signature = sign(header(algorithm), claims(), algorithm).split(".")
    other = segment(claims(sub="somebody else"))
    assert reason(door, f"{head}.{other}.{signature}") == "signature"
    assert reason(door, f"{head}.{body}.{segment(bytes(len(signature) * 3 // 4))}") == "signature"
    assert reason(door, f"{head}.{body}.AA") == "signature"


@pytest.mark.parametrize(
    ("authorization", "why"),
    [
        (None, "missing"),
        ("", "missing"),
        ("Bearer", "structure"),
        ("Bearer ", "structure"),
        ("Basic dXNlcjpwYXNz", "scheme"),
        ("DPoP {token}", "scheme"),
        ("{token}", "scheme"),
        ("Bearer {token},Bearer {token}", "structure"),
        ("Bearer {token}, Bearer {token}", "structure"),
        ("Bearer {token} {token}", "structure"),
        ("Bearer\t{token}", "scheme"),
        ("Bearer\u00a0{token}", "scheme"),
        ("Bearer {token}\n", "structure"),
        ("Bearer {token}\x00", "structure"),
        ("Bearer \x00{token}", "structure"),
        ("Bearer {token}=", "structure"),
        ("Bearer {token}ſ", "structure"),
        ("Bearer {token}.{token}", "structure"),
        ("Bearer a.b", "structure"),
        ("Bearer a.b.", "structure"),
        ("Bearer a.b.c.d.e", "structure"),
        ("Bearer a.b.c", "structure"),
        ("Bearer " + "a" * 8192, "size"),
        ("Bearer " + " " * 8192 + "{token}", "size"),
        ("Bearer ﬀ.ß.ſ", "structure"),
    ],
)
def test_the_header_is_one_bearer_token(authorization: str | None, why: str) -> None:
    with pytest.raises(UnauthenticatedError) as refused:
        authenticator().client(authorization and authorization.replace("{token}", token()), VIEW)
    assert refused.value.logged == why


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "bEaReR   "])
def test_the_scheme_is_written_as_one_likes(scheme: str) -> None:
    assert authenticator().client(scheme + token(), VIEW).name == "ehr"


def test_the_longest_token_is_read_and_one_longer_is_not() -> None:
    room = 8192 - len(bearer()["Authorization"])
    fits = next(
        text
        for pad in range(room * 3 // 4, 0, -1)
        if len(bearer(text := token(tenant="x" * pad))["Authorization"]) <= 8192
    )
    assert reason(authenticator(), fits) == ""
    assert reason(authenticator(), token(tenant="x" * 6200)) == "size"


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"7",
        b"\xff{}",
        b"\xef\xbb\xbf{}",
        b"[" * 3000,
        b'{"a":NaN}',
        b'{"a":-Infinity}',
    ],
    ids=repr,
)
def test_both_parts_are_json_objects(part: bytes) -> None:
    assert reason(authenticator(), sign(part, claims())) == "structure"
    assert reason(authenticator(), sign(header(), part)) == "structure"


def test_a_member_given_twice_is_refused() -> None:
    """Two readers could each believe another one."""
    head = json.dumps(header()).encode()
    assert reason(authenticator(), sign(head.replace(b"{", b'{"alg": "none", ', 1), claims())) == "structure"
    body = json.dumps(claims()).encode()
    assert reason(authenticator(), sign(header(), body.replace(b"{", b'{"iss": "x", ', 1))) == "structure"
    assert reason(authenticator(), sign(header(), body.replace(b'"iss"', b'"iss": "x", "\\u0069ss"', 1))) == "structure"


@pytest.mark.parametrize(
    "algorithm",
    [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "HS256",
        "HS384",
        "HS512",
        "ES256K",
        "es384",
        "RSA-OAEP",
        None,
        7,
        ["ES384"],
        {},
        GONE,
    ],
    ids=repr,
)
def test_other_algorithms_are_refused_whatever_the_clients_file_says(algorithm: Any) -> None:
    lax = client(algorithms=("none", "HS256", "ES256K", "es384", "ES384"))
    for door in (authenticator(), authenticator(lax)):
        assert reason(door, sign(header(alg=algorithm), claims())) == "algorithm"
    head, body = segment(header(alg=algorithm)), segment(claims())
    assert reason(authenticator(lax), f"{head}.{body}.AA") == "algorithm"
    assert reason(authenticator(lax), f"{head}.{body}.") == "structure"


@pytest.mark.parametrize("name", ["HS256", "HS384", "HS512"])
def test_a_public_key_is_no_shared_secret(name: str) -> None:
    """RS256's public key as the secret of HS256: in each spelling an attacker could have it."""
    public = private_key("RS256").public_key()
    published = jwk("RS256")
    door = authenticator(client(algorithms=("RS256", name)), published={JKU: key_set(published)})
    secrets = [
        public.public_bytes(Encoding.PEM, format) for format in (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
    ]
    secrets += [json.dumps(published).encode(), base64.urlsafe_b64decode(published["n"] + "==")]
    for secret in secrets:
        signed = f"{segment(header(name))}.{segment(claims())}"
        mac = hmac.digest(secret, signed.encode(), f"sha{name[2:]}")
        assert reason(door, f"{signed}.{segment(mac)}") == "algorithm"


def test_an_algorithm_is_one_of_the_clients() -> None:
    door = authenticator(client(algorithms=("RS384",)), published={JKU: key_set(jwk("ES384"), jwk("RS384", "rsa"))})
    assert reason(door, sign(header("ES384"), claims())) == "algorithm"
    assert reason(door, sign(header("RS384", "rsa"), claims(), "RS384", private_key("RS384", "rsa"))) == ""


@pytest.mark.parametrize(
    ("named", "kid"), [("RS256", "ES384"), ("ES256", "ES384"), ("EdDSA", "RS384"), ("PS256", "EdDSA")]
)
def test_a_key_is_used_with_its_own_algorithms(named: str, kid: str) -> None:
    door = authenticator(published={JKU: key_set(*(jwk(each, each) for each in ("ES384", "RS384", "EdDSA")))})
    assert reason(door, sign(header(named, kid), claims(), named)) == "key"


@pytest.mark.parametrize(
    "members",
    [
        {"jwk": {"kty": "EC"}},
        {"x5u": ATTACKER},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"], "exp": SECOND},
        {"crit": []},
        {"b64": False},
        {"b64": False, "crit": ["b64"]},
        {"typ": "at+jwt"},
        {"typ": None},
    ],
    ids=repr,
)
def test_a_token_brings_no_key_and_no_rules_of_its_own(members: dict[str, Any]) -> None:
    assert reason(authenticator(), sign(header(**members), claims())) == "header"


def test_an_attackers_key_inside_the_token_is_not_used() -> None:
    own = {name: value for name, value in jwk("ES384", "attacker").items() if name != "kid"}
    signed = sign(header(jwk=own), claims(), key=private_key("ES384", "attacker"))
    assert reason(authenticator(), signed) == "header"
