"""What a delivery's last refusal was about, in a column of its own.

Of earlier deliveries only a full mailbox is filled in, since a later rule looks back at it.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not in batch mode, which would copy a table of millions of rows on SQLite.
    op.add_column("delivery", sa.Column("reply_kind", AutoString(), nullable=True))
    op.execute("UPDATE delivery SET reply_kind = 'full' WHERE enhanced_code IN ('4.2.2', '5.2.2')")


def downgrade() -> None:
    op.drop_column("delivery", "reply_kind")
