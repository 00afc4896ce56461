"""The link in a confirmation mail: what it is for, and the button that confirms it."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.doubtful import accept_doubtful_of_reader
from digest.delivery.states import MailingKind
from digest.services.actor import Actor
from digest.services.result import Result
from schedules.editions import get_edition
from subscribers import signup
from subscribers.links import preferences_token
from subscribers.states import LinkState
from subscribers.subscriptions import NOT_BY_LINK, reader_status
from subscribers.tables import ConfirmationToken


class ConfirmationPage(Result):
    """What the page behind a confirmation link shows; the address is masked.

    `editions` are the slugs of all that the link confirms, `edition_name` is their names.
    `coming` says whether an issue would reach the reader once they have confirmed.
    """

    address_masked: str
    edition_name: str
    editions: tuple[str, ...]
    state: LinkState
    coming: bool
    preferences_token: str


class ConfirmedSignup(Result):
    """A confirmed subscription; `changed` is False if it was confirmed before this request.

    `coming` says whether the next issue will reach the reader; a bounce or a closed edition
    prevents it, and the preferences say which.
    """

    edition: str
    changed: bool
    coming: bool
    preferences_token: str


async def read_confirmation(app: App, token: str) -> ConfirmationPage:
    """What a confirmation link is for; writes nothing. Raises `LinkInvalid`."""
    async with app.store.read() as session:
        pending = await signup.read_link(session, token, app.clock())
        return ConfirmationPage(
            address_masked=pending.address.masked,
            edition_name=await _names(session, pending.editions),
            editions=pending.editions,
            state=pending.state,
            coming=await _is_coming(session, pending.subscriber_id, pending.editions),
            preferences_token=preferences_token(app.keyring, pending.subscriber_id),
        )


async def confirm_signup(
    app: App,
    actor: Actor,
    token: str,
    *,
    shown: tuple[str, ...] = (),
    ip: str | None = None,
) -> ConfirmedSignup:
    """Confirm the sign-up of a link. Raises `LinkInvalid` or `LinkExpired`.

    `shown` are the editions that the page named; without it, all that the link is for.
    The link came with a mail, so a confirmation mail with an unknown outcome has arrived.
    """
    async with app.store.write() as session:
        now = app.clock()
        confirmed = await signup.confirm(
            session, token, source=str(actor), now=now, ip=_kept(app, ip), shown=shown
        )
        await accept_doubtful_of_reader(
            session,
            confirmed.subscriber_id,
            confirmed.edition,
            "confirmed by its link",
            now,
            kind=MailingKind.CONFIRMATION,
        )
        return ConfirmedSignup(
            edition=confirmed.edition,
            changed=confirmed.changed,
            coming=await _is_coming(session, confirmed.subscriber_id, confirmed.editions),
            preferences_token=preferences_token(app.keyring, confirmed.subscriber_id),
        )


async def names_of_link(session: AsyncSession, token: ConfirmationToken) -> str:
    """What the link of a confirmation mail confirms, in words: `A`, `A and B`, `A, B and C`."""
    return await _names(session, await signup.editions_of(session, token))


async def _names(session: AsyncSession, editions: Sequence[str]) -> str:
    names = [(await get_edition(session, slug)).name for slug in editions]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


async def _is_coming(session: AsyncSession, subscriber_id: int, editions: Sequence[str]) -> bool:
    """Whether the next issue of one of them reaches the reader, as things are."""
    status = await reader_status(session, subscriber_id)
    if status is None or status.suppressed & NOT_BY_LINK:
        return False
    return any([(await get_edition(session, slug)).active for slug in editions])


def _kept(app: App, ip: str | None) -> str | None:
    return ip if app.settings.keep_ip else None
