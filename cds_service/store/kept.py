"""One kept connection for the statements that every call waits for.

The statements are plain SQL with named parameters, the same text on both databases: on an
SQLite file they go through the standard library, so that no call waits for SQLAlchemy.
"""

from __future__ import annotations

import os
import sqlite3
import time
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cds_service.store.database import Database, open_sqlite, told
from cds_service.store.errors import StoreError
from cds_service.store.location import identity

if TYPE_CHECKING:
    from sqlalchemy import Connection

#: Seconds in which a database that failed is not asked again, so that not every call waits for it.
REST: Final = 5.0


class Kept:
    """The connection; made on first use, by each process for itself. Safe to use from several threads.

    `seconds`: how long a statement may wait for another one. `rest`: leave a database that failed alone for a while.
    """

    def __init__(self, database: Database, seconds: float, rest: float = REST) -> None:
        self._database = database
        self._seconds = seconds
        self._rest = rest
        self._lock = Lock()
        self._process = 0
        self._sqlite: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._server: Connection | None = None
        self._ask_again = 0.0

    def rows(self, statement: str, values: dict[str, Any]) -> list[Any]:
        """The rows a statement finds; StoreError when the database cannot answer in time."""
        found: list[Any] = self._run(statement, values).fetchall()
        return found

    def changed(self, statement: str, values: dict[str, Any]) -> int:
        """How many rows a statement changed, committed; StoreError when the database cannot answer in time."""
        return int(self._run(statement, values).rowcount)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            self._forget()

    def _run(self, statement: str, values: dict[str, Any]) -> Any:
        with self._lock:
            if self._process != os.getpid():
                # after a fork the parent's connection is left alone: closing it here would close it there
                self._sqlite, self._server, self._process = None, None, os.getpid()
            if self._ask_again and time.monotonic() < self._ask_again:
                raise StoreError("the database failed a moment ago")
            try:
                return self._asked(statement, values)
            except StoreError:
                self._forget()
                self._ask_again = time.monotonic() + self._rest
                raise

    def _asked(self, statement: str, values: dict[str, Any]) -> Any:
        if self._database.path is None:
            return self._asked_server(statement, values)
        try:
            if self._sqlite is not None and identity(self._database.path) != self._file:
                self._forget()  # the file was deleted or replaced: what is written to it is read by nobody
            if self._sqlite is None:
                self._file = identity(self._database.path)
                self._sqlite = open_sqlite(self._database.path, self._seconds)
                # on disk before a process can die; a power cut may take the last moments
                self._sqlite.execute("PRAGMA synchronous = NORMAL")
            return self._sqlite.execute(statement, values)
        except sqlite3.Error as error:
            raise StoreError(f"the database failed: {type(error).__name__}") from error

    def _asked_server(self, statement: str, values: dict[str, Any]) -> Any:
        from sqlalchemy import text

        with told():
            fresh = self._server is None
            connection = self._opened()
            try:
                return connection.execute(text(statement), values)
            except Exception:
                if fresh:
                    raise
                # a connection that lay idle may have been closed by the server: once more with a new one
                self._forget()
                return self._opened().execute(text(statement), values)

    def _opened(self) -> Connection:
        from sqlalchemy import text

        if self._server is None:
            self._server = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._server.execute(text(f"SET statement_timeout = {int(self._seconds * 1000)}"))
        return self._server

    def _forget(self) -> None:
        if self._sqlite is not None:
            self._sqlite.close()
        if self._server is not None:
            self._server.invalidate()
            self._server.close()
        self._sqlite = self._server = None
