"""Cross-origin access, for an EHR or a sandbox that calls from a browser page.

Every answer carries it, errors too: without it the page could not read why it was refused.
"""

from __future__ import annotations

from typing import Final

from flask import Flask, Response, request

from cds_service.settings import Settings

METHODS: Final = "GET, POST, OPTIONS"
HEADERS: Final = "Authorization, Content-Type, X-Request-ID"
#: What a page may read besides the body.
EXPOSED: Final = "X-Request-ID, Retry-After, WWW-Authenticate"
#: How long a browser may keep the answer to a preflight, in seconds.
KEEP: Final = "600"


def register(app: Flask, settings: Settings) -> None:
    """Answer preflights and mark every answer for the origins that may read it."""

    def preflight() -> Response | None:
        """A preflight is answered before anything else is looked at."""
        environ = request.environ
        if environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            return Response(status=204)
        return None

    def mark(response: Response) -> Response:
        origin = request.environ.get("HTTP_ORIGIN")
        if origin is None or not settings.allows_origin(origin):
            return response
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Methods"] = METHODS
            response.headers["Access-Control-Allow-Headers"] = HEADERS
            response.headers["Access-Control-Max-Age"] = KEEP
            if request.headers.get("Access-Control-Request-Private-Network") == "true":
                # a page on the internet that calls a service on this machine or network
                response.headers["Access-Control-Allow-Private-Network"] = "true"
        return response

    app.before_request(preflight)
    app.after_request(mark)
