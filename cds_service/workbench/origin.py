"""Forms are taken from the page itself only: no other site may make a browser send one."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Request

from cds_service.refusal import RefusedError

_REMEDY = "Open the page itself and send the form from there."


def refuse_other_origin(request: Request) -> None:
    """RefusedError for a form that another site sent, or one nobody says where it comes from."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        own = site in ("same-origin", "none")  # the browser says it; no page can
    else:
        # behind a proxy the scheme may differ, the host does not
        own = urlsplit(request.headers.get("Origin", "")).netloc == request.host
    if not own:
        raise RefusedError(403, "forbidden", f"The form was not sent by this page. {_REMEDY}", "http.Origin")
