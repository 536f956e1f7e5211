"""The WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial

from flask import Flask

from cds_service import calls, cors, errors, operation, routes
from cds_service.audit.log import AuditLog
from cds_service.metrics import Metrics
from cds_service.operation import Check
from cds_service.settings import Settings


def create_app(
    settings: Settings, clock: Callable[[], date] = date.today, checks: Mapping[str, Check] | None = None
) -> Flask:
    """The service with the given settings. `clock` tells the day; a fixed day in the settings wins.

    `checks`: what must be well for the service to be ready, besides the audit (operation.Check).
    """
    app = Flask(__name__, static_folder=None)
    app.url_map.strict_slashes = False
    fixed = settings.today
    audit, metrics = AuditLog(settings.audit_file), Metrics()
    # what looks at requests does so in this order: the call's clock, preflights, who calls, how often
    calls.register(app, calls.answer_headers(settings.public_url), (audit, metrics))
    cors.register(app, settings)
    services = routes.blueprint(settings, clock if fixed is None else lambda: fixed)
    if settings.rate_limit:
        from cds_service.rate_limit import RateLimit, refuse_too_many

        services.before_request(partial(refuse_too_many, RateLimit(settings.rate_limit)))
    app.register_blueprint(services)
    app.register_blueprint(operation.blueprint({"audit": audit.ready, **(checks or {})}, metrics, settings.metrics))
    errors.register(app)
    return app
