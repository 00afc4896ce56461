"""Erasing a reader from the ledger."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from digest.app import App
from digest.delivery.ledger.mailings import freeze_audience
from digest.delivery.outcomes import outcome_of
from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound
from digest.tables import metadata
from tests.readers import erase
from tests.workers import ledger_at, record


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (DeliveryState.PENDING, DeliveryState.SKIPPED),
        (DeliveryState.CLAIMED, DeliveryState.SKIPPED),
        (DeliveryState.DEFERRED, DeliveryState.SKIPPED),
        (DeliveryState.UNKNOWN, DeliveryState.HELD),
        (DeliveryState.ACCEPTED, DeliveryState.ACCEPTED),
        (DeliveryState.ARMED, DeliveryState.ARMED),
    ],
)
async def test_a_delivery_still_counts_but_loses_the_address(
    app: App,
    clock: Any,
    add_readers: Callable[[int], Awaitable[list[int]]],
    before: DeliveryState,
    after: DeliveryState,
) -> None:
    readers = await add_readers(2)
    async with app.store.write() as session:
        mailing = Mailing(
            kind=MailingKind.ISSUE,
            created_at=clock(),
            give_up_at=clock(),
            message_id_key="key@example.org",
        )
        session.add(mailing)
        await session.flush()
        assert mailing.id is not None
        for number, subscriber_id in enumerate(readers):
            session.add(
                Delivery(
                    mailing_id=mailing.id,
                    subscriber_id=subscriber_id,
                    address=f"reader{number}@example.org",
                    state=before,
                    reason=f"450 <reader{number}@example.org> later",
                    updated_at=clock(),
                )
            )
    await erase(app, "reader0@example.org")
    async with app.store.read() as session:
        found = await session.exec(select(Delivery).order_by(col(Delivery.id)))
        erased, untouched = found.all()
    assert erased.state == after
    assert "reader0" not in repr(erased)
    assert (erased.erased, untouched.erased) == (True, False)
    assert (untouched.state, untouched.address) == (before, "reader1@example.org")


async def test_an_unknown_address_cannot_be_erased(app: App) -> None:
    with pytest.raises(NotFound):
        await erase(app, "eve@example.org")


async def test_a_test_mail_to_the_address_loses_it_too(
    app: App, clock: Any, add_readers: Callable[[int], Awaitable[list[int]]]
) -> None:
    await add_readers(1)
    async with app.store.write() as session:
        mailing = Mailing(
            kind=MailingKind.TEST,
            created_at=clock(),
            give_up_at=clock(),
            message_id_key="key@example.org",
        )
        session.add(mailing)
        await session.flush()
        assert mailing.id is not None
        for address in ("Reader0@example.org", "editor@example.org"):
            session.add(Delivery(mailing_id=mailing.id, address=address, updated_at=clock()))
    await erase(app, "reader0@example.org")
    async with app.store.read() as session:
        found = await session.exec(select(Delivery).order_by(col(Delivery.id)))
        erased, other = found.all()
    assert "reader0" not in repr(erased).lower()
    assert erased.state == DeliveryState.SKIPPED
    assert other.address == "editor@example.org"
    assert other.state == DeliveryState.PENDING


@pytest.mark.parametrize("late", [False, True])
async def test_no_reply_that_quotes_the_address_outlives_the_erasure(
    app: App, clock: Any, add_readers: Callable[[int], Awaitable[list[int]]], late: bool
) -> None:
    """Whether the reply came before the erasure or after it."""
    await add_readers(1)
    async with app.store.write() as session:
        await freeze_audience(
            session,
            Mailing(
                kind=MailingKind.ISSUE,
                edition="weekly",
                payload={"issue": 1},
                created_at=clock(),
                give_up_at=clock() + timedelta(hours=1),
                message_id_key="key@example.org",
            ),
        )
    ledger = ledger_at(app.store)
    [claim] = await ledger.claim([Route.RELAY], 1, clock())
    assert await ledger.arm(claim, clock(), clock())
    reply = Reply(550, "5.1.1 <reader0@example.org>: no such mailbox")
    for step in (False, True):
        if step is late:
            await record(ledger, claim, outcome_of(reply), clock())
        else:
            await erase(app, "reader0@example.org")
    async with app.store.engine.connect() as connection:
        rows = [
            repr(tuple(row))
            for table in metadata.sorted_tables
            for row in await connection.execute(table.select())
        ]
    assert any("rejected" in row for row in rows)
    assert [row for row in rows if "reader0" in row] == []
