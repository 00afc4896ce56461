"""Storing a chunk of imported readers in a handful of statements."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, insert, literal, select
from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.sqltypes import UTCDateTime

from subscribers.dialects import among, insert_if_new
from subscribers.importing.spool import Spooled
from subscribers.tables import (
    ConsentEvent,
    ConsentKind,
    Subscriber,
    Subscription,
    SubscriptionState,
)


class Writer:
    """Writes readers of one edition, who came from one source at one instant."""

    def __init__(
        self, session: AsyncSession, edition: str, *, confirmed: bool, source: str, now: datetime
    ) -> None:
        self._session, self._edition = session, edition
        self._source, self._now = source, now
        self._state = SubscriptionState.ACTIVE if confirmed else SubscriptionState.PENDING
        self._kind = ConsentKind.IMPORTED if confirmed else ConsentKind.ADDED

    async def enrol(self, rows: Sequence[Spooled]) -> None:
        """Make readers of those who are none yet, and subscribe all."""
        if not rows:
            return
        created = [{**row._asdict(), "created_at": self._now} for row in rows]
        connection = await self._session.connection()
        await connection.execute(insert_if_new(self._session, Subscriber), created)
        await self._session.exec(
            insert_if_new(self._session, Subscription).from_select(
                ["subscriber_id", "edition", "state"],
                select(
                    col(Subscriber.id), literal(self._edition), literal(self._state.value)
                ).where(self._among(rows)),
            )
        )
        await self._log(rows)

    async def activate(self, rows: Sequence[Spooled]) -> None:
        """Make readers active who were waiting to confirm."""
        if not rows:
            return
        hers = select(col(Subscriber.id)).where(self._among(rows))
        await self._session.exec(
            update(Subscription)
            .where(
                col(Subscription.edition) == self._edition,
                col(Subscription.subscriber_id).in_(hers),
            )
            .values(state=self._state)
            .execution_options(synchronize_session=False)
        )
        await self._log(rows)

    async def _log(self, rows: Sequence[Spooled]) -> None:
        event = (
            literal(self._edition),
            literal(self._kind.value),
            literal(self._now, UTCDateTime()),
            literal(self._source),
        )
        await self._session.exec(
            insert(ConsentEvent).from_select(
                ["subscriber_id", "edition", "kind", "at", "source"],
                select(col(Subscriber.id), *event).where(self._among(rows)),
            )
        )

    def _among(self, rows: Sequence[Spooled]) -> ColumnElement[bool]:
        return among(
            self._session, col(Subscriber.address_hash), (row.address_hash for row in rows)
        )
