"""Storing imported readers in a fixed number of statements, however many they are.

The addresses wait with their outcomes in a temporary table of the transaction. So the
database's write lock is held for seconds where a million are imported, and no row passes
through this process a second time.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    Column,
    FromClause,
    MetaData,
    Select,
    Table,
    Text,
    case,
    func,
    insert,
    literal,
    select,
)
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import UTCDateTime

from digest.databases import dialect_of
from subscribers.importing.spool import Spooled
from subscribers.states import ConsentKind, SubscriptionState, SuppressionReason
from subscribers.suppression import suppressed
from subscribers.tables import ConsentEvent, Subscriber, Subscription

STAGED = Table(
    "staged_reader",
    MetaData(),
    *(Column(name, Text, nullable=False) for name in (*Spooled._fields, "outcome")),
    prefixes=["TEMPORARY"],
)

AT_OWN_REQUEST = (SuppressionReason.UNSUBSCRIBE, SuppressionReason.ERASURE)
FOR_OTHER_REASONS = frozenset(SuppressionReason).difference(AT_OWN_REQUEST)


class ImportOutcome(StrEnum):
    """What an import does with an address; only the first two change anything."""

    NEW = "new"
    ACTIVATED = "activated"
    KNOWN = "known"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


def outcomes_of(rows: FromClause, edition: str, *, confirmed: bool) -> Select[tuple[str, ...]]:
    """Select all columns of `rows`, one of them `address_hash`, and the `outcome` of each row."""
    address_hash = rows.c.address_hash
    pending = ImportOutcome.ACTIVATED if confirmed else ImportOutcome.KNOWN
    outcome = case(
        (suppressed(address_hash, FOR_OTHER_REASONS), ImportOutcome.SUPPRESSED.value),
        (suppressed(address_hash, {SuppressionReason.ERASURE}), ImportOutcome.ERASED.value),
        (suppressed(address_hash, AT_OWN_REQUEST), ImportOutcome.UNSUBSCRIBED.value),
        # No reader yet, or one of other editions only.
        (col(Subscription.state).is_(None), ImportOutcome.NEW.value),
        (col(Subscription.state) == SubscriptionState.ACTIVE, ImportOutcome.KNOWN.value),
        # A reader who left and then asked for a new link is pending, but has not confirmed it.
        (col(Subscription.ended_at).is_not(None), ImportOutcome.UNSUBSCRIBED.value),
        else_=pending.value,
    )
    of_edition = (col(Subscription.subscriber_id) == col(Subscriber.id)) & (
        col(Subscription.edition) == edition
    )
    return (
        select(*rows.c, outcome.label("outcome"))
        .select_from(rows)
        .outerjoin(Subscriber, col(Subscriber.address_hash) == address_hash)
        .outerjoin(Subscription, of_edition)
    )


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
        chunk = self._dialect.rows_as_table(Spooled._fields, rows)
        decided = outcomes_of(chunk, self._edition, confirmed=self._confirmed)
        await self._session.exec(insert(STAGED).from_select(list(STAGED.c), decided))

    async def write(self) -> dict[str, int]:
        """Store what is staged, and drop the temporary table; the number of rows by outcome."""
        await self._enrol()
        if self._confirmed:
            await self._activate()
        await self._log()
        connection = await self._session.connection()
        by_outcome = select(STAGED.c.outcome, func.count()).group_by(STAGED.c.outcome)
        counts: dict[str, int] = {}
        for outcome, count in await connection.execute(by_outcome):
            counts[outcome] = count
        await connection.run_sync(STAGED.drop)
        return counts

    async def _enrol(self) -> None:
        """Create the readers that do not exist yet, and subscribe all new ones."""
        names = [*Spooled._fields, "created_at"]
        created = select(
            *(STAGED.c[name] for name in Spooled._fields), literal(self._now, UTCDateTime())
        ).where(STAGED.c.outcome == ImportOutcome.NEW)
        await self._session.exec(
            self._dialect.insert_or_ignore(Subscriber).from_select(names, created)
        )
        subscriptions = _readers(ImportOutcome.NEW).add_columns(
            literal(self._edition), literal(self._state.value)
        )
        await self._session.exec(
            self._dialect.insert_or_ignore(Subscription).from_select(
                ["subscriber_id", "edition", "state"], subscriptions
            )
        )

    async def _activate(self) -> None:
        """Activate pending readers whose consent the import brings."""
        await self._session.exec(
            update(Subscription)
            .where(
                col(Subscription.edition) == self._edition,
                col(Subscription.subscriber_id).in_(_readers(ImportOutcome.ACTIVATED)),
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
                _readers(ImportOutcome.NEW, ImportOutcome.ACTIVATED).add_columns(*event),
            )
        )


def _readers(*outcomes: ImportOutcome) -> Select[Any]:
    """The ids of the staged readers with these outcomes."""
    return (
        select(col(Subscriber.id))
        .select_from(STAGED)
        .join(Subscriber, col(Subscriber.address_hash) == STAGED.c.address_hash)
        .where(STAGED.c.outcome.in_(outcomes))
    )
