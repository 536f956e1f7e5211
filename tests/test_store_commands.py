"""osteo-cds feedback and osteo-cds purge; comments; retention."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from cryptography.fernet import Fernet

from cds_service import cli
from cds_service.settings import Settings
from cds_service.store.retention import purge
from cds_service.store.tables import CARDS_SERVED, FEEDBACK, METADATA, OVERRIDES, RECOMMENDATIONS_SERVED, SHOWN
from tests.databases import KEY, memory_in, rows
from tests.examples import TODAY, request
from tests.test_memory import Remembering, fired, later, overridden

COMMENTS = Fernet.generate_key().decode()
COMMENT = {"overrideReason": {"reason": {"code": "patient-refuses"}, "userComment": "secret: ønsker det ikke"}}
Run = Callable[..., str]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on the database, and gives what it prints."""
    monkeypatch.setenv("OSTEO_CDS_DATABASE_URL", database_url)
    monkeypatch.setenv("OSTEO_CDS_PATIENT_KEY", KEY)
    monkeypatch.setenv("OSTEO_CDS_TODAY", TODAY.isoformat())

    def ran(*arguments: str, code: int = 0) -> str:
        assert cli.main(arguments) == code
        output = capsys.readouterr()
        return output.err if code else output.out

    return ran


def told(url: str, **settings: Any) -> None:
    """Three days of answers: accepted, overridden with and without a reason, left alone."""
    memory = memory_in(url, **settings)
    service = Remembering(memory, Settings())
    card = service.on(TODAY)["cards"][0]
    service.tell(
        overridden(card) | {"outcome": "accepted", "acceptedSuggestions": [{"id": card["suggestions"][0]["uuid"]}]}
    )
    service.tell(overridden(service.on(later(1))["cards"][0], later(1), **COMMENT))
    # silenced for its patient now: a new one, by another FHIR server
    other = {**request(), "fhirServer": "https://other.example.org/fhir"}
    service.tell(overridden(service.on(later(1), other)["cards"][0], later(1)))
    service.on(later(2), {**request(), "fhirServer": "https://third.example.org/fhir"})
    service.tell(overridden({"uuid": str(uuid4())}))
    memory.close()


def test_the_report_counts_cards_and_reasons_per_recommendation(run: Run, database_url: str) -> None:
    told(database_url)
    found = json.loads(run("feedback", "--json"))
    assert (found["since"], found["feedback"], found["unknown_cards"]) == (None, 4, 1)
    [line] = [each for each in found["recommendations"] if each["id"] == "TX-IND-1"]
    assert line == {
        "id": "TX-IND-1",
        "shown": 4,
        "accepted": 1,
        "overridden": 2,
        "reasons": {"none": 1, "patient-refuses": 1},
    }
    assert [each["id"] for each in found["recommendations"]] == sorted(each["id"] for each in found["recommendations"])

    table = list(csv.DictReader(io.StringIO(run("feedback", "--csv"))))
    [row] = [each for each in table if each["recommendation"] == "TX-IND-1"]
    assert row == {
        "recommendation": "TX-IND-1",
        "shown": "4",
        "accepted": "1",
        "overridden": "2",
        "none": "1",
        "patient-refuses": "1",
    }
    text = run("feedback")
    assert any(
        line.split() == ["TX-IND-1", "4", "1", "2", "none", "1,", "patient-refuses", "1"] for line in text.splitlines()
    )
    assert "4 feedback items, 1 cards not known" in text


def test_since_a_day(run: Run, database_url: str) -> None:
    told(database_url)
    found = json.loads(run("feedback", "--json", "--since", later(2).isoformat()))
    [line] = [each for each in found["recommendations"] if each["id"] == "TX-IND-1"]
    assert (line["shown"], line["overridden"], found["feedback"]) == (1, 0, 0)


def test_comments_are_not_kept_without_a_key(run: Run, database_url: str) -> None:
    told(database_url)
    assert [row["commented"] for row in rows(database_url, FEEDBACK)].count(True) == 1
    assert "secret" not in str([rows(database_url, table) for table in METADATA.sorted_tables])
    assert "OSTEO_CDS_COMMENT_KEY" in run("feedback", "--json", "--comments", code=2)


