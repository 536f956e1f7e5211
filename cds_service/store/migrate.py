"""Bring the tables to this version, by Alembic.

`python -m cds_service.store.migrate` writes schema.sql anew from the migrations.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from cds_service.store.database import Database
from cds_service.store.errors import NewerSchemaError, StoreError
from cds_service.store.migrations import HEAD

SCHEMA: Final = Path(__file__).with_name("schema.sql")
#: PostgreSQL's lock while migrating; the number only has to differ from those of the cards (connecting.py).
_LOCK: Final = -4_705_732_001


def configuration() -> Config:
    """Alembic's configuration: the migrations of this package."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return config


def upgrade(connection: Connection, to: str = HEAD) -> None:
    """Migrate inside the transaction of `connection`; who comes second waits, and finds nothing to do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = '60s'"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    config = configuration()
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise NewerSchemaError(
            f"the database has schema {found!r}, which this version does not know ({HEAD!r} is its newest). "
            "It was written by a later version of osteo-cds: run that one, or name another database."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def migrated_schema() -> str:
    """The statements that make the tables in a new SQLite file, as the migrations leave them."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "new.sqlite"
        path.touch()
        database = Database(f"sqlite:///{path}")
        with database.writing() as connection:
            upgrade(connection)
        database.close()
        with closing(sqlite3.connect(path)) as made:
            statements = [
                str(row[0]).strip() for row in made.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")
            ]
    statements.append(f"INSERT INTO alembic_version VALUES ('{HEAD}')")
    if any(";" in statement for statement in statements):
        raise StoreError("a statement holds a semicolon: schema.sql is split at them")
    return "".join(f"{statement};\n" for statement in statements)


if __name__ == "__main__":
    SCHEMA.write_text(migrated_schema(), encoding="utf-8")
