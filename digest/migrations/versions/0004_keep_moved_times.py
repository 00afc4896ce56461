"""The time that an editor gave a slot, as they gave it.

Before, a slot that was moved could not be told from one whose zone got new rules.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import AutoString, UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("slot", sa.Column("moved_to", AutoString(), nullable=True))
    op.add_column("slot", sa.Column("noticed_for", UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("slot", "noticed_for")
    op.drop_column("slot", "moved_to")
