"""Tokens that were used once."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "used_tokens",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("token", name="pk_used_tokens"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_used_tokens_expires", "used_tokens", ["expires"])
