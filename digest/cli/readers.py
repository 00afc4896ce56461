"""`digest readers …`: who gets the mail."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from digest.cli import reader_transfer
from digest.cli.options import (
    Column,
    Confirmed,
    EditionSlug,
    Encoding,
    Source,
    command_line_actor,
)
from digest.cli.reader_tables import print_reader, print_rows, print_suppressed_file
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.errors import UsageError
from digest.services.readers.add import add_reader
from digest.services.readers.erase import erase_reader
from digest.services.readers.list import list_readers
from digest.services.readers.move import move_reader
from digest.services.readers.show import show_reader
from digest.services.readers.suppress import EditorReason, lift_suppression, suppress_address
from digest.services.readers.suppress_file import suppress_file
from subscribers.address import EmailAddress, InvalidAddress
from subscribers.asking import Outcome
from subscribers.states import SubscriptionState

app = typer.Typer(help="Add, import, export and manage readers.", no_args_is_help=True)
reader_transfer.register(app)

ASKED = {
    Outcome.MAILED: "{0.address} is asked to confirm {0.edition}.",
    Outcome.COVERED: "{0.address} was asked before; that mail's link confirms {0.edition} too.",
    Outcome.WAITS: "{0.address} is asked to confirm {0.edition} when the cap on confirmation mails "
    "allows it ({0.waits_for}); `digest readers show` says whether it waits.",
}

Address = Annotated[str, typer.Argument(help="An email address.")]


@app.command()
def add(
    address: Address,
    edition: EditionSlug = None,
    confirmed: Confirmed = False,
    source: Source = None,
    as_json: JsonFlag = False,
) -> None:
    """Add one reader; without --confirmed they are mailed a link to confirm."""
    parsed = _parse(address)
    actor = command_line_actor()
    added = run(
        lambda app: add_reader(app, actor, parsed, edition, confirmed=confirmed, source=source)
    )
    if as_json:
        print_json(added)
    elif added.state is SubscriptionState.ACTIVE:
        console.print(f"{added.address} gets {added.edition}.")
    elif added.outcome in ASKED:
        console.print(ASKED[added.outcome].format(added))
    else:
        console.print(f"{added.address} gets no mail; see `digest readers show`.")


@app.command("list")
def list_(
    edition: Annotated[str | None, typer.Option(help="Only readers of this edition.")] = None,
    state: Annotated[SubscriptionState | None, typer.Option(help="Only this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most rows to print.")] = 100,
    after: Annotated[int, typer.Option(min=0, help="Start after the reader with this id.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """List readers by id; `export` writes all of them."""
    rows = run(
        lambda app: list_readers(app, edition=edition, state=state, after=after, limit=limit)
    )
    if as_json:
        print_json(rows)
    elif not rows:
        console.print("No readers here: `digest readers add` or `digest readers import`.")
    else:
        print_rows(rows)
        if len(rows) == limit:
            console.print(f"More: digest readers list --after {rows[-1].id}")


@app.command()
def show(address: Address, as_json: JsonFlag = False) -> None:
    """Show one reader: editions, suppressions, and the whole consent log."""
    parsed = _parse(address)
    details = run(lambda app: show_reader(app, parsed))
    print_json(details) if as_json else print_reader(details)


@app.command()
def suppress(
    address: Annotated[str | None, typer.Argument(help="An email address.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="All addresses of this file instead.")
    ] = None,
    reason: Annotated[EditorReason, typer.Option(help="Why.")] = EditorReason.MANUAL,
    note: Annotated[str, typer.Option(help="A remark for the record.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Lift the suppression instead.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --file: only report what would happen.")
    ] = False,
    encoding: Encoding = None,
    column: Column = None,
    as_json: JsonFlag = False,
) -> None:
    """Never mail an address, or those of a file, whatever is imported; or allow it again."""
    if (address is None) == (file is None):
        raise UsageError("name one address, or a file of them with --file")
    if file is not None:
        if lift:
            raise UsageError("suppressions are lifted one by one: name the address")
        _suppress_file(
            file, reason, note, as_json, dry_run=dry_run, encoding=encoding, column=column
        )
        return
    parsed = _parse(address or "")
    actor = command_line_actor()
    if lift:
        status = run(lambda app: lift_suppression(app, actor, parsed, note=note))
    else:
        status = run(lambda app: suppress_address(app, actor, parsed, reason, note=note))
    if as_json:
        print_json(status)
    elif status.suppressed:
        console.print(f"{status.address} gets no mail: {', '.join(status.suppressed)}.")
    else:
        console.print(f"{status.address} is no longer suppressed.")


def _suppress_file(
    path: Path,
    reason: EditorReason,
    note: str,
    as_json: bool,
    *,
    dry_run: bool,
    encoding: str | None,
    column: str | None,
) -> None:
    actor = command_line_actor()
    report = run(
        lambda app: suppress_file(
            app,
            actor,
            path,
            reason,
            note=note,
            dry_run=dry_run,
            encoding=encoding,
            column=column,
        )
    )
    print_json(report) if as_json else print_suppressed_file(report)
    if report.rows and report.rejected == report.rows:
        raise typer.Exit(1)


@app.command()
def move(
    old: Annotated[str, typer.Argument(help="The reader's address until now.")],
    new: Annotated[str, typer.Argument(help="Their new address.")],
    as_json: JsonFlag = False,
) -> None:
    """Give a reader a new address; their consent, history and suppressions come along."""
    parsed = _parse(old), _parse(new)
    actor = command_line_actor()
    moved = run(lambda app: move_reader(app, actor, *parsed))
    print_json(moved) if as_json else console.print(f"The reader is {moved.address} now.")


@app.command()
def erase(
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove all personal data; a keyed hash stays, so that no import brings the reader back."""
    parsed = _parse(address)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("erasing cannot be undone; add --yes")
        typer.confirm(f"Erase {parsed.text}? This cannot be undone.", abort=True)
    actor = command_line_actor()
    erased = run(lambda app: erase_reader(app, actor, parsed))
    if as_json:
        print_json(erased)
    else:
        console.print(f"Reader {erased.id} is erased.")


def _parse(address: str) -> EmailAddress:
    try:
        return EmailAddress.parse(address)
    except InvalidAddress as error:
        raise UsageError(f"{address!r} {error.reason}") from None
