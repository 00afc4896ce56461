"""One of several workers on PostgreSQL: prints `ready`, then sends until its input ends.

Usage: python -m bench.senders.postgresql_worker; prints what it took between the first line
of its input and the end, for the messages that it saw accepted itself.
"""

import asyncio
import sys

from bench.measurement import Measurement, Stopwatch
from digest.bootstrap import open_app, open_relay_sender
from digest.cli.logs import configure_logging
from digest.cli.runtime import run_loop


async def send() -> Measurement:
    """Wait for the first line of input, send, and stop at its end."""
    async with open_app() as app, open_relay_sender(app) as sender:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        worker, watch = sender.worker, Stopwatch()
        running = asyncio.create_task(worker.run())
        await asyncio.to_thread(sys.stdin.read)
        measured = watch.measure(worker.tally.accepted)
        worker.stop()
        await running
    return measured


if __name__ == "__main__":
    configure_logging("INFO")
    run_loop(send()).print()
