"""Readers by id, a page at a time."""

import pytest

from digest.app import App
from digest.services.readers.list import list_readers
from subscribers.states import SubscriptionState
from tests.readers import erase, sign_up


@pytest.fixture
def database() -> str:
    """The query is tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


async def test_pages_follow_each_other_and_leave_out_erased_readers(app: App) -> None:
    for name in ("ann", "bob", "eve"):
        await sign_up(app, f"{name}@example.org")
    await erase(app, "bob@example.org")
    [first] = await list_readers(app, limit=1)
    [second] = await list_readers(app, after=first.id)
    assert (first.address, second.address) == ("ann@example.org", "eve@example.org")
    assert await list_readers(app, after=second.id) == ()


async def test_a_page_can_be_limited_to_a_state(app: App) -> None:
    await sign_up(app, "ann@example.org")
    assert len(await list_readers(app, state=SubscriptionState.PENDING)) == 1
    assert await list_readers(app, state=SubscriptionState.ACTIVE) == ()
    assert await list_readers(app, edition="monthly") == ()
