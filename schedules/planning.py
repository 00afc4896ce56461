"""From a cadence to slots: planning ahead, and replanning when the cadence changes."""

import logging
from datetime import date, datetime, timedelta

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.inserting import insert_missing
from schedules.cadence import ONE_DAY, Cadence
from schedules.states import SlotState
from schedules.tables import Edition, Slot
from schedules.words import when

HORIZON = timedelta(days=35)

log = logging.getLogger(__name__)


async def plan(
    session: AsyncSession,
    edition: Edition,
    now: datetime,
    *,
    horizon: timedelta = HORIZON,
    catch_up: bool = True,
) -> list[Slot]:
    """Create the edition's missing slots up to the horizon, and return them.

    Planned slots that nobody moved take the time that the rules of their zone give today: a
    country may have changed them since.

    With `catch_up`, dates after its latest slot that passed while the machine was off get
    their slots too, as far back as the horizon reaches: they are then recorded as missed
    instead of being lost silently. An inactive edition gets none.
    """
    if not edition.active:
        return []
    cadence = Cadence.parse(edition.weekdays, edition.send_time, edition.zone)
    today = now.astimezone(cadence.zone).date()
    await _follow_rules(session, edition, cadence, now)
    start = today - horizon
    known = await _known_dates(session, edition, start)
    latest = await _latest_date(session, edition) if catch_up else None
    missing = [
        _slot(edition, cadence, day, now)
        for day in cadence.dates(start - ONE_DAY, today + horizon)
        if day not in known
    ]
    return await insert_missing(
        session,
        [slot for slot in missing if slot.send_at > now or (latest and slot.local_date > latest)],
    )


async def replan(session: AsyncSession, edition: Edition, now: datetime) -> None:
    """Bring the planned slots that are still to come in line with the edition.

    A slot whose date is still in the cadence takes the new hour and cut-off, unless that hour
    has passed today: then it keeps its own. Other slots are removed, unless an issue belongs
    to them. Slots in any other state, and those that an editor moved, stay as they are. Past
    dates get no slots: the new cadence begins now.
    """
    cadence = Cadence.parse(edition.weekdays, edition.send_time, edition.zone)
    coming = select(Slot).where(
        Slot.edition_id == edition.id,
        Slot.state == SlotState.PLANNED,
        col(Slot.moved_to).is_(None),
        col(Slot.send_at) > now,
    )
    for slot in (await session.exec(coming)).all():
        if edition.active and cadence.includes(slot.local_date):
            await _retime(session, edition, slot, cadence.instant(slot.local_date).at_utc, now)
        else:
            await _remove(session, slot)
    await plan(session, edition, now, catch_up=False)


async def _follow_rules(
    session: AsyncSession, edition: Edition, cadence: Cadence, now: datetime
) -> None:
    planned = select(Slot).where(
        Slot.edition_id == edition.id,
        Slot.state == SlotState.PLANNED,
        col(Slot.moved_to).is_(None),
        col(Slot.local_date) >= now.astimezone(cadence.zone).date() - ONE_DAY,
    )
    for slot in (await session.exec(planned)).all():
        if cadence.includes(slot.local_date):
            at = cadence.instant(slot.local_date).at_utc
            if at != slot.send_at and await _retime(session, edition, slot, at, now):
                log.info(_retimed(edition, slot, at, now))


def _retimed(edition: Edition, slot: Slot, at: datetime, now: datetime) -> str:
    before, after = (when(one, edition.zone, now) for one in (slot.send_at, at))
    return f"{edition.slug}, {slot.local_date}: planned for {after}, not {before}"


async def _retime(
    session: AsyncSession, edition: Edition, slot: Slot, send_at: datetime, now: datetime
) -> bool:
    if send_at <= now:
        return False
    cutoff_at = send_at - timedelta(hours=edition.cutoff_hours)
    changed = await session.exec(
        update(Slot)
        .where(
            col(Slot.id) == slot.id,
            col(Slot.state) == SlotState.PLANNED,
            col(Slot.moved_to).is_(None),
        )
        .values(send_at=send_at, cutoff_at=cutoff_at, changed_at=now)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1


async def _remove(session: AsyncSession, slot: Slot) -> None:
    # This package knows no issues; a foreign key tells whether one belongs to the slot.
    try:
        async with session.begin_nested():
            await session.exec(
                delete(Slot).where(col(Slot.id) == slot.id, col(Slot.state) == SlotState.PLANNED)
            )
    except IntegrityError:
        return


def _slot(edition: Edition, cadence: Cadence, local_date: date, now: datetime) -> Slot:
    assert edition.id is not None
    send_at = cadence.instant(local_date).at_utc
    return Slot(
        edition_id=edition.id,
        local_date=local_date,
        send_at=send_at,
        cutoff_at=send_at - timedelta(hours=edition.cutoff_hours),
        changed_at=now,
    )


async def _known_dates(session: AsyncSession, edition: Edition, since: date) -> set[date]:
    dates = select(col(Slot.local_date)).where(Slot.edition_id == edition.id)
    return set(await session.exec(dates.where(col(Slot.local_date) >= since)))


async def _latest_date(session: AsyncSession, edition: Edition) -> date | None:
    latest = select(func.max(col(Slot.local_date))).where(Slot.edition_id == edition.id)
    return (await session.exec(latest)).one()
