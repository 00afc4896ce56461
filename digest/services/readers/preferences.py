"""What readers do through their signed links: unsubscribe, and choose their editions."""

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.doubtful import accept_doubtful_of_reader
from digest.errors import NotFound
from digest.services.actor import Actor
from digest.services.result import Result
from schedules.editions import list_editions
from subscribers import subscriptions
from subscribers.links import preferences_token, read_preferences_token, read_unsubscribe_token
from subscribers.states import SubscriptionState

UNKNOWN_READER = "this link belongs to no reader any more"


class EditionChoice(Result):
    """Whether the reader gets one edition."""

    slug: str
    name: str
    active: bool


class ReaderPreferences(Result):
    """What a reader's own pages show; the address is masked, since mails get forwarded.

    `edition` is the one that an unsubscribe link is for; None stands for all.
    """

    subscriber_id: int
    address_masked: str
    edition: str | None
    editions: tuple[EditionChoice, ...]
    preferences_token: str

    @property
    def subscribed(self) -> bool:
        """Whether the link still has something to end."""
        return any(item.active for item in self.editions if self.edition in (None, item.slug))

    @property
    def edition_name(self) -> str | None:
        """The name of the link's edition; None for all, and for an edition that is closed."""
        return next((item.name for item in self.editions if item.slug == self.edition), None)


async def read_unsubscribe(app: App, token: str) -> ReaderPreferences:
    """What an unsubscribe link is for; writes nothing. Raises `BadToken` or `NotFound`."""
    subscriber_id, edition = read_unsubscribe_token(app.keyring, token)
    async with app.store.read() as session:
        return await _preferences(session, app, subscriber_id, edition)


async def unsubscribe(app: App, actor: Actor, token: str) -> ReaderPreferences:
    """End the edition that the link is for; may be repeated. Raises `BadToken` or `NotFound`.

    The link came with an issue, so a copy of it with an unknown outcome has arrived.
    """
    subscriber_id, edition = read_unsubscribe_token(app.keyring, token)
    async with app.store.write() as session:
        now = app.clock()
        await subscriptions.unsubscribe(session, subscriber_id, edition, source=str(actor), now=now)
        await accept_doubtful_of_reader(
            session, subscriber_id, edition, f"unsubscribed by {actor}", now
        )
        return await _preferences(session, app, subscriber_id, edition)


async def read_preferences(app: App, token: str) -> ReaderPreferences:
    """A reader's preferences; writes nothing. Raises `BadToken` or `NotFound`."""
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.read() as session:
        return await _preferences(session, app, subscriber_id, None)


async def save_preferences(
    app: App, actor: Actor, token: str, editions: set[str]
) -> ReaderPreferences:
    """Subscribe the reader to exactly these of the open editions; unknown slugs are ignored.

    Raises `BadToken` or `NotFound`.
    """
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.write() as session:
        open_editions = {item.slug for item in await list_editions(session) if item.active}
        await subscriptions.set_editions(
            session,
            subscriber_id,
            editions & open_editions,
            offered=open_editions,
            source=str(actor),
            now=app.clock(),
        )
        return await _preferences(session, app, subscriber_id, None)


async def unsubscribe_from_all(app: App, actor: Actor, token: str) -> ReaderPreferences:
    """End all editions, and suppress the address until the reader confirms a new sign-up.

    Raises `BadToken` or `NotFound`.
    """
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.write() as session:
        await subscriptions.unsubscribe(
            session, subscriber_id, None, source=str(actor), now=app.clock()
        )
        return await _preferences(session, app, subscriber_id, None)


async def _preferences(
    session: AsyncSession, app: App, subscriber_id: int, edition: str | None
) -> ReaderPreferences:
    status = await subscriptions.reader_status(session, subscriber_id)
    if status is None:
        raise NotFound(UNKNOWN_READER)
    return ReaderPreferences(
        subscriber_id=subscriber_id,
        address_masked=status.address.masked,
        edition=edition,
        editions=tuple(
            EditionChoice(
                slug=item.slug,
                name=item.name,
                active=status.editions.get(item.slug) == SubscriptionState.ACTIVE,
            )
            for item in await list_editions(session)
            if item.active
        ),
        preferences_token=preferences_token(app.keyring, subscriber_id),
    )
