"""A JWK Set (RFC 7517) -> the public keys in it that may check a signature."""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.algorithms import get_default_algorithms
from jwt.exceptions import PyJWTError
from msgspec import UNSET, Raw, UnsetType

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPublicKeys

#: The algorithms a key can check, by its type and curve (RFC 7518, section 3; RFC 8037).
FITTING: Final[Mapping[tuple[str, str | None], tuple[str, ...]]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
#: The members that make up a public key, by its type (RFC 7638, section 3.2).
PUBLIC_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("e", "kty", "n"),
    "EC": ("crv", "kty", "x", "y"),
    "OKP": ("crv", "kty", "x"),
}
#: Bits of an RSA key: with fewer it can be broken, with more checking takes long (RFC 7518, section 3.3).
FEWEST_BITS: Final = 2048
MOST_BITS: Final = 8192
#: Keys read from one set; a client has a handful.
MOST_KEYS: Final = 100


class KeySetError(ValueError):
    """What was got is no JWK Set."""


class LeftOutError(Exception):
    """A key that cannot be used, and why."""


class _Key(msgspec.Struct):
    kty: str
    kid: str
    crv: str | None = None
    alg: str | None = None
    use: str | None = None
    key_ops: list[str] | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None
    d: Raw | UnsetType = UNSET


class _Set(msgspec.Struct):
    keys: list[Raw]


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the algorithms it may be used with."""

    public: AllowedPublicKeys
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of a client by their id (kid). `left_out` counts the others by what is wrong with them."""

    keys: Mapping[str, Key] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)

    def find(self, kid: str, algorithm: str) -> AllowedPublicKeys | None:
        """The key with this id, when it fits the algorithm."""
        key = self.keys.get(kid)
        return key.public if key is not None and algorithm in key.algorithms else None

    def __str__(self) -> str:
        left_out = ", ".join(f"{number} {problem}" for problem, number in sorted(self.left_out.items()))
        return f"{len(self.keys)} usable" + (f"; left out: {left_out}" if left_out else "")


def read_key_set(text: bytes, *, development: bool = False) -> KeySet:
    """The usable keys of a JWK Set; KeySetError when it is none.

    A key of no use is left out, the others count: a set may hold keys for other purposes.
    Of two keys with one id neither is used. `development`: well-known keys may be used.
    """
    try:
        written = msgspec.json.decode(text, type=_Set).keys
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise KeySetError("no JWK Set: expected a JSON object with keys, a list") from None
    keys: dict[str, Key] = {}
    left_out: Counter[str] = Counter()
    doubled = set()
    for each in written[:MOST_KEYS]:
        try:
            kid, key = _read(each, development=development)
        except LeftOutError as problem:
            left_out[str(problem)] += 1
            continue
        if kid in keys:
            doubled.add(kid)
        keys[kid] = key
    left_out["beyond the limit"] = max(0, len(written) - MOST_KEYS)
    left_out["with an id given twice"] = len(doubled)
    return KeySet({kid: key for kid, key in keys.items() if kid not in doubled}, +left_out)


def thumbprint(key: Mapping[str, Any]) -> str:
    """The name of a public key by its value (RFC 7638)."""
    members = {name: key[name] for name in PUBLIC_MEMBERS[key["kty"]]}
    digest = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@cache
def well_known() -> Mapping[str, str]:
    """Keys whose private half is published, by thumbprint, with where: anybody can sign with them."""
    text = (files("cds_service.authentication") / "well_known_keys.csv").read_text(encoding="utf-8")
    return {line["thumbprint"]: line["origin"] for line in csv.DictReader(text.splitlines())}


def _read(text: Raw, *, development: bool) -> tuple[str, Key]:
    """A key and its id; LeftOutError when it is of no use here."""
    try:
        written = msgspec.json.decode(text, type=_Key)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise LeftOutError("without kty or kid, or of the wrong form") from None
    if written.d is not UNSET:
        raise LeftOutError("private")
    fitting = FITTING.get((written.kty, None if written.kty == "RSA" else written.crv))
    if fitting is None:
        raise LeftOutError("of another type")
    if written.use not in (None, "sig") or (written.key_ops is not None and "verify" not in written.key_ops):
        raise LeftOutError("for another use")
    if written.alg is not None:
        fitting = tuple(algorithm for algorithm in fitting if algorithm == written.alg)
        if not fitting:
            raise LeftOutError("for another algorithm")
    public = _public(written, fitting[0])
    if isinstance(public, RSAPublicKey) and not FEWEST_BITS <= public.key_size <= MOST_BITS:
        raise LeftOutError(f"RSA with fewer than {FEWEST_BITS} or more than {MOST_BITS} bits")
    if not development and _thumbprint(public, fitting[0]) in well_known():
        raise LeftOutError("well known (its private half is published)")
    return written.kid, Key(public, fitting)


def _public(written: _Key, algorithm: str) -> AllowedPublicKeys:
    members = {name: getattr(written, name) for name in PUBLIC_MEMBERS[written.kty]}
    try:
        key: AllowedPublicKeys = PyJWK.from_dict(members, algorithm).key
    except (PyJWTError, ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        raise LeftOutError("no key of its type") from None
    return key


def _thumbprint(public: AllowedPublicKeys, algorithm: str) -> str:
    """By the key's one right spelling: the one received may differ from it, and mean the same key."""
    return thumbprint(get_default_algorithms()[algorithm].to_jwk(public, as_dict=True))
