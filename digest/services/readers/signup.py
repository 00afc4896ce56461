"""Signing up: a pending reader, her consent and a confirmation letter in one commit."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.evidence import settle_reader
from digest.delivery.states import MailingKind
from digest.services.sending.transactional import confirmation_letter
from schedules.editions import get_edition
from subscribers import signup
from subscribers.address import EmailAddress
from subscribers.consent import WORDING
from subscribers.signup import Confirmed


@dataclass(frozen=True)
class Peek:
    """What the page behind a confirmation link shows; `state` is open, used or expired."""

    address_masked: str
    edition_name: str
    state: str


async def request_signup(
    app: App, *, address: str, edition: str, source: str, ip: str | None = None
) -> None:
    """Take a sign-up. Raises `InvalidAddress` only: what is known of her is not told."""
    parsed = EmailAddress.parse(address)
    async with app.store.write() as session:
        await get_edition(session, edition)
        await _request(session, app, parsed, edition, source, ip)


async def peek_confirmation(app: App, token: str) -> Peek:
    """Look at a confirmation link; writes nothing. Raises `LinkInvalid`."""
    async with app.store.read() as session:
        found = await signup.peek(session, token, app.clock())
        edition = await get_edition(session, found.edition)
        return Peek(found.address_masked, edition.name, found.state)


async def confirm_signup(app: App, token: str, *, ip: str | None = None) -> Confirmed:
    """Act on a confirmation link. Raises `LinkInvalid` or `LinkExpired`.

    The link came with a letter, so a letter of which we did not know whether it arrived did.
    """
    async with app.store.write() as session:
        now = app.clock()
        found = await signup.confirm(session, token, now=now, ip=_kept(app, ip))
        await settle_reader(
            session,
            found.subscriber_id,
            found.edition,
            "confirmed by its link",
            now,
            kind=MailingKind.CONFIRMATION,
        )
        return found


async def renew_confirmation(app: App, token: str) -> None:
    """Send a new letter for an expired link; the usual caps hold. Raises `LinkInvalid`."""
    async with app.store.write() as session:
        found = await signup.peek(session, token, app.clock())
        address = EmailAddress.parse(found.address)
        await _request(session, app, address, found.edition, "expired link", None)


async def _request(
    session: AsyncSession,
    app: App,
    address: EmailAddress,
    edition: str,
    source: str,
    ip: str | None,
) -> None:
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
        await confirmation_letter(session, app, token, address.wire, now)


def _kept(app: App, ip: str | None) -> str | None:
    return ip if app.settings.keep_ip else None
