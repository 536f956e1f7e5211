"""How long things are kept: what is older is removed, a few rows at a time so that nobody waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cds_service.store.database import Database

#: Rows removed in one transaction.
AT_ONCE: Final = 2000


def purge(database: Database, days: int, today: date) -> Mapping[str, int]:
    """Remove what is more than `days` days old; rows removed by table. StoreError when the database cannot.

    An override that is removed no longer silences, and an info card whose showing is removed is shown again.
    """
    from sqlalchemy import delete, select

    from cds_service.store.tables import CARDS_SERVED, FEEDBACK, OVERRIDES, SHOWN, USED_TOKENS

    oldest = today - timedelta(days=days)
    expired = int(datetime.now(UTC).timestamp())
    removed = {}
    for table, old, key in (
        # the recommendations of a card go with it
        (CARDS_SERVED, CARDS_SERVED.c.day < oldest, CARDS_SERVED.c.id),
        (FEEDBACK, FEEDBACK.c.received_at < datetime.combine(oldest, time(), UTC), FEEDBACK.c.id),
        (OVERRIDES, OVERRIDES.c.day < oldest, None),
        (SHOWN, SHOWN.c.day < oldest, None),
        (USED_TOKENS, USED_TOKENS.c.expires < expired, None),
    ):
        number = 0
        while True:
            some = old if key is None else key.in_(select(key).where(old).limit(AT_ONCE))
            with database.writing() as connection:
                gone = connection.execute(delete(table).where(some)).rowcount
            number += gone
            if key is None or gone < AT_ONCE:
                break
        removed[table.name] = number
    return removed
