"""The codes of a delivery's last reply, and whether its reader was erased, in columns of their own.

Before, both were read from texts: the codes from the start of `reason`, an erasure from an
address without "@". A mailing's `postmark`, the key of its Message-IDs, becomes `message_id_key`.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

POSTGRESQL = r"""
    UPDATE delivery SET
        reply_code = substring(reason FROM '^\d{3}')::integer,
        enhanced_code = substring(reason FROM '^\d{3} ([245]\.\d{1,3}\.\d{1,3})\M')
    WHERE reason ~ '^[2-5]\d\d '
"""


def fill_on_sqlite() -> None:
    """The same with GLOB, since SQLite has no regular expressions of its own.

    GLOB cannot count, so each length of an enhanced code has its own pattern: a class, and
    two numbers of one to three digits (RFC 3463).
    """
    reason, digit = sa.column("reason", sa.String()), "[0-9]"
    lengths = [
        (
            # The space ends a reason that is nothing but the codes.
            (reason + " ").op("GLOB")(
                f"{digit * 3} [245].{digit * subject}.{digit * detail}[^0-9A-Za-z_]*"
            ),
            len("5..") + subject + detail,
        )
        for subject in (1, 2, 3)
        for detail in (1, 2, 3)
    ]
    op.execute(
        sa.update(sa.table("delivery", reason, sa.column("reply_code"), sa.column("enhanced_code")))
        .where(reason.op("GLOB")(f"[2-5]{digit * 2} *"))
        .values(
            reply_code=sa.cast(sa.func.substr(reason, 1, 3), sa.Integer()),
            enhanced_code=sa.func.substr(reason, 5, sa.case(*lengths)),
        )
    )


def upgrade() -> None:
    # Not in batch mode, which would copy a table of millions of rows on SQLite.
    op.add_column(
        "delivery", sa.Column("erased", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("delivery", sa.Column("reply_code", sa.Integer(), nullable=True))
    op.add_column("delivery", sa.Column("enhanced_code", AutoString(), nullable=True))
    op.execute("UPDATE delivery SET erased = true WHERE address NOT LIKE '%@%'")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
    else:
        fill_on_sqlite()
    op.execute("ALTER TABLE mailing RENAME COLUMN postmark TO message_id_key")


def downgrade() -> None:
    op.execute("ALTER TABLE mailing RENAME COLUMN message_id_key TO postmark")
    for name in ("enhanced_code", "reply_code", "erased"):
        op.drop_column("delivery", name)
