"""The editions that take sign-ups."""

from digest.app import App
from digest.services.result import Result
from schedules.editions import list_editions


class OpenEdition(Result):
    """An edition that a form can offer."""

    slug: str
    name: str


async def list_open_editions(app: App) -> tuple[OpenEdition, ...]:
    """The active editions, oldest first."""
    async with app.store.read() as session:
        return tuple(
            OpenEdition(slug=edition.slug, name=edition.name)
            for edition in await list_editions(session)
            if edition.active
        )
