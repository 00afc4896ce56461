"""Signing up: a pending reader, their consent and a confirmation mail in one commit."""

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.doubtful import accept_doubtful_of_reader
from digest.delivery.states import MailingKind
from digest.services.actor import Actor
from digest.services.result import Result
from digest.services.sending.transactional import queue_confirmation
from schedules.editions import get_edition
from subscribers import signup
from subscribers.address import EmailAddress
from subscribers.consent import WORDING
from subscribers.states import LinkState


class ConfirmationPage(Result):
    """What the page behind a confirmation link shows; the address is masked."""

    address_masked: str
    edition_name: str
    state: LinkState


class ConfirmedSignup(Result):
    """A confirmed subscription; `changed` is False if it was confirmed before this request."""

    edition: str
    changed: bool


async def request_signup(
    app: App, actor: Actor, address: EmailAddress, edition: str, *, ip: str | None = None
) -> None:
    """Accept a sign-up for the edition with this slug. Raises `ScheduleError`.

    Returns nothing, since the answer must not depend on whether the address is known.
    """
    async with app.store.write() as session:
        await get_edition(session, edition)
        await request_confirmation(session, app, address, edition, source=str(actor), ip=ip)


async def read_confirmation(app: App, token: str) -> ConfirmationPage:
    """What a confirmation link is for; writes nothing. Raises `LinkInvalid`."""
    async with app.store.read() as session:
        pending = await signup.read_link(session, token, app.clock())
        edition = await get_edition(session, pending.edition)
        return ConfirmationPage(
            address_masked=pending.address.masked, edition_name=edition.name, state=pending.state
        )


async def confirm_signup(
    app: App, actor: Actor, token: str, *, ip: str | None = None
) -> ConfirmedSignup:
    """Confirm the sign-up of a link. Raises `LinkInvalid` or `LinkExpired`.

    The link came with a mail, so a confirmation mail with an unknown outcome has arrived.
    """
    async with app.store.write() as session:
        now = app.clock()
        confirmed = await signup.confirm(
            session, token, source=str(actor), now=now, ip=_kept(app, ip)
        )
        await accept_doubtful_of_reader(
            session,
            confirmed.subscriber_id,
            confirmed.edition,
            "confirmed by its link",
            now,
            kind=MailingKind.CONFIRMATION,
        )
        return ConfirmedSignup(edition=confirmed.edition, changed=confirmed.changed)


async def renew_confirmation(app: App, actor: Actor, token: str) -> None:
    """Mail a new link in place of an expired one; the usual caps apply. Raises `LinkInvalid`."""
    async with app.store.write() as session:
        pending = await signup.read_link(session, token, app.clock())
        await request_confirmation(
            session, app, pending.address, pending.edition, source=str(actor)
        )


async def request_confirmation(
    session: AsyncSession,
    app: App,
    address: EmailAddress,
    edition: str,
    *,
    source: str,
    ip: str | None = None,
) -> None:
    """Write a sign-up and its confirmation mail in the caller's transaction; for other services.

    No mail is written where none may go out, see `subscribers.signup.request`.
    """
    now = app.clock()
    token = await signup.request(
        session,
        app.keyring,
        address,
        edition,
        source=source,
        wording=WORDING,
        ip=_kept(app, ip),
        now=now,
    )
    if token is not None:
        await queue_confirmation(session, app, token, address.wire, now)


def _kept(app: App, ip: str | None) -> str | None:
    return ip if app.settings.keep_ip else None
