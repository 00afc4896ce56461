"""Child processes that send: started cheaply, so that they can be killed often.

A fork server that has imported everything forks a fresh process for each start. A
child runs production's own `follow_mailing`, at a faster pace: the constants that
it sets here are waits, which the promise does not rest on.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import structlog

from digest.cli import progress
from digest.delivery import ledger, recovery, worker
from digest.errors import DigestError
from tests.faults import wrong_designs
from tests.faults.installation import Installation, Values

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.children"])

STOPPED = 1  # the exit status of one that was told to stop before the end


def start_worker(installation: Installation, lease: float | None = None) -> BaseProcess:
    """A process that sends mailing 1 to its end; `lease` in seconds, if not production's."""
    return _start(_send, installation.values, lease)


def start_wrong(design: wrong_designs.Design, book: Path, port: int) -> BaseProcess:
    """A process of a design that does not keep the promise."""
    return _start(design, book, port)


def resume(process: BaseProcess) -> None:
    """Let a stopped process go on."""
    assert process.pid
    os.kill(process.pid, signal.SIGCONT)


def suspend(process: BaseProcess) -> None:
    """Stop a process where it stands, as a laptop that falls asleep would."""
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)


async def ended(process: BaseProcess, seconds: float = 30) -> int:
    """The exit status of a process, when it has ended; -9 if it had to be killed for that."""
    deadline = time.monotonic() + seconds
    while process.exitcode is None:
        if time.monotonic() > deadline:
            process.kill()
        await asyncio.sleep(0.002)
    process.join()
    return process.exitcode


def _start(target: Callable[..., None], *arguments: object) -> BaseProcess:
    process = CONTEXT.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def _send(values: Values, lease: float | None) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    recovery.RETRY_UNKNOWN_AFTER = timedelta(seconds=0.2)
    worker.POLL_SECONDS, worker.TIDY_SECONDS, progress.LOOK_SECONDS = 0.05, 0.2, 0.05
    if lease is not None:
        ledger.LEASE = timedelta(seconds=lease)
    try:
        asyncio.run(_send_all(Installation(values)))
    except DigestError:
        sys.exit(STOPPED)


async def _send_all(installation: Installation) -> None:
    async with installation.opened() as app:
        await progress.follow_mailing(app, 1, quiet=True)
