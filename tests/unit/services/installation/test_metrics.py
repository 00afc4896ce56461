"""Metrics: counts by state, and ages that start when something is late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlmodel import select

from digest.app import App
from digest.delivery.states import DeliveryState, MailingKind, MailingState
from digest.delivery.tables import Delivery, Mailing
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.installation.metrics import read_metrics
from schedules.states import SlotState
from schedules.tables import Edition, Slot, TickMark
from subscribers.states import SubscriptionState
from subscribers.tables import Subscription
from tests.unit.services.conftest import Clock

AddReaders = Callable[[int], Awaitable[list[int]]]


async def add_mailing(app: App, *states: DeliveryState, **values: object) -> None:
    """A mailing created now, with deliveries in these states."""
    now = app.clock()
    defaults = {
        "kind": MailingKind.ISSUE,
        "created_at": now,
        "give_up_at": now + timedelta(hours=48),
        "message_id_key": "key@news.example.org",
    }
    async with app.store.write() as session:
        mailing = Mailing.model_validate({**defaults, **values})
        session.add(mailing)
        await session.flush()
        for number, state in enumerate(states):
            session.add(
                Delivery(
                    mailing_id=mailing.id or 0,
                    address=f"reader{number}@example.org",
                    state=state,
                    not_before=now if state == DeliveryState.DEFERRED else None,
                    updated_at=now,
                )
            )


async def add_slot(app: App, clock: Clock, state: SlotState = SlotState.PLANNED) -> int:
    """A slot of the weekly edition, due now."""
    async with app.store.write() as session:
        edition = (await session.exec(select(Edition))).one()
        for planned in await session.exec(select(Slot)):
            await session.delete(planned)
        await session.flush()
        slot = Slot(
            edition_id=edition.id or 0,
            local_date=clock().date(),
            send_at=clock(),
            cutoff_at=clock() - timedelta(hours=15),
            state=state,
            changed_at=clock(),
        )
        session.add(slot)
        await session.flush()
        return slot.id or 0


async def add_issue(app: App, clock: Clock, slot_id: int | None, **values: object) -> None:
    async with app.store.write() as session:
        edition = (await session.exec(select(Edition))).one()
        session.add(
            Issue(
                number=1,
                edition_id=edition.id or 0,
                slot_id=slot_id,
                issue_date=clock().date(),
                cutoff_at=clock(),
                created_at=clock(),
                composed_at=clock(),
                **values,
            )
        )


async def test_a_new_installation_has_nothing_waiting(app: App) -> None:
    found = await read_metrics(app)
    assert (found.deliveries, found.mailings, found.issues, found.readers) == ({}, {}, {}, {})
    assert (found.queue_age, found.lag, found.clock_held) == (0, {"weekly": 0}, False)


async def test_deliveries_and_mailings_are_counted_by_kind_and_state(app: App) -> None:
    await add_mailing(app, DeliveryState.PENDING, DeliveryState.ACCEPTED, DeliveryState.ACCEPTED)
    await add_mailing(app, DeliveryState.ACCEPTED, kind=MailingKind.CONFIRMATION)
    await add_mailing(app, DeliveryState.ACCEPTED, kind=MailingKind.CONFIRMATION)
    found = await read_metrics(app)
    assert found.deliveries == {
        ("issue", "pending"): 1,
        ("issue", "accepted"): 2,
        ("confirmation", "accepted"): 2,
    }
    assert found.mailings == {("issue", "active"): 1, ("confirmation", "active"): 2}


async def test_old_mailings_are_left_out_unless_unfinished(app: App, clock: Clock) -> None:
    ended = {"state": MailingState.FINISHED, "finished_at": app.clock()}
    await add_mailing(app, DeliveryState.ACCEPTED, **ended)
    await add_mailing(app, DeliveryState.HELD, state=MailingState.PAUSED)
    clock.forward(days=6)
    assert ("issue", "accepted") in (await read_metrics(app)).deliveries
    clock.forward(days=2)
    found = await read_metrics(app)
    assert found.deliveries == {("issue", "held"): 1}
    assert found.mailings == {("issue", "paused"): 1}


async def test_readers_are_counted_by_edition_and_state(app: App, add_readers: AddReaders) -> None:
    await add_readers(3)
    async with app.store.write() as session:
        row = (await session.exec(select(Subscription))).first()
        assert row
        row.state = SubscriptionState.ENDED
    assert (await read_metrics(app)).readers == {("weekly", "active"): 2, ("weekly", "ended"): 1}


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.DEFERRED])
async def test_the_queue_age_is_that_of_the_oldest_due_delivery(
    app: App, clock: Clock, state: DeliveryState
) -> None:
    await add_mailing(app, state, DeliveryState.ACCEPTED)
    clock.forward(minutes=5)
    await add_mailing(app, state)
    assert (await read_metrics(app)).queue_age == 300


@pytest.mark.parametrize(
    ("state", "mailing"),
    [
        (DeliveryState.ACCEPTED, MailingState.ACTIVE),
        (DeliveryState.HELD, MailingState.ACTIVE),
        (DeliveryState.PENDING, MailingState.PAUSED),
        (DeliveryState.DEFERRED, MailingState.PAUSED),
    ],
)
async def test_deliveries_that_are_not_due_do_not_count_for_the_queue_age(
    app: App, clock: Clock, state: DeliveryState, mailing: MailingState
) -> None:
    await add_mailing(app, state, state=mailing)
    clock.forward(minutes=5)
    assert (await read_metrics(app)).queue_age == 0


async def test_a_deferred_delivery_is_not_due_before_its_time(app: App, clock: Clock) -> None:
    await add_mailing(app, DeliveryState.DEFERRED)
    clock.forward(minutes=-5)
    assert (await read_metrics(app)).queue_age == 0


@pytest.mark.parametrize(
    ("state", "late"),
    [
        (SlotState.PLANNED, 600),
        (SlotState.COMPOSED, 600),
        (SlotState.HELD, 600),
        (SlotState.SENT, 0),
        (SlotState.SKIPPED, 0),
        (SlotState.MISSED, 0),
    ],
)
async def test_the_lag_is_the_age_of_an_unsent_slot(
    app: App, clock: Clock, state: SlotState, late: float
) -> None:
    await add_slot(app, clock, state)
    assert (await read_metrics(app)).lag == {"weekly": 0}
    clock.forward(minutes=10)
    assert (await read_metrics(app)).lag == {"weekly": late}


async def test_an_issue_moved_to_a_later_time_is_not_late(app: App, clock: Clock) -> None:
    slot = await add_slot(app, clock, SlotState.COMPOSED)
    at = clock() + timedelta(minutes=8)
    await add_issue(app, clock, slot, state=IssueState.SCHEDULED, send_at=at)
    clock.forward(minutes=5)
    assert (await read_metrics(app)).lag == {"weekly": 0}
    clock.forward(minutes=5)
    found = await read_metrics(app)
    assert found.lag == {"weekly": 120}
    assert found.issues == {"scheduled": 1}


async def test_an_extra_issue_can_be_late_too(app: App, clock: Clock) -> None:
    await add_issue(app, clock, None, state=IssueState.SCHEDULED, send_at=clock())
    clock.forward(minutes=1)
    assert (await read_metrics(app)).lag == {"weekly": 60}


async def test_a_clock_that_jumped_back_is_reported(app: App, clock: Clock) -> None:
    async with app.store.write() as session:
        session.add(TickMark(at=clock() + timedelta(hours=1)))
    assert (await read_metrics(app)).clock_held
