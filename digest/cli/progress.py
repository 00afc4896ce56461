"""Following a mailing to its end, with a worker of this very process at work."""

import asyncio
import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from digest.app import App
from digest.bootstrap import open_worker
from digest.cli.runtime import console
from digest.delivery.ledger.accounting import Accounting, account
from digest.delivery.ledger.mailings import get_mailing
from digest.errors import DigestError
from digest.serving import until_signal_or

LOOK_SECONDS = 0.2
RESTS_FOR_A_LOOK = 10  # counting millions takes a while, and the sender wants the core


async def follow_mailing(app: App, mailing_id: int, *, quiet: bool = False) -> Accounting:
    """Send until nothing of the mailing is open (or it is paused), showing progress.

    At SIGINT or SIGTERM what is in flight is recorded; then `DigestError` is raised.
    """
    async with open_worker(app) as worker:
        task = asyncio.create_task(worker.run())
        watching = asyncio.create_task(_watch(app, mailing_id, task, quiet=quiet))
        try:
            if await until_signal_or(watching):
                raise DigestError(
                    "stopped before the end; `digest serve` goes on with what is open"
                )
            return await watching
        finally:
            watching.cancel()
            worker.stop()
            await task


async def _watch(
    app: App, mailing_id: int, working: "asyncio.Task[None]", *, quiet: bool
) -> Accounting:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=quiet, transient=True) as progress:
        bar = progress.add_task("Sending", total=None)
        while True:
            started = time.monotonic()
            async with app.store.read() as session:
                counts = await account(session, mailing_id)
                mailing = await get_mailing(session, mailing_id)
            done = counts.recipients - counts.open
            progress.update(bar, total=counts.recipients, completed=done)
            over = mailing.finished_at is not None or mailing.state == "paused"
            if over or working.done():
                return counts
            took = time.monotonic() - started
            await asyncio.sleep(max(LOOK_SECONDS, took * RESTS_FOR_A_LOOK))
