"""The body of a request as bytes, refused when it says it is no JSON, is compressed or too large."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import request
from werkzeug.wsgi import get_content_length

from cds_service.refusal import RefusedError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

JSON: Final = "application/json"


def read_body(limit: int) -> bytes:
    """The body of a request that says it is JSON; RefusedError otherwise. `limit`: the most bytes it may have."""
    environ = request.environ
    if environ.get("CONTENT_TYPE") != JSON:
        _refuse_other_type()
    if environ.get("HTTP_CONTENT_ENCODING", "identity") != "identity":
        problem = "The body is compressed. Send it as it is, without Content-Encoding."
        raise RefusedError(415, "not-supported", problem, "http.Content-Encoding")
    body = _read(environ, limit)
    if len(body) > limit:
        problem = f"The body is larger than {limit} bytes (OSTEO_CDS_MAX_BODY_MB). Send less prefetch."
        raise RefusedError(413, "too-long", problem, "http.Content-Length")
    return body


def _refuse_other_type() -> None:
    """RefusedError unless the content type is JSON in UTF-8, whatever else it says."""
    if request.mimetype != JSON:
        problem = f"The content type is not {JSON}. Send the body as JSON with this content type."
        raise RefusedError(415, "not-supported", problem, "http.Content-Type")
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise RefusedError(415, "not-supported", "The charset is not UTF-8. Send JSON in UTF-8.", "http.Content-Type")


def _read(environ: WSGIEnvironment, limit: int) -> bytes:
    """The body, or the first `limit` + 1 bytes of a longer one."""
    declared = get_content_length(environ)
    ends: bool = environ.get("wsgi.input_terminated", False)
    if declared is not None and declared > limit:
        return bytes(limit + 1)
    if declared is None and not ends:
        return b""  # a server that does not end the stream itself: only a declared length can be read
    stream = environ["wsgi.input"]
    if declared is not None and ends:
        whole: bytes = stream.read()  # the server gives no more than was declared, and keeps it in fewer copies
        return _all_of(whole, declared)
    most = limit + 1 if declared is None else declared
    parts: list[bytes] = []
    size = 0
    while size < most and (part := stream.read(most - size)):
        parts.append(part)
        size += len(part)
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    return body if declared is None else _all_of(body, declared)


def _all_of(body: bytes, declared: int) -> bytes:
    """The body; RefusedError when less came than was declared."""
    if len(body) < declared:
        problem = f"The body broke off before the {declared} bytes of its Content-Length had come. Send it again."
        raise RefusedError(400, "structure", problem, "http.Content-Length")
    return body
