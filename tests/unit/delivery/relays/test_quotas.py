"""Quotas hold across workers, hours and days, on both databases."""

import asyncio
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from digest.delivery.relays.config import RelayConfig
from digest.delivery.relays.quotas import release, reserve, settle, used_of
from digest.delivery.relays.reservation import QuotaGrant, QuotaRequest, QuotaReturn
from digest.delivery.relays.tables import QuotaWindow, RelayUse
from digest.store import Store
from tests.unit.delivery.relays.conftest import relay

NOON = datetime(2026, 12, 3, 12, 20, tzinfo=UTC)


async def take(
    store: Store, config: RelayConfig, units: int, now: datetime = NOON, domain: str = ""
) -> QuotaGrant:
    async with store.write() as session:
        return await reserve(session, QuotaRequest(config, domain, units), now)


async def give_back(store: Store, config: RelayConfig, grant: QuotaGrant, now: datetime) -> None:
    async with store.write() as session:
        left = QuotaReturn(config, grant.domain, grant.units, grant.reserved_at)
        await release(session, left, now)


async def test_an_hour_gives_what_it_has_and_then_says_how_long_until_the_next(
    store: Store,
) -> None:
    config = relay(per_hour=100)
    assert (await take(store, config, 70)).units == 70
    last = await take(store, config, 70)
    assert (last.units, last.ends_in, last.spent_for) == (30, 2400, 2400)
    assert (await take(store, config, 70)).units == 0
    assert (await take(store, config, 70, NOON + timedelta(minutes=40))).units == 70


async def test_the_daily_quota_applies_although_the_hour_has_more(store: Store) -> None:
    config = relay(per_hour=100, per_day=150)
    assert (await take(store, config, 100, NOON - timedelta(hours=1))).units == 100
    grant = await take(store, config, 100)
    assert (grant.units, grant.ends_in) == (50, 2400)
    assert grant.spent_for == timedelta(hours=11, minutes=40).total_seconds()


async def test_a_warm_up_plan_limits_the_day(store: Store) -> None:
    config = relay(per_day=1000, warm_up={"start": date(2026, 12, 2), "days": (50, 120)})
    assert (await take(store, config, 500, NOON - timedelta(days=2))).units == 0
    assert (await take(store, config, 500, NOON - timedelta(days=1))).units == 50
    assert (await take(store, config, 500)).units == 120
    assert (await take(store, config, 5000, NOON + timedelta(days=1))).units == 1000


async def test_each_domain_has_a_quota_of_its_own(store: Store) -> None:
    config = relay(domains={"gmail.com": {"per_hour": 10}}, each_domain={"per_hour": 5})
    assert (await take(store, config, 50, domain="gmail.com")).units == 10
    assert (await take(store, config, 50, domain="gmx.de")).units == 5
    assert (await take(store, config, 50, domain="web.de")).units == 5
    assert (await take(store, relay("other", per_hour=9), 50)).units == 9


async def test_what_was_not_needed_goes_back_to_its_own_windows(store: Store) -> None:
    config = relay(per_hour=100, per_day=150)
    grant = await take(store, config, 100)
    later = NOON + timedelta(hours=1)
    await take(store, config, 10, later)
    await give_back(store, config, grant, later)
    async with store.read() as session:
        used = await used_of(session, later)
    assert used == {("main", "", QuotaWindow.HOUR): 10, ("main", "", QuotaWindow.DAY): 10}


async def test_giving_back_too_much_makes_no_room_that_was_not_there(store: Store) -> None:
    config = relay(per_hour=100)
    await take(store, config, 10)
    async with store.write() as session:
        await release(session, QuotaReturn(config, "", 50, NOON), NOON)
    assert (await take(store, config, 500)).units == 100


async def test_a_worker_settles_several_at_once(store: Store) -> None:
    first, second = relay("b", per_hour=10), relay("a", per_hour=20)
    async with store.write() as session:
        needs = [QuotaRequest(first, "", 15), QuotaRequest(second, "", 15)]
        grants = await settle(session, needs, [], NOON)
    assert {grant.relay: grant.units for grant in grants} == {"a": 15, "b": 10}
    async with store.write() as session:
        unused = [QuotaReturn(second, "", 15, NOON)]
        grants = await settle(session, [QuotaRequest(second, "", 20)], unused, NOON)
    assert grants[0].units == 20


async def test_a_transaction_that_fails_takes_nothing(store: Store) -> None:
    config = relay(per_hour=10)
    with suppress(RuntimeError):
        async with store.write() as session:
            await reserve(session, QuotaRequest(config, "", 10), NOON)
            raise RuntimeError("the claim failed")
    assert (await take(store, config, 10)).units == 10


async def test_windows_long_past_are_forgotten(store: Store) -> None:
    config = relay(per_day=10)
    for days in (0, 1, 60):
        await take(store, config, 1, NOON + timedelta(days=days))
    async with store.read() as session:
        rows = (await session.exec(select(RelayUse.starts_at))).all()
    assert len(rows) == 1


async def test_workers_at_the_same_time_never_get_more_than_there_is(store: Store) -> None:
    config = relay(per_hour=100, per_day=60)
    grants = await asyncio.gather(*(take(store, config, 7) for _ in range(20)))
    assert sum(grant.units for grant in grants) == 60


moves = st.lists(st.tuples(st.integers(0, 2), st.integers(1, 40), st.integers(0, 90)), max_size=15)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(per_hour=st.integers(1, 80), per_day=st.integers(1, 200), moves=moves)
async def test_the_limits_hold_for_any_sequence_of_taking_and_giving_back(
    store: Store, per_hour: int, per_day: int, moves: list[tuple[int, int, int]]
) -> None:
    async with store.write() as session:
        for row in await session.exec(select(RelayUse)):
            await session.delete(row)
    config = relay(per_hour=per_hour, per_day=per_day)
    now, held = NOON, []
    for kind, units, minutes in moves:
        now += timedelta(minutes=minutes)
        if kind and held:
            await give_back(store, config, held.pop(), now)
        else:
            held.append(await take(store, config, units, now))
        kept = [grant for grant in held if grant.reserved_at.date() == now.date()]
        this_hour = [grant for grant in kept if grant.reserved_at.hour == now.hour]
        assert sum(grant.units for grant in kept) <= per_day
        assert sum(grant.units for grant in this_hour) <= per_hour
