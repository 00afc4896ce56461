"""`digest issues watch N`: how the sending of an issue is going, from any process."""

import json

import typer
from rich.live import Live
from rich.text import Text

from digest.app import App
from digest.cli.issues import Number
from digest.cli.runtime import JsonFlag, console, run
from digest.services.sending.progress import SendingProgress, watch_sending

app = typer.Typer()

EVERY_SECONDS = 1.0


@app.command()
def watch(number: Number, as_json: JsonFlag = False) -> None:
    """Show how the sending goes until nothing is open, or Ctrl-C; it sends nothing itself."""
    run(lambda app: print_changes(app, number) if as_json else show_live(app, number))


async def print_changes(app: App, number: int, every_seconds: float = EVERY_SECONDS) -> None:
    """Print a line of JSON for each change of state or counts."""
    last: SendingProgress | None = None
    async for progress in watch_sending(app, number, every_seconds):
        # Rate and time left change with every look: they alone are not worth a line.
        if not last or (progress.state, progress.accounting) != (last.state, last.accounting):
            typer.echo(json.dumps(progress.model_dump(mode="json"), ensure_ascii=False))
        last = progress


async def show_live(app: App, number: int, every_seconds: float = EVERY_SECONDS) -> None:
    """Redraw the progress in place."""
    with Live(console=console, auto_refresh=False) as live:
        async for progress in watch_sending(app, number, every_seconds):
            live.update(Text(in_words(progress)), refresh=True)


def in_words(progress: SendingProgress) -> str:
    """The progress in a few short lines."""
    counts = progress.accounting
    done = counts.recipients - counts.open
    share = done / counts.recipients if counts.recipients else 1.0
    reason = f": {progress.state_reason}" if progress.state_reason else ""
    lines = [
        f"Issue {progress.number} is {progress.state}{reason}",
        f"{'━' * round(share * 40):<40}  {done:,} of {counts.recipients:,}, {share:.0%}",
    ]
    if not progress.ended:
        lines.append(f"{progress.rate or 0:,.1f} a second, {_time_left(progress.seconds_left)}")
    if progress.not_running:
        lines.append(f"Waiting: {progress.not_running}")
    if counts.deferred or counts.unknown:
        lines.append(
            f"{counts.deferred:,} deferred, {counts.unknown:,} unknown, to be tried again later"
        )
    return "\n".join([*lines, counts.equation()])


def _time_left(seconds: int | None) -> str:
    if seconds is None:
        return "time left unknown"
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min left"
    return f"{minutes} min {rest} s left" if minutes else f"{rest} s left"
