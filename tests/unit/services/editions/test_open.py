"""The editions that a sign-up form offers."""

from digest.app import App
from digest.services.editions.open import OpenEdition, list_open_editions
from schedules.editions import EditionChange, create_edition, update_edition


async def test_active_editions_are_listed_oldest_first(app: App) -> None:
    async with app.store.write() as session:
        await create_edition(session, "monthly", EditionChange(name="Monthly"), app.clock())
    assert await list_open_editions(app) == (
        OpenEdition(slug="weekly", name="Weekly AI Tool Verdicts"),
        OpenEdition(slug="monthly", name="Monthly"),
    )


async def test_an_inactive_edition_takes_no_sign_ups(app: App) -> None:
    async with app.store.write() as session:
        await update_edition(session, "weekly", EditionChange(active=False), app.clock())
    assert await list_open_editions(app) == ()
