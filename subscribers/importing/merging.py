"""From a spool of addresses to readers: what is to become of each, and making it so."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from subscribers.address import EmailAddress
from subscribers.dialects import among
from subscribers.importing.checking import CHUNK, Checked, Reject
from subscribers.importing.spool import Spooled
from subscribers.importing.writing import Writer
from subscribers.keys import Keyring
from subscribers.tables import (
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)


class Fate(StrEnum):
    """What an import does with an address; only the first two change anything."""

    NEW = "new"
    ACTIVATED = "activated"
    KNOWN = "known"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


SUPPRESSED_BY_HER = {
    SuppressionReason.UNSUBSCRIBE: Fate.UNSUBSCRIBED,
    SuppressionReason.ERASURE: Fate.ERASED,
}


@dataclass(frozen=True)
class Report:
    """What an import did, or would do; all but `examples` are counts of rows."""

    rows: int
    new: int
    activated: int
    known: int
    unsubscribed: int
    suppressed: int
    erased: int
    duplicates: int
    rejected: int
    examples: tuple[Reject, ...]


async def plan(session: AsyncSession, checked: Checked, *, edition: str, confirmed: bool) -> Report:
    """What `store` would do now; writes nothing."""
    counts: Counter[Fate] = Counter()
    for chunk in checked.spool.chunks(CHUNK):
        counts.update((await _fates(session, chunk, edition, confirmed=confirmed)).values())
    return _report(checked, counts)


async def store(
    session: AsyncSession,
    checked: Checked,
    *,
    edition: str,
    confirmed: bool,
    source: str,
    now: datetime,
) -> Report:
    """Store the good addresses in the caller's transaction; `source` goes to the consent log."""
    writer = Writer(session, edition, confirmed=confirmed, source=source, now=now)
    counts: Counter[Fate] = Counter()
    for chunk in checked.spool.chunks(CHUNK):
        await _hold(session, chunk)
        fates = await _fates(session, chunk, edition, confirmed=confirmed)
        counts.update(fates.values())
        await writer.enrol([row for row in chunk if fates[row.address_hash] == Fate.NEW])
        await writer.activate([row for row in chunk if fates[row.address_hash] == Fate.ACTIVATED])
    return _report(checked, counts)


async def add_confirmed(
    session: AsyncSession,
    keyring: Keyring,
    address: EmailAddress,
    *,
    edition: str,
    source: str,
    now: datetime,
) -> Fate:
    """An import of one, who agreed elsewhere; by the same rules."""
    address_hash = keyring.address_hash(address.normalised)
    row = Spooled(address_hash, address.wire, address.normalised)
    await _hold(session, [row])
    fate = (await _fates(session, [row], edition, confirmed=True))[address_hash]
    writer = Writer(session, edition, confirmed=True, source=source, now=now)
    if fate == Fate.NEW:
        await writer.enrol([row])
    elif fate == Fate.ACTIVATED:
        await writer.activate([row])
    return fate


def _report(checked: Checked, counts: Counter[Fate]) -> Report:
    return Report(
        rows=checked.rows,
        duplicates=checked.duplicates,
        rejected=checked.rejected,
        examples=tuple(checked.examples),
        **{fate.value: counts[fate] for fate in Fate},
    )


async def _hold(session: AsyncSession, chunk: list[Spooled]) -> None:
    """Nobody's standing changes between our look at it and our change to it."""
    hashes = (row.address_hash for row in chunk)
    await session.exec(
        select(Subscriber.id)
        .where(among(session, col(Subscriber.address_hash), hashes))
        .order_by(col(Subscriber.id))
        .with_for_update()
    )


async def _fates(
    session: AsyncSession, chunk: list[Spooled], edition: str, *, confirmed: bool
) -> dict[str, Fate]:
    """The fate of each address, by its hash."""
    fates = dict.fromkeys((address.address_hash for address in chunk), Fate.NEW)
    known = await session.exec(
        select(
            Subscriber.address_hash, Subscriber.erased_at, Subscription.state, Subscription.ended_at
        )
        .outerjoin(
            Subscription,
            (col(Subscription.subscriber_id) == col(Subscriber.id))
            & (col(Subscription.edition) == edition),
        )
        .where(among(session, col(Subscriber.address_hash), fates))
    )
    for address_hash, erased_at, state, ended_at in known:
        fates[address_hash] = _fate_of_known(erased_at, state, ended_at, confirmed=confirmed)
    suppressed = await session.exec(
        select(Suppression.address_hash, Suppression.reason).where(
            among(session, col(Suppression.address_hash), fates),
            col(Suppression.lifted_at).is_(None),
        )
    )
    for address_hash, reason in suppressed:
        if fates[address_hash] != Fate.SUPPRESSED:
            fates[address_hash] = SUPPRESSED_BY_HER.get(SuppressionReason(reason), Fate.SUPPRESSED)
    return fates


def _fate_of_known(
    erased_at: datetime | None,
    state: str | None,
    ended_at: datetime | None,
    *,
    confirmed: bool,
) -> Fate:
    if erased_at is not None:
        return Fate.ERASED
    if state is None:
        return Fate.NEW  # a reader of other editions
    if state == SubscriptionState.ACTIVE:
        return Fate.KNOWN
    if ended_at is not None:  # even where somebody asked for a new link since
        return Fate.UNSUBSCRIBED
    return Fate.ACTIVATED if confirmed else Fate.KNOWN
