"""All tables in one place, so that the metadata is complete for migrations and tests.

Every constraint has a name, the same on both databases, so that a migration can
change it; names that the tables do not give themselves are given here.
"""

from sqlalchemy import Constraint, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint
from sqlmodel import SQLModel

import digest.catalogue.tables
import digest.delivery.guards.heartbeat
import digest.delivery.relays.tables
import digest.delivery.tables
import digest.issues.tables
import schedules.tables
import subscribers.tables

metadata = SQLModel.metadata


def _name_of(constraint: Constraint, table: str) -> str:
    match constraint:
        case PrimaryKeyConstraint():
            return f"pk_{table}"
        case ForeignKeyConstraint(column_keys=columns):
            return "_".join(("fk", table, *columns))
        case UniqueConstraint(columns=columns):
            return "_".join(("uq", table, *columns.keys()))
    raise ValueError(f"name this constraint of {table} yourself: {constraint}")


for _table in metadata.tables.values():
    for _constraint in _table.constraints:
        if _constraint.name is None:
            _constraint.name = _name_of(_constraint, _table.name)
