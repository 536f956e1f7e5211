"""Info cards shown with the record open, so that the same one is not shown at every opening."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from hooks.extensions import CARD_EXTENSION

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Shown(Struct, frozen=True):
    """An info card of one decision, shown to a patient's clinician."""

    patient: str
    decision: str
    content: str
    day: date


def only_info(card: Mapping[str, Any]) -> bool:
    """Whether a card holds recommendations, all of them for information."""
    found = card["extension"][CARD_EXTENSION]["recommendations"]
    return bool(found) and all(each["indicator"] == "info" for each in found)


def add_shown(connection: Connection, found: Iterable[Shown]) -> None:
    """Remember what was shown last of each decision. An answer written late never hides a newer one."""
    from cds_service.store.tables import SHOWN, insert

    newest: dict[tuple[str, str], Shown] = {}
    for each in found:  # in the order served: of one day the last counts
        known = newest.get((each.patient, each.decision))
        if known is None or known.day <= each.day:
            newest[each.patient, each.decision] = each
    if not newest:
        return
    statement = insert(connection, SHOWN)
    statement = statement.on_conflict_do_update(
        index_elements=["patient", "decision"],
        set_={"content": statement.excluded.content, "day": statement.excluded.day},
        where=statement.excluded.day >= SHOWN.c.day,
    )
    rows = [
        {"patient": each.patient, "decision": each.decision, "content": each.content, "day": each.day}
        for _, each in sorted(newest.items())
    ]
    connection.execute(statement, rows)
