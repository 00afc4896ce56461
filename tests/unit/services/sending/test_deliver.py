"""A mailing is seen through until nothing of it is due, and no longer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import cast

import pytest
from sqlmodel import update

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery
from digest.services.issues.approve import approve_issue
from digest.services.issues.compose import compose_issue
from digest.services.sending import control, start
from digest.services.sending.deliver import deliver_mailing, is_due
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock

AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]


class Woken:
    """Counts how often it is asked to look for work."""

    def __init__(self) -> None:
        self.times = 0

    def wake(self) -> None:
        self.times += 1


@pytest.fixture
async def mailing(app: App, add_readers: AddReaders, add_news: AddNews) -> int:
    await add_readers(2)
    await add_news(("Alpha", "Beta"))
    await compose_issue(app, EDITOR, "weekly", extra=True)
    await approve_issue(app, EDITOR, 1)
    return (await start.send_issue(app, EDITOR, 1)).mailing_id


async def put(app: App, state: DeliveryState, **values: object) -> None:
    async with app.store.write() as session:
        await session.exec(update(Delivery).values(state=state, **values))


async def due(app: App, mailing: int) -> bool:
    async with app.store.read() as session:
        return await is_due(session, mailing, app.clock())


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (DeliveryState.PENDING, True),
        (DeliveryState.CLAIMED, True),
        (DeliveryState.ARMED, True),
        (DeliveryState.ACCEPTED, False),
        (DeliveryState.HELD, False),
    ],
)
async def test_what_is_at_hand_is_due(
    app: App, mailing: int, state: DeliveryState, expected: bool
) -> None:
    await put(app, state)
    assert await due(app, mailing) is expected


async def test_what_waits_is_due_when_its_time_has_come(
    app: App, mailing: int, clock: Clock
) -> None:
    await put(app, DeliveryState.DEFERRED, not_before=clock() + timedelta(minutes=5))
    assert not await due(app, mailing)
    clock.forward(minutes=5)
    assert await due(app, mailing)


async def test_nothing_is_due_while_it_is_paused(app: App, mailing: int) -> None:
    await control.pause_issue(app, EDITOR, 1)
    assert not await due(app, mailing)


async def test_the_worker_is_woken_until_nothing_is_due(app: App, mailing: int) -> None:
    worker = Woken()
    seeing = asyncio.create_task(deliver_mailing(app, cast(Worker, worker), mailing))
    await asyncio.sleep(0.3)
    assert worker.times == 1
    assert not seeing.done()
    await put(app, DeliveryState.ACCEPTED)
    await asyncio.wait_for(seeing, 30)
