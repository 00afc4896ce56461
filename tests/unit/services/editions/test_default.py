"""Which edition is meant when none is named."""

import pytest
from sqlmodel import delete

from digest.app import App
from digest.errors import NotFound, UsageError
from digest.services.editions.default import chosen_edition
from schedules.editions import EditionChange, create_edition, update_edition
from schedules.errors import ScheduleError
from schedules.tables import Edition, Slot


async def chosen(app: App, slug: str | None = None) -> str:
    async with app.store.read() as session:
        return (await chosen_edition(session, slug)).slug


async def add_monthly(app: App) -> None:
    async with app.store.write() as session:
        await create_edition(session, "monthly", EditionChange(), app.clock())


async def set_active(app: App, slug: str, active: bool) -> None:
    async with app.store.write() as session:
        await update_edition(session, slug, EditionChange(active=active), app.clock())


async def test_a_named_edition_is_taken_even_if_it_is_inactive(app: App) -> None:
    await add_monthly(app)
    await set_active(app, "monthly", False)
    assert await chosen(app, "monthly") == "monthly"
    with pytest.raises(ScheduleError, match="no edition 'daily'"):
        await chosen(app, "daily")


async def test_without_a_name_the_only_active_edition_is_taken(app: App) -> None:
    await add_monthly(app)
    await set_active(app, "weekly", False)
    assert await chosen(app) == "monthly"


async def test_a_single_inactive_edition_is_taken_too(app: App) -> None:
    await set_active(app, "weekly", False)
    assert await chosen(app) == "weekly"


async def test_with_several_active_editions_the_error_names_them(app: App) -> None:
    await add_monthly(app)
    with pytest.raises(UsageError, match="several editions: weekly, monthly; name one"):
        await chosen(app)


async def test_without_any_edition_the_error_names_the_next_step(app: App) -> None:
    async with app.store.write() as session:
        await session.exec(delete(Slot))
        await session.exec(delete(Edition))
    with pytest.raises(NotFound, match="digest init"):
        await chosen(app)
