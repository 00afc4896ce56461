"""The engine over weeks, on a fake clock, with random events from a seed.

Three editions in two time zones, one of which sends in the hour that the end of daylight
saving time repeats. Readers come and go, news arrives, the relay is down for hours, the
machine is off for a day, senders die between any two steps, and an editor pauses now and
then. The accounts are checked after every step; in the end nothing happens any more, and
everything must come to its end.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from digest.app import App
from digest.bootstrap import open_app
from digest.delivery.ledger.access import Ledger
from digest.delivery.ledger.accounting import account
from digest.delivery.ledger.claims import Claim
from digest.delivery.outcomes import Outcome
from digest.delivery.states import DeliveryState, Route
from digest.delivery.tables import Delivery, Mailing
from digest.errors import DigestError
from digest.issues.states import IssueState
from digest.issues.tables import Issue
from digest.keyfile import make_key_file
from digest.migrate import upgrade
from digest.services.schedule.advance import advance
from digest.services.sending import control
from digest.services.sending.housekeeping import housekeep
from digest.settings import Settings
from digest.uptime import Uptime
from schedules.changes import EditionChange
from schedules.editions import create_edition
from schedules.states import Approval, SlotState
from schedules.tables import Edition, Slot
from subscribers.states import SubscriptionState
from subscribers.subscriptions import unsubscribe
from subscribers.tables import Subscriber, Subscription
from tests.catalogue import add_comparison
from tests.faults.installation import values_for
from tests.faults.steering import WorkerLock
from tests.readers import EDITOR

BEGIN = datetime(2026, 10, 19, 6, 0, tzinfo=UTC)  # clocks go back on 25 October and 1 November
EDITIONS = {
    "weekly": EditionChange(name="Weekly", weekdays="tue", zone="Europe/Berlin"),
    "night": EditionChange(
        name="Night", weekdays="wed,sun", send_time="02:30", zone="Europe/Berlin"
    ),
    "coast": EditionChange(
        name="Coast", weekdays="thu,sun", send_time="01:30", zone="America/New_York"
    ),
}
WEEKDAYS = {"weekly": {1}, "night": {2, 6}, "coast": {3, 6}}
ENDED = {SlotState.SENT, SlotState.SKIPPED, SlotState.MISSED, SlotState.HELD}
FATES = ["accepted"] * 24 + ["deferred", "deferred", "rejected", "unknown", "died", "died, taken"]
HOUR = timedelta(hours=1)


@dataclass
class Weeks:
    """One simulation. `copies` counts what arrived, by mailing and address."""

    app: App
    seed: int
    now: datetime = BEGIN
    copies: Counter[tuple[int, str]] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.app = replace(self.app, clock=lambda: self.now, uptime=self._uptime)
        self._alive: set[str] = set()
        self._relay_up, self._readers = True, 0
        self._subscribed: set[tuple[int, str]] = set()
        self._hire()

    async def live(self, days: int) -> None:
        """Simulate so many days, then five days without events."""
        async with self.app.store.write() as session:
            for slug, change in EDITIONS.items():
                change = replace(change, approval=Approval.AUTOMATIC)
                await create_edition(session, slug, change, self.now)
        for _ in range(6):
            await self._somebody_joins()
        end = BEGIN + timedelta(days=days)
        while self.now < end:
            await self._something_happens()
            await self._step()
        await self._make_peace()
        while self.now < end + timedelta(days=5):
            self.now += 3 * HOUR
            await self._step(calm=True)
        await self._ledger.close()
        await self._check_the_end(days)

    async def _something_happens(self) -> None:
        chance = self.dice.random
        busy = await self._open()
        self.now += timedelta(minutes=self.dice.choice([7, 25, 90] if busy else [60, 120, 200]))
        if chance() < 0.01:
            self.now += self.dice.choice([2, 9, 20]) * HOUR
            self.happened["machine off"] += 1
        if chance() < 0.25:
            await self._somebody_joins()
        if chance() < 0.12:
            await self._reader_leaves()
        if chance() < 0.2:
            await self._news_comes()
        if chance() < (0.03 if self._relay_up else 0.3):
            self._relay_up = not self._relay_up
            self.happened["relay up or down"] += 1
        if chance() < 0.04:
            await self._die()
        if chance() < 0.08:
            await self._steer()

    async def _step(self, *, calm: bool = False) -> None:
        await advance(self.app)
        await housekeep(self.app, self._lock)
        self._hands += await self._ledger.claim([Route.RELAY], 20, self.now)
        stay = 0 if calm else self.dice.choice([0, 0, 2])  # some claims are kept while time passes
        while len(self._hands) > stay:
            claim = self._hands.pop(0)
            if self._relay_up:
                await self._carry(claim, "accepted" if calm else self.dice.choice(FATES))
            else:
                await self._ledger.give_back([claim], self.now)
        await housekeep(self.app, self._lock)
        await self._check()

    async def _carry(self, claim: Claim, fate: str) -> None:
        if not await self._ledger.arm(claim, self.now, self.now):
            await self._ledger.settle_denied(claim, self.now)
            self.happened["denied"] += 1
            return
        assert claim.edition is None or (
            (claim.subscriber_id, claim.edition) in self._subscribed
        ), f"sent to reader {claim.subscriber_id}, who is not subscribed to {claim.edition}"
        taken = fate in ("accepted", "died, taken") or (
            fate == "unknown" and self.dice.random() < 0.5
        )
        self.copies[claim.mailing_id, claim.address] += taken
        if fate.startswith("died"):
            await self._die()
            return
        state = DeliveryState(fate)
        charged = state is not DeliveryState.UNKNOWN
        await self._ledger.record(claim, Outcome(state, "the relay", charged=charged), self.now)
        await self._ledger.flush()
        self.happened[fate] += 1

    async def _somebody_joins(self) -> None:
        self._readers += 1
        edition = self.dice.choice(list(EDITIONS))
        address = f"reader{self._readers}@example.org"
        async with self.app.store.write() as session:
            reader = Subscriber(
                address=address,
                normalised=address,
                address_hash=self.app.keyring.address_hash(address),
                created_at=self.now,
            )
            session.add(reader)
            await session.flush()
            assert reader.id is not None
            session.add(
                Subscription(
                    subscriber_id=reader.id,
                    edition=edition,
                    state=SubscriptionState.ACTIVE,
                    confirmed_at=self.now,
                )
            )
        self._subscribed.add((reader.id, edition))

    async def _reader_leaves(self) -> None:
        if len(self._subscribed) > len(EDITIONS):
            reader, edition = self.dice.choice(sorted(self._subscribed))
            async with self.app.store.write() as session:
                await unsubscribe(session, reader, edition, source="the reader", now=self.now)
            self._subscribed.discard((reader, edition))
            self.happened["left"] += 1

    async def _news_comes(self) -> None:
        number = self.happened["news"] = self.happened["news"] + 1
        async with self.app.store.write() as session:
            await add_comparison(session, f"Left {number}", f"Right {number}", self.now)

    async def _steer(self) -> None:
        async with self.app.store.read() as session:
            issues = (
                await session.exec(
                    select(Issue).where(
                        col(Issue.state).in_((IssueState.SENDING, IssueState.PAUSED))
                    )
                )
            ).all()
        for issue in issues:
            turn = (
                control.pause_issue if issue.state == IssueState.SENDING else control.resume_issue
            )
            await turn(self.app, EDITOR, issue.number)
            self.happened["paused or resumed"] += 1

    async def _die(self) -> None:
        self._lock.release()
        await self._ledger.close()
        self._hire()
        self.happened["died"] += 1

    def _hire(self) -> None:
        self._hands: list[Claim] = []
        self._lock = WorkerLock(self._alive)
        self._ledger = Ledger(self.app.store, self._lock)

    async def _make_peace(self) -> None:
        self._relay_up = True
        async with self.app.store.read() as session:
            paused = await session.exec(select(Issue).where(Issue.state == IssueState.PAUSED))
            numbers = [issue.number for issue in paused]
        for number in numbers:
            await control.resume_issue(self.app, EDITOR, number)

    async def _open(self) -> bool:
        async with self.app.store.read() as session:
            found = await session.exec(select(Mailing.id).where(col(Mailing.finished_at).is_(None)))
            return found.first() is not None

    async def _check(self) -> None:
        async with self.app.store.read() as session:
            mailings = (await session.exec(select(Mailing))).all()
            for mailing in mailings:
                counts = await account(session, mailing.id or 0)
                assert counts.balances, f"{self.now}: {counts}"
            slots = Counter(
                await session.exec(
                    select(Issue.slot_id)
                    .join(Mailing, col(Mailing.issue_id) == col(Issue.id))
                    .where(col(Issue.slot_id).is_not(None))
                )
            )
            rows = (await session.exec(select(Delivery))).all()
        assert max(slots.values(), default=0) <= 1, "a slot was sent twice"
        for row in rows:
            got = self.copies[row.mailing_id, row.address]
            assert got <= 1 or (got == 2 and row.unknowns), f"{got} copies of one issue"
            assert got or row.state != DeliveryState.ACCEPTED, "accepted, but never sent"

    async def _check_the_end(self, days: int) -> None:
        async with self.app.store.read() as session:
            open_ones = (
                await session.exec(select(Mailing).where(col(Mailing.finished_at).is_(None)))
            ).all()
            assert not open_ones, f"{len(open_ones)} mailings never ended"
            found = await session.exec(
                select(Edition, Slot).join(Slot, col(Slot.edition_id) == col(Edition.id))
            )
            dates: dict[str, set[object]] = {slug: set() for slug in EDITIONS}
            for edition, slot in found.all():
                local = slot.send_at.astimezone(ZoneInfo(edition.zone))
                assert f"{local:%H:%M}" == edition.send_time, f"{edition.slug} at {local}"
                if slot.send_at + edition.grace_hours * HOUR < self.now:
                    assert slot.state in ENDED, f"{edition.slug}, {local}: {slot.state}"
                    self.happened[f"slots {SlotState(slot.state).value}"] += 1
                dates[edition.slug].add(slot.local_date)
        for day in range(2, days):
            date = (BEGIN + timedelta(days=day)).date()
            for slug, weekdays in WEEKDAYS.items():
                assert (date.weekday() in weekdays) == (date in dates[slug]), f"{slug}, {date}"

    def _uptime(self) -> Uptime:
        return Uptime("one boot", (self.now - BEGIN).total_seconds())


@asynccontextmanager
async def fresh(folder: Path) -> AsyncIterator[App]:
    """An installation without an edition."""
    settings = Settings(_env_file=None, data_dir=folder, **values_for(port=25))
    make_key_file(settings.data_dir)
    await upgrade(settings.store_url)
    async with open_app(settings) as app:
        yield app


async def simulate(folder: Path, seed: int, days: int) -> Counter[str]:
    """Simulate so many days; counts events by name. Raises AssertionError with the seed."""
    async with fresh(folder) as app:
        weeks = Weeks(app, seed)
        try:
            await weeks.live(days)
        except (AssertionError, DigestError) as broken:
            raise AssertionError(f"seed {seed}, {weeks.now:%d %b %H:%M} UTC: {broken}") from broken
        return weeks.happened
