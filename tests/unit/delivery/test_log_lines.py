"""What a worker writes to the log while it sends: numbers that lead to the row, no address."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from digest.cli.logs import HIDDEN, configure_logging
from digest.delivery.guards.liveness import FileLock
from digest.delivery.ledger.claims import Claim
from digest.delivery.ports import Outgoing
from digest.delivery.relay_address import RelayAddress as Address
from digest.delivery.relay_address import Tls
from digest.delivery.relays.config import RelayConfig
from digest.delivery.sending.route_sender import RelayEndpoint
from digest.delivery.sending.timing import Timing
from digest.delivery.sending.worker import Worker
from digest.delivery.states import Route
from digest.delivery.transports.smtp import Deadlines, SmtpTransport
from digest.store import Store
from tests.relay import TAKE_AND_DROP, relay
from tests.unit.delivery.conftest import MakeMailing

SHORT = Deadlines(connect=1, command=1, data=1, write=1, dot=1)
QUOTING = {
    "accepted": {"dot": "250 2.0.0 queued for <reader1@example.org>"},
    "rejected": {"RCPT": "550 5.1.1 <reader1@example.org> is unknown"},
    "deferred": {"dot": "451 4.3.0 reader1@example.org: later"},
    "unknown": {"dot": TAKE_AND_DROP},
}


@pytest.fixture(autouse=True)
def logging_reset() -> Iterator[None]:
    yield
    structlog.reset_defaults()


async def compose(claim: Claim, wire_date: datetime) -> Outgoing:
    data = f"Message-ID: {claim.message_id}\r\n\r\nhello {claim.address}\r\n".encode()
    return Outgoing(claim.delivery_id, "bounces@news.example.org", claim.address, data)


async def cannot_compose(claim: Claim, wire_date: datetime) -> Outgoing:
    raise RuntimeError(f"no name for {claim.address}")


async def nothing() -> None:
    """No housekeeping: nothing here needs it."""


def endpoint_to(port: int) -> RelayEndpoint:
    address = Address("127.0.0.1", port, Tls.NONE)
    config = RelayConfig(name="main", connections=1, address=address)
    return RelayEndpoint(config, SmtpTransport(address, "localhost", SHORT))


async def work(
    store: Store,
    folder: Path,
    script: Mapping[str, str],
    enough: Callable[[], bool],
    writing: Any = compose,
) -> Worker:
    """Let a worker send to a scripted relay until the log shows enough; the worker, stopped."""
    async with relay(**script) as there:
        made = Worker(
            store=store,
            liveness=FileLock(folder),
            routes={Route.RELAY: {"main": endpoint_to(there.port)}},
            compose=writing,
            housekeeping=nothing,
            clock=lambda: datetime.fromisoformat("2026-11-20T12:00:00+00:00"),
            drain_seconds=5,
            timing=Timing(poll=0.05, back_off=(0.05,)),
        )
        assert not made.alive
        task = asyncio.create_task(made.run())
        async with asyncio.timeout(60):
            while not enough():
                await asyncio.sleep(0.02)
        assert made.alive
        made.stop()
        assert not made.alive
        await task
    return made


@pytest.mark.parametrize("state", QUOTING)
async def test_an_outcome_is_logged_by_number_and_code_whatever_the_relay_quotes(
    store: Store, tmp_path: Path, make_mailing: MakeMailing, state: str
) -> None:
    mailing = await make_mailing(1)
    with capture_logs() as lines:
        await work(
            store,
            tmp_path / "workers",
            QUOTING[state],
            lambda: any(line["event"] == "recorded" for line in lines),
        )
    [recorded] = [line for line in lines if line["event"] == "recorded"]
    assert recorded["mailing"] == mailing.id
    assert recorded["delivery"] == 1
    assert (recorded["route"], recorded["state"]) == ("relay", state)
    if state != "unknown":
        reply = next(iter(QUOTING[state].values())).split()
        assert (recorded["code"], recorded["enhanced"]) == (int(reply[0]), reply[1])
    assert [line for line in lines if line["log_level"] == "info" and "@" in str(line)] == []


@pytest.mark.parametrize(
    ("script", "writing", "event"),
    [
        *((script, compose, "recorded") for script in QUOTING.values()),
        ({"MAIL": "550 5.7.1 not from bounces@news.example.org"}, compose, "paused"),
        ({"MAIL": "451 4.7.1 bounces@news.example.org: slow down"}, compose, "relay in trouble"),
        ({}, cannot_compose, "could not compose"),
    ],
)
async def test_no_log_line_of_a_sending_worker_contains_an_address(
    store: Store,
    tmp_path: Path,
    make_mailing: MakeMailing,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    script: dict[str, str],
    writing: Any,
    event: str,
) -> None:
    await make_mailing(1)
    monkeypatch.setenv("DIGEST_LOG_FORMAT", "json")
    configure_logging("DEBUG")
    written: list[str] = []

    def enough() -> bool:
        written.extend(capsys.readouterr().err.splitlines())
        return any(event in line for line in written)

    await work(store, tmp_path / "workers", script, enough, writing)
    enough()
    assert [line for line in written if "@" in line] == []
    assert all(json.loads(line)["event"] for line in written)
    if event != "recorded":
        assert any(HIDDEN in line for line in written)


async def test_the_worker_counts_what_relays_answer(
    store: Store, tmp_path: Path, make_mailing: MakeMailing
) -> None:
    await make_mailing(2)
    with capture_logs() as lines:
        made = await work(
            store,
            tmp_path / "workers",
            {"RCPT": "550 5.1.1 unknown"},
            lambda: sum(line["event"] == "recorded" for line in lines) == 2,
        )
    assert made.tally.replies == {("relay", "5xx", "5.1.1"): 2}
    assert made.tally.accepted == 0
