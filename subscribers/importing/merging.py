"""From a spool of addresses to readers: what is to become of each, and making it so."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers.address import EmailAddress
from subscribers.importing.checking import CHUNK, Checked, Reject
from subscribers.importing.fates import Fate, fates_of
from subscribers.importing.spool import Spooled
from subscribers.importing.writing import Writer
from subscribers.keys import Keyring
from subscribers.tables import Subscriber


@dataclass(frozen=True)
class Report:
    """What an import did, or would do; all but `examples` are counts of rows."""

    rows: int
    new: int
    activated: int
    known: int
    unsubscribed: int
    suppressed: int
    erased: int
    duplicates: int
    rejected: int
    examples: tuple[Reject, ...]


async def plan(session: AsyncSession, checked: Checked, *, edition: str, confirmed: bool) -> Report:
    """What `store` would do now; writes nothing."""
    counts: Counter[str] = Counter()
    for chunk in checked.spool.chunks(CHUNK):
        rows = dialect_of(session).rows_as_table(Spooled._fields, chunk)
        fates = fates_of(rows, edition, confirmed=confirmed).subquery()
        found = await session.exec(select(fates.c.fate, func.count()).group_by(fates.c.fate))
        counts.update(dict(found.all()))
    return _report(checked, counts)


async def store(
    session: AsyncSession,
    checked: Checked,
    *,
    edition: str,
    confirmed: bool,
    source: str,
    now: datetime,
) -> Report:
    """Store the good addresses in the caller's transaction; `source` goes to the consent log."""
    writer = Writer(session, edition, confirmed=confirmed, source=source, now=now)
    return _report(checked, await _merge(session, writer, checked.spool.chunks(CHUNK)))


async def add_confirmed(
    session: AsyncSession,
    keyring: Keyring,
    address: EmailAddress,
    *,
    edition: str,
    source: str,
    now: datetime,
) -> Fate:
    """An import of one, who agreed elsewhere; by the same rules."""
    row = Spooled(keyring.address_hash(address.normalised), address.wire, address.normalised)
    writer = Writer(session, edition, confirmed=True, source=source, now=now)
    [fate] = await _merge(session, writer, [[row]])
    return Fate(fate)


async def _merge(
    session: AsyncSession, writer: Writer, chunks: Iterable[list[Spooled]]
) -> dict[str, int]:
    await writer.open()
    for chunk in chunks:
        await _hold(session, chunk)
        await writer.stage(chunk)
    return await writer.write()


def _report(checked: Checked, counts: Mapping[str, int]) -> Report:
    return Report(
        rows=checked.rows,
        duplicates=checked.duplicates,
        rejected=checked.rejected,
        examples=tuple(checked.examples),
        **{fate.value: counts.get(fate, 0) for fate in Fate},
    )


async def _hold(session: AsyncSession, chunk: list[Spooled]) -> None:
    """Nobody's standing changes between our look at it and our change to it."""
    hashes = (row.address_hash for row in chunk)
    dialect = dialect_of(session)
    await dialect.lock_rows(
        session,
        select(col(Subscriber.id))
        .where(dialect.among(col(Subscriber.address_hash), hashes))
        .order_by(col(Subscriber.id)),
    )
