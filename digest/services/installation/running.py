"""Whether anything runs that would send, and that starts issues at their time.

A worker holds a lock while it lives, and each wake-up of the schedule leaves its time in the
database. So every process can tell, also a command.
"""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases.advisory import locked_keys
from digest.databases.sqlite import path_of
from digest.delivery.guards.advisory_lock import key_of_route
from digest.delivery.guards.liveness import is_served, lock_folder_of
from digest.delivery.states import Route
from digest.store import Store
from schedules.clock import last_tick, suspension_note

SILENT = timedelta(seconds=90)  # four wake-ups

NOBODY = "nothing is running that sends mail; start `digest serve`"
NO_RELAY = "no running process has a relay; set DIGEST_SMTP_URL and restart `digest serve`"
NO_SCHEDULE = "nothing is running that starts issues at their time; start `digest serve`"


async def not_running(
    session: AsyncSession, store: Store, now: datetime, route: Route, *, by_schedule: bool = False
) -> str | None:
    """What is missing for mail to leave by `route`, with the next step; None: nothing.

    `by_schedule`: the schedule has to start it first. For use inside other services.
    """
    served = await _served(session, store)
    if route not in served:
        return NO_RELAY if served and route is Route.RELAY else NOBODY
    silent = by_schedule and await _is_silent(session, now)
    return NO_SCHEDULE if silent else None


async def _served(session: AsyncSession, store: Store) -> set[Route]:
    """The routes that living workers send by."""
    if store.is_shared:
        keys = await locked_keys(session)
        return {route for route in Route if key_of_route(route) in keys}
    path = path_of(store.url)
    return {route for route in Route if path and is_served(lock_folder_of(path), route)}


async def _is_silent(session: AsyncSession, now: datetime) -> bool:
    """Whether the schedule has not woken up lately; while the clock is doubted, that is said."""
    at = await last_tick(session)
    return await suspension_note(session, now) is None and (at is None or now - at > SILENT)
