"""A ledger with readers in it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from digest.delivery.ledger.mailings import freeze_audience
from digest.delivery.states import MailingKind, Route
from digest.delivery.tables import Delivery, Mailing
from digest.store import Store
from subscribers.keys import Keyring
from subscribers.states import SubscriptionState
from subscribers.tables import Subscriber, Subscription

MakeMailing = Callable[..., Awaitable[Mailing]]


@pytest.fixture
def make_mailing(store: Store, keyring: Keyring, now: datetime) -> MakeMailing:
    """Make `readers` active readers and a mailing to them."""

    async def make(readers: int = 3, **values: object) -> Mailing:
        async with store.write() as session:
            for number in range(1, readers + 1):
                address = f"reader{number}@example.org"
                reader = Subscriber(
                    address=address,
                    normalised=address,
                    address_hash=keyring.address_hash(address),
                    created_at=now,
                )
                session.add(reader)
                await session.flush()
                assert reader.id is not None
                session.add(
                    Subscription(
                        subscriber_id=reader.id,
                        edition="weekly",
                        state=SubscriptionState.ACTIVE,
                        confirmed_at=now,
                    )
                )
            await session.flush()
            defaults = {
                "kind": MailingKind.ISSUE,
                "edition": "weekly",
                "payload": {"issue": 7, "variant": "all", "hash": "of no issue"},
                "route": Route.RELAY,
                "created_at": now,
                "give_up_at": now + timedelta(hours=48),
                "message_id_key": "key@news.example.org",
            }
            mailing = Mailing.model_validate({**defaults, **values})
            return await freeze_audience(session, mailing)

    return make


async def rows(store: Store) -> list[Delivery]:
    """All deliveries, by id."""
    async with store.read() as session:
        return list(await session.exec(select(Delivery).order_by(Delivery.id)))  # type: ignore[arg-type]
