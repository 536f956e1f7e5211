"""The database and the patients' key, looked at and left as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cds_service.doctor.check import Check, failed, ok, warning
from cds_service.settings import Settings, SettingsError, given

if TYPE_CHECKING:
    from cds_service.store.database import Database

KEY_FILE: Final = "OSTEO_CDS_PATIENT_KEY_FILE"


def database_checks(settings: Settings, environ: Mapping[str, str]) -> Iterator[Check]:
    """Whether what is remembered can be; nothing is made and nothing is migrated."""
    from cds_service.store.database import Database
    from cds_service.store.location import default_url

    database = Database(settings.database_url or default_url())
    try:
        yield _database(database)
        if database.path is not None and _open_to_others(database.path):
            yield warning("database", f"{database.path} can be read by others", f"chmod 600 {database.path}")
        yield _patient_key(settings, database, environ)
    finally:
        database.close()


def _database(database: Database) -> Check:
    from cds_service.store.errors import StoreError
    from cds_service.store.migrations import HEAD

    where = str(database.path or "PostgreSQL")
    if database.path is not None and not database.path.exists():
        return _not_there(database.path)
    try:
        version = database.version()
    except StoreError as error:
        return failed("database", str(error), "see that OSTEO_CDS_DATABASE_URL names a database this user may use")
    if not version:
        return warning("database", f"{where} has no tables yet", "osteo-cds serve makes them when it starts")
    if version != HEAD:
        return _other_version(where, version, HEAD)
    problem = database.ready()
    if problem:
        return failed("database", problem, "give the user of the service leave to write it")
    return ok("database", f"{where}, schema {version}")


def _not_there(path: Path) -> Check:
    folder = next(each for each in path.parents if each.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        return failed(
            "database",
            f"{path} is not there, and {folder} cannot be written",
            "give the user of the service leave, or set OSTEO_CDS_DATABASE_URL",
        )
    return warning("database", f"{path} is not there yet", "osteo-cds serve makes it when it starts")


def _other_version(where: str, found: str, head: str) -> Check:
    from alembic.script import ScriptDirectory

    from cds_service.store.migrate import configuration

    text = f"{where} has schema {found}, expected {head}"
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if found in known:
        return warning("database", text, "osteo-cds serve brings it to this version when it starts: back it up first")
    return failed(
        "database",
        f"{text}: a later version of osteo-cds wrote it",
        "run that version, or name another database in OSTEO_CDS_DATABASE_URL",
    )


def _patient_key(settings: Settings, database: Database, environ: Mapping[str, str]) -> Check:
    """The secret of the patients' hashes: without the same one, nothing that is remembered is found again."""
    from cds_service.store.errors import StoreError
    from cds_service.store.patients import kept_key

    if settings.patient_key is not None:
        file = _key_file(environ)
        if file is not None and _open_to_others(file):
            return warning("patient key", f"{file} can be read by others", f"chmod 600 {file}")
        return ok("patient key", f"from {file}" if file is not None else "given as a setting")
    if database.path is None:
        return failed(
            "patient key",
            "PostgreSQL may serve several instances, and all need the same key",
            "set OSTEO_CDS_PATIENT_KEY or OSTEO_CDS_PATIENT_KEY_FILE",
        )
    path = Path(f"{database.path}.key")
    if not path.exists():
        if database.path.exists():
            return warning(
                "patient key",
                f"{path} is not there, the database is",
                "restore it with the database: with a new key what is remembered of the patients is not found",
            )
        return ok("patient key", f"{path} is made with the database")
    try:
        kept_key(database.path)
    except StoreError as error:
        return failed("patient key", str(error), "the service does not start with it")
    return ok("patient key", str(path))


def _key_file(environ: Mapping[str, str]) -> Path | None:
    try:
        found = given(environ).get(KEY_FILE)
    except SettingsError:
        return None
    return Path(found[0]) if found else None


def _open_to_others(path: Path) -> bool:
    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o007)
    except OSError:
        return False
