"""The database: made, migrated, refused when it is newer, and shared between processes that start at once."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from cds_service.store.database import Database
from cds_service.store.errors import NewerSchemaError, StoreError
from cds_service.store.location import default_url
from cds_service.store.migrate import SCHEMA, migrated_schema, upgrade
from cds_service.store.migrations import HEAD
from cds_service.store.tables import METADATA, OVERRIDES
from tests.databases import rows


def test_schema_sql_is_what_the_migrations_make() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == migrated_schema(), "run python -m cds_service.store.migrate"


def test_the_tables_are_those_of_the_code(database_url: str) -> None:
    database = Database(database_url)
    database.prepare()
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    assert database.ready() == ""
    database.close()


def test_a_new_file_needs_no_library_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "new.sqlite"
    script = (
        "import sys; from cds_service.store.database import Database; Database(sys.argv[1]).prepare(); "
        "assert not {'sqlalchemy', 'alembic'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", script, f"sqlite:///{path}"], check=True)
    assert Database(f"sqlite:///{path}").ready() == ""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_older_database_is_brought_to_this_version_with_what_is_in_it(database_url: str) -> None:
    database = Database(database_url)
    if database.path is not None:
        database.path.touch()
    with database.writing() as connection:
        upgrade(connection, to="0001")
        connection.execute(text("INSERT INTO overrides VALUES ('p', 'TX-IND-1', '2025-03-10', 'c')"))
    assert "expected 0002" in database.ready()
    database.prepare()
    assert database.ready() == ""
    assert [row["recommendation"] for row in rows(database_url, OVERRIDES)] == ["TX-IND-1"]
    database.close()


def newer(url: str) -> Database:
    database = Database(url)
    database.prepare()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    return database


def test_a_newer_database_is_refused(database_url: str) -> None:
    database = newer(database_url)
    with pytest.raises(NewerSchemaError, match=r"later version of osteo-cds"):
        database.prepare()
    assert "9999" in database.ready()
    database.close()


def test_the_service_does_not_start_on_a_newer_database(database_url: str) -> None:
    newer(database_url).close()
    environ = {"OSTEO_CDS_DATABASE_URL": database_url, "OSTEO_CDS_PATIENT_KEY": "k" * 32, "PATH": "/usr/bin:/bin"}
    ended = subprocess.run(
        [sys.executable, "-m", "cds_service.cli", "serve", "--port", "1"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "OSTEO_CDS_DATABASE_URL" in ended.stderr
    assert "later version" in ended.stderr


def test_processes_that_start_at_once_all_find_the_tables(database_url: str) -> None:
    script = "import sys; from cds_service.store.database import Database; Database(sys.argv[1]).prepare()"
    started = [
        subprocess.Popen([sys.executable, "-c", script, database_url], stderr=subprocess.PIPE, text=True)
        for _ in range(5)
    ]
    ended = [(process.communicate(timeout=120)[1], process.returncode) for process in started]
    assert [code for _, code in ended] == [0] * 5, ended
    assert Database(database_url).ready() == ""


@pytest.mark.parametrize(
    "url",
    ["memory.sqlite", "sqlite://", "sqlite:///:memory:", "sqlite:///", "mysql://u:hunter2@h/d", "oracle://h", ""],
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="expected the URL of an SQLite file or of PostgreSQL") as caught:
        Database(url)
    assert "hunter2" not in str(caught.value)


def test_without_a_setting_it_is_in_the_users_data_directory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Database(default_url()).path == tmp_path / "osteo-cds" / "osteo-cds.sqlite"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = Database(f"sqlite:///{tmp_path / 'file' / 'memory.sqlite'}")
    with pytest.raises(StoreError, match=r"memory.sqlite cannot be written"):
        database.prepare()
    assert "memory.sqlite" in database.ready()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "memory.sqlite"
    path.write_text("no database " * 100, encoding="utf-8")
    with pytest.raises(StoreError, match="cannot be used"):
        Database(f"sqlite:///{path}").prepare()


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    database = Database("postgresql://cds:hunter2@127.0.0.1:1/cds")
    problem = database.ready()
    assert "OperationalError" in problem
    with pytest.raises(StoreError) as caught:
        database.prepare()
    assert "hunter2" not in f"{problem}{caught.value}"
    assert HEAD not in problem
