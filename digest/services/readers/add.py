"""Adding one reader from outside the sign-up form."""

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.errors import Refused
from digest.services.actor import Actor
from digest.services.editions.default import chosen_edition
from digest.services.readers.signup import sign_up_now
from digest.services.result import Result
from digest.store import Queue
from subscribers import importing
from subscribers.address import EmailAddress
from subscribers.asking import Outcome
from subscribers.caps import Cap
from subscribers.importing import ImportOutcome
from subscribers.readers import find, subscription_of
from subscribers.states import SubscriptionState

LEFT_ALONE = {
    ImportOutcome.UNSUBSCRIBED: "the reader unsubscribed; "
    "only a new sign-up that they confirm brings them back",
    ImportOutcome.SUPPRESSED: "the address is suppressed; see `digest readers show`",
    ImportOutcome.ERASED: "the address was erased; "
    "only a new sign-up that the reader confirms brings it back",
}


class AddedReader(Result):
    """The subscription after the request; `state` is None where nothing was stored.

    `outcome` says what became of the request for a confirmation mail, `waits_for` which cap
    holds it back. Both None: no mail was asked for.
    """

    address: str
    edition: str
    state: SubscriptionState | None
    outcome: Outcome | None = None
    waits_for: Cap | None = None


async def add_reader(
    app: App,
    actor: Actor,
    address: EmailAddress,
    edition: str | None = None,
    *,
    confirmed: bool = False,
    source: str | None = None,
) -> AddedReader:
    """Ask one reader to confirm, or with `confirmed` mail them from now on.

    `source` says where consent was given; without it the consent log names the actor.
    Raises `ScheduleError` or `UsageError` for the edition, and `Refused` where a reader
    with consent given elsewhere left, was erased or is suppressed.
    """
    origin = source or str(actor)
    async with app.store.write(Queue.SIGNING_UP) as session:
        slug = (await chosen_edition(session, edition)).slug
        asked = None
        if confirmed:
            await _add_confirmed(session, app, address, slug, origin)
        else:
            asked = await sign_up_now(session, app, address, slug, origin)
        state = await _state(session, app, address, slug)
    return AddedReader(
        address=address.text,
        edition=slug,
        state=state,
        outcome=asked.outcome if asked else None,
        waits_for=asked.cap if asked else None,
    )


async def _add_confirmed(
    session: AsyncSession, app: App, address: EmailAddress, edition: str, source: str
) -> None:
    outcome = await importing.add_confirmed(
        session, app.keyring, address, edition=edition, source=source, now=app.clock()
    )
    if outcome in LEFT_ALONE:
        raise Refused(f"{address.text} was not added: {LEFT_ALONE[outcome]}")


async def _state(
    session: AsyncSession, app: App, address: EmailAddress, edition: str
) -> SubscriptionState | None:
    subscriber = await find(session, app.keyring, address)
    if subscriber is None or subscriber.id is None:
        return None
    subscription = await subscription_of(session, subscriber.id, edition)
    return SubscriptionState(subscription.state) if subscription else None
