"""What is remembered changes the next answer: overrides silence (0.6, point 5), information rests, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cds_service.settings import Settings
from cds_service.store.database import Database
from cds_service.store.memory import Memory
from cds_service.store.tables import CARDS_SERVED, FEEDBACK, OVERRIDES, RECOMMENDATIONS_SERVED, SHOWN
from tests.conftest import Clock, ServiceClient
from tests.databases import memory_in, rows
from tests.examples import (
    CLIENT,
    PATIENT_ID,
    SERVER,
    TODAY,
    alendronate,
    bundle,
    changed,
    egfr,
    patient,
    request,
    smoker,
    t_score,
)

EVALUATION = "org.osteo-cds.evaluation"
CARD = "org.osteo-cds.card"


#: Her T-score is -1.5 and she smokes: one card, for information.
INFORMATION = changed(request(), "prefetch.observations", bundle(t_score(-1.5), smoker()))


class Remembering(ServiceClient):
    """A service with a memory. Everything is written before the next call, as after a moment in real life."""

    def __init__(self, memory: Memory, settings: Settings | None = None) -> None:
        super().__init__(settings or Settings(), Clock(), memory)
        self.memory = memory

    def on(self, day: date, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer on a day, to a call that was not made before."""
        self.clock.day = day
        answer = self.answer({**(body or request()), "hookInstance": str(uuid4())})
        assert self.memory.writer.flush(20)
        return answer

    def tell(self, *items: dict[str, Any]) -> None:
        answer = self.post("/cds-services/osteoporosis-patient-view/feedback", {"feedback": list(items)})
        assert (answer.status_code, answer.get_json()) == (200, {})


@pytest.fixture
def service(database_url: str) -> Iterator[Remembering]:
    memory = memory_in(database_url)
    yield Remembering(memory)
    memory.close()


@pytest.fixture
def on_file(tmp_path: Path) -> Iterator[Callable[..., Remembering]]:
    """Makes services on an SQLite file, for what does not depend on the database."""
    memories = []

    def made(settings: Settings | None = None, **options: Any) -> Remembering:
        memories.append(memory_in(f"sqlite:///{tmp_path / 'memory.sqlite'}", **options))
        return Remembering(memories[-1], settings)

    yield made
    for memory in memories:
        memory.close()


