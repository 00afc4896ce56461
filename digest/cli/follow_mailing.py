"""Following a mailing to its end, with a worker of this very process at work."""

import asyncio
import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from digest.app import App
from digest.bootstrap import open_worker
from digest.cli.runtime import console
from digest.errors import DigestError
from digest.services.sending.progress import MailingProgress, mailing_progress
from digest.serving import until_signal_or

LOOK_SECONDS = 0.2
RESTS_FOR_A_LOOK = 10  # counting millions takes a while, and the sender needs the core


async def follow_mailing(app: App, mailing_id: int, *, quiet: bool = False) -> MailingProgress:
    """Send until nothing of the mailing is open, or it is paused; show a progress bar.

    At SIGINT or SIGTERM what is in flight is recorded; then `DigestError` is raised.
    """
    async with open_worker(app) as worker:
        sending = asyncio.create_task(worker.run())
        following = asyncio.create_task(_follow(app, mailing_id, sending, quiet=quiet))
        try:
            if await until_signal_or(following):
                raise DigestError(
                    "stopped before the end; `digest serve` continues with what is open"
                )
            return await following
        finally:
            following.cancel()
            worker.stop()
            await sending  # not cancelled: it drains, so that every reply is recorded


async def _follow(
    app: App, mailing_id: int, sending: "asyncio.Task[None]", *, quiet: bool
) -> MailingProgress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=quiet, transient=True) as bars:
        bar = bars.add_task("Sending", total=None)
        while True:
            started = time.monotonic()
            progress = await mailing_progress(app, mailing_id)
            counts = progress.accounting
            bars.update(bar, total=counts.recipients, completed=counts.recipients - counts.open)
            if progress.ended or sending.done():
                return progress
            took = time.monotonic() - started
            await asyncio.sleep(max(LOOK_SECONDS, took * RESTS_FOR_A_LOOK))
