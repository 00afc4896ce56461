"""`digest editions …`: list, show and change the recurring digests."""

from typing import Annotated, Any

import typer
from rich.table import Table

from digest.cli.options import command_line_actor
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.errors import UsageError
from digest.services.editions.list import list_editions
from digest.services.editions.set import set_edition
from digest.services.editions.show import EditionDetails, show_edition
from schedules.changes import EditionChange
from schedules.errors import ScheduleError
from schedules.states import Approval, OnUnknown

app = typer.Typer(help="The recurring digests: cadence, content, sender.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(help="The edition's slug, such as weekly.")]
Text = str | None
Number = int | None


@app.command("list")
def list_(as_json: JsonFlag = False) -> None:
    """List all editions, with the next slot of each."""
    editions = run(list_editions)
    if as_json:
        print_json(list(editions))
        return
    if not editions:
        console.print("There is no edition yet; `digest init` makes the first one.")
        return
    table = Table("edition", "name", box=None, header_style="bold")
    for heading in ("cadence", "next"):
        table.add_column(heading, no_wrap=True)
    for edition in editions:
        table.add_row(edition.slug, edition.name, edition.cadence, _next_words(edition))
    console.print(table)


@app.command()
def show(slug: Slug, as_json: JsonFlag = False) -> None:
    """Show one edition with all its settings."""
    _print(run(lambda app: show_edition(app, slug)), as_json)


@app.command("set")
def set_(
    slug: Slug,
    weekdays: Annotated[Text, typer.Option(help="Days it goes out on: tue,fri.")] = None,
    send_time: Annotated[Text, typer.Option(help="Local time of day, HH:MM.")] = None,
    zone: Annotated[Text, typer.Option(help="IANA zone of that time: Europe/Berlin.")] = None,
    cutoff_hours: Annotated[
        Number, typer.Option(help="How many hours before its slot an issue is composed.")
    ] = None,
    min_items: Annotated[Number, typer.Option(help="With fewer items a slot is skipped.")] = None,
    max_items: Annotated[Number, typer.Option(help="Most items in an issue.")] = None,
    max_age_days: Annotated[
        Number, typer.Option(help="Comparisons older than this are left out.")
    ] = None,
    grace_hours: Annotated[
        Number, typer.Option(help="How many hours late a slot may still run.")
    ] = None,
    give_up_hours: Annotated[
        Number, typer.Option(help="How many hours after its slot an open delivery expires.")
    ] = None,
    approval: Annotated[
        Approval | None, typer.Option(help="Whether an issue waits for an editor's approval.")
    ] = None,
    on_unknown: Annotated[
        OnUnknown | None, typer.Option(help="What to do after an unknown outcome.")
    ] = None,
    name: Annotated[Text, typer.Option(help="Name, as readers see it.")] = None,
    sender: Annotated[
        Text, typer.Option(help='Sender, as Name <address>; "" for DIGEST_SENDER.')
    ] = None,
    reply_to: Annotated[Text, typer.Option(help='Address for replies; "" for none.')] = None,
    template: Annotated[Text, typer.Option(help="Folder under templates/email.")] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether it goes out at all.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make it if there is none.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Change an edition; a new cadence replans the slots that are not composed yet."""
    change = _read_change(
        weekdays=weekdays,
        send_time=send_time,
        zone=zone,
        cutoff_hours=cutoff_hours,
        min_items=min_items,
        max_items=max_items,
        max_age_days=max_age_days,
        grace_hours=grace_hours,
        give_up_hours=give_up_hours,
        approval=approval,
        on_unknown=on_unknown,
        name=name,
        sender=sender,
        reply_to=reply_to,
        template=template,
        active=active,
    )
    if change.is_empty and not create:
        raise UsageError("nothing to change: give an option, such as --send-time 09:00")

    actor = command_line_actor()
    _print(run(lambda app: set_edition(app, actor, slug, change, create=create)), as_json)


def _read_change(**given: Any) -> EditionChange:
    try:
        return EditionChange(**given)
    except ScheduleError as error:
        raise UsageError(str(error)) from None


def _next_words(edition: EditionDetails) -> str:
    return edition.next_slot.words if edition.next_slot else "—"


def _print(edition: EditionDetails, as_json: bool) -> None:
    if as_json:
        print_json(edition)
        return
    console.print(edition.slug, style="bold", end="")
    console.print(f" · {edition.name}")
    for label, value in _lines(edition):
        console.print(f"{label:<12}{value}")
    for note in edition.notes:
        console.print(note, style="yellow")


def _lines(edition: EditionDetails) -> list[tuple[str, str]]:
    approval = "needs approval" if edition.approval is Approval.REQUIRED else "approves itself"
    unknown = "sent again" if edition.on_unknown is OnUnknown.RESEND else "held"
    return [
        ("Cadence", edition.cadence),
        ("Next", _next_words(edition)),
        ("Composed", f"{edition.cutoff_hours} h before, {approval}"),
        (
            "Items",
            f"{edition.min_items} to {edition.max_items}, at most {edition.max_age_days} days old",
        ),
        (
            "If late",
            f"runs up to {edition.grace_hours} h after its hour; "
            f"deliveries given up {edition.give_up_hours} h after it",
        ),
        ("Unknown", f"outcome {unknown}"),
        ("Sender", edition.sender or "DIGEST_SENDER"),
        ("Reply to", edition.reply_to or "—"),
        ("Template", edition.template),
    ]
