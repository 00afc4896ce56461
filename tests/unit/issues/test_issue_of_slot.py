"""Which issue belongs to a slot, when other slots have issues too."""

from datetime import datetime

import pytest
from sqlmodel import col, select

from digest.issues.composing import _issue_for
from digest.issues.lookup import issue_of_slot
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.store import Store
from schedules.editions import create_default
from schedules.states import SlotState
from schedules.tables import Edition, Slot


@pytest.fixture
async def slots(store: Store, now: datetime) -> list[int]:
    """Three slots; the first and the last have an issue, the first was skipped."""
    async with store.write() as session:
        edition = await create_default(session, now)
        found = (await session.exec(select(Slot).order_by(col(Slot.id)))).all()[:3]
        assert len(found) == 3
        found[0].state = SlotState.SKIPPED
        for number, slot in enumerate((found[0], found[2]), start=1):
            issue = Issue(
                number=number,
                edition_id=edition.id or 0,
                slot_id=slot.id,
                issue_date=slot.local_date,
                cutoff_at=slot.cutoff_at,
                created_at=now,
                composed_at=now,
            )
            session.add(issue)
        return [slot.id or 0 for slot in found]


async def test_a_slot_without_an_issue_does_not_take_that_of_an_earlier_or_a_later_one(
    store: Store, slots: list[int]
) -> None:
    async with store.read() as session:
        found = [await issue_of_slot(session, slot) for slot in slots]
    assert [issue and issue.number for issue in found] == [1, None, 2]


async def _to_compose(store: Store, slot_id: int) -> int | None:
    async with store.read() as session:
        edition = (await session.exec(select(Edition))).one()
        issue = await _issue_for(session, edition, await session.get_one(Slot, slot_id))
    return issue.number if issue else None


async def test_a_slot_takes_its_own_issue_before_that_of_a_slot_that_was_left_out(
    store: Store, slots: list[int]
) -> None:
    assert await _to_compose(store, slots[2]) == 2
    assert await _to_compose(store, slots[1]) == 1


async def test_what_was_sent_is_not_taken_over(store: Store, slots: list[int]) -> None:
    async with store.write() as session:
        issue = (await session.exec(select(Issue).where(Issue.number == 1))).one()
        issue.state = IssueState.SENT
    assert await _to_compose(store, slots[1]) is None
