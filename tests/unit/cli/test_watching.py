"""Watching an issue: what each look says, how fast it goes, and when it is over."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from digest.app import App
from digest.cli import watching
from digest.cli.watching import Pace, Sight, as_line, in_words, look
from digest.delivery.ledger.accounting import Accounting
from digest.delivery.states import DeliveryState, MailingKind
from digest.delivery.tables import Delivery, Mailing
from digest.errors import NotFound, Refused
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.services.issues.reports import NOBODY
from schedules.editions import create_default

AddIssue = Callable[..., Awaitable[None]]
Settle = Callable[[int, DeliveryState], Awaitable[None]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)


@pytest.fixture
def add_issue(app: App) -> AddIssue:
    """Issue 3 in a state, with a mailing to so many readers."""

    async def add(state: IssueState, readers: int | None) -> None:
        now = app.clock()
        async with app.store.write() as session:
            edition = await create_default(session, now)
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

    return add


@pytest.fixture
def settle(app: App) -> Settle:
    """Bring so many of the open deliveries to a state."""

    async def settle(count: int, state: DeliveryState) -> None:
        async with app.store.write() as session:
            still = select(Delivery.id).where(Delivery.state == DeliveryState.PENDING).limit(count)
            await session.exec(
                update(Delivery).where(col(Delivery.id).in_(still)).values(state=state)
            )

    return settle


def counts(**values: int) -> Accounting:
    return NOBODY.model_copy(update=values)


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    pace = Pace()
    for second, done in ((0, 0), (10, 1000), (20, 1000), (45, 1250)):
        pace.note(done, float(second))
    assert pace.rate == pytest.approx(10)
    assert pace.seconds_left(100) == pytest.approx(10)


def test_while_nothing_moves_nobody_knows_how_long() -> None:
    pace = Pace()
    pace.note(5, 0.0)
    assert (pace.rate, pace.seconds_left(100)) == (None, None)
    pace.note(5, 1.0)
    assert (pace.rate, pace.seconds_left(100)) == (0, None)


async def test_it_looks_until_nothing_is_open(
    app: App, add_issue: AddIssue, settle: Settle
) -> None:
    await add_issue(IssueState.SENDING, 10)
    sights: list[Sight] = []
    async with asyncio.timeout(60):
        async for sight in look(app, 3):
            sights.append(sight)
            await settle(4, DeliveryState.ACCEPTED)
    assert [sight.accounting.open for sight in sights] == [10, 6, 2, 0]
    assert [sight.over for sight in sights] == [False, False, False, True]
    assert sights[0].rate is None
    assert all(sight.rate and sight.rate > 0 for sight in sights[1:])


async def test_what_waits_for_its_hour_is_not_counted_as_time_left(
    app: App, add_issue: AddIssue, settle: Settle
) -> None:
    await add_issue(IssueState.SENDING, 4)
    looks = look(app, 3)
    await anext(looks)
    await settle(2, DeliveryState.ACCEPTED)
    await settle(2, DeliveryState.DEFERRED)
    sight = await anext(looks)
    await looks.aclose()
    assert (sight.accounting.open, sight.seconds_left) == (2, 0)
    assert not sight.over


async def test_json_prints_a_line_for_each_change_and_none_between(
    app: App, add_issue: AddIssue, settle: Settle, capsys: pytest.CaptureFixture[str]
) -> None:
    await add_issue(IssueState.SENDING, 3)
    task = asyncio.create_task(watching._print(app, 3))
    await asyncio.sleep(0.3)
    await settle(3, DeliveryState.ACCEPTED)
    await asyncio.wait_for(task, 60)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["open"], line["accepted"]) for line in lines] == [(3, 0), (0, 3)]
    assert lines[0].keys() == as_line(Sight(3, "sending", None, NOBODY, None, None)).keys()
    assert {"number", "state", "state_reason", "rate", "seconds_left"} <= lines[0].keys()


async def test_people_see_the_same(
    app: App, add_issue: AddIssue, settle: Settle, capsys: pytest.CaptureFixture[str]
) -> None:
    await add_issue(IssueState.SENDING, 3)
    await settle(3, DeliveryState.ACCEPTED)
    await asyncio.wait_for(watching._show(app, 3), 60)
    assert "3 recipients = 3 accepted + 0 open" in capsys.readouterr().out


def test_the_words_tell_rate_time_left_and_why_it_is_paused() -> None:
    half = counts(recipients=2000, accepted=1000, open=1000, deferred=12)
    words = in_words(Sight(3, "paused", "[the relay] refused", half, 12.5, 3725.0))
    assert "Issue 3 is paused: [the relay] refused" in words
    assert "1,000 of 2,000, 50%" in words
    assert "12.5 a second, 1 h 2 min left" in words
    assert "12 deferred, 0 unknown" in words
    assert "time left unknown" in in_words(Sight(3, "sending", None, half, None, None))


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (IssueState.DRAFT, "it is a draft"),
        (IssueState.SCHEDULED, "it is scheduled; `digest schedule show`"),
        (IssueState.CANCELLED, "never sent"),
    ],
)
async def test_before_the_sending_there_is_nothing_to_watch(
    app: App, add_issue: AddIssue, state: IssueState, why: str
) -> None:
    await add_issue(state, None)
    with pytest.raises(Refused, match=why):
        await anext(look(app, 3))


async def test_an_issue_that_does_not_exist_is_not_found(app: App) -> None:
    with pytest.raises(NotFound):
        await anext(look(app, 9))
