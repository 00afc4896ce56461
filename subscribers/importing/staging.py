"""Rows of an import that wait in a temporary table, and what is to become of each."""

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    MetaData,
    Select,
    Table,
    Text,
    case,
    literal,
    select,
)
from sqlmodel import col

from subscribers.importing.outcomes import SUPPRESSING, ImportOutcome
from subscribers.importing.spool import COLUMNS
from subscribers.importing.standing import Standing
from subscribers.states import SubscriptionState, SuppressionReason
from subscribers.suppression import suppressed
from subscribers.tables import Subscriber, Subscription

AT_OWN_REQUEST = (SuppressionReason.UNSUBSCRIBE, SuppressionReason.ERASURE)
FOR_OTHER_REASONS = frozenset(SuppressionReason).difference(AT_OWN_REQUEST)

STAGED = Table(
    "staged_reader",
    MetaData(),
    *(Column(name, Text, nullable=False) for name in (*COLUMNS, "outcome")),
    prefixes=["TEMPORARY"],
)


def outcomes_of(rows: FromClause, edition: str, *, confirmed: bool) -> Select[tuple[str, ...]]:
    """Select all columns of `rows`, one of them `address_hash`, and the `outcome` of each row."""
    address_hash = rows.c.address_hash
    own_edition = case((rows.c.edition == "", literal(edition)), else_=rows.c.edition)
    of_edition = (col(Subscription.subscriber_id) == col(Subscriber.id)) & (
        col(Subscription.edition) == own_edition
    )
    columns = [own_edition.label(c.name) if c.name == "edition" else c for c in rows.c]
    return (
        select(*columns, _outcome(rows, confirmed=confirmed).label("outcome"))
        .select_from(rows)
        .outerjoin(Subscriber, col(Subscriber.address_hash) == address_hash)
        .outerjoin(Subscription, of_edition)
    )


def _outcome(rows: FromClause, *, confirmed: bool) -> ColumnElement[str]:
    address_hash = rows.c.address_hash
    here, ended = col(Subscription.state), SubscriptionState.ENDED.value
    # The gravest first, as everywhere here.
    newly = [
        (says(rows, reason) & ~suppressed(address_hash, {reason}), outcome.value)
        for reason, outcome in SUPPRESSING.items()
    ]
    return case(
        *newly,
        (suppressed(address_hash, FOR_OTHER_REASONS), ImportOutcome.SUPPRESSED.value),
        (suppressed(address_hash, {SuppressionReason.ERASURE}), ImportOutcome.ERASED.value),
        (suppressed(address_hash, AT_OWN_REQUEST), ImportOutcome.UNSUBSCRIBED.value),
        ((rows.c.state == ended) & here.is_distinct_from(ended), ImportOutcome.ENDED.value),
        (
            (rows.c.standing == Standing.UNCONFIRMED) & (rows.c.state == ""),
            ImportOutcome.UNCONFIRMED.value,
        ),
        (rows.c.standing == Standing.WITHOUT_CONSENT, ImportOutcome.WITHOUT_CONSENT.value),
        # No reader yet, or one of other editions only.
        (here.is_(None), ImportOutcome.NEW.value),
        (here == SubscriptionState.ACTIVE, ImportOutcome.KNOWN.value),
        # A reader who left and then asked for a new link is pending, but has not confirmed it.
        (col(Subscription.ended_at).is_not(None), ImportOutcome.UNSUBSCRIBED.value),
        (rows.c.state == SubscriptionState.PENDING, ImportOutcome.KNOWN.value),
        else_=(ImportOutcome.ACTIVATED if confirmed else ImportOutcome.KNOWN).value,
    )


def says(rows: FromClause, reason: SuppressionReason) -> ColumnElement[bool]:
    """A condition: the file gives this reason to suppress the address."""
    return rows.c.reasons.contains(f" {reason} ")


def readers_of(outcome: ImportOutcome | None, *columns: ColumnElement[Any]) -> Select[Any]:
    """The ids of the staged readers with an outcome (None: all), and more columns of them."""
    found = (
        select(col(Subscriber.id), *columns)
        .select_from(STAGED)
        .join(Subscriber, col(Subscriber.address_hash) == STAGED.c.address_hash)
    )
    return found if outcome is None else found.where(STAGED.c.outcome == outcome)
