"""Readers as rows, streamed so that a million need no more memory than ten."""

import csv
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import Select, func, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.states import SubscriptionState
from subscribers.tables import Subscriber, Subscription, Suppression

ROWS_AT_ONCE = 1_000
# An apostrophe by itself starts no formula; with a second one it is told from ours at an import.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "'")


@dataclass(frozen=True)
class ReaderRow:
    """One reader and one edition; `edition` is None for a reader without any.

    `suppressed` are the reasons in force, separated by commas, if there are any: then the
    reader gets no mail, whatever `state` is.
    """

    id: int
    address: str
    edition: str | None
    state: SubscriptionState | None
    suppressed: str | None
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None


COLUMNS = tuple(field.name for field in fields(ReaderRow))


async def reader_rows(
    session: AsyncSession,
    *,
    edition: str | None = None,
    state: SubscriptionState | None = None,
    after: int = 0,
    limit: int | None = None,
) -> AsyncIterator[ReaderRow]:
    """Rows with an id above `after`, in order of id; erased readers are left out."""
    query = _query().where(col(Subscriber.id) > after)
    if edition is not None:
        query = query.where(col(Subscription.edition) == edition)
    if state is not None:
        query = query.where(col(Subscription.state) == state)
    if limit is not None:
        query = query.limit(limit)
    found = await session.stream(query.execution_options(yield_per=ROWS_AT_ONCE))
    async for rows in found.partitions():
        for row in rows:
            yield ReaderRow(*row)


def _query() -> Select[*tuple[Any, ...]]:
    suppressed = (
        select(func.aggregate_strings(col(Suppression.reason), ","))
        .where(
            col(Suppression.address_hash) == col(Subscriber.address_hash),
            col(Suppression.lifted_at).is_(None),
        )
        .scalar_subquery()
    )
    return (
        select(
            col(Subscriber.id),
            col(Subscriber.address),
            col(Subscription.edition),
            col(Subscription.state),
            suppressed.label("suppressed"),
            col(Subscriber.created_at),
            col(Subscription.confirmed_at),
            col(Subscription.ended_at),
        )
        .outerjoin(Subscription, col(Subscription.subscriber_id) == col(Subscriber.id))
        .where(col(Subscriber.address).is_not(None))
        .order_by(col(Subscriber.id), col(Subscription.edition))
    )


Write = Callable[[ReaderRow], None]


def csv_writer(file: TextIO) -> Write:
    """Write the headings; the result writes one row as a line."""
    writer = csv.writer(file, lineterminator="\r\n")  # RFC 4180 section 2
    writer.writerow(COLUMNS)

    def write(row: ReaderRow) -> None:
        writer.writerow([neutralised(_text(value)) for value in vars(row).values()])

    return write


def json_lines_writer(file: TextIO) -> Write:
    """The result writes one row as a JSON object on a line."""

    def write(row: ReaderRow) -> None:
        file.write(json.dumps(vars(row), default=_text, ensure_ascii=False) + "\n")

    return write


def neutralised(cell: str) -> str:
    """The text as a cell that no spreadsheet evaluates as a formula (OWASP, CSV injection)."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, datetime) else str(value)
