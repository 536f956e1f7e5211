"""The production server and its memory: what is acknowledged is on disk, whatever happens to the process."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from cds_service.store.tables import CARDS_SERVED, FEEDBACK
from tests.databases import KEY, rows
from tests.examples import request
from tests.server_process import SECONDS, free_port, start, wait_for
from tests.test_server import PATH, call

FEEDBACK_PATH = f"{PATH}/feedback"


class Running:
    """A server with two workers on a database."""

    def __init__(self, url: str) -> None:
        self.port = free_port()
        settings: dict[str, Any] = {"OSTEO_CDS_DATABASE_URL": url, "OSTEO_CDS_PATIENT_KEY": KEY}
        self.process = start(self.port, "--workers", "2", **settings)
        try:
            wait_for(self.port, self.process)
        except BaseException:
            self.kill_everything()
            raise

    def serve(self) -> list[str]:
        """The uuids of the cards of one call."""
        body = request() | {"hookInstance": str(uuid4())}
        status, answer = call(self.port, "POST", PATH, orjson.dumps(body))
        assert status == 200
        return [card["uuid"] for card in orjson.loads(answer)["cards"]]

    def tell(self, card: str) -> int:
        """The status of the answer to feedback that overrides a card."""
        item = {"card": card, "outcome": "overridden", "outcomeTimestamp": "2025-03-10T10:05:31Z"}
        return call(self.port, "POST", FEEDBACK_PATH, orjson.dumps({"feedback": [item]}))[0]

    def kill_everything(self) -> None:
        """SIGKILL, for the server and its workers, which cannot tidy up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=SECONDS)

    def stop(self) -> str:
        """SIGTERM; what the server said."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=SECONDS)
        assert self.process.returncode == 0
        return errors


@contextmanager
def running(url: str) -> Iterator[Running]:
    server = Running(url)
    try:
        yield server
    finally:
        server.kill_everything()


def test_nothing_acknowledged_is_lost_when_the_server_is_killed(database_url: str) -> None:
    """SIGKILL right after a 200, while other feedback is on its way; then a new start on the same database."""
    acknowledged: list[str] = []
    for _ in range(3):
        with running(database_url) as server, ThreadPoolExecutor(4) as pool:

            def tell(server: Running = server) -> None:
                card = str(uuid4())
                try:
                    status = server.tell(card)
                except OSError:
                    return
                if status == 200:
                    acknowledged.append(card)

            before = len(acknowledged)
            waiting = [pool.submit(tell) for _ in range(200)]
            until = time.monotonic() + SECONDS
            while len(acknowledged) < before + 10 and time.monotonic() < until:
                time.sleep(0.001)
            assert len(acknowledged) >= before + 10
            server.kill_everything()
            for each in waiting:
                each.result()
    assert len(acknowledged) >= 30
    with running(database_url) as server:
        kept = {row["card"] for row in rows(database_url, FEEDBACK)}
        assert set(acknowledged) - kept == set()
        assert [server.tell(card) for card in acknowledged] == [200] * len(acknowledged), "sent again after a restart"
    assert len(rows(database_url, FEEDBACK)) == len(kept)


def test_an_override_is_known_after_a_kill_and_to_every_worker(database_url: str) -> None:
    def is_told(answer: bytes) -> bool:
        return any(
            f["id"] == "TX-IND-1" for f in orjson.loads(answer)["extension"]["org.osteo-cds.evaluation"]["fired"]
        )

    with running(database_url) as server:
        cards = server.serve()
        until_there(database_url, cards)
        assert server.tell(cards[0]) == 200
        server.kill_everything()
    with running(database_url) as server:
        bodies = [orjson.dumps(request() | {"hookInstance": str(uuid4())}) for _ in range(12)]
        answers = [call(server.port, "POST", PATH, body)[1] for body in bodies]
        assert [is_told(answer) for answer in answers] == [False] * 12


def until_there(url: str, cards: list[str]) -> None:
    for _ in range(SECONDS * 20):
        if set(cards) <= {row["card"] for row in rows(url, CARDS_SERVED)}:
            return
        time.sleep(0.05)
    raise TimeoutError("the cards were not written")


def test_a_server_that_is_stopped_writes_what_waits(database_url: str) -> None:
    with running(database_url) as server:
        cards = [card for _ in range(20) for card in server.serve()]
        errors = server.stop()
    assert {row["card"] for row in rows(database_url, CARDS_SERVED)} == set(cards)
    assert "Traceback" not in errors
    assert "not recorded" not in errors


def test_a_server_whose_database_goes_away_answers_and_takes_no_feedback(tmp_path: Path) -> None:
    path = tmp_path / "data" / "memory.sqlite"
    with running(f"sqlite:///{path}") as server:
        cards = server.serve()
        # all of it in the one file first: the others are mapped into the workers, and must keep their length
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        path.write_bytes(b"no database" * 1000)
        assert server.serve()
        assert server.tell(cards[0]) == 503


def test_a_database_that_is_not_there_stops_the_start() -> None:
    server = start(free_port(), OSTEO_CDS_DATABASE_URL="postgresql://cds:hunter2@127.0.0.1:1/cds")
    _, errors = server.communicate(timeout=SECONDS)
    assert server.returncode == 2
    assert "OSTEO_CDS_DATABASE_URL" in errors
    assert "hunter2" not in errors
