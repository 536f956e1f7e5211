"""The body of a request, as each kind of server hands it over."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from cds_service.body import read_body
from cds_service.refusal import RefusedError

BODY = b'{"hook": "patient-view"}'
AFTER = b"GET /the-next-request HTTP/1.1"


class Dripping(io.BytesIO):
    """A stream that gives at most seven bytes at once when it is asked for a number of them."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(size if size is None or size < 0 else min(size, 7))


def body(stream: io.BytesIO, limit: int = 100, **environ: Any) -> bytes:
    given = {"wsgi.input": stream, "CONTENT_TYPE": "application/json", **environ}
    with Flask("body").test_request_context("/", method="POST", environ_overrides=given):
        return read_body(limit)


ENDS: dict[str, Any] = {"wsgi.input_terminated": True}
DECLARED: dict[str, Any] = {"CONTENT_LENGTH": str(len(BODY))}


@pytest.mark.parametrize(
    ("sent", "environ"),
    [(BODY, ENDS), (BODY, ENDS | DECLARED), (BODY + AFTER, DECLARED)],
    ids=["chunked", "declared, and the server ends it", "declared alone"],
)
def test_a_body_is_read_whole_and_no_further(sent: bytes, environ: dict[str, Any]) -> None:
    assert body(Dripping(sent), **environ) == BODY


def test_nothing_is_read_of_what_neither_ends_nor_is_declared() -> None:
    assert body(Dripping(BODY + AFTER)) == b""


@pytest.mark.parametrize("environ", [DECLARED, ENDS | DECLARED])
@pytest.mark.parametrize("came", [10, 0])
def test_a_body_that_breaks_off_is_refused_as_such(came: int, environ: dict[str, Any]) -> None:
    with pytest.raises(RefusedError, match="broke off") as refused:
        body(Dripping(BODY[:came]), **environ)
    assert refused.value.status == 400


@pytest.mark.parametrize("environ", [ENDS, DECLARED, ENDS | DECLARED])
def test_a_body_over_the_limit_is_refused_unread_or_at_the_limit(environ: dict[str, Any]) -> None:
    stream = Dripping(BODY)
    with pytest.raises(RefusedError) as refused:
        body(stream, limit=10, **environ)
    assert refused.value.status == 413
    assert stream.tell() == (0 if "CONTENT_LENGTH" in environ else 11)


def test_at_the_limit_it_is_read() -> None:
    assert body(Dripping(BODY), limit=len(BODY), **ENDS) == BODY
