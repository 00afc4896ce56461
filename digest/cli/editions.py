"""`digest editions …`: list, show and change the recurring digests."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.errors import UsageError
from digest.store import Queue
from schedules import editions, slots
from schedules.cadence import Cadence
from schedules.editions import EditionChange
from schedules.errors import ScheduleError
from schedules.states import Approval, OnUnknown, SlotState
from schedules.tables import Edition, Slot
from schedules.words import city, in_words, when

app = typer.Typer(help="The recurring digests: cadence, content, sender.", no_args_is_help=True)

OPEN = (SlotState.PLANNED, SlotState.COMPOSED)

Slug = Annotated[str, typer.Argument(help="The edition's slug, such as weekly.")]
Text = str | None
Number = int | None


@app.command("list")
def list_(as_json: JsonFlag = False) -> None:
    """All editions, with the next slot of each."""

    async def work(app: App) -> list[dict[str, Any]]:
        now = app.clock()
        async with app.store.read() as session:
            found = await editions.list_editions(session)
            return [await _described(session, edition, now) for edition in found]

    described = run(work)
    if as_json:
        print_json(described)
        return
    if not described:
        console.print("There is no edition yet; `digest init` makes the first.")
        return
    table = Table("edition", "name", box=None, header_style="bold")
    for heading in ("cadence", "next"):
        table.add_column(heading, no_wrap=True)
    for edition in described:
        table.add_row(edition["slug"], edition["name"], edition["cadence"], _next_words(edition))
    console.print(table)


@app.command()
def show(slug: Slug, as_json: JsonFlag = False) -> None:
    """One edition with all its settings."""

    async def work(app: App) -> dict[str, Any]:
        async with app.store.read() as session:
            edition = await editions.get_edition(session, slug)
            return await _described(session, edition, app.clock())

    _print(run(work), as_json)


@app.command("set")
def set_(
    slug: Slug,
    weekdays: Annotated[Text, typer.Option(help="Days it goes out: tue,fri.")] = None,
    send_time: Annotated[Text, typer.Option(help="Local time of day, HH:MM.")] = None,
    zone: Annotated[Text, typer.Option(help="IANA zone of that time: Europe/Berlin.")] = None,
    cutoff_hours: Annotated[
        Number, typer.Option(help="How long before the hour the issue is composed.")
    ] = None,
    min_items: Annotated[Number, typer.Option(help="With fewer the slot is skipped.")] = None,
    max_items: Annotated[Number, typer.Option(help="Most items in an issue.")] = None,
    max_age_days: Annotated[Number, typer.Option(help="Older comparisons are left out.")] = None,
    grace_hours: Annotated[Number, typer.Option(help="How late a slot may still run.")] = None,
    give_up_hours: Annotated[
        Number, typer.Option(help="Deliveries still open so long after the slot expire.")
    ] = None,
    approval: Annotated[
        Approval | None, typer.Option(help="Whether an issue waits for a person.")
    ] = None,
    on_unknown: Annotated[
        OnUnknown | None, typer.Option(help="What follows an unknown outcome.")
    ] = None,
    name: Annotated[Text, typer.Option(help="Its name, as readers see it.")] = None,
    sender: Annotated[
        Text, typer.Option(help='From: Name <address>; "" takes DIGEST_SENDER.')
    ] = None,
    reply_to: Annotated[Text, typer.Option(help='Where answers go; "" for none.')] = None,
    template: Annotated[Text, typer.Option(help="Folder under templates/email.")] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether it goes out at all.")
    ] = None,
    create: Annotated[bool, typer.Option("--create", help="Make it if it is new.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Change an edition; a new cadence replans the slots that are only planned."""
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

    async def work(app: App) -> dict[str, Any]:
        now = app.clock()
        async with app.store.write(Queue.EDITING) as session:
            is_new = create and await editions.find_edition(session, slug) is None
            make_or_update = editions.create_edition if is_new else editions.update_edition
            edition = await make_or_update(session, slug, change, now)
            return await _described(session, edition, now)

    _print(run(work), as_json)


def _read_change(**given: Any) -> EditionChange:
    try:
        return EditionChange(**given)
    except ScheduleError as error:
        raise UsageError(str(error)) from None


async def _described(session: AsyncSession, edition: Edition, now: datetime) -> dict[str, Any]:
    """An edition as JSON has it, with its cadence and its next slot in words."""
    coming = await slots.upcoming(session, edition, now)
    following = next((slot for slot in coming if slot.state in OPEN), None)
    data = {name: getattr(edition, name) for name in Edition.model_fields if name != "id"}
    return {
        **data,
        "weekdays": edition.weekdays.split(","),
        "cadence": _cadence_words(edition),
        "next_slot": _slot_described(edition, following, now) if following else None,
        "notes": _notes(edition, coming),
    }


def _slot_described(edition: Edition, slot: Slot, now: datetime) -> dict[str, Any]:
    return {
        "date": slot.local_date,
        "state": slot.state,
        "send_at": slot.send_at,
        "cutoff_at": slot.cutoff_at,
        "words": f"{when(slot.send_at, edition.zone, now)}, {in_words(slot.send_at - now)}",
    }


def _cadence_words(edition: Edition) -> str:
    days = ", ".join(day.capitalize() for day in edition.weekdays.split(","))
    paused = "" if edition.active else " (inactive)"
    return f"{days} {edition.send_time} {city(edition.zone)}{paused}"


def _notes(edition: Edition, coming: list[Slot]) -> list[str]:
    """What the clock change does to the slots to come."""
    cadence = Cadence.parse(edition.weekdays, edition.send_time, edition.zone)
    planned = [cadence.instant(slot.local_date) for slot in coming if slot.state in OPEN]
    return [f"{instant.date}: {instant.note}" for instant in planned if instant.note]


def _next_words(described: dict[str, Any]) -> str:
    return described["next_slot"]["words"] if described["next_slot"] else "—"


def _print(described: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(described)
        return
    console.print(described["slug"], style="bold", end="")
    console.print(f" · {described['name']}")
    for label, value in _lines(described):
        console.print(f"{label:<12}{value}")
    for note in described["notes"]:
        console.print(note, style="yellow")


def _lines(described: dict[str, Any]) -> list[tuple[str, str]]:
    approval = "needs approval" if described["approval"] == Approval.REQUIRED else "approves itself"
    unknown = "sent again" if described["on_unknown"] == OnUnknown.RESEND else "held"
    return [
        ("Cadence", described["cadence"]),
        ("Next", _next_words(described)),
        ("Composed", f"{described['cutoff_hours']} h before, {approval}"),
        (
            "Items",
            f"{described['min_items']} to {described['max_items']}, "
            f"at most {described['max_age_days']} days old",
        ),
        (
            "If late",
            f"runs up to {described['grace_hours']} h after its hour; "
            f"deliveries given up {described['give_up_hours']} h after it",
        ),
        ("Unknown", f"outcome {unknown}"),
        ("Sender", described["sender"] or "DIGEST_SENDER"),
        ("Reply to", described["reply_to"] or "—"),
        ("Template", described["template"]),
    ]
