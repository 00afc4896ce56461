"""What runs every few seconds beside a million rows goes along an index, on both databases.

Each statement that really runs is explained: on SQLite as it is; on PostgreSQL with
whole-table scans made dear, since for a small table they are right.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.accounting import account
from digest.delivery.ledger.due import _pending_of, _waited_of, find_due
from digest.delivery.ledger.recovery import tidy
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Mailing
from digest.services.installation import metrics
from digest.services.issues import reports
from digest.services.readers import erase
from subscribers.audience import audience
from subscribers.erasure import Erased

ERASED = Erased(subscriber_id=1, normalised="ann@example.org", wire="Ann@example.org")

Work = Callable[[AsyncSession, datetime], Awaitable[object]]


class Nobody:
    """A liveness in which all others are dead."""

    owner = "me"

    def holds(self) -> bool:
        return True

    def is_alive(self, owner: str) -> bool:
        return False

    def release(self) -> None:
        pass


async def freeze(session: AsyncSession, now: datetime) -> None:
    await session.exec(audience("weekly"))


WORK: dict[str, tuple[Work, set[str]]] = {
    "tidying": (
        lambda session, now: tidy(session, Nobody(), now),
        {"ix_delivery_owner", "ix_delivery_mailing_state", "ix_mailing_unfinished"},
    ),
    "looking for what is due": (
        lambda session, now: find_due(session, [Route.RELAY], 10, now),
        {"ix_mailing_unfinished"},
    ),
    "counting a mailing": (
        lambda session, _: account(session, 1),
        {"ix_delivery_mailing_state", "ix_delivery_doubtful"},
    ),
    "listing problems": (
        lambda session, _: reports._problems(session, 1),
        {"ix_delivery_mailing_state", "ix_delivery_doubtful"},
    ),
    "measuring the queue": (
        metrics._queue_age,
        {"ix_delivery_mailing_state", "ix_delivery_not_before", "ix_mailing_unfinished"},
    ),
    "measuring deliveries": (
        lambda session, now: metrics._deliveries(session, metrics._recent(now)),
        {"ix_delivery_mailing_state", "ix_mailing_created_at"},
    ),
    "forgetting a reader's deliveries": (
        lambda session, now: erase.forget_deliveries(session, ERASED, now),
        set(),
    ),
    "freezing": (freeze, {"ix_subscription_edition_state", "ix_suppression_in_force"}),
}


@pytest.mark.parametrize("what", WORK)
async def test_it_reads_no_table_whole(app: App, database: str, what: str) -> None:
    work, indexes = WORK[what]
    async with explaining(app, database) as (session, statements):
        await work(session, app.clock())
        plans = [await explain(session, database, *each) for each in statements]
    told = "\n".join(plans)
    assert plans
    for table in ("delivery", "mailing"):
        assert f"SCAN {table}\n" not in told
        assert f"Seq Scan on {table} " not in told
    if database == "sqlite":  # PostgreSQL chooses by statistics, which a test's few rows mislead
        assert {index for index in indexes if index not in told} == set()


async def test_waiting_deliveries_are_looked_for_by_their_hour(app: App, database: str) -> None:
    """Otherwise each claim would read all that a greylisting domain has put off."""
    now = app.clock()
    mailing = Mailing(
        id=1,
        kind=MailingKind.ISSUE,
        created_at=now,
        give_up_at=now,
        message_id_key="key@example.org",
    )
    async with explaining(app, database) as (session, statements):
        await session.exec(_pending_of(mailing))
        await session.exec(_waited_of(mailing, now))
        pending, waited = [await explain(session, database, *each) for each in statements]
    if database == "sqlite":
        assert "ix_delivery_mailing_state" in pending
        assert "ix_delivery_not_before" in waited
    for plan in (pending, waited):
        assert "TEMP B-TREE" not in plan
        assert "Seq Scan on delivery " not in plan


@asynccontextmanager
async def explaining(
    app: App, database: str
) -> AsyncIterator[tuple[AsyncSession, list[tuple[str, Any]]]]:
    """A session, and the statements that ran in it so far."""
    async with app.store.write() as session:
        if database == "postgresql":
            connection = await session.connection()
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            await connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        with listening(app) as statements:
            yield session, statements


@contextmanager
def listening(app: App) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, parameters: Any, _x: Any, _m: bool) -> None:
        if not statement.startswith(("BEGIN", "EXPLAIN")):
            seen.append((statement, parameters))

    engine = app.store.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def explain(session: AsyncSession, database: str, statement: str, parameters: Any) -> str:
    explain = "EXPLAIN QUERY PLAN " if database == "sqlite" else "EXPLAIN "
    connection = await session.connection()
    rows = (await connection.exec_driver_sql(explain + statement, parameters)).all()
    return "".join(f"{row[-1]}\n" for row in rows)
