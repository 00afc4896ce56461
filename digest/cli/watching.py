"""`digest issues watch N`: how an issue's sending goes, from any process, until it is done."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import typer
from rich.live import Live
from rich.text import Text

from digest.app import App
from digest.cli.issues import Number
from digest.cli.runtime import JsonFlag, console, run
from digest.delivery.ledger.accounting import Accounting, account
from digest.errors import Refused
from digest.issues.lookup import get_issue
from digest.issues.states import IssueState
from digest.services.sending.control import mailing_of

LOOK_SECONDS = 1.0
RESTS_FOR_A_LOOK = 5  # counting ten million takes a second
WINDOW_SECONDS = 30.0
NOT_YET = (IssueState.DRAFT, IssueState.APPROVED, IssueState.SCHEDULED)

app = typer.Typer()


@dataclass
class Pace:
    """The speed of the last half minute, from how many were done at which second."""

    looks: deque[tuple[float, int]] = field(default_factory=deque)

    def note(self, done: int, at: float) -> None:
        """Take in a look; `at` in seconds of a clock that only goes forward."""
        self.looks.append((at, done))
        while self.looks[-1][0] - self.looks[0][0] > WINDOW_SECONDS:
            self.looks.popleft()

    @property
    def rate(self) -> float | None:
        """Deliveries ended per second; None until two looks tell it."""
        (first, before), (last, after) = self.looks[0], self.looks[-1]
        return (after - before) / (last - first) if last > first else None

    def seconds_left(self, waiting: int) -> float | None:
        """How long `waiting` more will take; None while nothing moves."""
        return waiting / self.rate if self.rate else None


@dataclass(frozen=True)
class Sight:
    """One look at an issue: `rate` per second, `seconds_left` without what waits for its hour."""

    number: int
    state: str
    reason: str | None
    accounting: Accounting
    rate: float | None
    seconds_left: float | None

    @property
    def over(self) -> bool:
        """Whether nothing is open any more."""
        return self.accounting.open == 0


@app.command()
def watch(number: Number, as_json: JsonFlag = False) -> None:
    """Show how the sending goes until nothing is open, or Ctrl-C; it sends nothing itself."""
    run(lambda app: _print(app, number) if as_json else _show(app, number))


async def look(app: App, number: int) -> AsyncIterator[Sight]:
    """Look every second until nothing is open; raises `Refused` before the sending began."""
    pace = Pace()
    while True:
        started = time.monotonic()
        async with app.store.read() as session:
            issue = await get_issue(session, number)
            mailing = await mailing_of(session, issue)
            if mailing is None or mailing.id is None:
                raise Refused(
                    f"nothing of issue {number} to watch: {_why_not(issue.state, number)}"
                )
            counts = await account(session, mailing.id)
        pace.note(counts.recipients - counts.open, time.monotonic())
        waiting = counts.open - counts.deferred - counts.unknown
        sight = Sight(
            number=number,
            state=str(issue.state),
            reason=issue.state_reason,
            accounting=counts,
            rate=pace.rate,
            seconds_left=pace.seconds_left(waiting),
        )
        yield sight
        if sight.over:
            return
        took = time.monotonic() - started
        await asyncio.sleep(max(LOOK_SECONDS, took * RESTS_FOR_A_LOOK))


def as_line(sight: Sight) -> dict[str, Any]:
    """What `--json` prints on a line."""
    return {
        "number": sight.number,
        "state": sight.state,
        "state_reason": sight.reason,
        **sight.accounting.model_dump(),
        "rate": None if sight.rate is None else round(sight.rate, 1),
        "seconds_left": None if sight.seconds_left is None else round(sight.seconds_left),
    }


def in_words(sight: Sight) -> str:
    """The same for people, in a few short lines."""
    counts = sight.accounting
    done = counts.recipients - counts.open
    share = done / counts.recipients if counts.recipients else 1.0
    paused = f": {sight.reason}" if sight.reason else ""
    lines = [
        f"Issue {sight.number} is {sight.state}{paused}",
        f"{'━' * round(share * 40):<40}  {done:,} of {counts.recipients:,}, {share:.0%}",
    ]
    if not sight.over:
        left = "time left unknown" if sight.seconds_left is None else _span(sight.seconds_left)
        lines.append(f"{sight.rate or 0:,.1f} a second, {left}")
    if counts.deferred or counts.unknown:
        lines.append(f"{counts.deferred:,} deferred, {counts.unknown:,} unknown, tried again later")
    return "\n".join([*lines, counts.equation()])


async def _print(app: App, number: int) -> None:
    last: tuple[str, Accounting] | None = None
    async for sight in look(app, number):
        if (sight.state, sight.accounting) != last:
            typer.echo(json.dumps(as_line(sight), ensure_ascii=False))
        last = sight.state, sight.accounting


async def _show(app: App, number: int) -> None:
    sights = look(app, number)
    with Live(console=console, auto_refresh=False) as live:
        async for sight in sights:
            live.update(Text(in_words(sight)), refresh=True)


def _why_not(state: str, number: int) -> str:
    if state in NOT_YET:
        what = "a draft" if state == IssueState.DRAFT else state
        return f"it is {what}; `digest schedule show` tells when it goes out"
    return f"it is {state} and was never sent"


def _span(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min left"
    return f"{minutes} min {rest} s left" if minutes else f"{rest} s left"
