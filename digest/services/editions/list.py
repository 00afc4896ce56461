"""All editions."""

from digest.app import App
from digest.services.editions.show import EditionDetails, describe
from schedules import editions


async def list_editions(app: App) -> tuple[EditionDetails, ...]:
    """All editions with their settings, oldest first, the inactive ones too."""
    now = app.clock()
    async with app.store.read() as session:
        found = await editions.list_editions(session)
        return tuple([await describe(session, edition, now) for edition in found])
