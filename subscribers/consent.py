"""The consent log: append-only proof of who agreed to what, when and where, and how it ended."""

from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.states import ConsentKind
from subscribers.tables import ConsentEvent

# The exact words beside every sign-up button, by version. A changed text gets a new
# version; old ones stay, since consent events refer to them.
WORDINGS = {
    "signup-1": "We send one mail to confirm. "
    "Every issue has a link that unsubscribes in one click.",
}
WORDING = "signup-1"


def record(
    session: AsyncSession,
    subscriber_id: int,
    kind: ConsentKind,
    *,
    at: datetime,
    source: str,
    edition: str | None = None,
    wording: str | None = None,
    ip: str | None = None,
) -> None:
    """Append an event; `edition` is None for all editions."""
    session.add(
        ConsentEvent(
            subscriber_id=subscriber_id,
            edition=edition,
            kind=kind,
            at=at,
            source=source,
            wording=wording,
            ip=ip,
        )
    )


async def count_since(
    session: AsyncSession, subscriber_id: int, kind: ConsentKind, since: datetime
) -> int:
    """How many events of a kind a reader has had after `since`."""
    found = await session.exec(
        select(func.count())
        .select_from(ConsentEvent)
        .where(
            ConsentEvent.subscriber_id == subscriber_id,
            ConsentEvent.kind == kind,
            ConsentEvent.at > since,
        )
    )
    return found.one()


async def history(session: AsyncSession, subscriber_id: int) -> list[ConsentEvent]:
    """The consent events of a reader, oldest first."""
    found = await session.exec(
        select(ConsentEvent)
        .where(ConsentEvent.subscriber_id == subscriber_id)
        .order_by(col(ConsentEvent.id))
    )
    return list(found)
