"""Child processes that send: started cheaply, so that they can be killed often.

A fork server that has imported everything forks a fresh process for each start. A
child runs production's own `follow_mailing`, at a faster pace.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from digest.cli import progress
from digest.cli.runtime import run_loop
from digest.errors import DigestError
from digest.store import BUSY
from tests.faults import wrong_designs
from tests.faults.installation import Installation, Values
from tests.faults.pace import Pace

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.children"])


class Process(Protocol):
    """What scenarios need of a process, however it was started."""

    @property
    def pid(self) -> int | None:
        """Its number."""

    @property
    def exitcode(self) -> int | None:
        """None while it runs."""

    def kill(self) -> None:
        """End it the hard way."""

    def join(self) -> None:
        """Wait for its end."""


FORK_SERVER_DIED = 255  # what multiprocessing says of a child whose fork server was killed
STOPPED = 1  # the exit status of one that was told to stop before the end


def start_worker(installation: Installation, pace: Pace = Pace()) -> BaseProcess:  # noqa: B008
    """A process that sends mailing 1 to its end."""
    return _start(send_to_the_end, installation.values, pace)


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


async def ended(process: Process, seconds: float = 90) -> int:
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


def send_to_the_end(values: Values, pace: Pace) -> None:
    """What the process does; ends it with `STOPPED` when it was told to stop before the end."""
    try:
        with pace.kept():
            run_loop(_send_all(Installation(values)))
    except (DigestError, *BUSY):
        sys.exit(STOPPED)


async def _send_all(installation: Installation) -> None:
    async with installation.opened() as app:
        await progress.follow_mailing(app, 1, quiet=True)
