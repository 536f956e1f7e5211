"""Where the database is: an SQLite file, or PostgreSQL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from cds_service.store.errors import StoreError

FILE: Final = "osteo-cds.sqlite"
SQLITE: Final = ("sqlite", "sqlite+pysqlite")
POSTGRESQL: Final = ("postgresql", "postgresql+psycopg", "postgres")


def default_url() -> str:
    """An SQLite file in the user's data directory."""
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('osteo-cds', appauthor=False) / FILE}"


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL; None for PostgreSQL. ValueError for anything else."""
    scheme, found, rest = url.partition("://")
    if found and scheme in POSTGRESQL:
        return None
    path = rest.removeprefix("/").partition("?")[0]
    if not found or scheme not in SQLITE or not rest.startswith("/") or path in ("", ":memory:"):
        # the text may hold a password, so it is not repeated
        raise ValueError(
            "expected the URL of an SQLite file or of PostgreSQL, "
            "such as sqlite:////var/lib/osteo-cds/osteo-cds.sqlite or postgresql://user@host/name"
        )
    return Path(path).absolute()


def psycopg_url(url: str) -> str:
    """The URL of PostgreSQL with the driver that is used, psycopg 3."""
    return f"postgresql+psycopg://{url.partition('://')[2]}"


def identity(path: Path) -> tuple[int, int] | None:
    """Which file stands at a path now; None when there is none. A deleted file can still be written to, for nobody."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def make_private_file(path: Path) -> None:
    """The file and its folder, readable by their owner alone; StoreError when they cannot be had."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
