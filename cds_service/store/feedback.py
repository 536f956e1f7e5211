"""Feedback as it is kept: on disk before it is acknowledged, and once however often it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MINYEAR, UTC, date, datetime
from typing import TYPE_CHECKING, Final

from hooks.override_reasons import REASONS

if TYPE_CHECKING:
    from cds_service.feedback import Feedback
    from cds_service.store.comments import CommentKey
    from cds_service.store.database import Database

#: Recorded for a reason that our cards do not offer: its code may be anything, also patient data.
OTHER: Final = "other"
_CODES: Final = frozenset(code for _, code in REASONS)


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of some feedback: new rows, those of cards that are not known, recommendations silenced."""

    new: int
    unknown_cards: int
    silenced: int


def keep_feedback(
    database: Database,
    items: Sequence[Feedback],
    *,
    service: str,
    client: str,
    today: date,
    comments: CommentKey | None = None,
) -> Kept:
    """Commit feedback, and silence what was overridden; StoreError when it is not certainly on disk.

    `client`: the issuer of who sent it, "" when nobody is authenticated. `today`: an outcome
    dated later counts as of today. Without a key no comment is kept, only that there was one.
    """
    from sqlalchemy import func as sql
    from sqlalchemy import select, text, true

    from cds_service.store.connecting import connect_overrides, lock_cards
    from cds_service.store.tables import CARDS_SERVED, FEEDBACK, insert

    if not items:
        return Kept(0, 0, 0)
    received = datetime.now(UTC)
    rows = {}
    for item in items:
        moment = _utc(item.outcome_timestamp)
        rows[item.card.lower(), item.outcome, moment] = {
            "card": item.card.lower(),
            "client": client,
            "service": service,
            "outcome": item.outcome,
            "outcome_at": moment,
            "day": min(_day(moment, today), today),
            "received_at": received,
            "suggestions": [each.id.lower() for each in item.accepted_suggestions or ()],
            "reason": _reason(item),
            "commented": _comment(item) != "",
            "comment": comments.hidden(_comment(item)) if comments and _comment(item) else None,
        }
    cards = sorted({card for card, _, _ in rows})
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            # whatever the server's default: what is acknowledged is on disk
            connection.execute(text("SET LOCAL synchronous_commit = on"))
        lock_cards(connection, cards)
        new = connection.execute(
            insert(connection, FEEDBACK).on_conflict_do_nothing().returning(FEEDBACK.c.id),
            [row for _, row in sorted(rows.items(), key=lambda item: item[0])],
        ).all()
        known = connection.execute(
            select(sql.count(CARDS_SERVED.c.card.distinct())).where(
                CARDS_SERVED.c.card.in_(cards), CARDS_SERVED.c.client == client if client else true()
            )
        ).scalar_one()
        silenced = connect_overrides(connection, cards)
    return Kept(len(new), len(cards) - known, silenced)


def _utc(moment: datetime) -> datetime:
    """The moment in UTC; at the edge of the calendar the last one that there is."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return (datetime.min if moment.year == MINYEAR else datetime.max).replace(tzinfo=UTC)


def _day(moment: datetime, today: date) -> date:
    """The calendar day of an outcome here; a moment at the edge of the calendar counts as today."""
    try:
        return moment.astimezone().date()
    except (OverflowError, ValueError):
        return today


def _reason(item: Feedback) -> str:
    reason = item.override_reason
    if reason is None or reason.reason is None:
        return ""
    return reason.reason.code if reason.reason.code in _CODES else OTHER


def _comment(item: Feedback) -> str:
    return item.override_reason.user_comment or "" if item.override_reason is not None else ""
