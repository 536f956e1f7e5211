"""The WSGI application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from flask import Flask

from cds_service import cors, errors, routes
from cds_service.authentication import UsedTokens, UsedTokensInMemory
from cds_service.settings import Settings


def _now() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    clock: Callable[[], date] = date.today,
    *,
    used_tokens: UsedTokens | None = None,
    now: Callable[[], datetime] = _now,
) -> Flask:
    """The service with the given settings. `clock` tells the day; a fixed day in the settings wins.

    `used_tokens`: where used tokens are remembered; None in this process alone. `now`: the time
    tokens are checked at, which no setting fixes. SettingsError when a client's keys cannot be used.
    """
    app = Flask(__name__, static_folder=None)
    app.url_map.strict_slashes = False
    fixed = settings.today
    app.register_blueprint(routes.blueprint(settings, clock if fixed is None else lambda: fixed))
    cors.register(app, settings)
    if settings.auth == "required":
        from cds_service.authentication import guard  # here: an open service needs no cryptography

        app.extensions["authenticator"] = guard.register(app, settings, used_tokens or UsedTokensInMemory(now), now)
    errors.register(app)
    return app
