"""What readers do through their signed links: unsubscribe, and choose their editions."""

from collections.abc import Collection
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.ledger.doubtful import accept_doubtful_of_reader
from digest.errors import NotFound
from digest.services.actor import Actor
from digest.services.result import Result
from schedules.editions import list_editions
from schedules.tables import Edition
from subscribers import subscriptions
from subscribers.links import preferences_token, read_preferences_token, read_unsubscribe_token
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.subscriptions import NOT_BY_LINK, ReaderStatus

UNKNOWN_READER = "this link belongs to no reader any more"


class EditionChoice(Result):
    """What the reader has chosen about one edition; None: they never asked for it."""

    slug: str
    name: str
    open: bool
    state: SubscriptionState | None

    @property
    def active(self) -> bool:
        """Whether the reader wants it, and has confirmed that."""
        return self.state is SubscriptionState.ACTIVE


class ReaderPreferences(Result):
    """What a reader's own pages show; the address is masked, since mails get forwarded.

    `edition` is the one that an unsubscribe link is for; None stands for all. `chosen` are the
    reader's choices, of editions that have closed too. `stopped` says why nothing is mailed to
    the reader whatever they choose; None: nothing stops it.
    """

    subscriber_id: int
    address_masked: str
    edition: str | None
    chosen: tuple[EditionChoice, ...]
    stopped: SuppressionReason | None
    preferences_token: str

    @property
    def editions(self) -> tuple[EditionChoice, ...]:
        """What the reader can choose from: the open editions, and what they get of the others."""
        return tuple(item for item in self.chosen if item.open or item.active)

    @property
    def subscribed(self) -> bool:
        """Whether the link still has something to end."""
        ended = (None, SubscriptionState.ENDED)
        return any(item.state not in ended for item in self._of_link)

    @property
    def can_return(self) -> bool:
        """Whether the preferences can turn on what the link has ended."""
        return self.stopped is None and any(item.open for item in self._of_link)

    @property
    def edition_name(self) -> str | None:
        """The name of the link's edition; None for all."""
        return next((item.name for item in self._of_link if self.edition), self.edition)

    @property
    def _of_link(self) -> tuple[EditionChoice, ...]:
        return tuple(item for item in self.chosen if self.edition in (None, item.slug))


class Saved(StrEnum):
    """What became of a form with preferences."""

    ALL = "all"
    REFUSED = "refused"
    LATER = "later"


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
    app: App,
    actor: Actor,
    token: str,
    editions: Collection[str],
    *,
    shown: Collection[str] = (),
    ticked: Collection[str] | None = None,
) -> Saved:
    """Subscribe the reader to these of the editions that the form has shown.

    Without `shown` it is taken to have shown all open ones; for `ticked` see
    `subscriptions.set_editions`. Unknown slugs are ignored. Raises `BadToken` or `NotFound`.
    """
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.write() as session:
        open_editions = {item.slug for item in await list_editions(session) if item.active}
        reader = await _preferences(session, app, subscriber_id, None)
        changes = await subscriptions.set_editions(
            session,
            subscriber_id,
            set(editions) & open_editions | set(editions) & set(ticked or ()),
            offered=set(shown) or open_editions,
            ticked=ticked,
            source=str(actor),
            now=app.clock(),
        )
    if changes.refused or (reader.stopped and editions):
        return Saved.REFUSED
    return Saved.LATER if changes.put_off else Saved.ALL


async def unsubscribe_from_all(app: App, actor: Actor, token: str) -> None:
    """End all editions, and suppress the address until the reader confirms a new sign-up.

    Raises `BadToken` or `NotFound`.
    """
    subscriber_id = read_preferences_token(app.keyring, token)
    async with app.store.write() as session:
        await _preferences(session, app, subscriber_id, None)
        await subscriptions.unsubscribe(
            session, subscriber_id, None, source=str(actor), now=app.clock()
        )


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
        chosen=_choices(await list_editions(session), status),
        stopped=min(status.suppressed & NOT_BY_LINK, default=None),
        preferences_token=preferences_token(app.keyring, subscriber_id),
    )


def _choices(editions: list[Edition], status: ReaderStatus) -> tuple[EditionChoice, ...]:
    known = [
        EditionChoice(
            slug=item.slug,
            name=item.name,
            open=item.active,
            state=status.editions.get(item.slug),
        )
        for item in editions
    ]
    gone = status.editions.keys() - {item.slug for item in editions}
    return (
        *known,
        *(
            EditionChoice(slug=slug, name=slug, open=False, state=status.editions[slug])
            for slug in sorted(gone)
        ),
    )
