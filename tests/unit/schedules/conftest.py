"""A weekly edition in Berlin, a second way into the same database, and short ways to look."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime

import pytest
from sqlmodel import col, select

from digest.store import Store, open_store
from schedules.tables import Edition, Slot


@pytest.fixture
async def other_store(store: Store) -> AsyncIterator[Store]:
    """The same database as `store`, opened by a second process as it were."""
    other = open_store(store.url)
    yield other
    await other.close()


@pytest.fixture
async def weekly(store: Store) -> Edition:
    """Tuesday 09:00 in Berlin, without slots yet."""
    edition = Edition(slug="weekly", name="Weekly", zone="Europe/Berlin")
    async with store.write() as session:
        session.add(edition)
    return edition


@pytest.fixture
def calendar(store: Store) -> Callable[[], Awaitable[dict[date, str]]]:
    """All slots in the database: local date → state."""

    async def look() -> dict[date, str]:
        async with store.read() as session:
            slots = await session.exec(select(Slot).order_by(col(Slot.local_date)))
            return {slot.local_date: str(slot.state) for slot in slots}

    return look


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
