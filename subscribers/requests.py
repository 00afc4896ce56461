"""Sign-ups that wait to be worked off, so that answering one takes the same for every address.

A request is one row, whatever address it names. What becomes of it is decided later
(`signup.request`); one that a cap holds back keeps its row and is tried again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.address import EmailAddress
from subscribers.cap_keys import origin_hash
from subscribers.caps import Cap
from subscribers.keys import Keyring
from subscribers.networks import networks_of
from subscribers.tables import SignupRequest

# A letter that comes later than this is no answer to a form any more.
KEPT = timedelta(hours=48)
TRIED_AGAIN = {
    Cap.MAILBOX: timedelta(hours=1),
    Cap.DOMAIN: timedelta(minutes=5),
    Cap.ALL: timedelta(minutes=5),
}


@dataclass(frozen=True)
class Origin:
    """Where a request comes from, and what the consent log will say of it."""

    source: str
    wording: str
    ip: str | None = None
    keep_ip: bool = False


def ask(
    session: AsyncSession,
    keyring: Keyring,
    address: EmailAddress,
    edition: str,
    origin: Origin,
    now: datetime,
) -> SignupRequest:
    """Store a request; nothing is looked up."""
    networks = networks_of(origin.ip)
    row = SignupRequest(
        address=address.wire,
        address_hash=keyring.address_hash(address.normalised),
        edition=edition,
        source=origin.source,
        wording=origin.wording,
        ip=origin.ip if origin.keep_ip else None,
        origin=origin_hash(keyring, networks[-1]) if networks else None,
        requested_at=now,
        due_at=now,
    )
    session.add(row)
    return row


async def due(session: AsyncSession, now: datetime, most: int) -> list[int]:
    """The ids of requests to work off: in turn by where they come from, then by age."""
    turn = func.row_number().over(
        partition_by=col(SignupRequest.origin), order_by=col(SignupRequest.id)
    )
    ranked = (
        select(col(SignupRequest.id).label("id"), turn.label("turn"))
        .where(SignupRequest.due_at <= now)
        .subquery()
    )
    found = await session.exec(select(ranked.c.id).order_by(ranked.c.turn, ranked.c.id).limit(most))
    return [int(row) for row in found]


async def requests_of(session: AsyncSession, address_hash: str) -> list[SignupRequest]:
    """The requests that wait for an address, oldest first."""
    found = await session.exec(
        select(SignupRequest)
        .where(SignupRequest.address_hash == address_hash)
        .order_by(col(SignupRequest.id))
    )
    return list(found)


async def waiting_by_cap(session: AsyncSession) -> dict[str, int]:
    """How many requests wait, by the cap that holds them; "new" are not looked at yet."""
    cap = func.coalesce(SignupRequest.waits_for, "new")
    rows = await session.exec(select(cap, func.count()).group_by(cap))
    return {str(name): count for name, count in rows}


async def put_off(session: AsyncSession, row: SignupRequest, cap: Cap, now: datetime) -> bool:
    """Try a request again later, or give it up (False) where it has waited too long."""
    due_at = now + TRIED_AGAIN[cap]
    if due_at >= row.requested_at + KEPT:
        await session.delete(row)
        return False
    row.due_at, row.waits_for = due_at, cap
    session.add(row)
    return True


async def forget(session: AsyncSession, address_hash: str) -> None:
    """Drop all requests for an address, of a reader who is erased."""
    await session.exec(delete(SignupRequest).where(col(SignupRequest.address_hash) == address_hash))
