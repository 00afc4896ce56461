"""Which outcomes change more than the delivery's row."""

from datetime import datetime

import pytest

from digest.delivery.ledger.claims import Claim
from digest.delivery.ledger.recording import is_rare
from digest.delivery.outcomes import Outcome, outcome_of
from digest.delivery.ports import Reply
from digest.delivery.states import DeliveryState, MailingKind, Route

UNKNOWN = Outcome(DeliveryState.UNKNOWN, "no reply", charged=False)
LOST = Outcome(DeliveryState.DEFERRED, "connection lost")


@pytest.mark.parametrize(
    ("outcome", "kinds"),
    [
        (UNKNOWN, set(MailingKind)),
        (outcome_of(Reply(550, "5.1.1 no such user")), set(MailingKind)),
        # Only issues count towards a mailbox that stays full.
        (outcome_of(Reply(452, "4.2.2 mailbox full")), {MailingKind.ISSUE}),
        (outcome_of(Reply(552, "mailbox full")), {MailingKind.ISSUE}),
        (outcome_of(Reply(550, "5.7.1 spam")), set()),
        (outcome_of(Reply(450, "4.2.0 greylisted")), set()),
        (outcome_of(Reply(250, "2.0.0 queued")), set()),
        (LOST, set()),
    ],
)
@pytest.mark.parametrize("kind", MailingKind)
def test_an_outcome_is_rare_if_it_may_change_the_reader_or_is_unknown(
    kind: MailingKind, outcome: Outcome, kinds: set[MailingKind], now: datetime
) -> None:
    claim = Claim(
        delivery_id=1,
        token="t",
        mailing_id=1,
        kind=kind,
        route=Route.RELAY,
        edition="weekly",
        subscriber_id=1,
        address="reader1@example.org",
        variant="all",
        message_id="<1@example.org>",
        lease_until=now,
    )
    assert is_rare(claim, outcome) is (kind in kinds)
