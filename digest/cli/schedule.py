"""`digest schedule …`: what goes out when, and to how many readers."""

from typing import Annotated

import typer
from rich.table import Table

from digest.app import App
from digest.cli.options import EditionSlug, command_line_actor
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.cli.times import parse_date
from digest.services.installation.troubles import troubles
from digest.services.schedule import change_slot
from digest.services.schedule.agenda import AgendaLine, agenda
from digest.services.schedule.resume_clock import resume_clock

app = typer.Typer(help="What goes out when; skip a slot or run it anyway.", no_args_is_help=True)

Day = Annotated[str, typer.Argument(help="The slot's local date, YYYY-MM-DD.")]


@app.command()
def show(as_json: JsonFlag = False) -> None:
    """Show the slots to come and those that wait for a decision, in plain words."""
    lines, missing = run(_agenda_and_troubles)
    if as_json:
        print_json(list(lines))
        return
    several = len({line.edition for line in lines}) > 1
    table = Table(box=None, header_style="bold")
    for heading in (*(["edition"] if several else []), "slot", "plan", "state", "issue"):
        table.add_column(heading, no_wrap=True)
    table.add_column("", overflow="fold")  # the reason, which may be long
    for line in lines:
        edition = [line.edition] if several else []
        number = f"#{line.issue}" if line.issue else "—"
        cells = (line.date.isoformat(), line.words, line.state, number, _remark(line))
        table.add_row(*edition, *cells)
    console.print(table, soft_wrap=False)
    for line in lines:
        if line.note:
            console.print(f"{line.edition if several else ''} {line.note}".strip(), style="yellow")
    for trouble in missing:
        console.print(f"{trouble[0].upper()}{trouble[1:]}.", style="yellow")


async def _agenda_and_troubles(app: App) -> tuple[tuple[AgendaLine, ...], tuple[str, ...]]:
    return await agenda(app), await troubles(app)


@app.command()
def skip(
    day: Day,
    reason: Annotated[
        str, typer.Option(help="Why; recorded with the slot.")
    ] = "skipped by the editor",
    edition: EditionSlug = None,
    as_json: JsonFlag = False,
) -> None:
    """Leave a slot out."""
    actor, date = command_line_actor(), parse_date(day)
    _print(run(lambda app: change_slot.skip(app, actor, edition, date, reason)), as_json)


@app.command()
def unskip(day: Day, edition: EditionSlug = None, as_json: JsonFlag = False) -> None:
    """Undo a skip, before the slot's scheduled time."""
    actor, date = command_line_actor(), parse_date(day)
    _print(run(lambda app: change_slot.unskip(app, actor, edition, date)), as_json)


@app.command("run-anyway")
def run_anyway(day: Day, edition: EditionSlug = None, as_json: JsonFlag = False) -> None:
    """Run a slot that was skipped, missed or held; it still needs its approval."""
    actor, date = command_line_actor(), parse_date(day)
    _print(run(lambda app: change_slot.run_anyway(app, actor, edition, date)), as_json)


@app.command("resume-clock")
def resume_clock_(as_json: JsonFlag = False) -> None:
    """Trust the clock after a jump and resume scheduling."""
    trust = run(lambda app: resume_clock(app, command_line_actor()))
    if as_json:
        print_json(trust)
    elif trust.resumed:
        console.print("The clock is trusted again; scheduling resumes at the next wake-up.")
    else:
        console.print("Nothing changed: the clock is trusted already.")


def _remark(line: AgendaLine) -> str:
    return "; ".join(part for part in (line.reason, line.needs) if part)


def _print(line: AgendaLine, as_json: bool) -> None:
    if as_json:
        print_json(line)
        return
    remark = f" ({_remark(line)})" if _remark(line) else ""
    console.print(f"{line.words}: {line.state}{remark}")
