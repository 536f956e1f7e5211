"""Keys, tokens and a key server, as an EHR or an attacker would have them."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

from cds_service.authentication import Authenticator, UnauthenticatedError, UsedTokens, UsedTokensInMemory
from cds_service.authentication.keys import KeyCache
from cds_service.authentication.rejection import RejectedError
from cds_service.clients import ALGORITHMS, Client

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPrivateKeys, AllowedPublicKeys

NOW: Final = datetime(2025, 3, 10, 9, 0, tzinfo=UTC)
SECOND: Final = int(NOW.timestamp())
BASE: Final = "https://cds.example.org"
ISS: Final = "https://ehr.example.org"
JKU: Final = "https://ehr.example.org/jwks.json"
VIEW: Final = "/cds-services/osteoporosis-patient-view"
CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
}


class _Gone:
    def __repr__(self) -> str:
        return "GONE"  # the same in each process, or the tests would have other names in each


#: Stands for a member that is left out.
GONE: Final = _Gone()


def private_key(algorithm: str, name: str = "key-1", bits: int = 2048) -> AllowedPrivateKeys:
    """A private key for the algorithm, the same one each time it is asked for by this name."""
    return _made(algorithm if algorithm in CURVES or algorithm == "EdDSA" else "RSA", name, bits)


@cache
def _made(kind: str, name: str, bits: int) -> AllowedPrivateKeys:  # noqa: ARG001 - the cache tells keys apart by name
    if kind in CURVES:
        return ec.generate_private_key(CURVES[kind])
    return rsa.generate_private_key(65537, bits) if kind == "RSA" else ed25519.Ed25519PrivateKey.generate()


def jwk(algorithm: str = "ES384", kid: str = "key-1", **members: Any) -> dict[str, Any]:
    """The public half of a key as a client publishes it."""
    key = private_key(algorithm, kid).public_key()
    return public_members(key, algorithm) | {"kid": kid, "use": "sig"} | members


def public_members(key: AllowedPublicKeys, algorithm: str) -> dict[str, Any]:
    """What makes up a public key, as a JWK."""
    written: dict[str, Any] = get_default_algorithms()[algorithm].to_jwk(key, as_dict=True)
    return {name: value for name, value in written.items() if name != "key_ops"}


def key_set(*keys: Mapping[str, Any]) -> bytes:
    """A JWK Set."""
    return json.dumps({"keys": list(keys)}).encode()


def segment(content: object) -> str:
    """A part of a token; bytes as they are."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def claims(path: str = VIEW, **changes: Any) -> dict[str, Any]:
    """The claims of a token made now for a call of this path; a change to GONE leaves the claim out."""
    right = {"iss": ISS, "aud": BASE + path, "iat": SECOND, "exp": SECOND + 300, "jti": str(uuid4())}
    return {name: value for name, value in (right | changes).items() if value is not GONE}


def header(algorithm: str = "ES384", kid: str = "key-1", **changes: Any) -> dict[str, Any]:
    """The header of a token."""
    right = {"alg": algorithm, "typ": "JWT", "kid": kid}
    return {name: value for name, value in (right | changes).items() if value is not GONE}


def sign(head: object, body: object, algorithm: str = "ES384", key: AllowedPrivateKeys | None = None) -> str:
    """A token of these parts, signed by the algorithm whatever its header says."""
    signed = f"{segment(head)}.{segment(body)}"
    signer = get_default_algorithms()[algorithm]
    return f"{signed}.{segment(signer.sign(signed.encode(), key or private_key(algorithm)))}"


def token(path: str = VIEW, **changes: Any) -> str:
    """A right token for a call of this path, but for the changes of its claims."""
    return sign(header(), claims(path, **changes))


def bearer(text: str | None = None) -> dict[str, str]:
    """The header of a call; without a text, of one that is right for VIEW."""
    return {"Authorization": f"Bearer {text if text is not None else token()}"}


def client(**changes: Any) -> Client:
    """A client that may call, with all algorithms and its keys at JKU."""
    return Client(**{"name": "ehr", "iss": ISS, "algorithms": tuple(sorted(ALGORITHMS)), "jwks_url": JKU} | changes)


def authenticator(
    *clients: Client,
    published: Mapping[str | None, bytes] | None = None,
    now: datetime = NOW,
    used_tokens: UsedTokens | None = None,
) -> Authenticator:
    """The door, with what each address publishes; JKU the ES384 key-1 unless told."""
    allowed = clients or (client(),)
    at = published or {JKU: key_set(jwk())}
    keys = KeyCache(allowed, fetch=lambda url: at[url])
    return Authenticator(allowed, keys, used_tokens or UsedTokensInMemory(lambda: now), BASE, lambda: now)


def reason(door: Authenticator, text: str, path: str = VIEW) -> str:
    """Why a token is not accepted, "" when it is."""
    try:
        door.client(f"Bearer {text}", path)
    except UnauthenticatedError as error:
        return error.logged
    return ""


def look(cache: KeyCache, caller: Client, kid: str = "key-1") -> str:
    """How a client's key is found: "" when it is, else why not."""
    try:
        cache.key(caller, kid, "ES384")
    except RejectedError as error:
        return error.reason
    return ""


class Seconds:
    """A clock of seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Published(ThreadingHTTPServer):
    """A key server on loopback. `answer` is what it says; `asked` counts the calls; `seen` are their paths."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = key_set(jwk())
        self.drip: tuple[int, float] = (1 << 20, 0.0)
        self.seen: list[str] = []
        self.stopped = threading.Event()

    @property
    def asked(self) -> int:
        """How often keys were fetched."""
        return len(self.seen)

    def url(self, path: str = "/jwks.json") -> str:
        """The address of the keys."""
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Answers(BaseHTTPRequestHandler):
    server: Published

    def do_GET(self) -> None:
        """Answer as told: `drip` is how many bytes at once, and the seconds before each."""
        self.server.seen.append(self.path)
        size, seconds = self.server.drip
        self.server.stopped.wait(seconds)
        body = self.server.body
        self.send_response(self.server.status)
        for name, value in ({"Content-Length": str(len(body))} | self.server.headers).items():
            self.send_header(name, value)
        self.end_headers()
        for at in range(0, len(body), size):
            if self.server.stopped.is_set():
                return
            try:
                self.wfile.write(body[at : at + size])
            except OSError:  # the reader has gone, as it should
                return
            self.server.stopped.wait(seconds)

    def log_message(self, format: str, *_: object) -> None:
        """Say nothing on standard error."""


@contextmanager
def key_server() -> Iterator[Published]:
    """A running key server."""
    server = Published()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
