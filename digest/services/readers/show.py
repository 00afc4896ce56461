"""All that is stored of one reader."""

from datetime import datetime

from pydantic import ConfigDict

from digest.app import App
from digest.errors import NotFound
from digest.services.result import Result
from subscribers.address import EmailAddress
from subscribers.consent import history
from subscribers.readers import find, subscriptions_of
from subscribers.requests import requests_of
from subscribers.states import ConsentKind, SubscriptionState, SuppressionReason
from subscribers.suppression import rows_in_force


class _FromRow(Result):
    """Made from the attributes of a row; other columns of the row are left out."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class ReaderSubscription(_FromRow):
    """The reader's state in one edition."""

    edition: str
    state: SubscriptionState
    confirmed_at: datetime | None
    ended_at: datetime | None


class SuppressionInForce(_FromRow):
    """Why the address gets no mail, since when, and who decided it."""

    reason: SuppressionReason
    at: datetime
    source: str


class WaitingRequest(_FromRow):
    """A sign-up that was not decided yet, or whose mail waits for a cap until `due_at`."""

    edition: str
    requested_at: datetime
    waits_for: str | None
    due_at: datetime


class ConsentEntry(_FromRow):
    """One entry of the consent log; `edition` is None for all editions."""

    at: datetime
    kind: ConsentKind
    edition: str | None
    source: str
    wording: str | None
    ip: str | None


class ReaderDetails(Result):
    """One reader with the consent log, oldest entry first.

    `id` and `address` are None for an address that never was a reader but is suppressed, or
    has just signed up; `address` alone for an erased one.
    """

    id: int | None
    address: str | None
    created_at: datetime | None
    erased_at: datetime | None
    editions: tuple[ReaderSubscription, ...]
    waiting: tuple[WaitingRequest, ...]
    suppressed: tuple[SuppressionInForce, ...]
    consent: tuple[ConsentEntry, ...]


async def show_reader(app: App, address: EmailAddress) -> ReaderDetails:
    """The reader with this address. Raises `NotFound` where nothing is stored of it."""
    address_hash = app.keyring.address_hash(address.normalised)
    async with app.store.read() as session:
        suppressed = tuple(
            SuppressionInForce.model_validate(row)
            for row in await rows_in_force(session, address_hash)
        )
        waiting = tuple(
            WaitingRequest.model_validate(row) for row in await requests_of(session, address_hash)
        )
        subscriber = await find(session, app.keyring, address)
        if subscriber is None or subscriber.id is None:
            if not suppressed and not waiting:
                raise NotFound(f"{address.text} is not a reader")
            return _never_a_reader(waiting, suppressed)
        return ReaderDetails(
            id=subscriber.id,
            address=subscriber.address,
            created_at=subscriber.created_at,
            erased_at=subscriber.erased_at,
            editions=tuple(
                ReaderSubscription.model_validate(row)
                for row in await subscriptions_of(session, subscriber.id)
            ),
            waiting=waiting,
            suppressed=suppressed,
            consent=tuple(
                ConsentEntry.model_validate(event)
                for event in await history(session, subscriber.id)
            ),
        )


def _never_a_reader(
    waiting: tuple[WaitingRequest, ...], suppressed: tuple[SuppressionInForce, ...]
) -> ReaderDetails:
    return ReaderDetails(
        id=None,
        address=None,
        created_at=None,
        erased_at=None,
        editions=(),
        waiting=waiting,
        suppressed=suppressed,
        consent=(),
    )
