"""The updates of the hot path, compiled once for a driver and run for thousands of rows.

Building a statement with SQLAlchemy costs more than running it, so the driver gets the
compiled text and the parameters directly. SQLite runs in this process, row by row;
PostgreSQL gets all rows as arrays, in one round trip.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Engine, Integer, String, Update, bindparam, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import UTCDateTime, col

from digest.databases import dialect_of
from digest.delivery.tables import Delivery

Row = Mapping[str, Any]

# From the name of a value, the expression that stands for it in a statement.
Given = Callable[[str], ColumnElement[Any]]
Build = Callable[[Given], Update]

# None of these names is that of a column: SQLAlchemy reserves those in an UPDATE for itself.
TYPES: dict[str, Any] = {
    "claim_id": Integer(),
    "claim_token": String(),
    "claim_mailing": Integer(),
    "claim_edition": String(),
    "new_state": String(),
    "new_reason": String(),
    "new_reply_code": Integer(),
    "new_enhanced_code": String(),
    "new_reply_kind": String(),
    "new_attempts": Integer(),
    "new_wire_date": UTCDateTime(),
    "new_not_before": UTCDateTime(),
    "now": UTCDateTime(),
}


class RowUpdate(Protocol):
    """An update of deliveries by `claim_id` and `claim_token`."""

    def run(self, cursor: Any, rows: Sequence[Row]) -> list[bool]:
        """Run it for each row of values; returns for each whether its delivery was changed."""


def prepared(build: Build, names: Sequence[str], engine: Engine) -> RowUpdate:
    """The update in the form that suits the database; `names` are the values it is given."""
    return AtOnce(build, names, engine) if dialect_of(engine).SHARED else OneByOne(build, engine)


class OneByOne:
    """Runs the statement once per row."""

    def __init__(self, build: Build, engine: Engine) -> None:
        self._text, self._own = _compiled(
            build(lambda name: bindparam(name, required=False)), engine
        )
        moment = UTCDateTime().dialect_impl(engine.dialect)
        self._moment: Callable[[datetime], Any] = moment.bind_processor(engine.dialect) or (
            lambda value: value
        )

    def run(self, cursor: Any, rows: Sequence[Row]) -> list[bool]:
        """See `RowUpdate`."""
        # Not executemany: it sums the counts, and each arm needs its own answer.
        return [cursor.execute(self._text, self._bound(row)).rowcount == 1 for row in rows]

    def _bound(self, row: Row) -> dict[str, Any]:
        bound = {**self._own, **row}
        for name, value in row.items():
            if isinstance(value, datetime):
                bound[name] = self._moment(value)
        return bound


class AtOnce:
    """Joins the table with arrays of the rows' values and returns which rows were changed."""

    def __init__(self, build: Build, names: Sequence[str], engine: Engine) -> None:
        arrays = [bindparam(name, type_=ARRAY(TYPES[name]), required=False) for name in names]
        columns = [column(name, TYPES[name]) for name in names]
        rows = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
        statement = build(lambda name: rows.c[name])
        self._names = names
        self._text, self._own = _compiled(
            statement.returning(col(Delivery.id), rows.c.claim_token), engine
        )

    def run(self, cursor: Any, rows: Sequence[Row]) -> list[bool]:
        """See `RowUpdate`."""
        arrays = {name: [row[name] for row in rows] for name in self._names}
        cursor.execute(self._text, {**self._own, **arrays})
        # By token too: of two claims on one delivery, only one can have changed it.
        changed = set(cursor.fetchall())
        return [(row["claim_id"], row["claim_token"]) in changed for row in rows]


def _compiled(statement: Any, engine: Engine) -> tuple[str, dict[str, Any]]:
    """The statement's text, and the parameters that it brings itself."""
    compiled = statement.compile(
        dialect=engine.dialect, compile_kwargs={"render_postcompile": True}
    )
    own = {
        # The drivers do not know our enums, which SQLAlchemy would convert for them.
        name: str(value) if isinstance(value, str) else value
        for name, value in compiled.params.items()
    }
    return str(compiled), own
