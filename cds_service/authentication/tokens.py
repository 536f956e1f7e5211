"""What is checked of a token, each check where it can be made with what was checked before it.

CDS Hooks 2.0.1, "Trusting CDS Clients"; RFC 7515 (signature), 7519 (claims), 8725 (best practice).
"""

from __future__ import annotations

import binascii
import json
import math
import re
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn

from jwt import PyJWS
from jwt.exceptions import PyJWTError

from cds_service.authentication.rejection import RejectedError
from cds_service.clients import ALGORITHMS, Client

if TYPE_CHECKING:
    from jwt.algorithms import AllowedPublicKeys

#: The longest Authorization header in characters; a token with a large RSA key has about 1,000.
LONGEST_HEADER: Final = 8192
LONGEST_JTI: Final = 256
#: Seconds that the clocks of two machines may differ.
LEEWAY: Final = 60
#: Seconds a token may live, from iat to exp.
LONGEST_LIFE: Final = 15 * 60
#: The last second a datetime can tell; a later exp is no time.
LAST_SECOND: Final = datetime.max.replace(tzinfo=UTC).timestamp() - 2 * LEEWAY
#: Members of a token's header that bring a key of their own, or change what the signature covers.
REFUSED_MEMBERS: Final = frozenset({"jwk", "x5u", "x5c", "crit", "b64"})

_BEARER: Final = re.compile(r"bearer +(([\w-]+)\.([\w-]+)\.[\w-]+)", re.ASCII | re.IGNORECASE)

# PyJWT is asked for the signature alone. It would read the time of day itself, where we are
# given it, and it takes a time written as a text. Without HS* and none it cannot be talked
# into taking a public key for a shared secret.
_SIGNATURES: Final = PyJWS(
    algorithms=sorted(ALGORITHMS), options={"verify_signature": True, "enforce_minimum_key_length": True}
)


@dataclass(frozen=True, slots=True)
class Token:
    """A token of the right form. Nothing of it is believed before `check_signature`."""

    text: str
    algorithm: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def read_token(authorization: str | None) -> Token:
    """The token of an Authorization header: size, form, algorithm and header members.

    A server joins two headers with a comma, which no token has.
    """
    if not authorization:
        raise RejectedError("missing")
    if len(authorization) > LONGEST_HEADER:
        raise RejectedError("size")
    found = _BEARER.fullmatch(authorization)
    if found is None:
        scheme = authorization.partition(" ")[0]
        raise RejectedError("structure" if scheme.lower() == "bearer" else "scheme")
    header = _members(found[2])
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise RejectedError("algorithm")
    # another kind of token (an access token, a logout token) may be signed with the same key
    if str(header.get("typ", "JWT")).upper() != "JWT" or not REFUSED_MEMBERS.isdisjoint(header):
        raise RejectedError("header")
    return Token(found[1], algorithm, header, _members(found[3]))


def check_origin(token: Token, client: Client) -> str:
    """The id of the key to check with; the algorithm and the key's address are those agreed with the client."""
    if token.algorithm not in client.algorithms:
        raise RejectedError("algorithm")
    if "jku" in token.header and (client.jwks_url is None or token.header["jku"] != client.jwks_url):
        raise RejectedError("jku")
    kid = token.header.get("kid")
    if not isinstance(kid, str):
        raise RejectedError("key")
    return kid


def check_signature(token: Token, key: AllowedPublicKeys) -> None:
    """From here on the claims are the client's."""
    try:
        _SIGNATURES.decode(token.text, key, algorithms=[token.algorithm])
    except (PyJWTError, ValueError, TypeError):
        raise RejectedError("signature") from None


def check_claims(token: Token, url_called: str, now: datetime) -> tuple[str, datetime]:
    """The token's jti, and from when on its age alone refuses it. `now` is the time of the call."""
    audience = token.claims.get("aud")
    if url_called not in (audience if isinstance(audience, list) else [audience]):
        raise RejectedError("audience")
    expires = _check_times(token.claims, now.timestamp())
    jti = token.claims.get("jti")
    if not (isinstance(jti, str) and 0 < len(jti) <= LONGEST_JTI and jti.isprintable()):
        raise RejectedError("jti")
    return jti, datetime.fromtimestamp(math.ceil(expires) + LEEWAY, UTC)


def _check_times(claims: Mapping[str, Any], now: float) -> float:
    """exp; it is at hand only when the token is valid now."""
    expires, issued = _second(claims, "exp"), _second(claims, "iat")
    if expires + LEEWAY <= now:
        raise RejectedError("expired")
    begins = _second(claims, "nbf") if "nbf" in claims else issued
    if max(issued, begins) - LEEWAY > now:
        raise RejectedError("early")
    if not 0 < expires - issued <= LONGEST_LIFE:
        raise RejectedError("life")
    return expires


def _second(claims: Mapping[str, Any], name: str) -> float:
    """A time in seconds since 1970; only a number is one."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LAST_SECOND:
        raise RejectedError("times")
    return value


def _members(part: str) -> dict[str, Any]:
    """The JSON object in a part of a token. A member given twice would be read by two readers in two ways."""
    try:
        text = urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode("utf-8")
        members = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (binascii.Error, ValueError, RecursionError):
        raise RejectedError("structure") from None
    if not isinstance(members, dict):
        raise RejectedError("structure")
    return members


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member is given twice")
    return members


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
