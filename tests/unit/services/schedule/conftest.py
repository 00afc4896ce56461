"""An edition on Tuesdays at 09:00 UTC, its cut-off on Monday at 18:00, and what became of it."""

from collections.abc import Awaitable, Callable
from datetime import date

import pytest
from sqlmodel import col, select

from digest.app import App
from digest.delivery.states import MailingKind
from digest.delivery.tables import Delivery, Mailing
from schedules.tables import Slot

TUESDAY = date(2026, 11, 24)
AddReaders = Callable[[int], Awaitable[list[int]]]
AddNews = Callable[..., Awaitable[None]]
SetEdition = Callable[..., Awaitable[None]]


async def slot_of(app: App, day: date = TUESDAY) -> Slot:
    async with app.store.read() as session:
        return (await session.exec(select(Slot).where(Slot.local_date == day))).one()


async def mailings(app: App, kind: MailingKind = MailingKind.ISSUE) -> list[Mailing]:
    async with app.store.read() as session:
        return list(await session.exec(select(Mailing).where(Mailing.kind == kind)))


async def deliveries(app: App) -> int:
    """How many deliveries of issues there are."""
    ours = select(Delivery).join(Mailing, col(Mailing.id) == col(Delivery.mailing_id))
    async with app.store.read() as session:
        found = await session.exec(ours.where(Mailing.kind == MailingKind.ISSUE))
        return len(found.all())


@pytest.fixture
async def ready(add_readers: AddReaders, add_news: AddNews) -> None:
    """Three readers and two comparisons."""
    await add_readers(3)
    await add_news(("Alpha", "Beta"), ("Gamma", "Delta"))
