"""Procrastinate's tables and functions, on PostgreSQL only.

They are those of the version that pyproject.toml pins; raising it needs a migration with
that version's own changes.
"""

from alembic import op

from digest.engine.procrastinate import make_schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("events", "periodic_defers", "jobs", "workers")
TYPES = ("job_to_defer_v1", "job_event_type", "job_status")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        make_schema(op.get_bind())


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for name in TABLES:
        op.execute(f"DROP TABLE procrastinate_{name} CASCADE")
    for name in TYPES:
        op.execute(f"DROP TYPE procrastinate_{name} CASCADE")
