"""Child processes that send: cheap to start, so that they can be killed often.

A fork server that has imported everything forks a new process for each start. A child
runs production's own `follow_mailing`, at a faster pace.
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

from digest.cli import follow_mailing
from digest.cli.runtime import run_loop
from digest.errors import DigestError
from digest.store import BUSY
from tests.faults import wrong_designs
from tests.faults.installation import Installation, Values
from tests.faults.pace import Pace

CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.faults.children"])


class Process(Protocol):
    """What scenarios use of a process, however it was started."""

    @property
    def pid(self) -> int | None:
        """The process ID."""

    @property
    def exitcode(self) -> int | None:
        """The exit status; None while it runs."""

    def kill(self) -> None:
        """Kill it with SIGKILL."""

    def join(self) -> None:
        """Wait until it has ended."""


FORK_SERVER_DIED = 255  # multiprocessing's exit status of a child whose fork server was killed
STOPPED = 1  # the exit status after a request to stop before the end


def start_worker(installation: Installation, pace: Pace = Pace()) -> BaseProcess:  # noqa: B008
    """Start a process that sends mailing 1 to its end."""
    return _start(send_to_the_end, installation.values, pace)


def start_wrong(design: wrong_designs.Design, book: Path, port: int) -> BaseProcess:
    """Start a process of a design that breaks the promise."""
    return _start(design, book, port)


def resume(process: BaseProcess) -> None:
    """Continue a suspended process."""
    assert process.pid
    os.kill(process.pid, signal.SIGCONT)


def suspend(process: BaseProcess) -> None:
    """Suspend a process at whatever it does, as a laptop that falls asleep would."""
    assert process.pid
    os.kill(process.pid, signal.SIGSTOP)


async def ended(process: Process, seconds: float = 90) -> int:
    """Wait for the end of a process; its exit status, -9 if it did not end in time."""
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
    """The work of the process; exits with `STOPPED` if it was asked to stop before the end."""
    try:
        with pace.kept():
            run_loop(_send_all(Installation(values)))
    except (DigestError, *BUSY):
        sys.exit(STOPPED)


async def _send_all(installation: Installation) -> None:
    async with installation.opened() as app:
        await follow_mailing.follow_mailing(app, 1, quiet=True)
