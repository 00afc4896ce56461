"""Claims on deliveries, and the conditions under which a claim may act."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, true
from sqlmodel import and_, col

from digest.delivery.ledger.due import Due
from digest.delivery.ledger.message_ids import MessageIdMaker
from digest.delivery.payloads import issue_number
from digest.delivery.states import DeliveryState, MailingKind, Route
from digest.delivery.tables import Delivery
from subscribers.audience import confirmable, still_subscribed


class Claim(NamedTuple):
    """A delivery in a worker's hands, with all that is needed to write the message.

    `issue` is the number that people know of the issue that is sent or tested.
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
        """The recipient's domain, as A-labels in lower case."""
        return self.address.rpartition("@")[2].lower()


def claims_of(due: Sequence[Due], token: str, lease_until: datetime) -> list[Claim]:
    """The claims on deliveries that were just taken with `token`."""
    # Once per mailing, since thousands of deliveries share one.
    mailings = {mailing.id: mailing for _, mailing in due}
    makers = {key: MessageIdMaker.parse(it.message_id_key) for key, it in mailings.items()}
    issues = {key: issue_number(it) for key, it in mailings.items()}
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
            message_id=makers[mailing.id].message_id(delivery_id),
            lease_until=lease_until,
            attempts=attempts,
            issue=issues[mailing.id],
        )
        for (delivery_id, subscriber_id, address, variant, attempts), mailing in due
    ]


def held_by(claim: Claim, *states: DeliveryState) -> ColumnElement[bool]:
    """A condition: the claim's own delivery, still held by it and in one of these states."""
    return and_(
        col(Delivery.id) == claim.delivery_id,
        # Without the token, a worker whose lease ran out could act on another worker's claim.
        col(Delivery.token) == claim.token,
        col(Delivery.state).in_(states),
    )


def still_wanted(kind: MailingKind, edition: Any, *, lock: bool = False) -> ColumnElement[bool]:
    """A condition: the reader consents at this moment to a mailing of this kind.

    `edition` is a slug, or an SQL expression for one. With `lock`, the rows that hold the
    consent are locked until the transaction ends; a row that another transaction is just
    changing counts as withdrawn.
    """
    subscriber_id = col(Delivery.subscriber_id)
    if kind is MailingKind.ISSUE:
        return still_subscribed(edition, subscriber_id, lock=lock)
    if kind is MailingKind.CONFIRMATION:
        return confirmable(edition, subscriber_id, lock=lock)
    return true()
