"""The databases that tests run on, and memories in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Table, create_engine, make_url, select, text

from cds_service.settings import Settings
from cds_service.store.database import Database
from cds_service.store.location import psycopg_url
from cds_service.store.memory import Memory, open_memory

#: Names a PostgreSQL server where databases may be made; without it those tests are left out, and said to be.
POSTGRESQL: Final = "OSTEO_CDS_TEST_POSTGRESQL"
SERVER: Final = os.environ.get(POSTGRESQL, "")
DATABASES: Final = ("sqlite", "postgresql") if SERVER else ("sqlite",)
KEY: Final = "a key that only these tests use, and long enough"


@contextmanager
def postgresql_database() -> Iterator[str]:
    """The URL of a new database on the server, which is dropped afterwards."""
    name = f"test_{uuid4().hex}"
    engine = create_engine(psycopg_url(SERVER), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def memory_in(url: str, **settings: Any) -> Memory:
    """A memory in the database of a URL."""
    return open_memory(Settings(**{"database_url": url, "patient_key": KEY} | settings))


def rows(url: str, table: Table) -> list[dict[str, Any]]:
    """What a table holds."""
    database = Database(url)
    with database.reading() as connection:
        found = [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
    database.close()
    return found
