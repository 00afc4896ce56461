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
from tests.unit.subscribers.conftest import ANN, Desk
from tests.waiting import held_up


async def count(desk: Desk, table: type) -> int:
    async with desk.store.read() as session:
        return len((await session.exec(select(table))).all())


async def confirms(desk: Desk, link: str) -> bool:
    try:
        return (await desk.confirm(link)).changed
    except LinkInvalid:
        return False


async def test_of_many_sign_ups_of_one_address_one_is_mailed(desk: Desk) -> None:
    links = await asyncio.gather(*(desk.request() for _ in range(6)))
    assert sum(link is not None for link in links) == 1
    assert await count(desk, Subscriber) == 1
    assert await count(desk, ConfirmationToken) == 1


async def test_of_many_clicks_on_one_link_one_changes_anything(desk: Desk) -> None:
    link = await desk.request()
    assert link is not None
    clicks = await asyncio.gather(*(desk.confirm(link) for _ in range(6)))
    assert sum(click.changed for click in clicks) == 1
    kinds = await desk.events(clicks[0].subscriber_id)
    assert kinds.count("confirmed") == 1


async def test_of_many_unsubscribes_one_changes_anything(desk: Desk) -> None:
    reader = await desk.join()
    changed = await asyncio.gather(*(desk.unsubscribe(reader, None) for _ in range(6)))
    assert sum(changed) == 1
    assert await count(desk, Suppression) == 1


async def test_of_many_editors_who_block_an_address_one_does(desk: Desk) -> None:
    blocked = await asyncio.gather(*(desk.suppress(SuppressionReason.MANUAL) for _ in range(6)))
    assert sum(blocked) == 1
    assert await count(desk, Suppression) == 1


async def test_a_click_waits_for_an_unsubscribe_under_way_and_then_comes_too_late(
    desk: Desk,
) -> None:
    reader = await desk.join(edition="monthly")
    desk.later(days=2)
    link = await desk.request()
    assert link is not None
    async with desk.store.write() as session:
        await subscriptions.unsubscribe(session, reader, None, source="test", now=desk.now)
        click = await held_up(desk.confirm(link))
    with pytest.raises(LinkExpired):
        await click
    assert await desk.audience() == []


async def test_preferences_saved_twice_at_once_make_one_subscription(desk: Desk) -> None:
    reader = await desk.join()
    await asyncio.gather(*(desk.set_editions(reader, "weekly", "monthly") for _ in range(6)))
    assert await count(desk, Subscription) == 2
    assert (await desk.events(reader)).count("confirmed") == 2


async def test_an_import_waits_for_an_unsubscribe_under_way_and_brings_nobody_back(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.request()
    reader = await desk.id_of()
    (tmp_path / "readers.csv").write_text(f"email\n{ANN.wire}\n")
    async with desk.store.write() as session:
        await subscriptions.unsubscribe(session, reader, "weekly", source="test", now=desk.now)
        importing = await held_up(desk.import_file(tmp_path / "readers.csv"))
    assert (await importing).unsubscribed == 1
    assert await desk.audience() == []


async def test_an_import_waits_for_an_erasure_under_way_and_brings_nobody_back(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.join()
    (tmp_path / "readers.csv").write_text(f"email\n{ANN.wire}\n")
    async with desk.store.write() as session:
        await erase(session, desk.keyring, ANN, source="test", now=desk.now)
        importing = await held_up(desk.import_file(tmp_path / "readers.csv", "monthly"))
    assert (await importing).erased == 1
    assert await desk.audience("monthly") == []


async def test_a_sign_up_waits_for_a_complaint_under_way_and_its_link_confirms_nothing(
    desk: Desk,
) -> None:
    await desk.join(edition="monthly")
    later = replace(desk)
    later.later(days=2)
    async with desk.store.write() as session:
        await suppression.suppress(
            session, desk.keyring, ANN, SuppressionReason.COMPLAINT, source="test", now=desk.now
        )
        request = await held_up(later.request())
    link = await request
    assert link is None or await confirms(later, link) is False
    assert await desk.audience() == []
