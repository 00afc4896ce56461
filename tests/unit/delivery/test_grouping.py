"""Several writers, one commit, and each its own answer."""

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import event
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.delivery.grouping import GroupCommit
from digest.store import Store
from schedules.tables import TickMark


def note(number: int, now: datetime):  # type: ignore[no-untyped-def]
    async def work(session: AsyncSession) -> int:
        session.add(TickMark(id=number, at=now))
        await session.flush()
        return number

    return work


async def noted(store: Store) -> list[int]:
    async with store.read() as session:
        return sorted((await session.exec(select(TickMark.id))).all())


async def test_each_gets_its_own_answer_and_few_commits_hold_them_all(
    store: Store, now: datetime
) -> None:
    commits = []
    event.listen(store.engine.sync_engine, "commit", lambda _: commits.append(1))
    group = GroupCommit(store)
    answers = await asyncio.gather(*(group.do(note(number, now)) for number in range(1, 51)))
    assert answers == list(range(1, 51))
    assert await noted(store) == list(range(1, 51))
    assert len(commits) < 10


async def test_an_answer_comes_only_after_its_commit(store: Store, now: datetime) -> None:
    group = GroupCommit(store)

    async def write_and_look(number: int) -> bool:
        await group.do(note(number, now))
        return number in await noted(store)

    assert all(await asyncio.gather(*(write_and_look(number) for number in range(1, 20))))


async def test_an_error_reaches_everybody_in_the_group_and_nothing_of_it_is_kept(
    store: Store, now: datetime
) -> None:
    group = GroupCommit(store)

    async def broken(session: AsyncSession) -> int:
        raise RuntimeError("the disk is full")

    works = [group.do(note(1, now)), group.do(broken), group.do(note(2, now))]
    answers = await asyncio.gather(*works, return_exceptions=True)
    assert all(isinstance(answer, RuntimeError) for answer in answers)
    assert await noted(store) == []
    assert await group.do(note(3, now)) == 3


async def test_a_waiter_that_is_cancelled_holds_up_nobody(store: Store, now: datetime) -> None:
    group = GroupCommit(store)
    gone = asyncio.create_task(group.do(note(1, now)))
    await asyncio.sleep(0)
    gone.cancel()
    assert await group.do(note(2, now)) == 2
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert 2 in await noted(store)
