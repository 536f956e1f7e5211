"""What became of the recommendations: shown, accepted, overridden, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cds_service.store.comments import CommentKey
    from cds_service.store.database import Database


@dataclass(slots=True)
class Line:
    """One recommendation: the cards it was on, and how many of them were accepted and overridden.

    `reasons`: overrides by reason, "none" without one. A card that was both accepted and
    overridden counts in both.
    """

    id: str
    shown: int = 0
    accepted: int = 0
    overridden: int = 0
    reasons: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """The lines by id; all feedback received since; and that for cards this database does not know."""

    lines: tuple[Line, ...]
    feedback: int
    unknown_cards: int


def report(database: Database, since: date | None = None) -> Report:
    """What became of the cards served on the day `since` or later; StoreError when the database cannot tell."""
    from sqlalchemy import exists, select
    from sqlalchemy import func as sql

    from cds_service.store.connecting import same_client
    from cds_service.store.tables import CARDS_SERVED, FEEDBACK, RECOMMENDATIONS_SERVED

    day = since or date.min
    lines: dict[str, Line] = {}
    recommendation = RECOMMENDATIONS_SERVED.c.recommendation
    on_cards = CARDS_SERVED.join(RECOMMENDATIONS_SERVED, RECOMMENDATIONS_SERVED.c.served == CARDS_SERVED.c.id)
    answered = on_cards.join(FEEDBACK, (FEEDBACK.c.card == CARDS_SERVED.c.card) & same_client())
    cards = sql.count(CARDS_SERVED.c.id.distinct())
    recent = CARDS_SERVED.c.day >= day
    with database.reading() as connection:
        for id_, number in connection.execute(
            select(recommendation, cards).select_from(on_cards).where(recent).group_by(recommendation)
        ):
            lines[id_] = Line(id_, number)
        for id_, outcome, number in connection.execute(
            select(recommendation, FEEDBACK.c.outcome, cards)
            .select_from(answered)
            .where(recent)
            .group_by(recommendation, FEEDBACK.c.outcome)
        ):
            setattr(lines[id_], outcome, number)
        for id_, reason, number in connection.execute(
            select(recommendation, FEEDBACK.c.reason, cards)
            .select_from(answered)
            .where(recent, FEEDBACK.c.outcome == "overridden")
            .group_by(recommendation, FEEDBACK.c.reason)
            .order_by(FEEDBACK.c.reason)
        ):
            lines[id_].reasons[reason or "none"] = number
        received = FEEDBACK.c.day >= day
        known = exists().where((CARDS_SERVED.c.card == FEEDBACK.c.card) & same_client())
        items = connection.execute(select(sql.count()).select_from(FEEDBACK).where(received)).scalar_one()
        unknown = connection.execute(select(sql.count(FEEDBACK.c.card.distinct())).where(received, ~known)).scalar_one()
    return Report(tuple(lines[id_] for id_ in sorted(lines)), items, unknown)


def comments(database: Database, key: CommentKey, since: date | None = None) -> list[dict[str, Any]]:
    """The comments that were kept, in clear, with the recommendations of their cards."""
    from sqlalchemy import select

    from cds_service.store.connecting import same_client
    from cds_service.store.tables import CARDS_SERVED, FEEDBACK, RECOMMENDATIONS_SERVED

    served = CARDS_SERVED.join(RECOMMENDATIONS_SERVED, RECOMMENDATIONS_SERVED.c.served == CARDS_SERVED.c.id)
    everything = FEEDBACK.outerjoin(served, (FEEDBACK.c.card == CARDS_SERVED.c.card) & same_client())
    found: dict[int, dict[str, Any]] = {}
    with database.reading() as connection:
        for id_, day, reason, hidden, recommendation in connection.execute(
            select(
                FEEDBACK.c.id,
                FEEDBACK.c.day,
                FEEDBACK.c.reason,
                FEEDBACK.c.comment,
                RECOMMENDATIONS_SERVED.c.recommendation,
            )
            .select_from(everything)
            .where(FEEDBACK.c.comment.is_not(None), FEEDBACK.c.day >= (since or date.min))
            .order_by(FEEDBACK.c.id, RECOMMENDATIONS_SERVED.c.recommendation)
        ):
            if id_ not in found:
                comment = key.shown(hidden)
                found[id_] = {"day": day.isoformat(), "reason": reason, "recommendations": [], "comment": comment}
            if recommendation is not None:
                found[id_]["recommendations"].append(recommendation)
    return list(found.values())
