"""Trusting the clock after a jump back or ahead."""

from dataclasses import replace

from digest.app import App
from digest.delivery.guards.heartbeat import beat, jump_note
from digest.services.schedule.advance import advance
from digest.services.schedule.resume_clock import ClockTrust, resume_clock
from digest.uptime import Uptime
from schedules.clock import suspension_note
from tests.readers import EDITOR
from tests.unit.services.conftest import Clock


async def test_after_a_jump_back_scheduling_resumes_at_once(app: App, clock: Clock) -> None:
    await advance(app)
    clock.forward(hours=-1)
    await advance(app)
    async with app.store.read() as session:
        assert await suspension_note(session, clock()) is not None
    assert await resume_clock(app, EDITOR) == ClockTrust(resumed=True)
    async with app.store.read() as session:
        assert await suspension_note(session, clock()) is None


async def test_after_a_jump_ahead_deliveries_may_expire_again_at_once(
    app: App, clock: Clock
) -> None:
    app = replace(app, uptime=lambda: Uptime("boot", 100.0))
    async with app.store.write() as session:
        await beat(session, clock(), app.uptime())
        await beat(session, clock.forward(hours=1), app.uptime())
        assert await jump_note(session) is not None
    assert await resume_clock(app, EDITOR) == ClockTrust(resumed=True)
    async with app.store.read() as session:
        assert await jump_note(session) is None


async def test_a_clock_that_is_trusted_changes_nothing(app: App) -> None:
    await advance(app)
    assert await resume_clock(app, EDITOR) == ClockTrust(resumed=False)
