"""The database: its engine, short transactions, and whether it is ready."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cds_service.store.errors import NewerSchemaError, StoreError
from cds_service.store.location import identity, make_private_file, psycopg_url, sqlite_path
from cds_service.store.migrations import HEAD

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

#: Seconds a transaction waits for another one to end, and to reach a PostgreSQL server.
BUSY_SECONDS: Final = 5
CONNECT_SECONDS: Final = 2
#: Of PostgreSQL, times in milliseconds: no statement, lock or forgotten transaction holds up the others for longer.
_SESSION: Final = {
    "statement_timeout": 5000,
    "lock_timeout": 3000,
    "idle_in_transaction_session_timeout": 10000,
    "timezone": "UTC",
}
VERSION: Final = "SELECT version_num FROM alembic_version"


class Database:
    """An SQLite file (`path`) or a PostgreSQL database (`path` None). ValueError for another URL.

    It may be made before worker processes are forked: each process opens its own connections.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.path: Path | None = sqlite_path(url)
        self._engine: Engine | None = None
        self._process = 0
        self._lock = Lock()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self.path is not None

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine of this process; StoreError without the driver of PostgreSQL."""
        with self._lock:
            if self._engine is None or self._process != os.getpid():
                self._engine, self._process = _made(self), os.getpid()
            return self._engine

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction, on disk when the block is left; StoreError when that fails."""
        with told(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that writes nothing and holds up no writer."""
        with told(), self.engine.connect().execution_options(reading=True) as connection:
            yield connection

    def prepare(self) -> None:
        """Make the tables or bring them to this version; StoreError when that cannot be done.

        Any number of processes may do this at once. NewerSchemaError when a later version wrote it.
        """
        if self.path is not None:
            make_private_file(self.path)
            with _sqlite(self.path, BUSY_SECONDS) as connection:
                done = _prepared(connection)
        else:
            done = self.version() == HEAD
        if not done:
            logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # it tells a line for each
            from cds_service.store.migrate import upgrade

            with self.writing() as transaction:
                upgrade(transaction)

    def ready(self) -> str:
        """What keeps the database from being used, "" when nothing does."""
        try:
            version = self.version()
        except StoreError as error:
            return str(error)
        if version != HEAD:
            return f"the database has schema {version or 'none'}, expected {HEAD}"
        if self.path is not None and not (os.access(self.path, os.W_OK) and os.access(self.path.parent, os.W_OK)):
            return f"{self.path} cannot be written"
        return ""

    def close(self) -> None:
        """Close the connections of this process."""
        with self._lock:
            if self._engine is not None and self._process == os.getpid():
                self._engine.dispose()
            self._engine = None

    def version(self) -> str:
        """The schema it has, "" when it has none; StoreError when it cannot be read."""
        if self.path is not None:
            with _sqlite(self.path, 1) as connection:
                return _sqlite_version(connection)
        from sqlalchemy import text

        with self.reading() as connection:
            if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
                return ""
            if connection.execute(text("SHOW transaction_read_only")).scalar() == "on":
                raise StoreError("the database is read-only")
            return connection.execute(text(VERSION)).scalar() or ""


@contextmanager
def told() -> Iterator[None]:
    """The errors of the drivers as StoreError, without the values that were in the statement."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the database failed: {type(error.orig).__name__}") from error
    except SQLAlchemyError as error:
        raise StoreError(f"the database failed: {type(error).__name__}") from error


def open_sqlite(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """A connection to a file that is there, in autocommit; StoreError when it is not there."""
    try:
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=rw", uri=True, timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be opened") from error
    return connection


@contextmanager
def _sqlite(path: Path, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    with closing(open_sqlite(path, busy_seconds)) as connection:
        try:
            yield connection
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot be used: {type(error).__name__}") from error


def _sqlite_version(connection: sqlite3.Connection) -> str:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = connection.execute(VERSION).fetchone() if found else None
    return str(row[0]) if row else ""


def _prepared(connection: sqlite3.Connection) -> bool:
    """Whether the file has this version's tables, made here if it has none; False when it must be migrated.

    A new file gets the tables that the migrations would make (schema.sql, a test compares them)
    without loading the libraries that migrate.
    """
    if _sqlite_version(connection) == HEAD:
        return True
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")  # the lock: whoever comes second finds the tables
    try:
        version = _sqlite_version(connection)
        empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if empty:
            script = Path(__file__).with_name("schema.sql").read_text(encoding="utf-8")
            for statement in filter(str.strip, script.split(";\n")):
                connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return empty or version == HEAD


def _made(database: Database) -> Engine:
    from sqlalchemy import URL, create_engine, event, make_url
    from sqlalchemy.exc import ArgumentError

    path = database.path
    if path is not None:
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            connect_args={"timeout": BUSY_SECONDS},
            hide_parameters=True,
        )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "connect", lambda _, record: record.info.update(file=identity(path)))
        event.listen(engine, "checkout", lambda _, record, __: _refuse_deleted(path, record.info["file"]))
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    try:
        return create_engine(
            make_url(psycopg_url(database.url)),
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "tcp_user_timeout": CONNECT_SECONDS * 1000,
                "options": options,
                "application_name": "osteo-cds",
            },
            pool_size=2,
            max_overflow=8,
            pool_timeout=CONNECT_SECONDS,
            pool_pre_ping=True,
            hide_parameters=True,
        )
    except ImportError as error:
        raise StoreError("the driver is missing: install osteo-cds[postgresql]") from error
    except ArgumentError as error:
        raise StoreError("the URL cannot be read: expected postgresql://user@host/name") from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below, so that also DDL is inside them
    connection.execute("PRAGMA synchronous = FULL")  # what is committed survives a power cut
    connection.execute("PRAGMA foreign_keys = ON")


def _refuse_deleted(path: Path, opened: object) -> None:
    """Have a connection opened anew whose file is no longer the one at `path`: what it wrote would be lost."""
    from sqlalchemy.exc import DisconnectionError

    if identity(path) != opened:
        raise DisconnectionError


def _begin_sqlite(connection: Any) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


__all__ = ["Database", "NewerSchemaError", "StoreError", "open_sqlite", "told"]
