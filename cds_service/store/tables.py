"""The tables, for SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect


class UtcTime(TypeDecorator[datetime]):
    """A moment, kept in UTC. SQLite keeps no zone, so it is taken off and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """The moment as it is stored."""
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The moment as it was."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID: Final = BigInteger().with_variant(Integer(), "sqlite")
#: A keyed hash, in hexadecimal digits; a uuid as text.
_HASH: Final = String(64)
_UUID: Final = String(36)

#: One row per card of one answer. `client` "" when nobody is authenticated; `day`: the day of the answer.
CARDS_SERVED: Final = Table(
    "cards_served",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("card", _UUID, nullable=False),
    Column("client", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("ruleset", Text, nullable=False),
    Column("language", String(8), nullable=False),
    Column("patient", _HASH, nullable=False),
    Column("day", Date, nullable=False),
    Column("served_at", UtcTime, nullable=False),
    UniqueConstraint("card", "client"),
    Index(None, "served_at"),
)

#: The recommendations on a card, and how urgent each was.
RECOMMENDATIONS_SERVED: Final = Table(
    "recommendations_served",
    METADATA,
    Column("served", _ID, ForeignKey(CARDS_SERVED.c.id, ondelete="CASCADE"), primary_key=True),
    Column("recommendation", Text, primary_key=True),
    Column("indicator", Text, nullable=False),
)

#: One row per card, outcome and time. `day`: of the outcome, never after the day it was received.
#: `comment`: encrypted, NULL unless comments are kept.
FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("card", _UUID, nullable=False),
    Column("client", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("outcome_at", UtcTime, nullable=False),
    Column("day", Date, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("suggestions", JSON, nullable=False),
    Column("reason", Text, nullable=False),
    Column("commented", Boolean, nullable=False),
    Column("comment", LargeBinary),
    UniqueConstraint("card", "client", "outcome", "outcome_at"),
    Index(None, "received_at"),
)

#: The newest override of each recommendation, per patient.
OVERRIDES: Final = Table(
    "overrides",
    METADATA,
    Column("patient", _HASH, primary_key=True),
    Column("recommendation", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("card", _UUID, nullable=False),
    Index(None, "day"),
    sqlite_with_rowid=False,
)

#: The info card of each decision last shown with the record open: its content, and the day its rest began.
SHOWN: Final = Table(
    "shown",
    METADATA,
    Column("patient", _HASH, primary_key=True),
    Column("decision", Text, primary_key=True),
    Column("content", _HASH, nullable=False),
    Column("day", Date, nullable=False),
    Index(None, "day"),
    sqlite_with_rowid=False,
)

#: A hash of issuer and id of each token used, until it expires (seconds since 1970).
USED_TOKENS: Final = Table(
    "used_tokens",
    METADATA,
    Column("token", _HASH, primary_key=True),
    Column("expires", BigInteger, nullable=False),
    Index(None, "expires"),
    sqlite_with_rowid=False,
)


def insert(connection: Connection, table: Table) -> Any:
    """INSERT with ON CONFLICT, which both databases have under the same name."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
