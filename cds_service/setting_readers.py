"""How the text of each setting is read. Each reader raises ValueError saying what it expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from cds_service.clients import Client, load_clients
from cds_service.network import base_url, is_loopback, split_http_url
from hooks.language import LANGUAGES

MEGABYTE: Final = 1024 * 1024
#: The longest time and the largest body that make sense; beyond them a typing error is likelier.
MOST_MILLISECONDS: Final = 60_000
MOST_MEGABYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Reader:
    """How a setting is read: into which field, and whether this version does anything with it."""

    field: str
    read: Callable[[str], Any]
    used: bool = True


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"{text!r}: expected {' or '.join(choices)}")
        return text

    return read


def _whole_number(most: int, times: int = 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise ValueError(f"{text!r}: expected a whole number from 1 to {most}")
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
        parts = split_http_url(url)
        if parts is None or (parts.scheme == "http" and not is_loopback(parts.hostname or "")):
            raise ValueError(f"{url!r}: expected an https URL, or http on loopback")
    return tuple(base_url(url) for url in _list(text))


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
    if not re.match(r"[a-z][a-z0-9_+]*://", text):
        # the text may hold a password, so it is not repeated
        raise ValueError("expected an SQLAlchemy URL, such as postgresql://user@host/name")
    return text


def _clients(text: str) -> tuple[Client, ...]:
    return load_clients(Path(text))


def read_day(text: str) -> date:
    """A date written YYYY-MM-DD; ValueError for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{text!r}: expected a date, YYYY-MM-DD")
    return day


#: The settings by the name of their variable; those that are not `used` are checked, and said to be without effect.
READERS: Final[Mapping[str, Reader]] = {
    "OSTEO_CDS_PUBLIC_URL": Reader("public_url", _public_url, used=False),
    "OSTEO_CDS_AUTH": Reader("auth", _choice("required", "off")),
    "OSTEO_CDS_CLIENTS": Reader("clients", _clients),
    "OSTEO_CDS_DATABASE_URL": Reader("database_url", _database_url, used=False),
    "OSTEO_CDS_LANGUAGE": Reader("language", _choice(*LANGUAGES)),
    "OSTEO_CDS_CORS_ORIGINS": Reader("cors_origins", _cors_origins),
    "OSTEO_CDS_FHIR_SERVERS": Reader("fhir_servers", _fhir_servers, used=False),
    "OSTEO_CDS_FETCH_DEADLINE_MS": Reader("fetch_deadline_ms", _whole_number(MOST_MILLISECONDS), used=False),
    "OSTEO_CDS_MAX_BODY_MB": Reader("max_body_bytes", _whole_number(MOST_MEGABYTES, MEGABYTE)),
    "OSTEO_CDS_GUIDELINE_URL": Reader("guideline_url", _guideline_url),
    "OSTEO_CDS_TODAY": Reader("today", read_day),
    "OSTEO_CDS_WORKBENCH": Reader("workbench", _choice("on", "off")),
}
