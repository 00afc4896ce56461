"""What a changed cadence does to the slots that were planned with the old one."""

from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from schedules.cadence import Cadence
from schedules.slots import plan
from schedules.tables import Edition, Slot, SlotState


async def replan(session: AsyncSession, edition: Edition, now: datetime) -> None:
    """Bring the planned slots that are still to come in line with the edition.

    One whose date is still in the cadence takes the new hour and cut-off, unless
    that hour has passed today: then it keeps its own. One whose date is not is
    removed, unless an issue hangs on it. Slots in any other state stay as they are,
    and dates that are past are not made up for: the new cadence begins now.
    """
    cadence = Cadence.parse(edition.weekdays, edition.send_time, edition.zone)
    coming = select(Slot).where(
        Slot.edition_id == edition.id,
        Slot.state == SlotState.PLANNED,
        col(Slot.send_at) > now,
    )
    for slot in (await session.exec(coming)).all():
        if edition.active and cadence.includes(slot.local_date):
            await _retime(session, edition, slot, cadence.instant(slot.local_date).at_utc, now)
        else:
            await _remove(session, slot)
    await plan(session, edition, now, catch_up=False)


async def _retime(
    session: AsyncSession, edition: Edition, slot: Slot, send_at: datetime, now: datetime
) -> None:
    if send_at <= now:
        return
    cutoff_at = send_at - timedelta(hours=edition.cutoff_hours)
    await session.exec(
        update(Slot)
        .where(col(Slot.id) == slot.id, col(Slot.state) == SlotState.PLANNED)
        .values(send_at=send_at, cutoff_at=cutoff_at, changed_at=now)
    )


async def _remove(session: AsyncSession, slot: Slot) -> None:
    # Slots know no issues; the database knows whether a row refers to this one.
    try:
        async with session.begin_nested():
            await session.exec(
                delete(Slot).where(col(Slot.id) == slot.id, col(Slot.state) == SlotState.PLANNED)
            )
    except IntegrityError:
        return
