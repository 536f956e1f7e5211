"""The WSGI application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Flask

from cds_service import cors, errors, routes
from cds_service.settings import Settings
from cds_service.store.memory import Memory


def create_app(settings: Settings, clock: Callable[[], date] = date.today, memory: Memory | None = None) -> Flask:
    """The service with the given settings. `clock` tells the day; a fixed day in the settings wins.

    `memory` None: nothing is remembered, and feedback is refused rather than dropped.
    """
    app = Flask(__name__, static_folder=None)
    app.url_map.strict_slashes = False
    fixed = settings.today
    app.register_blueprint(routes.blueprint(settings, clock if fixed is None else lambda: fixed, memory))
    cors.register(app, settings)
    errors.register(app)
    return app
