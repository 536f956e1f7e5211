"""Cards served, feedback, overrides, and what was shown."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "cards_served",
        sa.Column("id", ID, nullable=False),
        sa.Column("card", sa.String(36), nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("ruleset", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("patient", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("served_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_cards_served"),
        sa.UniqueConstraint("card", "client", name="uq_cards_served_card_client"),
    )
    op.create_index("ix_cards_served_served_at", "cards_served", ["served_at"])
    op.create_table(
        "recommendations_served",
        sa.Column("served", ID, nullable=False),
        sa.Column("recommendation", sa.Text, nullable=False),
        sa.Column("indicator", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["served"], ["cards_served.id"], name="fk_recommendations_served_served", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("served", "recommendation", name="pk_recommendations_served"),
    )
    op.create_table(
        "feedback",
        sa.Column("id", ID, nullable=False),
        sa.Column("card", sa.String(36), nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("outcome_at", TIME, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("commented", sa.Boolean, nullable=False),
        sa.Column("comment", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.UniqueConstraint(
            "card", "client", "outcome", "outcome_at", name="uq_feedback_card_client_outcome_outcome_at"
        ),
    )
    op.create_index("ix_feedback_received_at", "feedback", ["received_at"])
    op.create_table(
        "overrides",
        sa.Column("patient", sa.String(64), nullable=False),
        sa.Column("recommendation", sa.Text, nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("card", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("patient", "recommendation", name="pk_overrides"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_overrides_day", "overrides", ["day"])
    op.create_table(
        "shown",
        sa.Column("patient", sa.String(64), nullable=False),
        sa.Column("decision", sa.Text, nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("patient", "decision", name="pk_shown"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shown_day", "shown", ["day"])
