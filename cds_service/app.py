"""The WSGI application."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Flask

from cds_service import cors, errors, routes, workbench
from cds_service.settings import Settings


def create_app(settings: Settings, clock: Callable[[], date] = date.today) -> Flask:
    """The service with the given settings. `clock` tells the day; a fixed day in the settings wins."""
    app = Flask(__name__, static_folder=None)
    app.url_map.strict_slashes = False
    fixed = settings.today
    day = clock if fixed is None else lambda: fixed
    app.register_blueprint(routes.blueprint(settings, day))
    if settings.shows_workbench:
        app.register_blueprint(workbench.blueprint(settings, day))
    cors.register(app, settings)
    errors.register(app)
    return app