def overridden(card: Mapping[str, Any], day: date = TODAY, **more: Any) -> dict[str, Any]:
    time = f"{day.isoformat()}T10:00:00+00:00"
    return {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": time} | more


def fired(answer: Mapping[str, Any]) -> set[str]:
    return {each["id"] for each in answer["extension"][EVALUATION]["fired"]}


def held_back(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer["extension"][EVALUATION].get("held_back", [])
    return found


def names(answer: Mapping[str, Any]) -> list[str]:
    return [card["extension"][CARD]["card"] for card in answer["cards"]]


def later(days: int) -> date:
    return TODAY + timedelta(days=days)


def with_a_scan(value: float, day: date, base: dict[str, Any] | None = None) -> dict[str, Any]:
    new = t_score(value, number=9) | {"effectiveDateTime": day.isoformat()}
    return changed(base or request(), "prefetch.observations", bundle(t_score(), new, smoker()))


# --- what is written ---------------------------------------------------------------------------------


def test_a_card_served_is_recorded_without_the_patient(service: Remembering, database_url: str) -> None:
    answer = service.on(TODAY)
    found = {row["card"]: row for row in rows(database_url, CARDS_SERVED)}
    assert found.keys() == {card["uuid"] for card in answer["cards"]}
    entries = rows(database_url, RECOMMENDATIONS_SERVED)
    for card in answer["cards"]:
        row = found[card["uuid"]]
        assert row["decision"] == card["extension"][CARD]["card"]
        assert (row["service"], row["client"], row["language"]) == ("osteoporosis-patient-view", "", "da")
        assert row["ruleset"] == answer["extension"][EVALUATION]["ruleset"]
        assert row["day"] == TODAY
        assert row["served_at"].tzinfo is not None
        assert {(e["recommendation"], e["indicator"]) for e in entries if e["served"] == row["id"]} == {
            (each["id"], each["indicator"]) for each in card["extension"][CARD]["recommendations"]
        }
    everything = str([rows(database_url, t) for t in (CARDS_SERVED, RECOMMENDATIONS_SERVED, FEEDBACK, SHOWN)])
    assert PATIENT_ID not in everything
    assert all(card["summary"] not in everything for card in answer["cards"])
    assert all(card["extension"][CARD]["key"] not in everything for card in answer["cards"])


def test_the_same_call_again_is_recorded_once(service: Remembering, database_url: str) -> None:
    for _ in range(2):
        answer = service.answer(request())
        assert service.memory.writer.flush(20)
    assert len(rows(database_url, CARDS_SERVED)) == len(answer["cards"])


def test_feedback_sent_twice_is_kept_once(service: Remembering, database_url: str) -> None:
    card = service.on(TODAY)["cards"][0]
    suggestion = card["suggestions"][0]["uuid"]
    accepted = overridden(card) | {"outcome": "accepted", "acceptedSuggestions": [{"id": suggestion.upper()}]}
    same_moment = accepted | {"card": card["uuid"].upper(), "outcomeTimestamp": "2025-03-10T11:00:00+01:00"}
    service.tell(accepted, accepted)
    service.tell(same_moment)
    service.tell(accepted, overridden(card, reason={}))
    kept = rows(database_url, FEEDBACK)
    assert [(row["card"], row["outcome"]) for row in kept] == [
        (card["uuid"], "accepted"),
        (card["uuid"], "overridden"),
    ]
    assert kept[0]["suggestions"] == [suggestion]


def test_feedback_for_many_cards_and_for_unknown_ones_is_taken(service: Remembering, database_url: str) -> None:
    cards = service.on(TODAY)["cards"]
    service.tell(*map(overridden, cards), *(overridden({"uuid": str(uuid4())}) for _ in range(500)))
    assert len(rows(database_url, FEEDBACK)) == len(cards) + 500


def test_only_reasons_that_were_offered_are_kept_as_they_are(service: Remembering, database_url: str) -> None:
    card = service.on(TODAY)["cards"][0]
    for second, reason in enumerate(("patient-refuses", "says 010757-1234", None)):
        more = {"overrideReason": {"reason": {"code": reason}}} if reason else {}
        service.tell(overridden(card) | {"outcomeTimestamp": f"2025-03-10T10:00:0{second}Z"} | more)
    assert [row["reason"] for row in rows(database_url, FEEDBACK)] == ["patient-refuses", "other", ""]


# --- overrides silence -------------------------------------------------------------------------------


def test_an_override_silences_a_warning_for_180_days(service: Remembering) -> None:
    card = service.on(TODAY)["cards"][0]
    assert card["indicator"] == "warning"
    service.tell(overridden(card))
    assert "TX-IND-1" not in fired(service.on(TODAY))
    assert "TX-IND-1" not in fired(service.on(later(180)))
    assert "TX-IND-1" in fired(service.on(later(181)))


def test_information_is_silenced_for_a_year(service: Remembering) -> None:
    card = service.on(TODAY)["cards"][1]
    assert card["indicator"] == "info"
    leading = card["extension"][CARD]["recommendations"][0]["id"]
    service.tell(overridden(card))
    assert leading not in fired(service.on(later(365)))
    assert leading in fired(service.on(later(366)))


def test_a_new_scan_ends_it_at_once(service: Remembering) -> None:
    service.tell(overridden(service.on(TODAY)["cards"][0]))
    assert "TX-IND-1" not in fired(service.on(later(20), with_a_scan(-2.9, TODAY)))
    assert "TX-IND-1" in fired(service.on(later(20), with_a_scan(-2.9, later(1))))


def test_a_new_fracture_ends_it_at_once(service: Remembering) -> None:
    hip = {
        "resourceType": "Condition",
        "id": "hip",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "S72.0"}]},
        "subject": {"reference": f"Patient/{PATIENT_ID}"},
        "onsetDateTime": later(5).isoformat(),
    }
    service.tell(overridden(service.on(TODAY)["cards"][0]))
    assert not {"TX-IND-1", "TX-IND-2"} & fired(service.on(later(10)))
    broken = changed(request(), "prefetch.conditions", bundle(hip))
    assert {"TX-IND-1", "TX-IND-2"} & fired(service.on(later(10), broken))


def test_a_critical_entry_is_never_silenced_when_ordering(service: Remembering) -> None:
    ordering = changed(request("order-sign"), "context.draftOrders", bundle(alendronate(), kind="collection"))
    ordering = changed(ordering, "prefetch.observations", bundle(t_score(), smoker(), egfr()))
    [critical] = [card for card in service.on(TODAY, ordering)["cards"] if card["indicator"] == "critical"]
    service.tell(overridden(critical))
    assert "critical" in [card["indicator"] for card in service.on(TODAY, ordering)["cards"]]


