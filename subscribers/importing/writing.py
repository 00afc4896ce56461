"""Storing imported readers in a fixed number of statements, however many they are.

The addresses wait with their outcomes in a temporary table of the transaction. So the
database's write lock is held for seconds where a million are imported, and no row passes
through this process a second time.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, func, insert, literal, null, select, tuple_
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import UTCDateTime

from digest.databases import dialect_of
from subscribers.importing.outcomes import SUPPRESSING, ImportOutcome
from subscribers.importing.spool import COLUMNS, Spooled
from subscribers.importing.staging import STAGED, outcomes_of, readers_of
from subscribers.importing.suppressing import ImportedSuppressions
from subscribers.readers import end_subscriptions
from subscribers.states import ConsentKind, SubscriptionState
from subscribers.tables import ConsentEvent, Subscriber, Subscription


class ImportWriter:
    """Stores readers of one edition that come from one source at one instant."""

    def __init__(
        self, session: AsyncSession, edition: str, *, confirmed: bool, source: str, now: datetime
    ) -> None:
        self._session, self._dialect = session, dialect_of(session)
        self._edition, self._confirmed = edition, confirmed
        self._source, self._now = source, now
        self._state = SubscriptionState.ACTIVE if confirmed else SubscriptionState.PENDING
        self._kind = ConsentKind.IMPORTED if confirmed else ConsentKind.ADDED

    async def open(self) -> None:
        """Create the temporary table; a rolled-back transaction removes it again."""
        await (await self._session.connection()).run_sync(STAGED.create)

    async def stage(self, rows: Sequence[Spooled]) -> None:
        """Put rows with their outcomes into the temporary table; no reader is changed yet."""
        chunk = self._dialect.rows_as_table(COLUMNS, rows)
        decided = outcomes_of(chunk, self._edition, confirmed=self._confirmed)
        await self._session.exec(insert(STAGED).from_select(list(STAGED.c), decided))

    async def write(self) -> dict[str, int]:
        """Store what is staged, and drop the temporary table; the number of rows by outcome."""
        await self._end()
        await self._enrol()
        if self._confirmed:
            await self._activate()
        await self._log()
        await ImportedSuppressions(self._session, source=self._source, now=self._now).write()
        connection = await self._session.connection()
        by_outcome = select(STAGED.c.outcome, func.count()).group_by(STAGED.c.outcome)
        counts: dict[str, int] = {}
        for outcome, count in await connection.execute(by_outcome):
            counts[outcome] = count
        await connection.run_sync(STAGED.drop)
        return counts

    async def _end(self) -> None:
        """End what has ended elsewhere; of readers who are new here it is stored as ended."""
        connection = await self._session.connection()
        found = await connection.execute(readers_of(ImportOutcome.ENDED, STAGED.c.edition))
        for subscriber_id, edition in found.all():
            await end_subscriptions(self._session, subscriber_id, edition, self._now)

    async def _enrol(self) -> None:
        """Create the readers that do not exist yet, and subscribe all new ones."""
        wanted = STAGED.c.outcome.in_((ImportOutcome.NEW, ImportOutcome.ENDED)) | (
            STAGED.c.outcome.in_(SUPPRESSING.values()) & (STAGED.c.state != "")
        )
        created = select(
            STAGED.c.address_hash,
            STAGED.c.address,
            STAGED.c.normalised,
            literal(self._now, UTCDateTime()),
        ).where(wanted)
        await self._session.exec(
            self._dialect.insert_or_ignore(Subscriber).from_select(
                ["address_hash", "address", "normalised", "created_at"], created
            )
        )
        ended = STAGED.c.state == SubscriptionState.ENDED
        state = case(
            (STAGED.c.state.in_(("", SubscriptionState.ACTIVE.value)), self._state.value),
            else_=STAGED.c.state,
        )
        ended_at = case((ended, literal(self._now, UTCDateTime())), else_=null())
        subscriptions = readers_of(None, STAGED.c.edition, state, ended_at).where(wanted)
        await self._session.exec(
            self._dialect.insert_or_ignore(Subscription).from_select(
                ["subscriber_id", "edition", "state", "ended_at"], subscriptions
            )
        )

    async def _activate(self) -> None:
        """Activate pending readers whose consent the import brings."""
        activated = readers_of(ImportOutcome.ACTIVATED, STAGED.c.edition)
        await self._session.exec(
            update(Subscription)
            .where(
                tuple_(col(Subscription.subscriber_id), col(Subscription.edition)).in_(activated)
            )
            .values(state=self._state)
            .execution_options(synchronize_session=False)
        )

    async def _log(self) -> None:
        added = case(
            (STAGED.c.state == SubscriptionState.PENDING, ConsentKind.ADDED.value),
            else_=self._kind.value,
        )
        for outcome, kind in (
            (ImportOutcome.NEW, added),
            (ImportOutcome.ACTIVATED, added),
            (ImportOutcome.ENDED, literal(ConsentKind.UNSUBSCRIBED.value)),
        ):
            at, source = literal(self._now, UTCDateTime()), literal(self._source)
            await self._session.exec(
                insert(ConsentEvent).from_select(
                    ["subscriber_id", "edition", "kind", "at", "source"],
                    readers_of(outcome, STAGED.c.edition, kind, at, source),
                )
            )
