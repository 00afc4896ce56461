"""Updates of the hot path, compiled once for a driver and run for thousands of rows.

Building a statement with SQLAlchemy costs more than running it; so its text and its
parameters go to the driver as they are. SQLite, in this very process, runs it row by
row; PostgreSQL is sent all rows as arrays, in one round trip.
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

# Builds the update of one row from where its values come from.
Given = Callable[[str], ColumnElement[Any]]
Build = Callable[[Given], Update]

TYPES: dict[str, Any] = {
    "its_id": Integer(),
    "its_token": String(),
    "its_mailing": Integer(),
    "its_edition": String(),
    "the_state": String(),
    "the_reason": String(),
    "the_attempts": Integer(),
    "the_date": UTCDateTime(),
    "the_hour": UTCDateTime(),
    "the_time": UTCDateTime(),
}


class RowUpdate(Protocol):
    """An update of deliveries by (`its_id`, `its_token`)."""

    def run(self, cursor: Any, rows: Sequence[Row]) -> list[bool]:
        """Update what fits; whether a delivery was changed, row by row."""


def prepared(build: Build, names: Sequence[str], engine: Engine) -> RowUpdate:
    """The update as this database runs it best; `names` are the values that it is given."""
    return AtOnce(build, names, engine) if dialect_of(engine).SHARED else OneByOne(build, engine)


class OneByOne:
    """Runs the statement once for each row."""

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
        return [cursor.execute(self._text, self._bound(row)).rowcount == 1 for row in rows]

    def _bound(self, row: Row) -> dict[str, Any]:
        bound = {**self._own, **row}
        for name, value in row.items():
            if isinstance(value, datetime):
                bound[name] = self._moment(value)
        return bound


class AtOnce:
    """Joins the table with arrays of the rows' values, and is told which rows it changed."""

    def __init__(self, build: Build, names: Sequence[str], engine: Engine) -> None:
        arrays = [bindparam(name, type_=ARRAY(TYPES[name]), required=False) for name in names]
        columns = [column(name, TYPES[name]) for name in names]
        rows = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
        statement = build(lambda name: rows.c[name])
        told = statement.returning(col(Delivery.id), rows.c.its_token)
        self._names = names
        self._text, self._own = _compiled(told, engine)

    def run(self, cursor: Any, rows: Sequence[Row]) -> list[bool]:
        """See `RowUpdate`."""
        arrays = {name: [row[name] for row in rows] for name in self._names}
        cursor.execute(self._text, {**self._own, **arrays})
        changed = set(cursor.fetchall())
        return [(row["its_id"], row["its_token"]) in changed for row in rows]


def _compiled(statement: Any, engine: Engine) -> tuple[str, dict[str, Any]]:
    """Its text, and the parameters that it brings itself."""
    compiled = statement.compile(
        dialect=engine.dialect, compile_kwargs={"render_postcompile": True}
    )
    own = {
        name: str(value) if isinstance(value, str) else value  # an enum's member is plain
        for name, value in compiled.params.items()
    }
    return str(compiled), own
