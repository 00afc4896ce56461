"""A newsletter in a test: a clock that the test moves, readers, comparisons, a default edition."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from digest.app import App
from schedules.editions import EditionChange, create_default, update_edition
from subscribers.states import SubscriptionState
from subscribers.tables import Subscriber, Subscription
from tests.catalogue import add_comparison

MONDAY = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Shows what the test sets."""

    at: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> datetime:
        self.at += timedelta(**span)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def app(app: App, clock: Clock) -> App:
    """The installation with a relay set (nobody is there) and the default edition."""
    settings = app.settings.model_copy(
        update={"smtp_url": SecretStr("smtp://127.0.0.1:1"), "editor": "editor@news.example.org"}
    )
    made = replace(app, settings=settings, clock=clock)
    async with made.store.write() as session:
        await create_default(session, clock(), name=app.settings.site_name)
    return made


@pytest.fixture
def set_edition(app: App, clock: Clock) -> Callable[..., Awaitable[None]]:
    async def set_it(**changes: Any) -> None:
        async with app.store.write() as session:
            await update_edition(session, "weekly", EditionChange(**changes), clock())

    return set_it


@pytest.fixture
def add_readers(app: App, clock: Clock) -> Callable[[int], Awaitable[list[int]]]:
    async def add(count: int) -> list[int]:
        ids = []
        async with app.store.write() as session:
            for number in range(count):
                address = f"reader{number}@example.org"
                reader = Subscriber(
                    address=address,
                    normalised=address,
                    address_hash=app.keyring.address_hash(address),
                    created_at=clock(),
                )
                session.add(reader)
                await session.flush()
                assert reader.id is not None
                ids.append(reader.id)
                session.add(
                    Subscription(
                        subscriber_id=reader.id,
                        edition="weekly",
                        state=SubscriptionState.ACTIVE,
                        confirmed_at=clock(),
                    )
                )
        return ids

    return add


@pytest.fixture
def add_news(app: App, clock: Clock) -> Callable[..., Awaitable[None]]:
    """Comparisons first seen an hour ago, by pairs of tool names."""

    async def add(*pairs: tuple[str, str]) -> None:
        async with app.store.write() as session:
            for left, right in pairs:
                await add_comparison(session, left, right, clock() - timedelta(hours=1))

    return add
