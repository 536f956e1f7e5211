"""Every call is authenticated before anything of it is read, unless its view is open to everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask, g, request

from cds_service.authentication import Authenticator, UnauthenticatedError, UncheckedError, UsedTokens
from cds_service.authentication.keys import KeyCache
from cds_service.authentication.open_views import is_open
from cds_service.settings import Settings, SettingsError


def register(app: Flask, settings: Settings, used_tokens: UsedTokens, clock: Callable[[], datetime]) -> Authenticator:
    """Let only the clients of the settings call; `g.client` is the one that does.

    SettingsError when the keys of a client are in a file that cannot be used.
    """
    keys = KeyCache(settings.clients)
    for name, problem in keys.file_problems().items():
        raise SettingsError("OSTEO_CDS_CLIENTS", f"client {name!r}: jwks_file {problem}")
    authenticator = Authenticator(settings.clients, keys, used_tokens, settings.public_url, clock)

    def check() -> None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or is_open(view):  # what does not exist is told to everybody
            return
        try:
            g.client = authenticator.client(request.headers.get("Authorization"), request.path)
        except (UnauthenticatedError, UncheckedError) as refused:
            g.claimed_client = refused.claimed
            raise

    app.before_request(check)
    return authenticator
