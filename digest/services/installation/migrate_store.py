"""`digest migrate-store`: copy an SQLite store to PostgreSQL, completely or not at all."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Table, Text, func, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.databases import postgresql
from digest.databases.sqlite import path_of
from digest.delivery.guards.liveness import FileLock, lock_folder_of
from digest.errors import Misconfigured, Refused, UsageError
from digest.migrate import require_current, upgrade
from digest.services.result import Result
from digest.store import Store, open_store
from digest.tables import metadata

ROWS_AT_ONCE = 5_000

# (table, rows copied so far, rows in total)
ReportProgress = Callable[[str, int, int], None]


class TableCopy(Result):
    """One table: its rows in the old store and, counted after copying, in the new one."""

    table: str
    source: int
    target: int


class StoreCopy(Result):
    """Every table of the store."""

    tables: tuple[TableCopy, ...]


async def copy_store(source_url: str, target_url: str, report: ReportProgress) -> StoreCopy:
    """Copy every table in one transaction. The source is not changed.

    While it runs, nothing else can write to the source. Raises `UsageError` for a target
    that is not PostgreSQL, `Refused` for one with rows in it or while a worker runs,
    `Misconfigured` for a database that cannot be opened.
    """
    path = path_of(source_url)
    if path is None:
        raise UsageError("the store is on PostgreSQL already; `pg_dump` copies it")
    target_url = postgresql.normalised(target_url)
    if not postgresql.is_valid(target_url):
        raise UsageError(f"the target must look like {postgresql.DRIVER}://user@host/database")
    await require_current(source_url)
    await upgrade(target_url)
    source, target = open_store(source_url), open_store(target_url)
    try:
        return await _copy(source, target, path, report)
    except DBAPIError as error:
        store = target if "psycopg" in type(error.orig).__module__ else source
        raise Misconfigured(f"nothing was copied: {store.explain(error)}") from None
    finally:
        await source.close()
        await target.close()


async def _copy(source: Store, target: Store, path: Path, report: ReportProgress) -> StoreCopy:
    # A writing transaction on both sides: nothing changes while it is copied.
    async with source.write() as reading, target.write() as writing:
        _require_no_worker(path)
        here, there = await reading.connection(), await writing.connection()
        await _require_empty(there)
        tables = [await _copy_table(here, there, table, report) for table in _tables()]
        wrong = [entry for entry in tables if entry.source != entry.target]
        if wrong:
            raise Refused(f"nothing was copied: the counts of {wrong[0].table} differ")
        return StoreCopy(tables=tuple(tables))


def _tables() -> list[Table]:
    # Sorted by dependency: a row is copied after the rows that its foreign keys name.
    return metadata.sorted_tables


def _require_no_worker(path: Path) -> None:
    lock = FileLock(lock_folder_of(path))
    try:
        if lock.living() > 1:  # the lock of this process counts as one
            raise Refused("a worker is running; stop `digest serve` first")
    finally:
        lock.release()


async def _require_empty(target: AsyncConnection) -> None:
    for table in _tables():
        if await _count(target, table):
            raise Refused(
                f"the target is not empty: its table {table.name} has rows; make a new database"
            )


async def _copy_table(
    source: AsyncConnection, target: AsyncConnection, table: Table, report: ReportProgress
) -> TableCopy:
    total = await _count(source, table)
    report(table.name, 0, total)

    async def rows() -> AsyncIterator[list[Any]]:
        columns = (_as_stored(column) for column in table.columns)
        found = await source.stream(select(*columns).execution_options(yield_per=ROWS_AT_ONCE))
        done = 0
        async for part in found.partitions():
            for row in part:
                yield [_storable(value) for value in row]
            done += len(part)
            report(table.name, done, total)

    await postgresql.copy_in(target, table, rows())
    await postgresql.count_on(target, table)
    return TableCopy(table=table.name, source=total, target=await _count(target, table))


def _as_stored(column: Any) -> Any:
    """JSON columns as text: parsing and serialising could change them."""
    return type_coerce(column, Text) if isinstance(column.type, JSON) else column


def _storable(value: Any) -> Any:
    # PostgreSQL stores no NUL in text. Only text from outside, such as a relay's reply, has one.
    if isinstance(value, str) and "\0" in value:
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value


async def _count(connection: AsyncConnection, table: Table) -> int:
    return (await connection.execute(select(func.count()).select_from(table))).scalar_one()
