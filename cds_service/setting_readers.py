"""How the text of each setting is read. Each reader raises ValueError saying what it expected."""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from cds_service.clients import Client, load_clients
from cds_service.network import base_url, is_loopback, plain_http_url, split_http_url
from cds_service.store.location import sqlite_path
from cds_service.store.patients import LEAST
from hooks.language import LANGUAGES

MEGABYTE: Final = 1024 * 1024
#: The longest times, largest body and most calls a minute that make sense; beyond them a typing error is likelier.
MOST_MILLISECONDS: Final = 60_000
MOST_MEGABYTES: Final = 1024
MOST_CALLS: Final = 1_000_000
MOST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class Reader:
    """How a setting is read, and into which field."""

    field: str
    read: Callable[[str], Any]


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r}: expected {' or '.join(choices)}")
        return text

    return read


def _whole_number(most: int, times: int = 1, least: int = 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"{text!r}: expected a whole number from {least} to {most}")
        return int(text) * times

    return read


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _public_url(text: str) -> str:
    if split_http_url(text) is None:
        raise ValueError(f"{text!r}: expected an absolute http or https URL")
    return base_url(text)


def _fhir_servers(text: str) -> tuple[str, ...]:
    for url in _list(text):
        parts = plain_http_url(base_url(url))
        if parts is None or (parts.scheme == "http" and not is_loopback(parts.hostname or "")):
            raise ValueError(f"{url!r}: expected an https URL, or http on loopback")
    return tuple(base_url(url) for url in _list(text))


def _yes_or_no(text: str) -> bool:
    return _choice("yes", "no")(text) == "yes"


def _ca_file(text: str) -> Path:
    import ssl  # most deployments name no file

    path = Path(text)
    try:
        ssl.create_default_context(cafile=str(path))
    except OSError as error:  # SSLError is one
        raise ValueError(f"{text!r}: expected a PEM file of certificate authorities ({error.strerror})") from error
    return path


def _guideline_url(text: str) -> str:
    if split_http_url(text.partition("#")[0]) is None or "#" in text:
        raise ValueError(f"{text!r}: expected the http or https URL of a page, without #")
    return text


def _cors_origins(text: str) -> frozenset[str]:
    for origin in _list(text):
        parts = split_http_url(origin)
        if parts is None or parts.path or origin != origin.lower():
            raise ValueError(f"{origin!r}: expected an origin as a browser sends it, such as https://ehr.example.org")
    return frozenset(_list(text))


def _database_url(text: str) -> str:
    sqlite_path(text)
    return text


def _patient_key(text: str) -> str:
    if len(text) < LEAST:
        raise ValueError(f"expected a secret of at least {LEAST} characters, the same on every instance")
    return text


def _comment_key(text: str) -> str:
    try:
        length = len(urlsafe_b64decode(text.encode("ascii")))
    except ValueError:
        length = 0
    if length != 32:
        raise ValueError("expected 32 bytes in URL-safe base64, as Fernet.generate_key of cryptography makes them")
    return text


def _in_file(read: Callable[[str], str]) -> Callable[[str], str]:
    """A secret in a file instead: the setting names the file."""

    def read_file(text: str) -> str:
        try:
            return read(Path(text).read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"{text} cannot be read ({type(error).__name__}): expected a file with the key") from error

    return read_file


def _clients(text: str) -> tuple[Client, ...]:
    return load_clients(Path(text))


def _audit_file(text: str) -> Path:
    path = Path(text)
    if not (os.access(path, os.W_OK) if path.exists() else os.access(path.parent, os.W_OK)) or path.is_dir():
        raise ValueError(f"{text!r}: expected a file that can be written, in a folder that exists")
    return path.absolute()


def read_day(text: str) -> date:
    """A date written YYYY-MM-DD; ValueError for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{text!r}: expected a date, YYYY-MM-DD")
    return day


#: The settings by the name of their variable.
READERS: Final[Mapping[str, Reader]] = {
    "OSTEO_CDS_PUBLIC_URL": Reader("public_url", _public_url),
    "OSTEO_CDS_AUTH": Reader("auth", _choice("required", "off")),
    "OSTEO_CDS_CLIENTS": Reader("clients", _clients),
    "OSTEO_CDS_DATABASE_URL": Reader("database_url", _database_url),
    "OSTEO_CDS_PATIENT_KEY": Reader("patient_key", _patient_key),
    "OSTEO_CDS_PATIENT_KEY_FILE": Reader("patient_key", _in_file(_patient_key)),
    "OSTEO_CDS_COMMENT_KEY": Reader("comment_key", _comment_key),
    "OSTEO_CDS_COMMENT_KEY_FILE": Reader("comment_key", _in_file(_comment_key)),
    "OSTEO_CDS_INFO_REPEAT_DAYS": Reader("info_repeat_days", _whole_number(MOST_DAYS, least=0)),
    "OSTEO_CDS_RETENTION_DAYS": Reader("retention_days", _whole_number(MOST_DAYS)),
    "OSTEO_CDS_LANGUAGE": Reader("language", _choice(*LANGUAGES)),
    "OSTEO_CDS_CORS_ORIGINS": Reader("cors_origins", _cors_origins),
    "OSTEO_CDS_FHIR_SERVERS": Reader("fhir_servers", _fhir_servers),
    "OSTEO_CDS_FETCH_DEADLINE_MS": Reader("fetch_deadline_ms", _whole_number(MOST_MILLISECONDS)),
    "OSTEO_CDS_FHIR_PRIVATE_NETWORK": Reader("fhir_private_network", _yes_or_no),
    "OSTEO_CDS_CA_FILE": Reader("ca_file", _ca_file),
    "OSTEO_CDS_MAX_BODY_MB": Reader("max_body_bytes", _whole_number(MOST_MEGABYTES, MEGABYTE)),
    "OSTEO_CDS_GUIDELINE_URL": Reader("guideline_url", _guideline_url),
    "OSTEO_CDS_AUDIT_FILE": Reader("audit_file", _audit_file),
    "OSTEO_CDS_METRICS": Reader("metrics", _choice("loopback", "all", "off")),
    "OSTEO_CDS_RATE_LIMIT": Reader("rate_limit", _whole_number(MOST_CALLS)),
    "OSTEO_CDS_TODAY": Reader("today", read_day),
    "OSTEO_CDS_WORKBENCH": Reader("workbench", _choice("on", "off")),
}
