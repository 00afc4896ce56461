"""An issue that is being sent, without composing one: rows as the ledger has them."""

from datetime import timedelta

from sqlmodel import col, select, update

from digest.app import App
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from schedules.editions import create_default
from schedules.tables import Edition


async def add_issue(app: App, state: IssueState, readers: int | None) -> None:
    """Add issue 3 in a state, with a mailing to so many readers; None: without a mailing."""
    now = app.clock()
    async with app.store.write() as session:
        edition = (await session.exec(select(Edition))).first()
        edition = edition or await create_default(session, now)
        issue = Issue(
            number=3,
            edition_id=edition.id or 0,
            state=state,
            issue_date=now.date(),
            cutoff_at=now,
            created_at=now,
            composed_at=now,
        )
        session.add(issue)
        await session.flush()
        if readers is None:
            return
        mailing = Mailing(
            kind=MailingKind.ISSUE,
            issue_id=issue.id,
            created_at=now,
            give_up_at=now + timedelta(hours=48),
            message_id_key="key@news.example.org",
        )
        session.add(mailing)
        await session.flush()
        session.add_all(
            Delivery(
                mailing_id=mailing.id or 0,
                address=f"reader{number}@example.org",
                updated_at=now,
            )
            for number in range(readers)
        )


async def settle(app: App, count: int, state: DeliveryState) -> None:
    """Bring so many of the pending deliveries to a state."""
    async with app.store.write() as session:
        pending = select(Delivery.id).where(Delivery.state == DeliveryState.PENDING).limit(count)
        await session.exec(
            update(Delivery).where(col(Delivery.id).in_(pending)).values(state=state)
        )
