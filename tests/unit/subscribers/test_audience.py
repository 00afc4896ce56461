"""The audience, and the conditions that are checked again before the final dot."""

from collections.abc import Callable

import pytest
from sqlalchemy import ColumnElement, text
from sqlmodel import col, select, update

from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from subscribers.address import EmailAddress
from subscribers.audience import audience, confirmable, count, still_subscribed
from subscribers.states import SuppressionReason
from tests.unit.subscribers.conftest import ANN, ReaderActions

BOB = EmailAddress.parse("bob@example.com")


async def armed(
    readers: ReaderActions, condition: Callable[..., ColumnElement[bool]], reader: int
) -> bool:
    """Whether the condition lets a delivery to `reader` through, in an UPDATE as in a SELECT."""
    async with readers.store.write() as session:
        mailing = Mailing(
            kind=MailingKind.ISSUE,
            created_at=readers.now,
            give_up_at=readers.now,
            message_id_key="key@example.org",
        )
        session.add(mailing)
        await session.flush()
        assert mailing.id is not None
        for subscriber_id in (reader, None):
            session.add(
                Delivery(
                    mailing_id=mailing.id,
                    subscriber_id=subscriber_id,
                    address=f"{subscriber_id}",
                    updated_at=readers.now,
                )
            )
        await session.flush()
        holds = condition("weekly", col(Delivery.subscriber_id))
        ours = col(Delivery.mailing_id) == mailing.id
        result = await session.exec(
            update(Delivery).where(ours, holds).values(state=DeliveryState.ARMED)
        )
        selected = (
            await session.exec(select(holds).where(ours, col(Delivery.address) != "None"))
        ).one()
        assert result.rowcount == int(selected)
        return selected


async def test_the_audience_is_the_readers_who_confirmed_this_edition(
    readers: ReaderActions,
) -> None:
    await readers.join()
    await readers.join(BOB, "monthly")
    await readers.request(BOB, "weekly")
    assert await readers.audience() == [ANN.wire]
    async with readers.store.read() as session:
        assert await count(session, "weekly") == 1
        assert await count(session, "unheard-of") == 0


async def test_the_audience_has_the_address_as_it_was_written(readers: ReaderActions) -> None:
    await readers.join(EmailAddress.parse("Bob@MÜNCHEN.example"))
    assert await readers.audience() == ["Bob@xn--mnchen-3ya.example"]


async def test_a_lifted_suppression_does_not_count(readers: ReaderActions) -> None:
    await readers.join()
    await readers.suppress(SuppressionReason.MANUAL)
    await readers.suppress(SuppressionReason.BOUNCE)
    await readers.lift()
    assert await readers.audience() == [ANN.wire]


async def test_a_delivery_is_armed_only_while_its_reader_is_subscribed(
    readers: ReaderActions,
) -> None:
    reader = await readers.join()
    await readers.join(BOB)
    assert await armed(readers, still_subscribed, reader)
    await readers.suppress(SuppressionReason.BOUNCE)
    assert not await armed(readers, still_subscribed, reader)
    await readers.lift()
    await readers.unsubscribe(reader)
    assert not await armed(readers, still_subscribed, reader)


async def test_a_confirmation_mail_is_armed_only_while_the_subscription_is_pending(
    readers: ReaderActions,
) -> None:
    raw = await readers.request()
    assert raw
    reader = (await readers.read_link(raw)).subscriber_id
    assert await armed(readers, confirmable, reader)
    await readers.suppress(SuppressionReason.COMPLAINT)
    assert not await armed(readers, confirmable, reader)
    await readers.lift()
    assert not await armed(readers, confirmable, reader)


async def test_an_unsubscribe_from_all_does_not_prevent_a_new_confirmation_mail(
    readers: ReaderActions,
) -> None:
    reader = await readers.join()
    await readers.unsubscribe(reader, None)
    await readers.request()
    assert await armed(readers, confirmable, reader)
    assert not await armed(readers, still_subscribed, reader)


async def test_a_confirmed_reader_gets_no_other_confirmation_mail(readers: ReaderActions) -> None:
    assert not await armed(readers, confirmable, await readers.join())


@pytest.mark.parametrize("database", ["sqlite"])  # PostgreSQL reads such short tables whole
async def test_the_audience_is_found_by_indexes(readers: ReaderActions) -> None:
    compiled = audience("weekly").compile(
        readers.store.engine.sync_engine, compile_kwargs={"literal_binds": True}
    )
    async with readers.store.engine.connect() as connection:
        plan = await connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
        steps = [str(row[3]) for row in plan]
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step], steps
