"""A mailing's deliveries: one for each reader who is subscribed when they are stored."""

from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select, update

from digest.delivery.ledger import mailings
from digest.delivery.states import DeliveryState, MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound
from digest.store import Store
from subscribers.states import SubscriptionState
from subscribers.tables import Subscription
from tests.unit.delivery.conftest import MakeMailing, rows


@pytest.mark.parametrize(
    ("subscriber_id", "address"),
    [(1, "another@example.org"), (2, "reader1@example.org"), (None, "reader1@example.org")],
)
async def test_the_database_refuses_a_second_row_for_a_reader_or_an_address(
    store: Store,
    make_mailing: MakeMailing,
    now: datetime,
    subscriber_id: int | None,
    address: str,
) -> None:
    mailing = await make_mailing(1)
    assert mailing.id is not None
    second = Delivery(
        mailing_id=mailing.id,
        subscriber_id=subscriber_id,
        address=address,
        updated_at=now,
    )
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        async with store.write() as session:
            session.add(second)
    assert len(await rows(store)) == 1


@pytest.mark.parametrize("state", SubscriptionState)
async def test_only_active_readers_of_the_edition_are_in_it(
    store: Store, make_mailing: MakeMailing, state: SubscriptionState
) -> None:
    await make_mailing(2)
    async with store.write() as session:
        await session.exec(
            update(Subscription).where(Subscription.subscriber_id == 1).values(state=state)  # type: ignore[arg-type]
        )
    again = await make_mailing(0)
    found = [row.subscriber_id for row in await rows(store) if row.mailing_id == again.id]
    assert found == ([1, 2] if state is SubscriptionState.ACTIVE else [2])


async def test_its_rows_wait_untouched(
    store: Store, make_mailing: MakeMailing, now: datetime
) -> None:
    await make_mailing(1)
    [row] = await rows(store)
    assert (row.state, row.attempts, row.unknowns) == (DeliveryState.PENDING, 0, 0)
    assert (row.erased, row.reply_code, row.token, row.updated_at) == (False, None, None, now)


async def test_a_mailing_of_its_own_recipients_has_a_row_for_each(
    store: Store, now: datetime
) -> None:
    notice = Mailing(
        kind=MailingKind.NOTICE, created_at=now, give_up_at=now, message_id_key="key@example.org"
    )
    async with store.write() as session:
        await mailings.open_mailing(session, notice, [(None, "ann@example.org")])
    [row] = await rows(store)
    assert (row.mailing_id, row.address, row.subscriber_id) == (notice.id, "ann@example.org", None)
    assert (row.state, row.erased) == (DeliveryState.PENDING, False)


@pytest.mark.parametrize("state", MailingState)
@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ("pause", {"active"}),
        ("resume", {"paused"}),
        ("cancel", {"active", "paused"}),
    ],
)
async def test_a_mailing_changes_state_as_documented(
    store: Store, make_mailing: MakeMailing, state: MailingState, change: str, allowed: set[str]
) -> None:
    mailing = await make_mailing(0, state=state)
    assert mailing.id is not None
    async with store.write() as session:
        if change == "resume":
            moved = await mailings.resume(session, mailing.id)
        else:
            moved = await getattr(mailings, change)(session, mailing.id, "why\nso")
    async with store.read() as session:
        found = (await session.exec(select(Mailing))).one()
    assert moved is (str(state) in allowed)
    after = {"pause": "paused", "resume": "active", "cancel": "cancelled"}[change]
    assert str(MailingState(found.state)) == (after if moved else str(state))
    if moved:
        assert found.state_reason == (
            None if change == "resume" else "why\N{REPLACEMENT CHARACTER}so"
        )


async def test_a_mailing_that_does_not_exist_is_not_found(store: Store) -> None:
    async with store.read() as session:
        with pytest.raises(NotFound, match="no mailing 7"):
            await mailings.get_mailing(session, 7)
