"""Sign-ups are queued, counted by outcome, and capped by mailbox and by where they come from.

A subscription says since when somebody waits for its confirmation; the pending ones of
sign-ups before now take that from the consent log.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString, UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

REQUESTED = """
    UPDATE subscription SET requested_at = (
        SELECT max(consent_event.at) FROM consent_event
        WHERE consent_event.subscriber_id = subscription.subscriber_id
        AND consent_event.edition = subscription.edition
        AND consent_event.kind = 'requested'
    ) WHERE state = 'pending'
"""


def upgrade() -> None:
    op.create_table(
        "signup_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("outcome", AutoString(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "outcome", name="pk_signup_count"),
    )
    op.create_table(
        "signup_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", AutoString(), nullable=False),
        sa.Column("address_hash", AutoString(), nullable=False),
        sa.Column("edition", AutoString(), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("wording", AutoString(), nullable=False),
        sa.Column("ip", AutoString(), nullable=True),
        sa.Column("origin", AutoString(), nullable=True),
        sa.Column("requested_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("waits_for", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_signup_request"),
    )
    op.create_index("ix_signup_request_address_hash", "signup_request", ["address_hash"])
    op.create_index("ix_signup_request_due_at", "signup_request", ["due_at"])
    # Not in batch mode, which would copy a table of millions of rows on SQLite.
    op.add_column(
        "confirmation_token",
        sa.Column("mailbox", AutoString(), nullable=False, server_default=""),
    )
    op.add_column("confirmation_token", sa.Column("origin", AutoString(), nullable=True))
    op.create_index("ix_confirmation_token_mailbox", "confirmation_token", ["mailbox"])
    op.add_column("subscription", sa.Column("requested_at", UTCDateTime(), nullable=True))
    op.create_index(
        "ix_subscription_requested_at",
        "subscription",
        ["requested_at"],
        sqlite_where=sa.text("requested_at IS NOT NULL"),
        postgresql_where=sa.text("requested_at IS NOT NULL"),
    )
    op.execute(REQUESTED)


def downgrade() -> None:
    op.drop_index("ix_subscription_requested_at", table_name="subscription")
    op.drop_column("subscription", "requested_at")
    op.drop_index("ix_confirmation_token_mailbox", table_name="confirmation_token")
    op.drop_column("confirmation_token", "origin")
    op.drop_column("confirmation_token", "mailbox")
    op.drop_table("signup_request")
    op.drop_table("signup_count")
