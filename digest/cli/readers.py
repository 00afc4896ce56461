"""`digest readers …`: who gets the mail."""

import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.cli import reader_transfer
from digest.cli.reader_options import Confirmed, EditionSlug, Source, operator
from digest.cli.reader_tables import print_reader, print_rows
from digest.cli.runtime import JsonFlag, console, print_json, run
from digest.errors import NotFound, Refused, UsageError
from digest.services.readers.erase import erase_reader
from digest.services.readers.signup import request_signup
from schedules.editions import get_edition
from subscribers import importing, suppression
from subscribers.address import EmailAddress, InvalidAddress
from subscribers.consent import history
from subscribers.exporting import reader_rows
from subscribers.importing import Fate
from subscribers.readers import find, subscription_of, subscriptions_of
from subscribers.states import SubscriptionState, SuppressionReason

app = typer.Typer(help="Add, import, export and look after readers.", no_args_is_help=True)
reader_transfer.register(app)

Address = Annotated[str, typer.Argument(help="An email address.")]
LEFT_ALONE = {
    Fate.UNSUBSCRIBED: "she unsubscribed; only a sign-up that she confirms brings her back",
    Fate.SUPPRESSED: "the address is suppressed; see `digest readers show`",
    Fate.ERASED: "the address was erased; only a sign-up that she confirms brings her back",
}


class EditorsReason(StrEnum):
    """The suppressions that an editor may set and lift."""

    MANUAL = "manual"
    COMPLAINT = "complaint"
    BOUNCE = "bounce"


@app.command()
def add(
    address: Address,
    edition: EditionSlug = "weekly",
    confirmed: Confirmed = False,
    source: Source = None,
    as_json: JsonFlag = False,
) -> None:
    """Add one reader; without --confirmed she is mailed a link to confirm."""
    parsed = _parse(address)
    origin = source or f"command line, {operator()}"

    async def work(app: App) -> SubscriptionState | None:
        if confirmed:
            await _add_confirmed(app, parsed, edition, origin)
        else:
            await request_signup(app, address=parsed.wire, edition=edition, source=origin)
        return await _state_of(app, parsed, edition)

    state = run(work)
    if as_json:
        print_json({"address": parsed.text, "edition": edition, "state": state})
    elif state is SubscriptionState.ACTIVE:
        console.print(f"{parsed.text} gets {edition}.")
    elif state is SubscriptionState.PENDING:
        console.print(f"{parsed.text} is asked to confirm {edition}.")
    else:
        console.print(f"{parsed.text} gets no mail; see `digest readers show`.")


async def _add_confirmed(app: App, address: EmailAddress, edition: str, source: str) -> None:
    async with app.store.write() as session:
        await get_edition(session, edition)
        fate = await importing.add_confirmed(
            session, app.keyring, address, edition=edition, source=source, now=app.clock()
        )
    if fate in LEFT_ALONE:
        raise Refused(f"{address.text} was left alone: {LEFT_ALONE[fate]}")


async def _state_of(app: App, address: EmailAddress, edition: str) -> SubscriptionState | None:
    async with app.store.read() as session:
        subscriber = await find(session, app.keyring, address)
        if subscriber is None or subscriber.id is None:
            return None
        subscription = await subscription_of(session, subscriber.id, edition)
        return SubscriptionState(subscription.state) if subscription else None


