"""Who must not be mailed, whatever else is imported.

A suppression names an address by its keyed hash, so it outlives an erasure and
holds for addresses that were never readers. Who may lift which:

| reason      | set by                           | ends her editions | lifted by           |
|-------------|----------------------------------|-------------------|---------------------|
| unsubscribe | herself, from all editions       | yes               | her confirmation    |
| erasure     | an editor, at her request        | yes               | her confirmation    |
| bounce      | no such mailbox, or always full  | no                | both                |
| complaint   | herself, "this is spam"          | yes               | an editor           |
| manual      | an editor                        | no                | an editor           |

No import lifts any. Where editions ended, lifting brings nobody back by itself:
she has to sign up and confirm again.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, exists
from sqlalchemy.orm import aliased
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.databases import dialect_of
from subscribers import consent
from subscribers.address import EmailAddress
from subscribers.keys import Keyring
from subscribers.leaving import end_subscriptions, write_anew
from subscribers.readers import find
from subscribers.states import ConsentKind, SuppressionReason
from subscribers.tables import Subscriber, Suppression

LIFTED_BY_HER = frozenset(
    {SuppressionReason.UNSUBSCRIBE, SuppressionReason.BOUNCE, SuppressionReason.ERASURE}
)
LIFTED_BY_AN_EDITOR = frozenset(
    {SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL}
)
NO_CONFIRMATION_MAIL = frozenset({SuppressionReason.COMPLAINT, SuppressionReason.MANUAL})


async def suppress(
    session: AsyncSession,
    keyring: Keyring,
    address: EmailAddress,
    reason: SuppressionReason,
    *,
    source: str,
    now: datetime,
) -> bool:
    """Stop all mail to an address, reader or not; False if this reason is in force already."""
    subscriber = await find(session, keyring, address, lock=True)
    if subscriber is not None:
        return await suppress_reader(session, subscriber, reason, source=source, now=now)
    address_hash = keyring.address_hash(address.normalised)
    # The owner of the address may be signing up at this moment.
    await dialect_of(session).one_at_a_time(session, address_hash)
    return await add(session, address_hash, reason, source=source, now=now)


async def suppress_reader(
    session: AsyncSession,
    subscriber: Subscriber,
    reason: SuppressionReason,
    *,
    source: str,
    now: datetime,
) -> bool:
    """The same for a reader who is held, such as the one whose delivery bounced.

    From the commit on no message to her gets its dot; one that is being armed at this
    moment comes before it, and is waited for.
    """
    assert subscriber.id is not None
    if not await add(session, subscriber.address_hash, reason, source=source, now=now):
        return False
    await write_anew(session, subscriber.id)
    if reason is SuppressionReason.COMPLAINT:
        await end_subscriptions(session, subscriber.id, None, now)
    consent.record(
        session, subscriber.id, ConsentKind.SUPPRESSED, at=now, source=f"{reason}: {source}"
    )
    return True


async def unsuppress(
    session: AsyncSession, keyring: Keyring, address: EmailAddress, *, by: str, now: datetime
) -> list[SuppressionReason]:
    """Lift what an editor may lift; the reasons lifted."""
    address_hash = keyring.address_hash(address.normalised)
    subscriber = await find(session, keyring, address, lock=True)  # first, as all others do
    lifted = await lift(session, address_hash, LIFTED_BY_AN_EDITOR, by=by, now=now)
    if subscriber is not None and lifted:
        record_lifted(session, subscriber, lifted, by=by, now=now)
    return lifted


async def add(
    session: AsyncSession,
    address_hash: str,
    reason: SuppressionReason,
    *,
    source: str,
    now: datetime,
) -> bool:
    """Put a reason in force; False if it is already."""
    added = await session.exec(
        dialect_of(session)
        .insert_or_ignore(Suppression)
        .values(address_hash=address_hash, reason=reason, at=now, source=source)
        .returning(col(Suppression.id))
    )
    return added.first() is not None


async def lift(
    session: AsyncSession,
    address_hash: str,
    reasons: Collection[SuppressionReason],
    *,
    by: str,
    now: datetime,
) -> list[SuppressionReason]:
    """Lift those of `reasons` that are in force; which they were."""
    lifted = sorted(await in_force(session, address_hash) & set(reasons))
    if lifted:
        await session.exec(
            update(Suppression)
            .where(
                col(Suppression.address_hash) == address_hash,
                col(Suppression.reason).in_(lifted),
                col(Suppression.lifted_at).is_(None),
            )
            .values(lifted_at=now, lifted_by=by)
        )
    return lifted


def record_lifted(
    session: AsyncSession,
    subscriber: Subscriber,
    reasons: Collection[SuppressionReason],
    *,
    by: str,
    now: datetime,
) -> None:
    """Log what was lifted from a reader."""
    assert subscriber.id is not None
    for reason in reasons:
        consent.record(session, subscriber.id, ConsentKind.LIFTED, at=now, source=f"{reason}: {by}")


async def in_force(session: AsyncSession, address_hash: str) -> frozenset[SuppressionReason]:
    """Why an address must not be mailed; empty if it may."""
    found = await session.exec(
        select(Suppression.reason).where(
            Suppression.address_hash == address_hash, col(Suppression.lifted_at).is_(None)
        )
    )
    return frozenset(SuppressionReason(reason) for reason in found)


async def rows_in_force(session: AsyncSession, address_hash: str) -> list[Suppression]:
    """The same with when and by whom, oldest first."""
    found = await session.exec(
        select(Suppression)
        .where(Suppression.address_hash == address_hash, col(Suppression.lifted_at).is_(None))
        .order_by(col(Suppression.id))
    )
    return list(found)


async def is_suppressed(session: AsyncSession, address_hash: str) -> bool:
    """Whether any reason is in force."""
    return bool(await in_force(session, address_hash))


def suppressed(
    address_hash: SQLColumnExpression[str], reasons: Collection[SuppressionReason] | None = None
) -> ColumnElement[bool]:
    """A condition: the row's address has a reason in force (any, or one of `reasons`)."""
    row = aliased(Suppression)
    condition = exists().where(col(row.address_hash) == address_hash, col(row.lifted_at).is_(None))
    if reasons is not None:
        condition = condition.where(col(row.reason).in_(sorted(reasons)))
    return condition.correlate_except(row)
