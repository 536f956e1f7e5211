"""What the service remembers, as the routes use it: recall before an answer, record after it, keep feedback."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from cds_service.store import feedback as kept_feedback
from cds_service.store.cards_served import Call, Served, served, write_served
from cds_service.store.comments import CommentKey
from cds_service.store.database import Database
from cds_service.store.errors import StoreError
from cds_service.store.kept import Kept
from cds_service.store.patients import PatientKey, kept_key
from cds_service.store.shown import only_info
from cds_service.store.writer import Writer
from fhir_mappings.facts import Override
from hooks.extensions import CARD_EXTENSION

if TYPE_CHECKING:
    from cds_service.feedback import Feedback
    from cds_service.settings import Settings

log = logging.getLogger(__name__)

#: Seconds a call may wait for what is remembered of its patient; then it is answered without.
PATIENCE: Final = 0.25
#: Seconds between two removals of what is older than the retention period, and after one that failed.
TIDY_AFTER: Final = 24 * 3600.0
TIDY_AGAIN: Final = 3600.0

#: Everything remembered of a patient, by two lookups in primary keys. SQLite gives days as text.
_RECALL: Final = (
    "SELECT 1, recommendation, card, day FROM overrides WHERE patient = :patient "
    "UNION ALL SELECT 2, decision, content, day FROM shown WHERE patient = :patient"
)


class Recalled(Struct, frozen=True):
    """What is remembered of a patient. `shown`: decision -> content and day. `problem`: why it is not known."""

    patient: str
    overrides: tuple[Override, ...] = ()
    shown: Mapping[str, tuple[str, date]] = {}
    problem: str = ""


class Memory:
    """The memory of one service. Made before workers are forked; each worker writes for itself."""

    def __init__(
        self,
        database: Database,
        key: PatientKey,
        *,
        info_repeat_days: int,
        retention_days: int,
        comments: CommentKey | None = None,
    ) -> None:
        self.database = database
        self.writer: Writer[Served] = Writer(lambda cards: write_served(database, cards), self._tidy)
        self._key = key
        self._repeat = info_repeat_days
        self._retention = retention_days
        self._comments = comments
        self._kept = Kept(database, PATIENCE)
        self._next_tidy = 0.0
        self._today: date | None = None

    def recall(self, issuer: str, fhir_server: str | None, patient_id: str) -> Recalled:
        """What is remembered of a patient; never fails: what cannot be read is named in `problem`."""
        patient = self._key.patient(issuer, fhir_server, patient_id)
        try:
            rows = self._kept.rows(_RECALL, {"patient": patient})
        except StoreError as error:
            log.warning("memory not read, answered without: %s", error)
            problem = "the database could not be read: earlier overrides are not counted, no card is held back"
            return Recalled(patient, problem=problem)
        if not rows:
            return Recalled(patient)
        overrides = tuple(Override(name, _day(day), f"urn:uuid:{ref}") for kind, name, ref, day in rows if kind == 1)
        shown = {name: (content, _day(day)) for kind, name, content, day in rows if kind == 2}
        return Recalled(patient, overrides, shown)

    def held_since(self, recalled: Recalled, today: date, card: Mapping[str, Any]) -> date | None:
        """The day since which an info card rests; None when it is to be shown.

        It rests for the set number of days after the day it was shown, unless it says
        something else now. On that day itself it is shown at every opening.
        """
        if not self._repeat or not recalled.shown or not only_info(card):
            return None
        content, day = recalled.shown.get(card["extension"][CARD_EXTENSION]["card"], ("", today))
        if not 0 < (today - day).days < self._repeat or content != self._key.content(card):
            return None
        return day

    def record(self, call: Call, answer: Mapping[str, Any], *, on_record: bool) -> None:
        """Record the cards of an answer, later and elsewhere: the caller never waits for the database."""
        self._today = call.day
        self.writer.put(*served(call, answer, self._key, on_record=on_record))

    def keep_feedback(self, items: Sequence[Feedback], *, service: str, client: str, today: date) -> kept_feedback.Kept:
        """Commit feedback; StoreError when it is not certainly on disk."""
        return kept_feedback.keep_feedback(
            self.database, items, service=service, client=client, today=today, comments=self._comments
        )

    def close(self) -> None:
        """Write what waits, and let go of the connections."""
        self.writer.close()
        self._kept.close()
        self.database.close()

    def _tidy(self) -> None:
        """Once a day, remove what is older than the retention period."""
        now = time.monotonic()
        if self._today is None or now < self._next_tidy:
            return
        self._next_tidy = now + TIDY_AGAIN
        from cds_service.store.retention import purge

        removed = {
            name: number for name, number in purge(self.database, self._retention, self._today).items() if number
        }
        self._next_tidy = now + TIDY_AFTER
        if removed:
            log.info("removed after %d days: %s", self._retention, removed)


def open_memory(settings: Settings) -> Memory:
    """The memory the settings ask for, its tables made or brought to this version.

    StoreError when the database or its key cannot be used, in words for the operator.
    """
    from cds_service.store.location import default_url

    database = Database(settings.database_url or default_url())
    database.prepare()
    if settings.patient_key is not None:
        key = PatientKey(settings.patient_key.encode())
    elif database.path is not None:
        key = kept_key(database.path)
    else:
        raise StoreError(
            "OSTEO_CDS_PATIENT_KEY is missing: PostgreSQL may serve several instances, and all need the same key"
        )
    return Memory(
        database,
        key,
        info_repeat_days=settings.info_repeat_days,
        retention_days=settings.retention_days,
        comments=CommentKey(settings.comment_key) if settings.comment_key is not None else None,
    )


def _day(found: Any) -> date:
    return found if isinstance(found, date) else date.fromisoformat(found)
