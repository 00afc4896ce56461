"""Only time that really passed makes mail late."""

from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from digest.delivery.guards.heartbeat import beat, jump_note, trust_clock
from digest.store import Store
from digest.uptime import Uptime, uptime_now

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Machine:
    """A machine's clock and its uptime, which need not agree."""

    def __init__(self, store: Store, now: datetime) -> None:
        self.store, self.now, self.uptime = store, now, Uptime("first boot", 1000.0)

    def run_for(self, span: timedelta) -> None:
        """Time passes."""
        self.now += span
        self.uptime = Uptime(self.uptime.boot, self.uptime.seconds + span.total_seconds())

    def jump(self, span: timedelta) -> None:
        """Only the clock moves."""
        self.now += span

    def restart(self, off: timedelta) -> None:
        self.now += off
        self.uptime = Uptime(f"after {self.uptime.boot}", 20.0)

    async def beat(self) -> datetime:
        async with self.store.write() as session:
            return await beat(session, self.now, self.uptime)

    async def note(self) -> str | None:
        async with self.store.read() as session:
            return await jump_note(session)


@pytest.fixture
async def machine(store: Store, now: datetime) -> Machine:
    machine = Machine(store, now)
    assert await machine.beat() == now
    return machine


async def test_a_clock_that_advances_with_the_uptime_is_trusted(machine: Machine) -> None:
    for span in (timedelta(seconds=5), MINUTE, 3 * DAY):
        machine.run_for(span)
        assert await machine.beat() == machine.now
    assert await machine.note() is None


async def test_a_jump_ahead_is_not_trusted_and_is_logged_once(machine: Machine) -> None:
    before = machine.now
    machine.jump(2 * DAY)
    with capture_logs() as logs:
        assert await machine.beat() == before
        machine.run_for(MINUTE)
        assert await machine.beat() == before
    assert [line["event"] for line in logs] == ["clock jumped ahead"]
    assert "jumped ahead by 2 d" in (await machine.note() or "")


@pytest.mark.parametrize(("minutes", "trusted"), [(10, True), (11, False)])
async def test_ten_minutes_are_tolerated_and_no_more(
    machine: Machine, minutes: int, trusted: bool
) -> None:
    machine.jump(minutes * MINUTE)
    assert (await machine.beat() == machine.now) is trusted


async def test_a_clock_that_is_corrected_is_trusted_at_once(machine: Machine) -> None:
    machine.jump(2 * DAY)
    await machine.beat()
    machine.run_for(MINUTE)
    machine.jump(-2 * DAY)
    assert await machine.beat() == machine.now
    assert await machine.note() is None


async def test_after_an_hour_of_uptime_the_clock_is_trusted(machine: Machine) -> None:
    before = machine.now
    machine.jump(2 * DAY)
    await machine.beat()
    machine.run_for(HOUR - MINUTE)
    assert await machine.beat() == before
    machine.run_for(MINUTE)
    assert await machine.beat() == machine.now
    assert await machine.note() is None


async def test_a_second_jump_starts_the_hour_again(machine: Machine) -> None:
    before = machine.now
    machine.jump(2 * DAY)
    await machine.beat()
    machine.run_for(MINUTE)
    machine.jump(HOUR)
    assert await machine.beat() == before
    machine.run_for(HOUR - MINUTE)
    assert await machine.beat() == before
    machine.run_for(MINUTE)
    assert await machine.beat() == machine.now


async def test_a_clock_that_is_set_back_in_part_starts_the_hour_again(machine: Machine) -> None:
    before = machine.now
    machine.jump(2 * DAY)
    await machine.beat()
    machine.run_for(HOUR / 2)
    machine.jump(-DAY)
    assert await machine.beat() == before
    machine.run_for(HOUR - MINUTE)
    assert await machine.beat() == before
    machine.run_for(MINUTE)
    assert await machine.beat() == machine.now


async def test_a_machine_that_was_off_for_long_waits_an_hour_too(machine: Machine) -> None:
    before = machine.now
    machine.restart(off=3 * DAY)
    assert await machine.beat() == before
    machine.run_for(HOUR)
    assert await machine.beat() == machine.now


async def test_a_short_restart_is_no_jump(machine: Machine) -> None:
    machine.restart(off=9 * MINUTE)
    assert await machine.beat() == machine.now


async def test_a_restart_during_the_hour_starts_it_again_and_it_ends(machine: Machine) -> None:
    machine.jump(2 * DAY)
    await machine.beat()
    machine.run_for(HOUR / 2)
    machine.restart(off=MINUTE)
    trusted = []
    for _ in range(8):
        machine.run_for(HOUR / 4)
        trusted.append(await machine.beat() == machine.now)
    assert not any(trusted[:4])
    assert trusted[-1]


async def test_an_editor_can_declare_the_clock_right(machine: Machine) -> None:
    machine.jump(2 * DAY)
    await machine.beat()
    async with machine.store.write() as session:
        assert await trust_clock(session, machine.now, machine.uptime)
        assert not await trust_clock(session, machine.now, machine.uptime)
    assert await machine.beat() == machine.now


async def test_of_two_machines_the_one_that_is_ahead_is_not_trusted(machine: Machine) -> None:
    other = Machine(machine.store, machine.now + 2 * DAY)
    other.uptime = Uptime("another machine", 5.0)
    for _ in range(70):
        machine.run_for(MINUTE)
        other.run_for(MINUTE)
        assert await machine.beat() == machine.now
        assert await other.beat() == machine.now  # the other's, which it follows


def test_uptime_advances_and_identifies_its_boot() -> None:
    first, second = uptime_now(), uptime_now()
    assert first.boot == second.boot
    assert second.since(first) is not None
    assert (second.since(first) or 0) >= 0
    assert Uptime("another", 1).since(first) is None
