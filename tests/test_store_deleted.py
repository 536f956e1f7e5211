"""An SQLite file that is deleted or moved away under a running service: nothing written to it counts as kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cds_service.feedback import read_feedback
from cds_service.store.database import Database
from cds_service.store.errors import StoreError
from cds_service.store.feedback import keep_feedback
from cds_service.store.tables import FEEDBACK
from cds_service.store.used_tokens import UsedTokens
from tests.databases import rows
from tests.examples import TODAY

FEEDBACK_BODY = (
    b'{"feedback": [{"card": "36d1c0cb-4a3c-4c6f-8c6a-3c7a4b2a3b11", "outcome": "overridden",'
    b' "outcomeTimestamp": "2025-03-10T10:00:00Z"}]}'
)
SOON = datetime.now(UTC) + timedelta(minutes=5)


def delete_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def move_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


def replace(path: Path) -> None:
    path.unlink()
    path.touch()


@pytest.mark.parametrize("happens", [Path.unlink, delete_folder, move_away, replace])
def test_what_is_written_for_nobody_is_not_acknowledged(tmp_path: Path, happens: Callable[[Path], object]) -> None:
    path = tmp_path / "data" / "osteo-cds.sqlite"
    database = Database(f"sqlite:///{path}")
    database.prepare()
    tokens = UsedTokens(database)
    items = read_feedback(FEEDBACK_BODY)
    assert keep_feedback(database, items, service="s", client="", today=TODAY).new == 1
    assert tokens.use("iss", "a", SOON)
    happens(path)
    with pytest.raises(StoreError):
        keep_feedback(database, items, service="s", client="", today=TODAY)
    with pytest.raises(StoreError):
        tokens.use("iss", "b", SOON)
    assert database.ready() != ""


def test_a_backup_put_in_its_place_is_used(tmp_path: Path) -> None:
    path = tmp_path / "osteo-cds.sqlite"
    for name in (path, tmp_path / "backup"):
        made = Database(f"sqlite:///{name}")
        made.prepare()
    database, items = Database(f"sqlite:///{path}"), read_feedback(FEEDBACK_BODY)
    keep_feedback(database, items, service="s", client="", today=TODAY)
    (tmp_path / "backup").replace(path)
    keep_feedback(database, items, service="s", client="", today=TODAY)
    assert len(rows(database.url, FEEDBACK)) == 1
