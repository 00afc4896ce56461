"""The test mails that were sent of an issue: shown to the editor, counted nowhere."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.app import App
from digest.delivery.payloads import READER_KEY, TestPayload
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.issues.lookup import get_issue
from digest.issues.tables import Issue
from subscribers.tables import Subscriber

MOST_LISTED = 20
ERASED = "an erased reader"


class SentTest(BaseModel):
    """One test mail; `reader` is whose mail it was to be, `hash` the issue's that was asked for.

    No other is sent: a test whose issue has another hash by then is not written. `reason` is
    the last reply, or why it was not sent, where there is something to say.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime
    to: str
    reader: str | None
    variant: str
    hash: str
    state: DeliveryState
    reason: str | None


async def list_sent_tests(app: App, number: int) -> tuple[SentTest, ...]:
    """The last tests of an issue, newest first. Raises `NotFound`."""
    async with app.store.read() as session:
        return tuple(await list_tests(session, await get_issue(session, number)))


async def list_tests(session: AsyncSession, issue: Issue) -> list[SentTest]:
    """The last tests of an issue, newest first, at most `MOST_LISTED`."""
    rows = await session.exec(
        select(Mailing, Delivery, Subscriber)
        .join(Delivery, col(Delivery.mailing_id) == col(Mailing.id))
        .outerjoin(Subscriber, col(Subscriber.id) == _number_in_payload(READER_KEY))
        .where(
            col(Mailing.created_at) >= issue.created_at,  # along an index, past all older letters
            col(Mailing.kind) == MailingKind.TEST,
            _number_in_payload("issue") == issue.number,
        )
        .order_by(col(Mailing.created_at).desc(), col(Delivery.id).desc())
        .limit(MOST_LISTED)
    )
    return [
        SentTest(
            at=mailing.created_at,
            to=delivery.address,
            reader=_whose(test, reader),
            variant=test.variant,
            hash=test.hash,
            state=DeliveryState(delivery.state),
            reason=delivery.reason,
        )
        for mailing, delivery, reader in rows.all()
        for test in (TestPayload.of(mailing),)
    ]


def _number_in_payload(key: str) -> Any:
    """A number in the stored payload of a test, for conditions in SQL."""
    payload: Any = col(Mailing.payload)
    return payload[key].as_integer()


def _whose(test: TestPayload, reader: Subscriber | None) -> str | None:
    if test.reader_id is None:
        return None
    return (reader.address if reader else None) or ERASED
