"""A worker of the engine: claims, composes, arms, sends and records until N are accepted.

Usage: python -m bench.senders.digest_worker MESSAGES [PROFILE_FILE]; the installation is that of
the `DIGEST_…` variables. Nothing is prebuilt, and every line that `digest serve` logs is logged.
"""

import asyncio
import cProfile
import sqlite3
import sys
from contextlib import closing

from sqlalchemy.engine import make_url

from bench.measurement import Measurement, Stopwatch
from digest.bootstrap import open_app, open_worker
from digest.cli.logs import configure_logging
from digest.cli.runtime import run_loop
from digest.settings import load_settings

SHORTEST_PAUSE, LONGEST_PAUSE = 0.005, 0.25


async def send(messages: int) -> Measurement:
    """Run a worker until `messages` are accepted; raises when it ends before."""
    settings = load_settings()
    async with open_app(settings) as app, open_worker(app) as worker:
        with closing(sqlite3.connect(str(make_url(settings.store_url).database))) as ledger:
            first, watch = _first_pending(ledger), Stopwatch()
            running = asyncio.create_task(worker.run())
            while (accepted := _accepted(ledger, first)) < messages and not running.done():
                await asyncio.sleep(_until_next_query(watch.measure(accepted), messages - accepted))
            measured = watch.measure(accepted)
        worker.stop()
        await running
    if accepted < messages:
        raise SystemExit(f"the worker ended after {accepted} of {messages}")
    return measured


def _until_next_query(so_far: Measurement, left: int) -> float:
    """Seconds until the next query: half of the time that seems left, since queries cost CPU."""
    expected = so_far.seconds * left / max(so_far.work, 1)
    return max(SHORTEST_PAUSE, min(expected / 2, LONGEST_PAUSE))


def _first_pending(ledger: sqlite3.Connection) -> int:
    [first] = ledger.execute(
        "SELECT min(id) FROM delivery"
        " WHERE state = 'pending' AND mailing_id IN (SELECT id FROM mailing)"
    ).fetchone()
    return int(first)


def _accepted(ledger: sqlite3.Connection, first: int) -> int:
    """How many from `first` on are accepted; an index makes this cheap among a million rows."""
    [count] = ledger.execute(
        "SELECT count(*) FROM delivery"
        " WHERE state = 'accepted' AND mailing_id IN (SELECT id FROM mailing) AND id >= ?",
        (first,),
    ).fetchone()
    return int(count)


def main() -> None:
    """Send, profiled if a file for the profile is named."""
    configure_logging("INFO")
    messages, *profile_file = sys.argv[1:]
    profile = cProfile.Profile()
    if profile_file:
        profile.enable()
    measured = run_loop(send(int(messages)))
    if profile_file:
        profile.disable()
        profile.dump_stats(profile_file[0])
    measured.print()


if __name__ == "__main__":
    main()
