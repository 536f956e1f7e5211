"""A token is used once, whoever asks, and also after a restart."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cds_service.store.database import Database
from cds_service.store.errors import StoreError
from cds_service.store.tables import USED_TOKENS
from cds_service.store.used_tokens import GRACE, UsedTokens
from tests.databases import rows

ISS = "https://ehr.example.org"
SOON = datetime.now(UTC) + timedelta(minutes=5)


def prepared(url: str) -> Database:
    database = Database(url)
    database.prepare()
    return database


def test_the_first_use_is_true_and_every_other_is_false(database_url: str) -> None:
    tokens = UsedTokens(prepared(database_url))
    assert [tokens.use(ISS, "a", SOON) for _ in range(3)] == [True, False, False]
    assert tokens.use(ISS, "b", SOON)
    assert tokens.use("https://other.example.org", "a", SOON)
    assert tokens.use(ISS + "a", "", SOON), "issuer and id are not run together"
    tokens.close()
    assert not UsedTokens(Database(database_url)).use(ISS, "a", SOON), "after a restart"
    assert ISS not in str(rows(database_url, USED_TOKENS))


def test_of_many_threads_one_is_first(database_url: str) -> None:
    tokens = UsedTokens(prepared(database_url))
    with ThreadPoolExecutor(8) as pool:
        firsts = list(pool.map(lambda number: tokens.use(ISS, str(number % 5), SOON), range(100)))
    assert sum(firsts) == 5
    tokens.close()


def test_of_many_processes_one_is_first(database_url: str) -> None:
    prepared(database_url).close()
    script = (
        "import sys; from datetime import UTC, datetime, timedelta; "
        "from cds_service.store.database import Database; from cds_service.store.used_tokens import UsedTokens; "
        "tokens = UsedTokens(Database(sys.argv[1])); soon = datetime.now(UTC) + timedelta(minutes=5); "
        "print(sum(tokens.use('iss', str(number), soon) for number in range(200)))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, database_url], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert sum(int(process.communicate(timeout=120)[0]) for process in started) == 200


def test_what_has_expired_is_removed_and_no_sooner(database_url: str) -> None:
    tokens = UsedTokens(prepared(database_url))
    now = datetime.now(UTC)
    tokens.use(ISS, "long ago", now - timedelta(seconds=GRACE + 60))
    tokens.use(ISS, "a moment ago", now - timedelta(seconds=5))
    tokens.use(ISS, "soon", SOON)
    assert tokens.tidy() == 1
    assert not tokens.use(ISS, "a moment ago", now)
    assert not tokens.use(ISS, "soon", SOON)
    tokens.close()


def test_removal_happens_by_itself(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = UsedTokens(prepared(database_url))
    tokens.use(ISS, "long ago", datetime(2020, 1, 1, tzinfo=UTC))
    monkeypatch.setattr("cds_service.store.used_tokens.TIDY_AFTER", 0.0)
    tokens.use(ISS, "soon", SOON)
    assert len(rows(database_url, USED_TOKENS)) == 1
    tokens.close()


def test_a_database_that_cannot_answer_accepts_no_token(tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path / 'none.sqlite'}", "postgresql://cds@127.0.0.1:1/cds"):
        with pytest.raises(StoreError):
            UsedTokens(Database(url)).use(ISS, "a", SOON)
