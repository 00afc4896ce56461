"""What a reader may do with her signed links: unsubscribe, and choose her editions."""

from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.evidence import settle_reader
from digest.errors import NotFound
from schedules.editions import list_editions
from subscribers import subscriptions
from subscribers.links import preferences_token, read_preferences_token, read_unsubscribe_token
from subscribers.states import SubscriptionState

UNKNOWN_READER = "we have no reader for this link any more"


@dataclass(frozen=True)
class EditionStanding:
    """Whether she gets one edition."""

    slug: str
    name: str
    active: bool


@dataclass(frozen=True)
class Standing:
    """A reader as her own pages show her; the address is masked, links get forwarded."""

    subscriber_id: int
    address_masked: str
    edition: str | None
    editions: tuple[EditionStanding, ...]
    preferences_token: str


async def read_unsubscribe(app: App, token: str) -> Standing:
    """Look; writes nothing. Raises `BadToken` or `NotFound`."""
    subscriber_id, edition = read_unsubscribe_token(app.keyring, token)
    async with app.store.read() as session:
        return await _standing(session, app, subscriber_id, edition)


async def unsubscribe(app: App, token: str, *, source: str) -> Standing:
    """End the edition that the link is for; repeats safely.

    The link came with a mail, so a copy of which we did not know whether it arrived did.
    """
    subscriber_id, edition = read_unsubscribe_token(app.keyring, token)
    async with app.store.write() as session:
        now = app.clock()
        await subscriptions.unsubscribe(session, subscriber_id, edition, source=source, now=now)
        await settle_reader(session, subscriber_id, edition, f"unsubscribed by {source}", now)
        return await _standing(session, app, subscriber_id, edition)


async def read_preferences(app: App, token: str) -> Standing:
    """Look; writes nothing. Raises `BadToken` or `NotFound`."""
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.read() as session:
        return await _standing(session, app, subscriber_id, None)


async def save_preferences(app: App, token: str, editions: set[str]) -> Standing:
    """Set which editions she gets; unknown slugs are left out."""
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.write() as session:
        known = {edition.slug for edition in await list_editions(session) if edition.active}
        await subscriptions.set_editions(
            session,
            subscriber_id,
            editions & known,
            offered=known,
            source="preferences page",
            now=app.clock(),
        )
        return await _standing(session, app, subscriber_id, None)


async def unsubscribe_all(app: App, token: str) -> Standing:
    """End all her editions and suppress the address until she signs up anew."""
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.write() as session:
        await subscriptions.unsubscribe(
            session, subscriber_id, None, source="preferences page", now=app.clock()
        )
        return await _standing(session, app, subscriber_id, None)


async def _standing(
    session: AsyncSession, app: App, subscriber_id: int, edition: str | None
) -> Standing:
    found = await subscriptions.standing(session, subscriber_id)
    if found is None:
        raise NotFound(UNKNOWN_READER)
    return Standing(
        subscriber_id=subscriber_id,
        address_masked=found.address_masked,
        edition=edition,
        editions=tuple(
            EditionStanding(
                slug=known.slug,
                name=known.name,
                active=found.editions.get(known.slug) == SubscriptionState.ACTIVE,
            )
            for known in await list_editions(session)
            if known.active
        ),
        preferences_token=preferences_token(app.keyring, subscriber_id),
    )
