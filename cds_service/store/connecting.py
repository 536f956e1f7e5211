"""Feedback meets its card: whichever is written last makes the override.

Both are written with the card locked, so that neither can miss the other.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Connection, bindparam, or_, select, text
from sqlalchemy import func as sql

from cds_service.store.overrides import Overridden, add_overrides
from cds_service.store.tables import CARDS_SERVED, FEEDBACK, RECOMMENDATIONS_SERVED

_LOCK_CARDS = text(
    "SELECT pg_advisory_xact_lock(card) FROM (SELECT card FROM unnest(:cards) AS card ORDER BY card) AS cards"
).bindparams(bindparam("cards", type_=ARRAY(BigInteger)))


def lock_cards(connection: Connection, cards: Iterable[str]) -> None:
    """Keep others from writing about these cards until the transaction ends. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        # positive, so never the lock of the migrations
        numbers = sorted({int(card.replace("-", "")[:15], 16) for card in cards})
        connection.execute(_LOCK_CARDS, {"cards": numbers})


def connect_overrides(connection: Connection, cards: Iterable[str]) -> int:
    """Silence what clinicians overrode on these cards, for their patients; how many recommendations.

    Feedback of one client never reaches the card of another; a client that is not known
    (nobody is authenticated) reaches every card it can name. The day is that of the
    outcome, and never before the card was served.
    """
    day = sql.max(FEEDBACK.c.day)
    found = connection.execute(
        select(
            CARDS_SERVED.c.patient,
            RECOMMENDATIONS_SERVED.c.recommendation,
            CARDS_SERVED.c.card,
            CARDS_SERVED.c.day,
            day,
        )
        .join(RECOMMENDATIONS_SERVED, RECOMMENDATIONS_SERVED.c.served == CARDS_SERVED.c.id)
        .join(FEEDBACK, FEEDBACK.c.card == CARDS_SERVED.c.card)
        .where(CARDS_SERVED.c.card.in_(sorted(set(cards))), FEEDBACK.c.outcome == "overridden", same_client())
        .group_by(CARDS_SERVED.c.id, RECOMMENDATIONS_SERVED.c.recommendation)
    )
    return add_overrides(
        connection,
        [
            Overridden(patient, recommendation, max(served, overridden), card)
            for patient, recommendation, card, served, overridden in found
        ],
    )


def same_client() -> ColumnElement[bool]:
    """Whether feedback and card are of one client, as far as that is known."""
    return or_(FEEDBACK.c.client == "", FEEDBACK.c.client == CARDS_SERVED.c.client)
