"""Whether a process can do its work now: what probes, load balancers and `digest work` ask."""

from enum import StrEnum

from sqlalchemy import literal
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import select

from digest.app import App
from digest.delivery.relays.config_file import relays_of
from digest.delivery.sending.worker import Worker
from digest.errors import Refused
from digest.migrate import is_current
from digest.services.result import Result
from schedules.clock import suspension_note


class Part(StrEnum):
    """A part of the process that can be out of order."""

    DATABASE = "database"
    WORKER = "worker"
    CLOCK = "clock"


class Readiness(Result):
    """The parts that are out of order; none when the process is ready."""

    failing: tuple[Part, ...] = ()

    @property
    def ready(self) -> bool:
        """Whether mail would be sent now."""
        return not self.failing


async def check_readiness(app: App, worker: Worker | None) -> Readiness:
    """Check the database and its revision, the worker if there is one, and the clock.

    `worker` is None in a process that has no worker.
    """
    failing = []
    clock_held = False
    try:
        if not await is_current(app.store):
            failing.append(Part.DATABASE)
        else:
            async with app.store.read() as session:
                clock_held = await suspension_note(session, app.clock()) is not None
    except (SQLAlchemyError, OSError):
        failing.append(Part.DATABASE)
    if worker is not None and not worker.alive:
        failing.append(Part.WORKER)
    if clock_held:
        failing.append(Part.CLOCK)
    return Readiness(failing=tuple(failing))


async def database_answers(app: App) -> bool:
    """Whether the database answers a query at all, whatever its revision."""
    try:
        async with app.store.read() as session:
            await session.exec(select(literal(1)))
    except (SQLAlchemyError, OSError):
        return False
    return True


def require_worker_possible(app: App) -> None:
    """Raise `Refused` where a worker beside `digest serve` could send nothing."""
    if not app.store.is_shared:
        raise Refused(
            "an SQLite store has one sender, `digest serve`; "
            "`digest migrate-store` copies it to PostgreSQL"
        )
    if not relays_of(app.settings):
        raise Refused("no relay is set here; set DIGEST_SMTP_URL as for `digest serve`")