@app.command("list")
def list_(
    edition: Annotated[str | None, typer.Option(help="Only readers of this edition.")] = None,
    state: Annotated[SubscriptionState | None, typer.Option(help="Only those.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows at most.")] = 100,
    after: Annotated[int, typer.Option(min=0, help="Go on after this id.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Readers by id; `export` gives all of them."""

    async def work(app: App) -> list[Any]:
        async with app.store.read() as session:
            found = reader_rows(session, edition=edition, state=state, after=after, limit=limit)
            return [row async for row in found]

    rows = run(work)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif not rows:
        console.print("No readers here: `digest readers add` or `digest readers import`.")
    else:
        print_rows(rows)
        if len(rows) == limit:
            console.print(f"More: digest readers list --after {rows[-1].id}")


@app.command()
def show(address: Address, as_json: JsonFlag = False) -> None:
    """One reader: editions, suppressions, and the whole consent log."""
    parsed = _parse(address)

    async def work(app: App) -> dict[str, Any]:
        async with app.store.read() as session:
            return await _shown(session, app, parsed)

    shown = run(work)
    print_json(shown) if as_json else print_reader(shown)


async def _shown(session: AsyncSession, app: App, address: EmailAddress) -> dict[str, Any]:
    subscriber = await find(session, app.keyring, address)
    address_hash = app.keyring.address_hash(address.normalised)
    suppressed = await suppression.rows_in_force(session, address_hash)
    if subscriber is None and not suppressed:
        raise NotFound(f"{address.text} is no reader")
    number = subscriber.id if subscriber and subscriber.id else 0
    return {
        "id": subscriber.id if subscriber else None,
        "address": subscriber.address if subscriber else None,
        "created_at": subscriber.created_at if subscriber else None,
        "erased_at": subscriber.erased_at if subscriber else None,
        "editions": [
            _picked(row, "edition", "state", "confirmed_at", "ended_at")
            for row in await subscriptions_of(session, number)
        ],
        "suppressed": [_picked(row, "reason", "at", "source") for row in suppressed],
        "consent": [
            _picked(event, "at", "kind", "edition", "source", "wording", "ip")
            for event in await history(session, number)
        ],
    }


def _picked(row: object, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


@app.command()
def suppress(
    address: Address,
    reason: Annotated[EditorsReason, typer.Option(help="Why.")] = EditorsReason.MANUAL,
    note: Annotated[str, typer.Option(help="For the record.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Lift it instead.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Never mail an address, whatever is imported; or lift that again."""
    parsed = _parse(address)
    by = ", ".join(filter(None, (f"command line, {operator()}", note)))

    async def work(app: App) -> list[str]:
        async with app.store.write() as session:
            if lift:
                await _lift(session, app, parsed, by)
            else:
                await suppression.suppress(
                    session,
                    app.keyring,
                    parsed,
                    SuppressionReason(reason),
                    source=by,
                    now=app.clock(),
                )
            address_hash = app.keyring.address_hash(parsed.normalised)
            return sorted(await suppression.in_force(session, address_hash))

    in_force = run(work)
    if as_json:
        print_json({"address": parsed.text, "suppressed": in_force})
    elif in_force:
        console.print(f"{parsed.text} gets no mail: {', '.join(in_force)}.")
    else:
        console.print(f"{parsed.text} is not suppressed any more.")


async def _lift(session: AsyncSession, app: App, address: EmailAddress, by: str) -> None:
    lifted = await suppression.unsuppress(session, app.keyring, address, by=by, now=app.clock())
    if lifted:
        return
    if await suppression.in_force(session, app.keyring.address_hash(address.normalised)):
        raise Refused(
            f"{address.text} left by herself; only a sign-up that she confirms brings her back"
        )
    raise Refused(f"{address.text} is not suppressed")


@app.command()
def erase(
    address: Address,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove all personal data; a keyed hash stays, so that no import brings her back."""
    parsed = _parse(address)
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError("erasing cannot be undone; add --yes")
        typer.confirm(f"Erase {parsed.text}? This cannot be undone.", abort=True)
    erased = run(lambda app: erase_reader(app, address=parsed.wire))
    if as_json:
        print_json({"id": erased.subscriber_id, "erased": True})
    else:
        console.print(f"Reader {erased.subscriber_id} is erased.")


def _parse(address: str) -> EmailAddress:
    try:
        return EmailAddress.parse(address)
    except InvalidAddress as error:
        raise UsageError(f"{address!r} {error.reason}") from None