def test_comments_are_encrypted_with_a_key(run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    told(database_url, comment_key=COMMENTS)
    assert "secret" not in str([rows(database_url, table) for table in METADATA.sorted_tables])
    monkeypatch.setenv("OSTEO_CDS_COMMENT_KEY", COMMENTS)
    assert "comments" not in json.loads(run("feedback", "--json"))
    [comment] = json.loads(run("feedback", "--json", "--comments"))["comments"]
    assert comment["comment"] == "secret: ønsker det ikke"
    assert "TX-IND-1" in comment["recommendations"]
    assert (comment["day"], comment["reason"]) == (later(1).isoformat(), "patient-refuses")
    monkeypatch.setenv("OSTEO_CDS_COMMENT_KEY", Fernet.generate_key().decode())
    assert "another key" in run("feedback", "--json", "--comments", code=2)
    assert "--json" in run("feedback", "--comments", code=2)


def test_an_empty_database_has_an_empty_report(run: Run, database_url: str) -> None:
    memory_in(database_url).close()
    assert json.loads(run("feedback", "--json"))["recommendations"] == []
    assert run("feedback", "--csv") == "recommendation,shown,accepted,overridden\n"


def test_a_database_that_is_not_there_is_named(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("OSTEO_CDS_DATABASE_URL", f"sqlite:///{tmp_path / 'none.sqlite'}")
    for command in ("feedback", "purge"):
        assert "none.sqlite is not there" in run(command, code=2)
    assert not (tmp_path / "none.sqlite").exists()


def test_purge_removes_what_is_older_and_nothing_else(
    run: Run, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = memory_in(database_url)
    service = Remembering(memory)
    service.tell(*map(overridden, service.on(TODAY)["cards"]))
    silenced = fired(service.on(later(99)))
    assert "TX-IND-1" not in silenced
    service.on(later(100), {**request(), "fhirServer": "https://other.example.org/fhir"})
    kept = len(rows(database_url, CARDS_SERVED))
    removed = purge(memory.database, 100, later(100))
    assert set(removed.values()) == {0}
    removed = purge(memory.database, 99, later(100))
    assert removed["cards_served"] == kept - len(rows(database_url, CARDS_SERVED)) > 0
    assert removed["overrides"] > 0
    assert rows(database_url, OVERRIDES) == []
    served = {row["id"] for row in rows(database_url, CARDS_SERVED)}
    assert served
    assert {row["served"] for row in rows(database_url, RECOMMENDATIONS_SERVED)} == served
    assert {row["day"] for row in rows(database_url, SHOWN)} <= {later(99), later(100)}
    assert "TX-IND-1" in fired(service.on(later(100))), "what was forgotten no longer silences"
    memory.close()
    monkeypatch.setenv("OSTEO_CDS_TODAY", (later(100) + timedelta(days=31)).isoformat())
    assert "cards served: " in run("purge", "--older-than", "30")
    assert rows(database_url, CARDS_SERVED) == []


def test_feedback_is_kept_by_the_day_it_came(database_url: str) -> None:
    """However old a client says it is."""
    memory = memory_in(database_url)
    service = Remembering(memory)
    service.tell(overridden({"uuid": str(uuid4())}, later(-4000)))
    received = rows(database_url, FEEDBACK)[0]["received_at"].date()
    purge(memory.database, 10, received)
    assert len(rows(database_url, FEEDBACK)) == 1
    purge(memory.database, 10, received + timedelta(days=12))
    assert rows(database_url, FEEDBACK) == []
    memory.close()


def test_the_service_removes_by_itself_what_is_older(database_url: str) -> None:
    memory = memory_in(database_url, retention_days=30)
    service = Remembering(memory)
    service.on(TODAY)
    memory._next_tidy = 0.0
    service.on(later(31))
    for _ in range(200):
        days = {row["day"] for row in rows(database_url, CARDS_SERVED)}
        if days == {later(31)}:
            break
        time.sleep(0.05)
    assert days == {later(31)}
    memory.close()


@pytest.mark.parametrize("arguments", [("purge", "--older-than", "0"), ("feedback", "--since", "10-03-2025")])
def test_a_wrong_argument_is_named(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "expected" in capsys.readouterr().err
