"""The clients file (OSTEO_CDS_CLIENTS): the EHRs that may call, and what is known of each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from cds_service.network import base_url, is_loopback, plain_http_url
from hooks.language import LANGUAGES, LanguageCode

#: Signature algorithms with a public key; a shared secret would let whoever can check a token also write one.
ALGORITHMS: Final = frozenset(
    {"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"}
)


class ClientsError(ValueError):
    """What is wrong with a clients file, naming the entry and the field."""


@dataclass(frozen=True, slots=True)
class Client:
    """One EHR.

    `generic_t_score_codes`: LOINC codes this client sends for a T-score of any site, such as
    38265-5, which by its name is the forearm (Synthea). `language` None: as the caller asks.
    `jwks_file`: its public keys; else they are fetched from `jwks_url`. The `jku` of a token must
    equal `jwks_url`; with both the address is only compared, never fetched.
    `development`: only then may a well-known key be used, a FHIR server be called without
    TLS, or the entry be found without a token, by the FHIR server named in a request.
    `private_network`: its FHIR servers may have addresses of a private network.
    """

    name: str
    iss: str
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    jwks_file: Path | None = None
    jwks_url: str | None = None
    fhir_servers: tuple[str, ...] = ()
    language: LanguageCode | None = None
    development: bool = False
    generic_t_score_codes: frozenset[str] = frozenset()
    private_network: bool = False


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    iss: str
    algorithms: tuple[str, ...] = ("ES384", "RS384")
    jwks_file: str | None = None
    jwks_url: str | None = None
    fhir_servers: list[str] = []
    language: str | None = None
    development: bool = False
    generic_t_score_codes: list[str] = []
    private_network: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    client: list[_Entry]


def load_clients(path: Path) -> tuple[Client, ...]:
    """The clients of a file; ClientsError when it cannot be read or an entry is impossible."""
    try:
        written = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ClientsError(f"cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ClientsError(f"is no TOML: {error}") from error
    clients = tuple(_client(entry, path.parent) for entry in _entries(written))
    for field in ("name", "iss"):
        _refuse_doubled(field, (getattr(client, field) for client in clients))
    return clients


def development_client(clients: Iterable[Client], fhir_server: str | None) -> Client | None:
    """The development entry that lists the FHIR server a request names.

    Without tokens this is the only way to tell clients apart, and anybody can name a FHIR
    server, so no other entry is found this way.
    """
    if fhir_server is None:
        return None
    named = base_url(fhir_server)
    return next((client for client in clients if client.development and named in client.fhir_servers), None)


def _entries(written: Mapping[str, Any]) -> list[_Entry]:
    try:
        return msgspec.convert(written, type=_File).client
    except msgspec.ValidationError as error:
        raise ClientsError(str(error).replace("`$.", "`")) from error


def _client(entry: _Entry, folder: Path) -> Client:
    """The entry, checked. Files are named relative to the clients file."""

    def refuse(field: str, problem: str) -> ClientsError:
        return ClientsError(f"client {entry.name!r}: {field} {problem}")

    for field in ("name", "iss"):
        if not getattr(entry, field).strip():
            raise refuse(field, "is empty")
    weak = [algorithm for algorithm in entry.algorithms if algorithm not in ALGORITHMS]
    if weak or not entry.algorithms:
        raise refuse("algorithms", f"{weak or '[]'}: expected some of {', '.join(sorted(ALGORITHMS))}")
    if not (entry.jwks_file or entry.jwks_url or entry.development):
        raise refuse("jwks_url", "or jwks_file is missing: only a development client may have no keys")
    for field, urls in (("jwks_url", [entry.jwks_url] if entry.jwks_url else []), ("fhir_servers", entry.fhir_servers)):
        for url in urls:
            if not _allowed_url(url, development=entry.development):
                raise refuse(field, f"{url!r}: expected an https URL (http only for a development client on loopback)")
    if entry.language is not None and entry.language not in LANGUAGES:
        raise refuse("language", f"{entry.language!r}: expected {' or '.join(LANGUAGES)}")
    return Client(
        name=entry.name,
        iss=entry.iss,
        algorithms=entry.algorithms,
        jwks_file=folder / entry.jwks_file if entry.jwks_file else None,
        jwks_url=entry.jwks_url,
        fhir_servers=tuple(base_url(url) for url in entry.fhir_servers),
        language=entry.language,
        development=entry.development,
        generic_t_score_codes=frozenset(entry.generic_t_score_codes),
        private_network=entry.private_network,
    )


def _allowed_url(url: str, *, development: bool) -> bool:
    parts = plain_http_url(base_url(url))
    if parts is None:
        return False
    return parts.scheme == "https" or (development and is_loopback(parts.hostname or ""))


def _refuse_doubled(field: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise ClientsError(f"two clients have the {field} {value!r}")
        seen.add(value)
