"""Storing the addresses of a spool, or counting what would be stored."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers.address import EmailAddress
from subscribers.importing.checking import CHUNK, CheckedFile, RejectedRow
from subscribers.importing.outcomes import ImportOutcome
from subscribers.importing.spool import COLUMNS, Spooled
from subscribers.importing.staging import outcomes_of
from subscribers.importing.writing import ImportWriter
from subscribers.keys import Keyring
from subscribers.tables import Subscriber


@dataclass(frozen=True)
class ImportCounts:
    """What an import did, or would do; all numbers are counts of rows.

    `values` has how often each value of a column that tells the standing is in the file.
    """

    rows: int
    new: int
    activated: int
    left: int
    bounced: int
    complained: int
    blocked: int
    ended: int
    unconfirmed: int
    without_consent: int
    known: int
    unsubscribed: int
    suppressed: int
    erased: int
    duplicates: int
    rejected: int
    other_editions: int
    examples: tuple[RejectedRow, ...]
    values: dict[str, dict[str, int]]


async def plan(
    session: AsyncSession, checked: CheckedFile, *, edition: str, confirmed: bool
) -> ImportCounts:
    """What `store` would do now; writes nothing."""
    counts: Counter[str] = Counter()
    for chunk in checked.spool.chunks(CHUNK):
        rows = dialect_of(session).rows_as_table(COLUMNS, chunk)
        outcomes = outcomes_of(rows, edition, confirmed=confirmed).subquery()
        query = select(outcomes.c.outcome, func.count()).group_by(outcomes.c.outcome)
        counts.update(dict((await session.exec(query)).all()))
    return _counted(checked, counts)


async def store(
    session: AsyncSession,
    checked: CheckedFile,
    *,
    edition: str,
    confirmed: bool,
    source: str,
    now: datetime,
    chunk_size: int = CHUNK,
) -> ImportCounts:
    """Store the valid addresses in the caller's transaction; `source` is for the consent log."""
    writer = ImportWriter(session, edition, confirmed=confirmed, source=source, now=now)
    return _counted(checked, await _merge(session, writer, checked.spool.chunks(chunk_size)))


async def add_confirmed(
    session: AsyncSession,
    keyring: Keyring,
    address: EmailAddress,
    *,
    edition: str,
    source: str,
    now: datetime,
) -> ImportOutcome:
    """Store one reader who agreed elsewhere, by the same rules as an import."""
    row = Spooled(keyring.address_hash(address.normalised), address.wire, address.normalised)
    writer = ImportWriter(session, edition, confirmed=True, source=source, now=now)
    [outcome] = await _merge(session, writer, [[row]])
    return ImportOutcome(outcome)


async def _merge(
    session: AsyncSession, writer: ImportWriter, chunks: Iterable[list[Spooled]]
) -> dict[str, int]:
    await writer.open()
    for chunk in chunks:
        await _lock_readers(session, chunk)
        await writer.stage(chunk)
    return await writer.write()


async def _lock_readers(session: AsyncSession, chunk: list[Spooled]) -> None:
    """Nobody may unsubscribe between the statement that decides and the one that stores."""
    hashes = (row.address_hash for row in chunk)
    dialect = dialect_of(session)
    await dialect.lock_rows(
        session,
        select(col(Subscriber.id))
        .where(dialect.among(col(Subscriber.address_hash), hashes))
        .order_by(col(Subscriber.id)),
    )


def _counted(checked: CheckedFile, counts: Mapping[str, int]) -> ImportCounts:
    return ImportCounts(
        rows=checked.rows,
        duplicates=checked.duplicates,
        rejected=checked.rejected,
        other_editions=checked.other_editions,
        examples=tuple(checked.examples),
        values={name: dict(counted.most_common()) for name, counted in checked.values.items()},
        **{outcome.value: counts.get(outcome, 0) for outcome in ImportOutcome},
    )
