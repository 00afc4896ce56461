"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString, UTCDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("weekdays", AutoString(), nullable=False),
        sa.Column("send_time", AutoString(), nullable=False),
        sa.Column("zone", AutoString(), nullable=False),
        sa.Column("cutoff_hours", sa.Integer(), nullable=False),
        sa.Column("min_items", sa.Integer(), nullable=False),
        sa.Column("max_items", sa.Integer(), nullable=False),
        sa.Column("max_age_days", sa.Integer(), nullable=False),
        sa.Column("grace_hours", sa.Integer(), nullable=False),
        sa.Column("give_up_hours", sa.Integer(), nullable=False),
        sa.Column("approval", AutoString(), nullable=False),
        sa.Column("on_unknown", AutoString(), nullable=False),
        sa.Column("template", AutoString(), nullable=False),
        sa.Column("sender", AutoString(), nullable=True),
        sa.Column("reply_to", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_edition"),
        sa.UniqueConstraint("slug", name="uq_edition_slug"),
    )
    op.create_table(
        "frozen_file",
        sa.Column("sha256", AutoString(), nullable=False),
        sa.Column("text", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_frozen_file"),
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("boot", AutoString(), nullable=False),
        sa.Column("uptime", sa.Float(), nullable=False),
        sa.Column("doubted_at", UTCDateTime(), nullable=True),
        sa.Column("doubted_boot", AutoString(), nullable=True),
        sa.Column("doubted_uptime", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeat"),
    )
    op.create_table(
        "persona",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_persona"),
        sa.UniqueConstraint("name", name="uq_persona_name"),
    )
    op.create_table(
        "relay_state",
        sa.Column("relay", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=True),
        sa.Column("retry_at", UTCDateTime(), nullable=True),
        sa.Column("worker", AutoString(), nullable=False),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("relay", name="pk_relay_state"),
    )
    op.create_table(
        "relay_use",
        sa.Column("relay", AutoString(), nullable=False),
        sa.Column("domain", AutoString(), nullable=False),
        sa.Column("span", AutoString(), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("relay", "domain", "span", "starts_at", name="pk_relay_use"),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", AutoString(), nullable=True),
        sa.Column("normalised", AutoString(), nullable=True),
        sa.Column("address_hash", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("erased_at", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subscriber"),
        sa.UniqueConstraint("address_hash", name="uq_subscriber_address_hash"),
        sa.UniqueConstraint("normalised", name="uq_subscriber_normalised"),
    )
    op.create_table(
        "suppression",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_hash", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("lifted_at", UTCDateTime(), nullable=True),
        sa.Column("lifted_by", AutoString(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
    )
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.create_index(
            "ix_suppression_in_force",
            ["address_hash", "reason"],
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.create_table(
        "tick_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("held_since", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tick_mark"),
    )
    op.create_table(
        "tool",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("name", AutoString(), nullable=False),
        sa.Column("short_name", AutoString(), nullable=True),
        sa.Column("tagline", AutoString(), nullable=True),
        sa.Column("category", AutoString(), nullable=True),
        sa.Column("entry", AutoString(), nullable=True),
        sa.Column("pricing", AutoString(), nullable=True),
        sa.Column("best_for", AutoString(), nullable=True),
        sa.Column("description", AutoString(), nullable=True),
        sa.Column("community", AutoString(), nullable=True),
        sa.Column("url", AutoString(), nullable=True),
        sa.Column("panel_ship_percent", sa.Integer(), nullable=True),
        sa.Column("ship", sa.Integer(), nullable=True),
        sa.Column("skip", sa.Integer(), nullable=True),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tool"),
        sa.UniqueConstraint("name", name="uq_tool_name"),
        sa.UniqueConstraint("slug", name="uq_tool_slug"),
    )
    op.create_table(
        "comparison",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", AutoString(), nullable=False),
        sa.Column("pair", AutoString(), nullable=False),
        sa.Column("left_id", sa.Integer(), nullable=False),
        sa.Column("right_id", sa.Integer(), nullable=False),
        sa.Column("url", AutoString(), nullable=True),
        sa.Column("first_seen_at", UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", UTCDateTime(), nullable=True),
        sa.Column("withdrawn_reason", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["left_id"], ["tool.id"], name="fk_comparison_left_id"),
        sa.ForeignKeyConstraint(["right_id"], ["tool.id"], name="fk_comparison_right_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comparison"),
        sa.UniqueConstraint("pair", name="uq_comparison_pair"),
        sa.UniqueConstraint("slug", name="uq_comparison_slug"),
    )
    with op.batch_alter_table("comparison", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_comparison_first_seen_at"), ["first_seen_at"], unique=False
        )

    op.create_table(
        "confirmation_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("edition", AutoString(), nullable=False),
        sa.Column("domain", AutoString(), nullable=False),
        sa.Column("nonce", AutoString(), nullable=False),
        sa.Column("token_hash", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=False),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name="fk_confirmation_token_subscriber_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_confirmation_token"),
        sa.UniqueConstraint("token_hash", name="uq_confirmation_token_token_hash"),
    )
    with op.batch_alter_table("confirmation_token", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_confirmation_token_created_at"), ["created_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_confirmation_token_subscriber_id"), ["subscriber_id"], unique=False
        )

    op.create_table(
        "consent_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("edition", AutoString(), nullable=True),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("source", AutoString(), nullable=False),
        sa.Column("wording", AutoString(), nullable=True),
        sa.Column("ip", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name="fk_consent_event_subscriber_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_consent_event"),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consent_event_subscriber_id"), ["subscriber_id"], unique=False
        )

    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("persona_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("verdict", AutoString(), nullable=True),
        sa.Column("quote", AutoString(), nullable=True),
        sa.Column("inferred", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["persona_id"], ["persona.id"], name="fk_review_persona_id"),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name="fk_review_tool_id"),
        sa.PrimaryKeyConstraint("id", name="pk_review"),
        sa.UniqueConstraint("tool_id", "persona_id", name="uq_review_tool_id_persona_id"),
    )
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_review_tool_id"), ["tool_id"], unique=False)

    op.create_table(
        "slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("send_at", UTCDateTime(), nullable=False),
        sa.Column("cutoff_at", UTCDateTime(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=True),
        sa.Column("changed_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_slot_edition_id"),
        sa.PrimaryKeyConstraint("id", name="pk_slot"),
        sa.UniqueConstraint("edition_id", "local_date", name="uq_slot_edition_id_local_date"),
    )
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slot_state"), ["state"], unique=False)

    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("edition", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name="fk_subscription_subscriber_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_subscription"),
        sa.UniqueConstraint(
            "subscriber_id", "edition", name="uq_subscription_subscriber_id_edition"
        ),
    )
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.create_index(
            "ix_subscription_edition_state", ["edition", "state", "subscriber_id"], unique=False
        )

    op.create_table(
        "verdict_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tool_id", sa.Integer(), nullable=False),
        sa.Column("as_of", UTCDateTime(), nullable=False),
        sa.Column("verdict", AutoString(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("ship", sa.Integer(), nullable=True),
        sa.Column("skip", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name="fk_verdict_revision_tool_id"),
        sa.PrimaryKeyConstraint("id", name="pk_verdict_revision"),
    )
    with op.batch_alter_table("verdict_revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_verdict_revision_tool_id"), ["tool_id"], unique=False)

    op.create_table(
        "issue",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=True),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("issue_date", sa.Date(), nullable=False),
        sa.Column("cutoff_at", UTCDateTime(), nullable=False),
        sa.Column("subject", AutoString(), nullable=True),
        sa.Column("preheader", AutoString(), nullable=True),
        sa.Column("sentence", AutoString(), nullable=True),
        sa.Column("item_order", sa.JSON(), nullable=False),
        sa.Column("exclusions", sa.JSON(), nullable=False),
        sa.Column("send_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("composed_at", UTCDateTime(), nullable=False),
        sa.Column("approved_at", UTCDateTime(), nullable=True),
        sa.Column("approved_by", AutoString(), nullable=True),
        sa.Column("hash", AutoString(), nullable=True),
        sa.Column("manifest", sa.JSON(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.Column("started_at", UTCDateTime(), nullable=True),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("state_reason", AutoString(), nullable=True),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name="fk_issue_edition_id"),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name="fk_issue_slot_id"),
        sa.PrimaryKeyConstraint("id", name="pk_issue"),
        sa.UniqueConstraint("number", name="uq_issue_number"),
    )
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issue_edition_id"), ["edition_id"], unique=False)
        batch_op.create_index(
            "ix_issue_slot_id",
            ["slot_id"],
            unique=True,
            sqlite_where=sa.text("state != 'cancelled'"),
            postgresql_where=sa.text("state != 'cancelled'"),
        )
        batch_op.create_index(batch_op.f("ix_issue_state"), ["state"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("comparison_id", sa.Integer(), nullable=False),
        sa.Column("included", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("reason", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["comparison.id"], name="fk_candidate_comparison_id"
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_candidate_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_candidate"),
        sa.UniqueConstraint(
            "issue_id", "comparison_id", name="uq_candidate_issue_id_comparison_id"
        ),
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_candidate_comparison_id"), ["comparison_id"], unique=False
        )

    op.create_table(
        "compiled_variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("key", AutoString(), nullable=False),
        sa.Column("sha256", AutoString(), nullable=False),
        sa.Column("compiled", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_compiled_variant_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_compiled_variant"),
        sa.UniqueConstraint("issue_id", "key", name="uq_compiled_variant_issue_id_key"),
    )
    op.create_table(
        "issue_override",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("issue_id", sa.Integer(), nullable=False),
        sa.Column("code", AutoString(), nullable=False),
        sa.Column("hash", AutoString(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("overridden_by", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_issue_override_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_issue_override"),
    )
    with op.batch_alter_table("issue_override", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_issue_override_issue_id"), ["issue_id"], unique=False)

    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("state_reason", AutoString(), nullable=True),
        sa.Column("route", AutoString(), nullable=False),
        sa.Column("edition", AutoString(), nullable=True),
        sa.Column("issue_id", sa.Integer(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("resend_unknown", sa.Boolean(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("give_up_at", UTCDateTime(), nullable=False),
        sa.Column("finished_at", UTCDateTime(), nullable=True),
        sa.Column("postmark", AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name="fk_mailing_issue_id"),
        sa.PrimaryKeyConstraint("id", name="pk_mailing"),
    )
    with op.batch_alter_table("mailing", schema=None) as batch_op:
        batch_op.create_index("ix_mailing_created_at", ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_mailing_issue_id"), ["issue_id"], unique=True)
        batch_op.create_index(
            "ix_mailing_unfinished",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("mailing_id", sa.Integer(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("address", AutoString(), nullable=False),
        sa.Column("variant", AutoString(), nullable=False),
        sa.Column("state", AutoString(), nullable=False),
        sa.Column("reason", AutoString(), nullable=True),
        sa.Column("token", AutoString(), nullable=True),
        sa.Column("owner", AutoString(), nullable=True),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("unknowns", sa.Integer(), nullable=False),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.Column("wire_date", UTCDateTime(), nullable=True),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name="fk_delivery_mailing_id"),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscriber.id"], name="fk_delivery_subscriber_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("mailing_id", "address", name="uq_delivery_mailing_id_address"),
        sa.UniqueConstraint(
            "mailing_id", "subscriber_id", name="uq_delivery_mailing_id_subscriber_id"
        ),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(
            "ix_delivery_doubtful",
            ["mailing_id", "id"],
            unique=False,
            sqlite_where=sa.text("unknowns > 0"),
            postgresql_where=sa.text("unknowns > 0"),
        )
        batch_op.create_index(
            "ix_delivery_mailing_state", ["mailing_id", "state", "id"], unique=False
        )
        batch_op.create_index(
            "ix_delivery_not_before",
            ["mailing_id", "not_before"],
            unique=False,
            sqlite_where=sa.text("not_before IS NOT NULL"),
            postgresql_where=sa.text("not_before IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_delivery_owner",
            ["owner"],
            unique=False,
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_delivery_owner",
            sqlite_where=sa.text("owner IS NOT NULL"),
            postgresql_where=sa.text("owner IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_delivery_not_before",
            sqlite_where=sa.text("not_before IS NOT NULL"),
            postgresql_where=sa.text("not_before IS NOT NULL"),
        )
        batch_op.drop_index("ix_delivery_mailing_state")
        batch_op.drop_index(
            "ix_delivery_doubtful",
            sqlite_where=sa.text("unknowns > 0"),
            postgresql_where=sa.text("unknowns > 0"),
        )

    op.drop_table("delivery")
    with op.batch_alter_table("mailing", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mailing_unfinished",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_mailing_issue_id"))
        batch_op.drop_index("ix_mailing_created_at")

    op.drop_table("mailing")
    with op.batch_alter_table("issue_override", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issue_override_issue_id"))

    op.drop_table("issue_override")
    op.drop_table("compiled_variant")
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_comparison_id"))

    op.drop_table("candidate")
    with op.batch_alter_table("issue", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_issue_state"))
        batch_op.drop_index(
            "ix_issue_slot_id",
            sqlite_where=sa.text("state != 'cancelled'"),
            postgresql_where=sa.text("state != 'cancelled'"),
        )
        batch_op.drop_index(batch_op.f("ix_issue_edition_id"))

    op.drop_table("issue")
    with op.batch_alter_table("verdict_revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_verdict_revision_tool_id"))

    op.drop_table("verdict_revision")
    with op.batch_alter_table("subscription", schema=None) as batch_op:
        batch_op.drop_index("ix_subscription_edition_state")

    op.drop_table("subscription")
    with op.batch_alter_table("slot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slot_state"))

    op.drop_table("slot")
    with op.batch_alter_table("review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_review_tool_id"))

    op.drop_table("review")
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_event_subscriber_id"))

    op.drop_table("consent_event")
    with op.batch_alter_table("confirmation_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_confirmation_token_subscriber_id"))
        batch_op.drop_index(batch_op.f("ix_confirmation_token_created_at"))

    op.drop_table("confirmation_token")
    with op.batch_alter_table("comparison", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_comparison_first_seen_at"))

    op.drop_table("comparison")
    op.drop_table("tool")
    op.drop_table("tick_mark")
    with op.batch_alter_table("suppression", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_suppression_in_force",
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.drop_table("suppression")
    op.drop_table("subscriber")
    op.drop_table("relay_use")
    op.drop_table("relay_state")
    op.drop_table("persona")
    op.drop_table("heartbeat")
    op.drop_table("frozen_file")
    op.drop_table("edition")
