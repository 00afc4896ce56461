"""Which edition a request is for when it names none."""

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.errors import NotFound, UsageError
from schedules.editions import get_edition, list_editions
from schedules.tables import Edition


async def chosen_edition(session: AsyncSession, slug: str | None) -> Edition:
    """The edition named `slug`, or without a name the only one; for use inside other services.

    The only one is the single active edition or, where none is active, the single edition.
    Raises `ScheduleError` for an unknown slug, `UsageError` where there are several to
    choose from, and `NotFound` where there is no edition at all.
    """
    if slug is not None:
        return await get_edition(session, slug)
    editions = await list_editions(session)
    candidates = [edition for edition in editions if edition.active] or editions
    if not candidates:
        raise NotFound("there is no edition yet; `digest init` makes one")
    if len(candidates) > 1:
        names = ", ".join(edition.slug for edition in candidates)
        raise UsageError(f"there are several editions: {names}; name one with --edition")
    return candidates[0]
