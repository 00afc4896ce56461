"""What is to become of each address of an import: a rule in SQL, for a chunk or for all."""

from enum import StrEnum

from sqlalchemy import FromClause, Select, case, literal, select
from sqlmodel import col

from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.suppression import suppressed
from subscribers.tables import Subscriber, Subscription


class Fate(StrEnum):
    """What an import does with an address; only the first two change anything."""

    NEW = "new"
    ACTIVATED = "activated"
    KNOWN = "known"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ERASED = "erased"


BY_HER = (SuppressionReason.UNSUBSCRIBE, SuppressionReason.ERASURE)
BY_OTHERS = frozenset(SuppressionReason).difference(BY_HER)


def fates_of(rows: FromClause, edition: str, *, confirmed: bool) -> Select[tuple[str, ...]]:
    """All columns of `rows`, of which one is `address_hash`, and the `fate` of each row."""
    address_hash = rows.c.address_hash
    waiting = Fate.ACTIVATED if confirmed else Fate.KNOWN
    fate = case(
        (suppressed(address_hash, BY_OTHERS), literal(Fate.SUPPRESSED.value)),
        (suppressed(address_hash, {SuppressionReason.ERASURE}), literal(Fate.ERASED.value)),
        (col(Subscriber.erased_at).is_not(None), literal(Fate.ERASED.value)),
        (suppressed(address_hash, BY_HER), literal(Fate.UNSUBSCRIBED.value)),
        (col(Subscription.state).is_(None), literal(Fate.NEW.value)),  # at most of other editions
        (col(Subscription.state) == SubscriptionState.ACTIVE, literal(Fate.KNOWN.value)),
        # Even where somebody asked for a new link since.
        (col(Subscription.ended_at).is_not(None), literal(Fate.UNSUBSCRIBED.value)),
        else_=literal(waiting.value),
    )
    hers = (col(Subscription.subscriber_id) == col(Subscriber.id)) & (
        col(Subscription.edition) == edition
    )
    return (
        select(*rows.c, fate.label("fate"))
        .select_from(rows)
        .outerjoin(Subscriber, col(Subscriber.address_hash) == address_hash)
        .outerjoin(Subscription, hers)
    )
