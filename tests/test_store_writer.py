"""The writer: nobody waits for it, nothing is dropped unseen, and no failure ends it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from cds_service.store import writer as module
from cds_service.store.errors import StoreError
from cds_service.store.writer import Writer


class Shelf:
    """Takes what is written; while it is `shut` the writer waits, and it fails as often as told."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.open = threading.Event()
        self.open.set()
        self.failures: list[Exception] = []

    def write(self, items: list[int]) -> None:
        assert self.open.wait(20)
        if self.failures:
            raise self.failures.pop(0)
        self.items += items


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER", 0.01)
    monkeypatch.setattr(module, "RETRY", 0.01)


def test_everything_is_written_in_its_order() -> None:
    shelf = Shelf()
    writer = Writer(shelf.write)
    for number in range(1000):
        assert writer.put(number)
    writer.close()
    assert shelf.items == list(range(1000))
    assert (writer.written, writer.lost, writer.waiting) == (1000, 0, 0)


def test_what_does_not_fit_is_counted_and_nobody_waits(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf()
    shelf.open.clear()
    writer = Writer(shelf.write, most=5)
    started = time.monotonic()
    taken = [writer.put(number) for number in range(300)]
    assert time.monotonic() - started < 5
    assert not taken[-1]
    shelf.open.set()
    writer.close()
    assert len(shelf.items) == sum(taken)
    assert writer.lost == taken.count(False)
    assert "too many are waiting" in caplog.text
    assert len([line for line in caplog.messages if "not recorded" in line]) <= 4, "not a line for each"


def test_several_items_are_taken_as_far_as_there_is_room() -> None:
    shelf = Shelf()
    writer = Writer(shelf.write, most=5)
    assert writer.put()
    assert writer.put(1, 2)
    assert not writer.put(*range(3, 13))
    writer.close()
    assert shelf.items[:2] == [1, 2]
    assert shelf.items == list(range(1, len(shelf.items) + 1))
    assert writer.lost == 12 - len(shelf.items) > 0


def test_a_failing_database_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf()
    shelf.failures = [StoreError("the database failed: OperationalError")] * 2
    writer = Writer(shelf.write)
    for number in range(10):
        writer.put(number)
    deadline = time.monotonic() + 20
    while not shelf.items and time.monotonic() < deadline:
        time.sleep(0.01)
    writer.close()
    assert shelf.items == list(range(10))
    assert "could not be written" in caplog.text


def test_our_own_bug_loses_what_was_written_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf()
    shelf.failures = [KeyError("secret-0107571234")]
    writer = Writer(shelf.write)
    writer.put(1)
    writer.flush()
    writer.put(2)
    writer.close()
    assert shelf.items == [2]
    assert writer.lost == 1
    assert "KeyError at test_store_writer.py" in caplog.text
    assert "secret" not in caplog.text


def test_what_cannot_be_written_at_the_end_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    shelf = Shelf()
    shelf.failures = [StoreError("gone")] * 100_000
    writer = Writer(shelf.write)
    writer.put(1)
    writer.close()
    assert writer.lost == 1
    assert "the process ends" in caplog.text


def test_a_process_that_ends_writes_what_waits() -> None:
    """Also when a thread of a server, which would not be waited for, gave the first item."""
    script = (
        "import threading; from cds_service.store.writer import Writer; "
        "writer = Writer(lambda items: print(items, flush=True)); "
        "first = threading.Thread(target=writer.put, args=(7,), daemon=True); first.start(); first.join()"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout == "[7]\n"


def test_each_process_writes_for_itself() -> None:
    script = (
        "import os; from cds_service.store.writer import Writer; "
        "writer = Writer(lambda items: print(items, flush=True)); writer.put('parent'); child = os.fork()\n"
        "if child: os.waitpid(child, 0)\n"
        "else: writer.put('child'); writer.close(); os._exit(0)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert sorted(ended.stdout.splitlines()) == ["['child']", "['parent']"]
