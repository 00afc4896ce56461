"""Readers by id, a page at a time."""

from datetime import datetime

from digest.app import App
from digest.services.result import Result
from subscribers.exporting import reader_rows
from subscribers.states import SubscriptionState


class ListedReader(Result):
    """One reader and one edition; `edition` is None for a reader without any.

    `suppressed` is a reason in force, if there is one: then the reader gets no mail,
    whatever `state` is.
    """

    id: int
    address: str
    edition: str | None
    state: SubscriptionState | None
    suppressed: str | None
    created_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None


async def list_readers(
    app: App,
    *,
    edition: str | None = None,
    state: SubscriptionState | None = None,
    after: int = 0,
    limit: int = 100,
) -> tuple[ListedReader, ...]:
    """At most `limit` rows with an id above `after`; erased readers are left out."""
    async with app.store.read() as session:
        rows = reader_rows(session, edition=edition, state=state, after=after, limit=limit)
        return tuple([ListedReader(**vars(row)) async for row in rows])
