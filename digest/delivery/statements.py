"""Statements compiled once for a driver and run by the thousand.

Building a statement with SQLAlchemy costs more than running it; so on the hot
path its text and parameters go to the driver as they are.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Update
from sqlmodel import UTCDateTime

Row = dict[str, Any]


class Prepared:
    """A statement as text, with the parameters it brings itself."""

    def __init__(self, statement: Update, engine: Engine) -> None:
        compiled = statement.compile(
            dialect=engine.dialect, compile_kwargs={"render_postcompile": True}
        )
        self.text = str(compiled)
        self._own = {
            name: str(value) if isinstance(value, str) else value  # an enum's member is plain
            for name, value in compiled.params.items()
        }
        moment = UTCDateTime().dialect_impl(engine.dialect)
        self._moment: Callable[[datetime], Any] = moment.bind_processor(engine.dialect) or (
            lambda value: value
        )

    def row(self, **values: Any) -> Row:
        """The parameters of one run; moments as the driver stores them."""
        row = {**self._own, **values}
        for name, value in values.items():
            if isinstance(value, datetime):
                row[name] = self._moment(value)
        return row


def run_each(cursor: Any, statement: Prepared, rows: Sequence[Row]) -> list[bool]:
    """Run a statement once for each row; whether it changed something, row by row."""
    if hasattr(cursor, "nextset"):  # psycopg: all go out in one pipeline
        cursor.executemany(statement.text, rows, returning=True)
        changed = [cursor.rowcount == 1]
        while cursor.nextset():
            changed.append(cursor.rowcount == 1)
        return changed
    return [cursor.execute(statement.text, row).rowcount == 1 for row in rows]
