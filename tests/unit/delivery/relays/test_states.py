"""What a worker finds of a relay can be read by any process."""

from datetime import datetime, timedelta

from digest.delivery.relays.standing import Standing
from digest.delivery.relays.states import read_standings, write_standings
from digest.store import Store


async def test_the_last_news_of_a_relay_counts(store: Store, now: datetime) -> None:
    trouble = Standing("a", "backing off", "421 busy", 15.0)
    later = now + timedelta(minutes=1)
    async with store.write() as session:
        await write_standings(session, [trouble, Standing("b", "up")], "host:1", now)
    async with store.write() as session:
        await write_standings(session, [Standing("b", "refused", "535", 300)], "host:2", later)
    async with store.read() as session:
        found = await read_standings(session)
    assert found["a"].retry_at == now + timedelta(seconds=15)
    assert (found["b"].state, found["b"].worker, found["b"].changed_at) == (
        "refused",
        "host:2",
        later,
    )
