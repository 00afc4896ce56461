"""The audience and the conditions of the last moment."""

from collections.abc import Callable

import pytest
from sqlalchemy import ColumnElement, text
from sqlmodel import col, select, update

from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from subscribers.address import EmailAddress
from subscribers.audience import audience, confirmable, count, still_subscribed
from subscribers.states import SuppressionReason
from tests.unit.subscribers.conftest import ANN, Desk

BOB = EmailAddress.parse("bob@example.com")


async def armed(desk: Desk, condition: Callable[..., ColumnElement[bool]], reader: int) -> bool:
    """Whether the condition lets a delivery to `reader` through, in an UPDATE as in a SELECT."""
    async with desk.store.write() as session:
        mailing = Mailing(
            kind=MailingKind.ISSUE,
            created_at=desk.now,
            give_up_at=desk.now,
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
                    updated_at=desk.now,
                )
            )
        await session.flush()
        holds = condition("weekly", col(Delivery.subscriber_id))
        ours = col(Delivery.mailing_id) == mailing.id
        result = await session.exec(
            update(Delivery).where(ours, holds).values(state=DeliveryState.ARMED)
        )
        told = (
            await session.exec(select(holds).where(ours, col(Delivery.address) != "None"))
        ).one()
        assert result.rowcount == int(told)
        return told


async def test_the_audience_is_who_confirmed_this_edition(desk: Desk) -> None:
    await desk.join()
    await desk.join(BOB, "monthly")
    await desk.request(BOB, "weekly")
    assert await desk.audience() == [ANN.wire]
    async with desk.store.read() as session:
        assert await count(session, "weekly") == 1
        assert await count(session, "unheard-of") == 0


async def test_the_audience_has_the_address_as_she_wrote_it(desk: Desk) -> None:
    await desk.join(EmailAddress.parse("Bob@MÜNCHEN.example"))
    assert await desk.audience() == ["Bob@xn--mnchen-3ya.example"]


async def test_what_was_lifted_does_not_count(desk: Desk) -> None:
    await desk.join()
    await desk.suppress(SuppressionReason.MANUAL)
    await desk.suppress(SuppressionReason.BOUNCE)
    await desk.lift()
    assert await desk.audience() == [ANN.wire]


async def test_a_delivery_is_armed_only_while_its_reader_is_subscribed(desk: Desk) -> None:
    reader = await desk.join()
    await desk.join(BOB)
    assert await armed(desk, still_subscribed, reader)
    await desk.suppress(SuppressionReason.BOUNCE)
    assert not await armed(desk, still_subscribed, reader)
    await desk.lift()
    await desk.unsubscribe(reader)
    assert not await armed(desk, still_subscribed, reader)


async def test_a_confirmation_mail_is_armed_only_while_she_waits_for_it(desk: Desk) -> None:
    raw = await desk.request()
    assert raw
    reader = (await desk.peek(raw)).subscriber_id
    assert await armed(desk, confirmable, reader)
    await desk.suppress(SuppressionReason.COMPLAINT)
    assert not await armed(desk, confirmable, reader)
    await desk.lift()
    assert not await armed(desk, confirmable, reader)


async def test_an_unsubscribe_from_all_does_not_hold_up_a_new_confirmation_mail(
    desk: Desk,
) -> None:
    reader = await desk.join()
    await desk.unsubscribe(reader, None)
    await desk.request()
    assert await armed(desk, confirmable, reader)
    assert not await armed(desk, still_subscribed, reader)


async def test_nobody_who_confirmed_gets_another_confirmation_mail(desk: Desk) -> None:
    assert not await armed(desk, confirmable, await desk.join())


@pytest.mark.parametrize("database", ["sqlite"])  # PostgreSQL reads such short tables whole
async def test_the_audience_is_found_by_indexes(desk: Desk) -> None:
    compiled = audience("weekly").compile(
        desk.store.engine.sync_engine, compile_kwargs={"literal_binds": True}
    )
    async with desk.store.engine.connect() as connection:
        plan = await connection.execute(text(f"EXPLAIN QUERY PLAN {compiled}"))
        steps = [str(row[3]) for row in plan]
    assert not [step for step in steps if step.startswith("SCAN") or "TEMP B-TREE" in step], steps
