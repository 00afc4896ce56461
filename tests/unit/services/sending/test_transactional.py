"""Notices go to every editor."""

from dataclasses import replace

from sqlmodel import select

from digest.app import App
from digest.delivery.tables import Delivery
from digest.services.sending.transactional import notify_editor


async def test_each_editor_gets_a_notice(app: App) -> None:
    editors = '"Acme, Inc." <desk@example.org>, tom@example.org'
    told = replace(app, settings=app.settings.model_copy(update={"editor": editors}))
    async with app.store.write() as session:
        await notify_editor(session, told, "Weekly: held", ["It waits."], app.clock())
        rows = await session.exec(select(Delivery.address))
        assert sorted(rows.all()) == ["desk@example.org", "tom@example.org"]


async def test_without_an_editor_there_is_no_notice(app: App) -> None:
    untold = replace(app, settings=app.settings.model_copy(update={"editor": None}))
    async with app.store.write() as session:
        await notify_editor(session, untold, "Weekly: held", ["It waits."], app.clock())
        assert (await session.exec(select(Delivery.address))).all() == []
