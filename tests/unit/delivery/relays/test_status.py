"""What a worker finds of a relay can be read by any process."""

from datetime import datetime, timedelta

from digest.delivery.relays.status import RelayStatus, read_statuses, write_statuses
from digest.store import Store


async def test_the_last_reported_status_of_a_relay_counts(store: Store, now: datetime) -> None:
    trouble = RelayStatus("a", "backing off", "421 busy", 15.0)
    later = now + timedelta(minutes=1)
    async with store.write() as session:
        await write_statuses(session, [trouble, RelayStatus("b", "up")], "host:1", now)
    async with store.write() as session:
        await write_statuses(session, [RelayStatus("b", "refused", "535", 300)], "host:2", later)
    async with store.read() as session:
        found = await read_statuses(session)
    assert found["a"].retry_at == now + timedelta(seconds=15)
    assert (found["b"].state, found["b"].worker, found["b"].changed_at) == (
        "refused",
        "host:2",
        later,
    )
