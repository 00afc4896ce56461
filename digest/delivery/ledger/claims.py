"""On what conditions a delivery changes hands: held by its claim, still wanted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Update, true
from sqlmodel import and_, col, select, update

from digest.delivery.ledger.due import Due
from digest.delivery.ledger.postmark import Postmark
from digest.delivery.ledger.statements import Given
from digest.delivery.states import DeliveryState, MailingKind, MailingState, Route
from digest.delivery.tables import Delivery, Mailing
from subscribers.audience import confirmable, still_subscribed


class Claim(NamedTuple):
    """A delivery in a worker's hands, and what it needs to write the message.

    `issue` is the number that people know, of an issue or its test.
    """

    delivery_id: int
    token: str
    mailing_id: int
    kind: MailingKind
    route: Route
    edition: str | None
    subscriber_id: int | None
    address: str
    variant: str
    message_id: str
    lease_until: datetime
    attempts: int = 0
    issue: int | None = None

    @property
    def domain(self) -> str:
        """The recipient's, in A-labels and lower case."""
        return self.address.rpartition("@")[2].lower()


def claims_of(due: Sequence[Due], token: str, lease_until: datetime) -> list[Claim]:
    """The claims on deliveries just taken."""
    postmarks = {mailing.id: Postmark.parse(mailing.postmark) for _, mailing in due}
    return [
        Claim(
            delivery_id=delivery_id,
            token=token,
            mailing_id=mailing.id or 0,
            kind=MailingKind(mailing.kind),
            route=Route(mailing.route),
            edition=mailing.edition,
            subscriber_id=subscriber_id,
            address=address,
            variant=variant,
            message_id=postmarks[mailing.id].message_id(delivery_id),
            lease_until=lease_until,
            attempts=attempts,
            issue=mailing.payload.get("issue"),
        )
        for (delivery_id, subscriber_id, address, variant, attempts), mailing in due
    ]


def held_by(claim: Claim, *states: DeliveryState) -> ColumnElement[bool]:
    """The claim's own delivery, still in its hands and in one of these states."""
    return and_(
        col(Delivery.id) == claim.delivery_id,
        col(Delivery.token) == claim.token,
        col(Delivery.state).in_(states),
    )


def still_wanted(kind: MailingKind, edition: Any, *, lock: bool = False) -> ColumnElement[bool]:
    """The reader's consent at this very moment, as the kind of mailing needs it.

    `edition` is a slug, or an expression that will be one. With a `lock` it cannot be
    withdrawn before the transaction ends, and one that is being withdrawn is none.
    """
    subscriber_id = col(Delivery.subscriber_id)
    if kind is MailingKind.ISSUE:
        return still_subscribed(edition, subscriber_id, lock=lock)
    if kind is MailingKind.CONFIRMATION:
        return confirmable(edition, subscriber_id, lock=lock)
    return true()


def arming(kind: MailingKind, given: Given) -> Update:
    """The arming update of one kind of mailing; see `statements` for how it is run.

    Where the database has row locks, a pause, cancel or unsubscribe waits for the commit of
    an arm; and one that is just being committed denies the arm, which waits for nobody.
    """
    return (
        update(Delivery)
        .where(
            col(Delivery.id) == given("its_id"),
            col(Delivery.token) == given("its_token"),
            col(Delivery.state) == DeliveryState.CLAIMED,
            select(col(Mailing.id))
            .where(
                col(Mailing.id) == given("its_mailing"),
                col(Mailing.state) == MailingState.ACTIVE,
            )
            .with_for_update(read=True, skip_locked=True)
            .exists(),
            still_wanted(kind, given("its_edition"), lock=True),
        )
        .values(
            state=DeliveryState.ARMED,
            wire_date=given("the_date"),
            updated_at=given("the_time"),
        )
    )
