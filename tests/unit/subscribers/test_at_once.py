"""Two things happen to one reader at the same moment: the second sees what the first did."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import select

from subscribers import subscriptions, suppression
from subscribers.erasure import erase
from subscribers.signup import LinkExpired, LinkInvalid
from subscribers.states import SuppressionReason
from subscribers.tables import ConfirmationToken, Subscriber, Subscription, Suppression
from tests.unit.subscribers.conftest import ANN, ReaderActions
from tests.waiting import held_up


async def count(readers: ReaderActions, table: type) -> int:
    async with readers.store.read() as session:
        return len((await session.exec(select(table))).all())


async def confirms(readers: ReaderActions, link: str) -> bool:
    try:
        return (await readers.confirm(link)).changed
    except LinkInvalid:
        return False


async def test_many_sign_ups_of_one_address_at_once_send_one_mail(readers: ReaderActions) -> None:
    links = await asyncio.gather(*(readers.request() for _ in range(6)))
    assert sum(link is not None for link in links) == 1
    assert await count(readers, Subscriber) == 1
    assert await count(readers, ConfirmationToken) == 1


async def test_many_clicks_on_one_link_at_once_confirm_once(readers: ReaderActions) -> None:
    link = await readers.request()
    assert link is not None
    clicks = await asyncio.gather(*(readers.confirm(link) for _ in range(6)))
    assert sum(click.changed for click in clicks) == 1
    kinds = await readers.events(clicks[0].subscriber_id)
    assert kinds.count("confirmed") == 1


async def test_many_unsubscribes_at_once_take_effect_once(readers: ReaderActions) -> None:
    reader = await readers.join()
    changed = await asyncio.gather(*(readers.unsubscribe(reader, None) for _ in range(6)))
    assert sum(changed) == 1
    assert await count(readers, Suppression) == 1


async def test_many_suppressions_of_one_address_at_once_are_recorded_once(
    readers: ReaderActions,
) -> None:
    blocked = await asyncio.gather(*(readers.suppress(SuppressionReason.MANUAL) for _ in range(6)))
    assert sum(blocked) == 1
    assert await count(readers, Suppression) == 1


async def test_a_click_during_an_unsubscribe_waits_and_then_is_too_late(
    readers: ReaderActions,
) -> None:
    reader = await readers.join(edition="monthly")
    readers.later(days=2)
    link = await readers.request()
    assert link is not None
    async with readers.store.write() as session:
        await subscriptions.unsubscribe(session, reader, None, source="test", now=readers.now)
        click = await held_up(readers.confirm(link))
    with pytest.raises(LinkExpired):
        await click
    assert await readers.audience() == []


async def test_preferences_saved_twice_at_once_make_one_subscription(
    readers: ReaderActions,
) -> None:
    reader = await readers.join()
    await asyncio.gather(*(readers.set_editions(reader, "weekly", "monthly") for _ in range(6)))
    assert await count(readers, Subscription) == 2
    assert (await readers.events(reader)).count("confirmed") == 2


async def test_an_import_during_an_unsubscribe_waits_and_brings_nobody_back(
    readers: ReaderActions, tmp_path: Path
) -> None:
    await readers.request()
    reader = await readers.id_of()
    (tmp_path / "readers.csv").write_text(f"email\n{ANN.wire}\n")
    async with readers.store.write() as session:
        await subscriptions.unsubscribe(session, reader, "weekly", source="test", now=readers.now)
        importing = await held_up(readers.import_file(tmp_path / "readers.csv"))
    assert (await importing).unsubscribed == 1
    assert await readers.audience() == []


async def test_an_import_during_an_erasure_waits_and_brings_nobody_back(
    readers: ReaderActions, tmp_path: Path
) -> None:
    await readers.join()
    (tmp_path / "readers.csv").write_text(f"email\n{ANN.wire}\n")
    async with readers.store.write() as session:
        await erase(session, readers.keyring, ANN, source="test", now=readers.now)
        importing = await held_up(readers.import_file(tmp_path / "readers.csv", "monthly"))
    assert (await importing).erased == 1
    assert await readers.audience("monthly") == []


async def test_a_sign_up_during_a_complaint_waits_and_its_link_confirms_nothing(
    readers: ReaderActions,
) -> None:
    await readers.join(edition="monthly")
    later = replace(readers)
    later.later(days=2)
    async with readers.store.write() as session:
        await suppression.suppress(
            session,
            readers.keyring,
            ANN,
            SuppressionReason.COMPLAINT,
            source="test",
            now=readers.now,
        )
        request = await held_up(later.request())
    link = await request
    assert link is None or await confirms(later, link) is False
    assert await readers.audience() == []
