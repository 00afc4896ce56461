"""Erasing a reader from the ledger."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlmodel import col, select

from digest.app import App
from digest.delivery.tables import Delivery, DeliveryState, Mailing, MailingKind
from digest.errors import NotFound
from digest.flows.erasing import erase_reader


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
async def test_a_delivery_keeps_its_place_in_the_sum_but_not_her_address(
    app: App,
    clock: Any,
    add_readers: Callable[[int], Awaitable[list[int]]],
    before: DeliveryState,
    after: DeliveryState,
) -> None:
    hers, others = await add_readers(2)
    async with app.store.write() as session:
        mailing = Mailing(
            kind=MailingKind.ISSUE,
            created_at=clock(),
            give_up_at=clock(),
            postmark="key@example.org",
        )
        session.add(mailing)
        await session.flush()
        assert mailing.id is not None
        for number, reader in enumerate((hers, others)):
            session.add(
                Delivery(
                    mailing_id=mailing.id,
                    subscriber_id=reader,
                    address=f"reader{number}@example.org",
                    state=before,
                    reason=f"450 <reader{number}@example.org> later",
                    updated_at=clock(),
                )
            )
    await erase_reader(app, address="reader0@example.org")
    async with app.store.read() as session:
        found = await session.exec(select(Delivery).order_by(col(Delivery.id)))
        erased, untouched = found.all()
    assert erased.state == after
    assert "reader0" not in repr(erased)
    assert (untouched.state, untouched.address) == (before, "reader1@example.org")


async def test_a_stranger_cannot_be_erased(app: App) -> None:
    with pytest.raises(NotFound):
        await erase_reader(app, address="eve@example.org")


async def test_a_test_mail_that_went_to_her_forgets_her_too(
    app: App, clock: Any, add_readers: Callable[[int], Awaitable[list[int]]]
) -> None:
    await add_readers(1)
    async with app.store.write() as session:
        mailing = Mailing(
            kind=MailingKind.TEST,
            created_at=clock(),
            give_up_at=clock(),
            postmark="key@example.org",
        )
        session.add(mailing)
        await session.flush()
        assert mailing.id is not None
        for address in ("Reader0@example.org", "editor@example.org"):
            session.add(Delivery(mailing_id=mailing.id, address=address, updated_at=clock()))
    await erase_reader(app, address="reader0@example.org")
    async with app.store.read() as session:
        found = await session.exec(select(Delivery).order_by(col(Delivery.id)))
        hers, others = found.all()
    assert "reader0" not in repr(hers).lower()
    assert hers.state == DeliveryState.SKIPPED
    assert others.address == "editor@example.org"
    assert others.state == DeliveryState.PENDING
