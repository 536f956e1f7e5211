"""A JWK Set over HTTP: from the one address agreed with the client, small, soon, and from nowhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

import requests

#: Seconds to connect, and between two bytes; and for the whole.
PATIENCE: Final = 2.0
DEADLINE: Final = 3.0
#: Bytes of the largest set; one of ten RSA keys has about 10,000.
LARGEST: Final = 65_536
#: Bytes read at once.
PIECE: Final = 16


class FetchError(Exception):
    """Why a set could not be had, in words for the log; nothing of what was answered."""


def fetch(url: str, heard: Callable[[Mapping[str, str]], None] | None = None) -> bytes:
    """What is at a URL. Redirects are not followed: the address is agreed, and only it is asked.

    `heard` is told the headers of any answer.
    """
    started = time.monotonic()
    headers = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}
    try:
        with (
            requests.Session() as session,
            session.get(url, headers=headers, stream=True, allow_redirects=False, timeout=PATIENCE) as answer,
        ):
            if heard is not None:
                heard(answer.headers)
            if answer.status_code != 200:
                raise FetchError(f"status {answer.status_code}")
            if answer.headers.get("Content-Encoding", "identity") != "identity":
                raise FetchError("compressed, though not asked for")
            return _body(answer, started)
    except requests.Timeout:
        raise FetchError("timeout") from None
    except (requests.RequestException, ValueError) as error:
        raise FetchError(type(error).__name__) from None


def _body(answer: requests.Response, started: float) -> bytes:
    """In small pieces: each is waited for until it is whole, however slowly it drips."""
    body = bytearray()
    for piece in answer.iter_content(PIECE):
        body += piece
        if len(body) > LARGEST:
            raise FetchError(f"more than {LARGEST} bytes")
        if time.monotonic() - started > DEADLINE:
            raise FetchError("timeout")
    return bytes(body)
