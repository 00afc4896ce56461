"""`digest schedule …`: what goes out when, to how many."""

from typing import Annotated, Any

import typer
from rich.table import Table

from digest.cli.issues import EditionSlug
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.times import parse_date
from digest.services.schedule import agenda

app = typer.Typer(help="What goes out when; skip a slot or run it anyway.", no_args_is_help=True)

Day = Annotated[str, typer.Argument(help="The slot's local date, YYYY-MM-DD.")]


@app.command()
def show(as_json: JsonFlag = False) -> None:
    """The next slots, and the last ones, in plain words."""
    lines = run(agenda.agenda)
    if as_json:
        print_json([line.model_dump(mode="json") for line in lines])
        return
    several = len({line.edition for line in lines}) > 1
    table = Table(box=None, header_style="bold")
    for heading in (*(["edition"] if several else []), "slot", "plan", "state", "issue"):
        table.add_column(heading, no_wrap=True)
    table.add_column("", overflow="fold")
    for line in lines:
        edition = [line.edition] if several else []
        number = f"#{line.issue}" if line.issue else "—"
        told = (line.date.isoformat(), line.words, line.state, number, line.reason or "")
        table.add_row(*edition, *told)
    console.print(table, soft_wrap=False)


@app.command()
def skip(
    day: Day,
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")] = "skipped by the editor",
    edition: EditionSlug = "weekly",
    as_json: JsonFlag = False,
) -> None:
    """Leave a slot out."""
    slot = run(lambda app: agenda.skip(app, edition, parse_date(day), reason))
    _told(slot, as_json)


@app.command()
def unskip(day: Day, edition: EditionSlug = "weekly", as_json: JsonFlag = False) -> None:
    """Take a skip back."""
    _told(run(lambda app: agenda.unskip(app, edition, parse_date(day))), as_json)


@app.command("run-anyway")
def run_anyway(day: Day, edition: EditionSlug = "weekly", as_json: JsonFlag = False) -> None:
    """Run a slot that was skipped, missed or held; it still needs its approval."""
    _told(run(lambda app: agenda.run_anyway(app, edition, parse_date(day))), as_json)


@app.command("resume-clock")
def resume_clock(as_json: JsonFlag = False) -> None:
    """Go on at once after the clock jumped, because it is right now."""
    resumed = run(agenda.resume_clock)
    if as_json:
        print_json({"resumed": resumed})
    elif resumed:
        console.print("The clock is trusted again; the schedule goes on at the next wake-up.")
    else:
        console.print("Nothing is held on account of the clock.")


def _told(line: agenda.AgendaLine, as_json: bool) -> None:
    data: dict[str, Any] = line.model_dump(mode="json")
    if as_json:
        print_json(data)
    else:
        console.print(f"{line.words}: {line.state}" + (f" ({line.reason})" if line.reason else ""))
