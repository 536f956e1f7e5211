"""The WSGI application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from flask import Flask

from cds_service import calls, cors, errors, operation, routes, workbench
from cds_service.audit.log import AuditLog
from cds_service.authentication import UsedTokens, UsedTokensInMemory
from cds_service.headers import answer_headers, with_headers
from cds_service.metrics import Metrics
from cds_service.operation import Check
from cds_service.settings import Settings
from cds_service.store.memory import Memory

if TYPE_CHECKING:
    from cds_service.authentication.keys import KeyCache
    from cds_service.store.database import Database


class App(Flask):
    """The application."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is: none here is a coroutine, which Flask would look for several times in each call."""
        return func


def _now() -> datetime:
    return datetime.now(UTC)


def _no_keys(keys: KeyCache, clients: int) -> str:
    """The problem when nobody can be authenticated; that one client cannot is not the others' matter."""
    problems = keys.problems()
    if len(problems) < clients:
        return ""
    return "; ".join(f"client {name!r}: {problem}" for name, problem in problems.items())


def _stored(database: Database) -> UsedTokens:
    from cds_service.store.used_tokens import UsedTokens as StoredTokens

    return StoredTokens(database)


def create_app(
    settings: Settings,
    clock: Callable[[], date] = date.today,
    *,
    memory: Memory | None = None,
    used_tokens: UsedTokens | None = None,
    checks: Mapping[str, Check] | None = None,
    now: Callable[[], datetime] = _now,
) -> Flask:
    """The service with the given settings. `clock` tells the day; a fixed day in the settings wins.

    `memory` None: nothing is remembered, and feedback is refused rather than dropped. `used_tokens`:
    where used tokens are remembered; None: in the memory's database, without one in this process alone.
    `checks`: what else must be well for the service to be ready (operation.Check). `now`: the time
    tokens are checked at, which no setting fixes. SettingsError when a client's keys cannot be used.
    """
    app = App(__name__, static_folder=None)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # a redirect would send a token made for another URL
    fixed = settings.today
    audit, metrics = AuditLog(settings.audit_file), Metrics()
    ready: dict[str, Check] = {"audit": audit.ready, **(checks or {})}
    if memory is not None:
        ready["database"] = memory.database.ready
    day = clock if fixed is None else lambda: fixed
    # what looks at requests does so in this order: the call's clock, preflights, who calls, how often
    calls.register(app, (audit, metrics))
    cors.register(app, settings)
    if settings.auth == "required":
        from cds_service.authentication import guard  # here: an open service needs no cryptography

        tokens = used_tokens or (UsedTokensInMemory(now) if memory is None else _stored(memory.database))
        authenticator = guard.register(app, settings, tokens, now)
        app.extensions["authenticator"] = authenticator
        ready["keys"] = partial(_no_keys, authenticator.keys, len(settings.clients))
    limited = [routes.blueprint(settings, day, memory)]
    if settings.shows_workbench:
        limited.append(workbench.blueprint(settings, day))
    if settings.rate_limit:
        from cds_service.rate_limit import RateLimit, refuse_too_many

        limit = RateLimit(settings.rate_limit)
        for each in limited:
            each.before_request(partial(refuse_too_many, limit))
    for each in limited:
        app.register_blueprint(each)
    app.register_blueprint(operation.blueprint(ready, metrics, settings.metrics))
    errors.register(app)
    app.wsgi_app = with_headers(app.wsgi_app, answer_headers(settings.public_url))  # type: ignore[assignment, method-assign]
    return app