def test_what_is_overridden_while_ordering_is_silent_with_the_record_open(service: Remembering) -> None:
    ordering = request("order-sign")
    cards = service.on(TODAY, ordering)["cards"]
    told = {each["id"] for card in cards for each in card["extension"][CARD]["recommendations"]}
    silent = told & fired(service.on(TODAY)) - {"DEF-OP-1"}
    assert silent
    service.tell(*map(overridden, cards))
    advice = {id_ for id_ in silent & fired(service.on(TODAY)) if not id_.startswith(("LIF", "SUP", "RISK", "DXA"))}
    assert advice == set()


def test_feedback_that_comes_before_its_card_is_written_still_counts(service: Remembering) -> None:
    """The card is held up in the writer; feedback is faster."""
    writer = service.memory.writer
    written: list[Any] = []
    original, writer._write = writer._write, written.append
    card = service.on(TODAY)["cards"][0]
    service.tell(overridden(card))
    assert "TX-IND-1" in fired(service.on(TODAY))
    writer._write = original
    for batch in written:
        original(batch)
    assert "TX-IND-1" not in fired(service.on(TODAY))


def test_another_hospital_has_other_patients(service: Remembering) -> None:
    here, there = ({**request(), "fhirServer": url} for url in (SERVER, "https://other.example.org/fhir"))
    service.tell(overridden(service.on(TODAY, here)["cards"][0]))
    assert "TX-IND-1" not in fired(service.on(TODAY, here))
    assert "TX-IND-1" not in fired(service.on(TODAY, {**here, "fhirServer": f"{SERVER}/"}))
    assert "TX-IND-1" in fired(service.on(TODAY, there))
    assert "TX-IND-1" in fired(service.on(TODAY))


def test_feedback_of_one_client_does_not_reach_the_card_of_another(service: Remembering) -> None:
    from cds_service.feedback import read_feedback
    from cds_service.wire import encode

    card = service.on(TODAY)["cards"][0]
    items = read_feedback(encode({"feedback": [overridden(card)]}))
    kept = service.memory.keep_feedback(items, service="s", client="https://other.example.org", today=TODAY)
    assert (kept.new, kept.unknown_cards, kept.silenced) == (1, 1, 0)
    assert "TX-IND-1" in fired(service.on(TODAY))


@pytest.mark.parametrize(
    ("told", "counts"),
    [(later(400), TODAY), (later(-400), TODAY), (date(1, 1, 1), TODAY)],
    ids=["a clock that is ahead", "a clock that is behind", "the edge of the calendar"],
)
def test_an_override_counts_from_the_card_to_the_day_it_is_told(
    on_file: Callable[..., Remembering], told: date, counts: date
) -> None:
    service = on_file()
    service.tell(overridden(service.on(TODAY)["cards"][0], told))
    url = f"sqlite:///{service.memory.database.path}"
    assert {row["day"] for row in rows(url, OVERRIDES)} == {counts}


def test_the_newest_override_counts(on_file: Callable[..., Remembering]) -> None:
    service = on_file()
    first = service.on(TODAY)["cards"][0]
    service.tell(overridden(first))
    second = service.on(later(190))["cards"][0]
    service.tell(overridden(second, later(190)))
    service.tell(overridden(first, outcomeTimestamp="2025-03-10T12:00:00Z"))
    assert "TX-IND-1" not in fired(service.on(later(360)))


# --- information rests -------------------------------------------------------------------------------


def test_information_shown_before_rests_for_90_days(service: Remembering) -> None:
    first = service.on(TODAY)
    assert held_back(first) == []
    [info] = [card for card in first["cards"] if card["indicator"] == "info"]
    name, key = info["extension"][CARD]["card"], info["extension"][CARD]["key"]
    assert name in names(service.on(TODAY)), "the same day it is shown again"
    for day in (1, 89):
        answer = service.on(later(day))
        assert name not in names(answer)
        assert held_back(answer) == [{"card": name, "key": key, "since": TODAY.isoformat()}]
        held = {each["id"] for each in info["extension"][CARD]["recommendations"]}
        entries = [each for each in answer["extension"][EVALUATION]["fired"] if each["id"] in held]
        assert entries
        assert {(each["shown"], each["card"]) for each in entries} == {(False, name)}
    again = service.on(later(90))
    assert name in names(again)
    assert held_back(again) == []
    assert name not in names(service.on(later(91))), "it rests anew"


def test_what_holds_a_warning_never_rests(service: Remembering) -> None:
    warning = names(service.on(TODAY))[0]
    assert all(names(service.on(later(day)))[0] == warning for day in (1, 2, 89))


