"""Whether this process can do its work now; what a load balancer or supervisor asks."""

from sqlalchemy.exc import SQLAlchemyError

from digest.app import App
from digest.delivery.sending.worker import Worker
from digest.migrate import is_current
from schedules.clock import hold_note


async def failing(app: App, worker: Worker | None) -> list[str]:
    """What is not as it must be: of `database`, `worker` and `clock`; empty when ready.

    `worker` is None in a process that has no worker.
    """
    found = []
    held = False
    try:
        if not await is_current(app.store):
            found.append("database")
        else:
            async with app.store.read() as session:
                held = await hold_note(session, app.clock()) is not None
    except (SQLAlchemyError, OSError):
        found.append("database")
    if worker is not None and not worker.alive:
        found.append("worker")
    if held:
        found.append("clock")
    return found
