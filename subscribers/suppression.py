"""Who must not be mailed, whatever else is imported.

A suppression names an address by its keyed hash, so it outlives an erasure and applies to
addresses that never were readers. Who may lift which:

| reason      | set by                             | ends the editions | lifted by                 |
|-------------|------------------------------------|-------------------|---------------------------|
| unsubscribe | the reader, from all editions, or  | yes               | the reader's confirmation |
|             | an editor who knows of it          |                   |                           |
| erasure     | an editor, at the reader's request | yes               | the reader's confirmation |
| bounce      | no such mailbox, or always full    | no                | both                      |
| complaint   | the reader, "this is spam"         | yes               | an editor                 |
| manual      | an editor                          | no                | an editor                 |

No import lifts any of them. Where editions ended, lifting alone brings nobody back: the
reader has to sign up and confirm again.
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
from subscribers.readers import end_subscriptions, find, rewrite_subscriptions
from subscribers.states import ConsentKind, SuppressionReason
from subscribers.tables import Subscriber, Suppression

LIFTED_BY_READER = frozenset(
    {SuppressionReason.UNSUBSCRIBE, SuppressionReason.BOUNCE, SuppressionReason.ERASURE}
)
LIFTED_BY_EDITOR = frozenset(
    {SuppressionReason.BOUNCE, SuppressionReason.COMPLAINT, SuppressionReason.MANUAL}
)
ENDING = frozenset({SuppressionReason.COMPLAINT, SuppressionReason.UNSUBSCRIBE})
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
    """Stop all mail to an address, of a reader or not; False if the reason is in force already."""
    subscriber = await find(session, keyring, address, lock=True)
    if subscriber is not None:
        return await suppress_reader(session, subscriber, reason, source=source, now=now)
    address_hash = keyring.address_hash(address.normalised)
    # There is no reader to lock, but somebody may be signing up with the address right now.
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
    """Stop all mail to a reader who is locked; False if the reason is in force already.

    After the commit no message to them gets its final dot. One that is being armed at this
    moment comes first, and the transaction waits for it.
    """
    assert subscriber.id is not None
    if not await add(session, subscriber.address_hash, reason, source=source, now=now):
        return False
    await rewrite_subscriptions(session, subscriber.id)
    if reason in ENDING:
        await end_subscriptions(session, subscriber.id, None, now)
    consent.record(
        session, subscriber.id, ConsentKind.SUPPRESSED, at=now, source=f"{reason}: {source}"
    )
    return True


async def lift_by_editor(
    session: AsyncSession, keyring: Keyring, address: EmailAddress, *, source: str, now: datetime
) -> list[SuppressionReason]:
    """Lift what an editor may lift; the reasons lifted."""
    # The reader is locked before the suppressions, as everywhere else, so that no two deadlock.
    subscriber = await find(session, keyring, address, lock=True)
    address_hash = keyring.address_hash(address.normalised)
    lifted = await _lift(session, address_hash, LIFTED_BY_EDITOR, source=source, now=now)
    if subscriber is not None:
        _record_lifted(session, subscriber, lifted, source=source, now=now)
    return lifted


async def lift_by_reader(
    session: AsyncSession, subscriber: Subscriber, *, source: str, now: datetime
) -> None:
    """Lift what a reader may lift by agreeing again; the reader is locked."""
    address_hash = subscriber.address_hash
    lifted = await _lift(session, address_hash, LIFTED_BY_READER, source=source, now=now)
    _record_lifted(session, subscriber, lifted, source=source, now=now)


async def lift_bounce(
    session: AsyncSession, subscriber: Subscriber, *, source: str, now: datetime
) -> None:
    """Lift a suppression that a reply caused, which turned out not to be about the reader."""
    reasons = (SuppressionReason.BOUNCE,)
    lifted = await _lift(session, subscriber.address_hash, reasons, source=source, now=now)
    _record_lifted(session, subscriber, lifted, source=source, now=now)


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


async def _lift(
    session: AsyncSession,
    address_hash: str,
    reasons: Collection[SuppressionReason],
    *,
    source: str,
    now: datetime,
) -> list[SuppressionReason]:
    lifted = sorted(await in_force(session, address_hash) & set(reasons))
    if lifted:
        await session.exec(
            update(Suppression)
            .where(
                col(Suppression.address_hash) == address_hash,
                col(Suppression.reason).in_(lifted),
                col(Suppression.lifted_at).is_(None),
            )
            .values(lifted_at=now, lifted_by=source)
        )
    return lifted


def _record_lifted(
    session: AsyncSession,
    subscriber: Subscriber,
    reasons: Collection[SuppressionReason],
    *,
    source: str,
    now: datetime,
) -> None:
    assert subscriber.id is not None
    for reason in reasons:
        consent.record(
            session, subscriber.id, ConsentKind.LIFTED, at=now, source=f"{reason}: {source}"
        )


async def in_force(session: AsyncSession, address_hash: str) -> frozenset[SuppressionReason]:
    """Why an address must not be mailed; empty if it may be."""
    found = await session.exec(
        select(Suppression.reason).where(
            Suppression.address_hash == address_hash, col(Suppression.lifted_at).is_(None)
        )
    )
    return frozenset(SuppressionReason(reason) for reason in found)


async def rows_in_force(session: AsyncSession, address_hash: str) -> list[Suppression]:
    """The same with dates and sources, oldest first."""
    found = await session.exec(
        select(Suppression)
        .where(Suppression.address_hash == address_hash, col(Suppression.lifted_at).is_(None))
        .order_by(col(Suppression.id))
    )
    return list(found)


def suppressed(
    address_hash: SQLColumnExpression[str], reasons: Collection[SuppressionReason] | None = None
) -> ColumnElement[bool]:
    """A condition: the row's address has a reason in force (any, or one of `reasons`)."""
    row = aliased(Suppression)
    condition = exists().where(col(row.address_hash) == address_hash, col(row.lifted_at).is_(None))
    if reasons is not None:
        condition = condition.where(col(row.reason).in_(sorted(reasons)))
    return condition.correlate_except(row)
