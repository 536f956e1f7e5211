"""The cards of an answer, as they are recorded: what was said to whom, never the text and never the patient's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from cds_service.store.patients import PatientKey
from cds_service.store.shown import Shown, add_shown, only_info
from hooks.extensions import CARD_EXTENSION, EVALUATION_EXTENSION

if TYPE_CHECKING:
    from cds_service.store.database import Database


class Call(Struct, frozen=True):
    """Who was answered about whom. `client`: the issuer, "" when nobody is authenticated. `patient`: the hash."""

    service: str
    client: str
    patient: str
    language: str
    day: date


class Served(Struct, frozen=True):
    """One card as it is recorded. `recommendations`: id and indicator. `shown`: an info card with the record open."""

    call: Call
    card: str
    decision: str
    ruleset: str
    recommendations: tuple[tuple[str, str], ...]
    at: datetime
    shown: Shown | None


def served(call: Call, answer: Mapping[str, Any], key: PatientKey, *, on_record: bool) -> list[Served]:
    """The cards of an answer. `on_record`: the record was opened, nothing was ordered."""
    at = datetime.now(UTC)
    ruleset = answer["extension"][EVALUATION_EXTENSION]["ruleset"]
    found = []
    for card in answer["cards"]:
        extension = card["extension"][CARD_EXTENSION]
        decision = extension["card"]
        shown = Shown(call.patient, decision, key.content(card), call.day) if on_record and only_info(card) else None
        entries = tuple([(each["id"], each["indicator"]) for each in extension["recommendations"]])
        found.append(Served(call, card["uuid"], decision, ruleset, entries, at, shown))
    return found


def write_served(database: Database, cards: Sequence[Served]) -> None:
    """Record cards, and connect them with feedback that came first; StoreError when nothing was written."""
    from cds_service.store.connecting import connect_overrides, lock_cards
    from cds_service.store.tables import CARDS_SERVED, RECOMMENDATIONS_SERVED, insert

    # the same call twice names the same cards
    once = {(each.card, each.call.client): each for each in reversed(cards)}
    with database.writing() as connection:
        lock_cards(connection, [card for card, _ in once])
        new = connection.execute(
            insert(connection, CARDS_SERVED)
            .on_conflict_do_nothing()
            .returning(CARDS_SERVED.c.id, CARDS_SERVED.c.card, CARDS_SERVED.c.client),
            [_row(each) for _, each in sorted(once.items(), key=lambda item: item[0])],
        ).all()
        rows = [
            {"served": id_, "recommendation": recommendation, "indicator": indicator}
            for id_, card, client in new
            for recommendation, indicator in dict(once[card, client].recommendations).items()
        ]
        if rows:
            connection.execute(insert(connection, RECOMMENDATIONS_SERVED).on_conflict_do_nothing(), rows)
        add_shown(connection, [each.shown for each in cards if each.shown is not None])
        if new:
            connect_overrides(connection, [card for _, card, _ in new])


def _row(each: Served) -> dict[str, Any]:
    return {
        "card": each.card,
        "client": each.call.client,
        "service": each.call.service,
        "decision": each.decision,
        "ruleset": each.ruleset,
        "language": each.call.language,
        "patient": each.call.patient,
        "day": each.call.day,
        "served_at": each.at,
    }
