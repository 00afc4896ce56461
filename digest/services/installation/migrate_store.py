"""Moving house: an embedded store copied to PostgreSQL, whole and counted, or not at all."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
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
from digest.store import Store, open_store
from digest.tables import metadata

ROWS_AT_ONCE = 5_000

# (table, rows copied, rows in all)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Copied:
    """One table: its rows in the old store and, counted after copying, in the new one."""

    table: str
    source: int
    target: int


async def copy_store(source_url: str, target_url: str, progress: Progress) -> list[Copied]:
    """Copy every table in one transaction; the source stays as it is, and writable again after.

    While it runs nothing can be written to the source. Raises `UsageError` for a target
    that is no PostgreSQL, `Refused` for one that holds anything and while a worker lives,
    `Misconfigured` for what cannot be opened.
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
        return await _copy(source, target, path, progress)
    except DBAPIError as error:
        store = target if "psycopg" in type(error.orig).__module__ else source
        raise Misconfigured(f"nothing was copied: {store.explain(error)}") from None
    finally:
        await source.close()
        await target.close()


async def _copy(source: Store, target: Store, path: Path, progress: Progress) -> list[Copied]:
    """With a writing transaction open on both: nobody changes what is being copied."""
    async with source.write() as reading, target.write() as writing:
        _require_no_worker(path)
        here, there = await reading.connection(), await writing.connection()
        await _require_empty(there)
        copied = [await _copy_table(here, there, table, progress) for table in _tables()]
        wrong = [entry for entry in copied if entry.source != entry.target]
        if wrong:
            raise Refused(f"nothing was copied: the counts of {wrong[0].table} differ")
        return copied


def _tables() -> list[Table]:
    """What refers to another comes after it."""
    return metadata.sorted_tables


def _require_no_worker(path: Path) -> None:
    lock = FileLock(lock_folder_of(path))
    try:
        if lock.living() > 1:
            raise Refused("a worker is at work; stop `digest serve` first")
    finally:
        lock.release()


async def _require_empty(target: AsyncConnection) -> None:
    for table in _tables():
        if await _count(target, table):
            raise Refused(
                f"the target is not empty: its table {table.name} has rows; make a new database"
            )


async def _copy_table(
    source: AsyncConnection, target: AsyncConnection, table: Table, progress: Progress
) -> Copied:
    total = await _count(source, table)
    progress(table.name, 0, total)

    async def rows() -> AsyncIterator[list[Any]]:
        columns = (_as_stored(column) for column in table.columns)
        found = await source.stream(select(*columns).execution_options(yield_per=ROWS_AT_ONCE))
        done = 0
        async for part in found.partitions():
            for row in part:
                yield [_storable(value) for value in row]
            done += len(part)
            progress(table.name, done, total)

    await postgresql.copy_in(target, table, rows())
    await postgresql.count_on(target, table)
    return Copied(table.name, total, await _count(target, table))


def _as_stored(column: Any) -> Any:
    """JSON as its text: to read and write it anew might change it."""
    return type_coerce(column, Text) if isinstance(column.type, JSON) else column


def _storable(value: Any) -> Any:
    """PostgreSQL takes no NUL in text; only what strangers wrote can hold one."""
    if isinstance(value, str) and "\0" in value:
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value


async def _count(connection: AsyncConnection, table: Table) -> int:
    return (await connection.execute(select(func.count()).select_from(table))).scalar_one()