def test_information_that_says_something_else_is_shown(service: Remembering) -> None:
    only_smoking = INFORMATION
    newer = changed(request(), "prefetch.observations", bundle(t_score(-1.6), smoker()))
    assert names(service.on(TODAY, only_smoking))
    assert names(service.on(later(1), only_smoking)) == []
    assert names(service.on(later(1), newer))
    assert names(service.on(later(2), newer)) == []
    assert names(service.on(later(2), only_smoking)), "and what was said before is something else again"


def test_nothing_rests_on_an_order_hook(service: Remembering) -> None:
    ordering = request("order-sign")
    first = service.on(TODAY, ordering)
    for day in (0, 1, 30):
        answer = service.on(later(day), ordering)
        assert names(answer) == names(first)
        assert held_back(answer) == []


def test_what_could_not_be_checked_never_rests(service: Remembering) -> None:
    unchecked = changed(request(), "prefetch.observations")
    unchecked = changed(unchecked, "prefetch.conditions")
    assert all("C-UNCHECKED" in names(service.on(later(day), unchecked)) for day in (0, 1, 2))


def test_a_rest_never_leaves_a_failure_unsaid(on_file: Callable[..., Remembering]) -> None:
    """The line about what was not received stood on the card that rests now."""
    service = on_file()
    body = INFORMATION
    body = changed(body, "prefetch.familyHistory")
    assert names(service.on(TODAY, body)) != ["C-UNCHECKED"]
    answer = service.on(later(1), body)
    assert held_back(answer)
    assert names(answer) == ["C-UNCHECKED"]


def test_the_days_of_rest_are_a_setting(on_file: Callable[..., Remembering]) -> None:
    body = INFORMATION
    never = on_file(info_repeat_days=0)
    assert all(names(never.on(later(day), body)) for day in (0, 1, 2))
    short = on_file(info_repeat_days=7)
    assert names(short.on(later(8), body)) == []
    assert names(short.on(later(9), body))


def test_another_patient_sees_it(service: Remembering) -> None:
    body = INFORMATION
    other = changed(changed(body, "context.patientId", "pat-2"), "prefetch.patient", patient("pat-2"))
    other = changed(other, "prefetch.observations", bundle(t_score(-1.5, patient_id="pat-2"), smoker("pat-2")))
    assert names(service.on(TODAY, body))
    assert names(service.on(later(1), other))


def test_the_language_of_a_client_is_recorded(on_file: Callable[..., Remembering], tmp_path: Path) -> None:
    from cds_service.clients import load_clients

    path = tmp_path / "clients.toml"
    path.write_text(CLIENT, encoding="utf-8")
    service = on_file(Settings(clients=load_clients(path)))
    service.on(TODAY, {**request(), "fhirServer": "http://127.0.0.1:8085/fhir"})
    url = f"sqlite:///{service.memory.database.path}"
    assert {(row["client"], row["language"]) for row in rows(url, CARDS_SERVED)} == {
        ("https://sandbox.example.org", "en")
    }


# --- the database fails ------------------------------------------------------------------------------


def broken(memory: Memory) -> None:
    """Take the tables away."""
    from sqlalchemy import text

    database = Database(memory.database.url)
    with database.writing() as connection:
        for table in ("recommendations_served", "cards_served", "feedback", "overrides", "shown"):
            connection.execute(text(f"DROP TABLE {table}"))
    database.close()


def test_without_its_memory_the_service_answers_and_says_so(
    service: Remembering, caplog: pytest.LogCaptureFixture
) -> None:
    first = service.on(TODAY)
    service.tell(overridden(first["cards"][0]))
    broken(service.memory)
    service.clock.day = later(1)
    answer = service.answer(request())
    assert names(answer) == names(first), "cards are shown: the safe side"
    [issue] = [each for each in answer["extension"][EVALUATION]["issues"] if each["reference"] == "memory"]
    assert "could not be read" in issue["problem"]
    assert "memory not read" in caplog.text


def test_feedback_that_cannot_be_kept_is_refused(service: Remembering) -> None:
    card = service.on(TODAY)["cards"][0]
    broken(service.memory)
    answer = service.post("/cds-services/osteoporosis-patient-view/feedback", {"feedback": [overridden(card)]})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "nothing of it was kept" in answer.get_json(force=True)["issue"][0]["diagnostics"]


def test_a_service_without_a_memory_takes_no_feedback() -> None:
    service = ServiceClient(Settings())
    assert service.refused("/cds-services/osteoporosis-order-sign/feedback", {"feedback": []}, status=503)
    assert "held_back" not in service.answer(request())["extension"][EVALUATION]
