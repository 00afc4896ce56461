"""A mailbox that is full over several issues and fifteen days is suppressed; not before."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from digest.delivery.ledger.mailbox_full import (
    EarlierIssue,
    full_since,
    note_mailbox_full,
)
from digest.delivery.replies import ReplyKind
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.issues.tables import Issue
from digest.store import Store
from schedules.editions import create_default
from subscribers.states import SuppressionReason
from subscribers.suppression import in_force
from subscribers.tables import Subscriber, Suppression

FULL, OK, NONE = ReplyKind.FULL, None, None
Kind = ReplyKind | None
ACCEPTED, REJECTED = DeliveryState.ACCEPTED, DeliveryState.REJECTED
EXPIRED, SKIPPED = DeliveryState.EXPIRED, DeliveryState.SKIPPED


class TestTheRule:
    NOW = datetime.fromisoformat("2026-11-20T12:00:00+00:00")

    def since(self, *earlier: tuple[float, DeliveryState, Kind]) -> float | None:
        """Days since the row began; `earlier` are (days ago, state, kind of the reply)."""
        issues = [
            EarlierIssue(self.NOW - timedelta(days=days), state, kind)
            for days, state, kind in earlier
        ]
        since = full_since(issues, self.NOW)
        return None if since is None else (self.NOW - since) / timedelta(days=1)

    def test_several_issues_over_fifteen_days(self) -> None:
        assert self.since((7, REJECTED, FULL), (15, REJECTED, FULL)) == 15

    def test_not_before_fifteen_days_however_many_issues(self) -> None:
        assert self.since(*((day, REJECTED, FULL) for day in range(1, 15))) is None

    def test_not_for_two_issues_however_far_apart(self) -> None:
        assert self.since((60, REJECTED, FULL)) is None

    def test_an_acceptance_in_between_ends_the_row(self) -> None:
        assert self.since((7, REJECTED, FULL), (14, ACCEPTED, OK), (21, REJECTED, FULL)) is None

    def test_what_says_nothing_of_the_mailbox_is_passed_over(self) -> None:
        assert (
            self.since(
                (1, SKIPPED, NONE),
                (7, EXPIRED, FULL),
                (8, REJECTED, ReplyKind.BLOCKED),
                (9, DeliveryState.PENDING, NONE),
                (16, DeliveryState.DEFERRED, FULL),
            )
            == 16
        )

    def test_a_bounce_after_acceptance_counts_and_ends_nothing(self) -> None:
        assert self.since((7, ACCEPTED, FULL), (16, ACCEPTED, FULL)) == 16

    @pytest.mark.parametrize("state", [SKIPPED, DeliveryState.HELD])
    def test_an_issue_that_was_withdrawn_or_may_have_arrived_does_not_count(
        self, state: DeliveryState
    ) -> None:
        assert self.since((7, state, FULL), (16, REJECTED, FULL)) is None
        assert self.since((7, state, FULL), (8, REJECTED, FULL), (16, REJECTED, FULL)) == 16


@pytest.fixture
async def reader(store: Store, now: datetime) -> int:
    async with store.write() as session:
        await create_default(session, now)
        session.add(
            Subscriber(
                id=1,
                address="ada@example.org",
                normalised="ada@example.org",
                address_hash="hash",
                created_at=now,
            )
        )
    return 1


History = Callable[..., Awaitable[int]]


@pytest.fixture
def history(store: Store, reader: int, now: datetime) -> History:
    """Store issues to the reader, each (days ago, state, kind); the last mailing's number."""

    async def write(*issues: tuple[float, DeliveryState, Kind]) -> int:
        mailing = Mailing(
            kind=MailingKind.ISSUE,
            edition="weekly",
            created_at=now,
            give_up_at=now,
            message_id_key="x",
        )
        async with store.write() as session:
            for number, (days, state, kind) in enumerate(issues, 1):
                at = now - timedelta(days=days)
                issue = Issue(
                    number=number,
                    edition_id=1,
                    issue_date=at.date(),
                    cutoff_at=at,
                    created_at=at,
                    composed_at=at,
                )
                session.add(issue)
                await session.flush()
                mailing = Mailing(
                    kind=MailingKind.ISSUE,
                    edition="weekly",
                    issue_id=issue.id,
                    created_at=at,
                    give_up_at=at,
                    message_id_key="x",
                )
                session.add(mailing)
                await session.flush()
                assert mailing.id is not None
                session.add(
                    Delivery(
                        mailing_id=mailing.id,
                        subscriber_id=reader,
                        address="ada@example.org",
                        state=state,
                        reply_kind=kind,
                        updated_at=at,
                    )
                )
        assert mailing.id is not None
        return mailing.id

    return write


async def noted(store: Store, reader: int, mailing_id: int, now: datetime) -> bool:
    async with store.write() as session:
        return await note_mailbox_full(session, reader, mailing_id, now)


async def test_the_reader_is_suppressed_once_and_the_source_says_since_when(
    store: Store, reader: int, history: History, now: datetime
) -> None:
    last = await history((16, REJECTED, FULL), (8, REJECTED, FULL), (0, REJECTED, FULL))
    assert await noted(store, reader, last, now)
    assert not await noted(store, reader, last, now)
    async with store.read() as session:
        assert await in_force(session, "hash") == {SuppressionReason.BOUNCE}
        [suppression] = await session.exec(select(Suppression))
    assert suppression.source == f"mailbox full since {now - timedelta(days=16):%Y-%m-%d}"


async def test_an_acceptance_since_then_suppresses_nobody(
    store: Store, reader: int, history: History, now: datetime
) -> None:
    last = await history(
        (30, REJECTED, FULL), (23, REJECTED, FULL), (8, ACCEPTED, OK), (0, REJECTED, FULL)
    )
    assert not await noted(store, reader, last, now)
    async with store.read() as session:
        assert not await in_force(session, "hash")


async def test_retries_of_one_issue_are_one_issue(
    store: Store, reader: int, history: History, now: datetime
) -> None:
    last = await history((20, REJECTED, FULL), (0, DeliveryState.DEFERRED, FULL))
    for hours in range(48):
        assert not await noted(store, reader, last, now + timedelta(hours=hours))


async def test_an_issue_that_met_many_full_mailboxes_says_nothing_about_any_of_them(
    store: Store, reader: int, history: History, now: datetime
) -> None:
    last = await history((16, REJECTED, FULL), (8, REJECTED, FULL), (0, REJECTED, FULL))
    async with store.write() as session:
        for other in range(20):
            delivery = Delivery(
                mailing_id=last - 1,
                address=f"other{other}@example.org",
                state=REJECTED,
                reply_kind=FULL,
                updated_at=now,
            )
            session.add(delivery)
    assert not await noted(store, reader, last, now)
