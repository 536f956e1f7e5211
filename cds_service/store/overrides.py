"""What clinicians overrode, per patient: the newest day of each recommendation (0.6, point 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Overridden:
    """A recommendation overridden for a patient, on a card."""

    patient: str
    recommendation: str
    day: date
    card: str


def add_overrides(connection: Connection, found: Iterable[Overridden]) -> int:
    """Remember the overrides; an older one never takes the place of a newer one. How many there were."""
    from cds_service.store.tables import OVERRIDES, insert

    newest: dict[tuple[str, str], Overridden] = {}
    for each in found:
        known = newest.get((each.patient, each.recommendation))
        if known is None or known.day < each.day:
            newest[each.patient, each.recommendation] = each
    if not newest:
        return 0
    statement = insert(connection, OVERRIDES)
    statement = statement.on_conflict_do_update(
        index_elements=["patient", "recommendation"],
        set_={"day": statement.excluded.day, "card": statement.excluded.card},
        where=statement.excluded.day > OVERRIDES.c.day,
    )
    rows = [
        {"patient": each.patient, "recommendation": each.recommendation, "day": each.day, "card": each.card}
        for _, each in sorted(newest.items())  # in one order, so that two transactions never wait for each other
    ]
    connection.execute(statement, rows)
    return len(rows)
