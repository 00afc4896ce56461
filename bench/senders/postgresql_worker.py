"""One of several workers on PostgreSQL: `ready` when it is, then sends until its input ends.

Usage: python -m bench.senders.postgresql_worker; prints what it took between the first line
of its input and the end, for the messages that it saw accepted itself.
"""

import asyncio
import sys

from bench.taken import Taken, Watch
from digest.bootstrap import open_app, open_relay_sender
from digest.cli.logs import configure_logging
from digest.cli.runtime import run_loop


async def send() -> Taken:
    """Wait for the start, send, and stop when told to."""
    async with open_app() as app, open_relay_sender(app) as sender:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        worker, watch = sender.worker, Watch()
        running = asyncio.create_task(worker.run())
        await asyncio.to_thread(sys.stdin.read)
        taken = watch.taken(worker.tally.accepted)
        worker.stop()
        await running
    return taken


if __name__ == "__main__":
    configure_logging("INFO")
    run_loop(send()).print()
