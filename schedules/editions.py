"""Finding, creating and changing editions."""

from contextlib import suppress
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.inserting import insert_missing
from schedules.changes import EditionChange, read_slug
from schedules.errors import ScheduleError
from schedules.planning import plan, replan
from schedules.tables import Edition

__all__ = [
    "EditionChange",
    "create_default",
    "create_edition",
    "find_edition",
    "get_edition",
    "list_editions",
    "update_edition",
]

DEFAULT_SLUG = "weekly"


async def find_edition(session: AsyncSession, slug: str) -> Edition | None:
    """The edition with a slug; None if there is none."""
    return (await session.exec(select(Edition).where(Edition.slug == slug))).first()


async def get_edition(session: AsyncSession, slug: str) -> Edition:
    """The edition with a slug; raises `ScheduleError` if there is none."""
    edition = await find_edition(session, slug)
    if edition is None:
        raise ScheduleError(
            f"there is no edition {slug!r}; `digest editions list` shows them, "
            "`digest editions set … --create` makes one"
        )
    return edition


async def list_editions(session: AsyncSession) -> list[Edition]:
    """All editions, oldest first, the inactive ones too."""
    return list(await session.exec(select(Edition).order_by(col(Edition.id))))


async def create_default(
    session: AsyncSession, now: datetime, *, name: str = DEFAULT_SLUG, zone: str = "UTC"
) -> Edition:
    """The edition that every installation starts with, created with its slots if missing.

    It goes out on Tuesday at 09:00 in `zone`; the other defaults are those of the table.
    """
    change = EditionChange(name=name, zone=zone)
    return (
        await find_edition(session, DEFAULT_SLUG)
        or await _create(session, DEFAULT_SLUG, change, now)
        or await get_edition(session, DEFAULT_SLUG)  # created by another process in between
    )


async def create_edition(
    session: AsyncSession, slug: str, change: EditionChange, now: datetime
) -> Edition:
    """Create an edition with the values of `change`, else the defaults, and its first slots."""
    edition = await _create(session, slug, change, now)
    if edition is None:
        raise ScheduleError(f"there is an edition {slug!r} already")
    return edition


async def _create(
    session: AsyncSession, slug: str, change: EditionChange, now: datetime
) -> Edition | None:
    edition = Edition(slug=read_slug(slug), name=slug)
    change.apply(edition)
    made = await insert_missing(session, [edition])
    if not made:
        return None
    await plan(session, made[0], now)
    return made[0]


async def update_edition(
    session: AsyncSession, slug: str, change: EditionChange, now: datetime
) -> Edition:
    """Change an edition and replan its coming slots (see `planning`).

    An inactive edition has no planned slots, and none of its slots run. Activated again, it
    starts with the next date from now on.
    """
    edition = await get_edition(session, slug)
    # First under the old cadence, so that dates missed while the machine was off are recorded.
    with suppress(ScheduleError):  # a zone that this machine does not know must not stay for ever
        await plan(session, edition, now)
    change.apply(edition)
    session.add(edition)
    await session.flush()
    await replan(session, edition, now)
    return edition
