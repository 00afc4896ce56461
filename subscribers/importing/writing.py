"""Storing imported readers in a handful of statements, however many they are.

The addresses wait with their fates in a temporary table of the transaction; so the
database's write lock is held for seconds where a million are imported, and not a
row passes through this process again.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, MetaData, Select, Table, Text, func, insert, literal, select
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import UTCDateTime

from digest.databases import dialect_of
from subscribers.importing.fates import Fate, fates_of
from subscribers.importing.spool import Spooled
from subscribers.states import ConsentKind, SubscriptionState
from subscribers.tables import ConsentEvent, Subscriber, Subscription

STAGED = Table(
    "staged_reader",
    MetaData(),
    *(Column(name, Text, nullable=False) for name in (*Spooled._fields, "fate")),
    prefixes=["TEMPORARY"],
)


class Writer:
    """Writes readers of one edition, who came from one source at one instant."""

    def __init__(
        self, session: AsyncSession, edition: str, *, confirmed: bool, source: str, now: datetime
    ) -> None:
        self._session, self._dialect = session, dialect_of(session)
        self._edition, self._confirmed = edition, confirmed
        self._source, self._now = source, now
        self._state = SubscriptionState.ACTIVE if confirmed else SubscriptionState.PENDING
        self._kind = ConsentKind.IMPORTED if confirmed else ConsentKind.ADDED

    async def open(self) -> None:
        """Make room to stage in; a transaction that is rolled back removes it again."""
        await (await self._session.connection()).run_sync(STAGED.create)

    async def stage(self, rows: Sequence[Spooled]) -> None:
        """Set rows aside, each with what is to become of it; the store is not changed yet."""
        chunk = self._dialect.rows_as_table(Spooled._fields, rows)
        fated = fates_of(chunk, self._edition, confirmed=self._confirmed)
        await self._session.exec(insert(STAGED).from_select(list(STAGED.c), fated))

    async def write(self) -> dict[str, int]:
        """Store what is staged, and let go of it; how many have which fate."""
        await self._enrol()
        if self._confirmed:
            await self._activate()
        await self._log()
        connection = await self._session.connection()
        by_fate = select(STAGED.c.fate, func.count()).group_by(STAGED.c.fate)
        counts: dict[str, int] = {}
        for fate, count in await connection.execute(by_fate):
            counts[fate] = count
        await connection.run_sync(STAGED.drop)
        return counts

    async def _enrol(self) -> None:
        """Make readers of those who are none yet, and subscribe all."""
        names = [*Spooled._fields, "created_at"]
        created = select(
            *(STAGED.c[name] for name in Spooled._fields), literal(self._now, UTCDateTime())
        ).where(STAGED.c.fate == Fate.NEW)
        await self._session.exec(
            self._dialect.insert_or_ignore(Subscriber).from_select(names, created)
        )
        hers = _readers(Fate.NEW).add_columns(literal(self._edition), literal(self._state.value))
        await self._session.exec(
            self._dialect.insert_or_ignore(Subscription).from_select(
                ["subscriber_id", "edition", "state"], hers
            )
        )

    async def _activate(self) -> None:
        """Make readers active who were waiting to confirm."""
        await self._session.exec(
            update(Subscription)
            .where(
                col(Subscription.edition) == self._edition,
                col(Subscription.subscriber_id).in_(_readers(Fate.ACTIVATED)),
            )
            .values(state=self._state)
            .execution_options(synchronize_session=False)
        )

    async def _log(self) -> None:
        event = (
            literal(self._edition),
            literal(self._kind.value),
            literal(self._now, UTCDateTime()),
            literal(self._source),
        )
        await self._session.exec(
            insert(ConsentEvent).from_select(
                ["subscriber_id", "edition", "kind", "at", "source"],
                _readers(Fate.NEW, Fate.ACTIVATED).add_columns(*event),
            )
        )


def _readers(*fates: Fate) -> Select[Any]:
    """The ids of the staged readers with these fates."""
    return (
        select(col(Subscriber.id))
        .select_from(STAGED)
        .join(Subscriber, col(Subscriber.address_hash) == STAGED.c.address_hash)
        .where(STAGED.c.fate.in_(fates))
    )
