"""The headers that every answer carries, whoever made it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def answer_headers(public_url: str | None) -> dict[str, str]:
    """The headers of every answer: nobody keeps it, guesses its type, frames it or learns what serves it."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",
        "Server": "osteo-cds",
        "Vary": "Origin, Accept-Language",
        "X-Content-Type-Options": "nosniff",
    }
    if (public_url or "").startswith("https:"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def with_headers(app: WSGIApplication, headers: Mapping[str, str]) -> WSGIApplication:
    """The app, with headers on each of its answers that has not set them itself (a page may have a policy of its own).

    They are put on last, as they are: the framework would check and copy each of them for every answer.
    """
    added = tuple((name.lower(), (name, value)) for name, value in headers.items())

    def answering(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, told: list[tuple[str, str]], *failure: Any) -> Callable[[bytes], object]:
            own = {name.lower() for name, _ in told}
            told += [header for name, header in added if name not in own]
            return start_response(status, told, *failure)

        return app(environ, start)

    return answering
