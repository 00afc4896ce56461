"""Relays quote addresses and the database fails, but no log line contains an address."""

import asyncio
import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.cli.logs import HIDDEN
from digest.demo.environment import free_port
from tests.journeys.conftest import Start
from tests.journeys.test_many_machines import ask, until
from tests.journeys.test_send import digest_json
from tests.postgres import Cluster

QUOTED = re.compile(r"@|reader\d|example\d")
DEAD, LATER, REFUSED, BLOCKED, CUT, FINE = range(6)


class Quoting:
    """An SMTP server that quotes the address in every reply, each with a different outcome."""

    url: str
    spam = False
    met = 0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(0.02)
        self.met += 1
        if self.spam:
            return f"550 5.7.1 <{address}>: we want none of it for {address}"
        fate = _fate(address)
        if fate == DEAD:
            return f"550 5.1.1 <{address}>: unknown user {address}"
        if fate == LATER:
            return f"451 4.2.1 <{address}> is busy, says {address}"
        if fate == BLOCKED:
            await asyncio.to_thread(self._suppress, address)
        envelope.rcpt_tos.append(address)
        return f"250 2.1.5 {address} is fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        [address] = envelope.rcpt_tos
        if _fate(address) == REFUSED:
            return f"550 5.2.1 no mail at all for {address} <{address}>"
        if _fate(address) == CUT and server.transport is not None:
            server.transport.abort()
        return f"250 2.0.0 queued for {address}"

    def _suppress(self, address: str) -> None:
        with psycopg.connect(self.url.replace("+psycopg", "")) as connection:
            connection.execute(
                "INSERT INTO suppression (address_hash, reason, at, source) "
                "SELECT address_hash, 'manual', now(), 'test' FROM subscriber WHERE address = %s",
                (address,),
            )


def _fate(address: str) -> int:
    return int(re.findall(r"\d+", address)[0]) % 6


@pytest.fixture
def relay(url: str) -> Iterator[tuple[Quoting, int]]:
    handler, port = Quoting(), free_port(0)
    handler.url = url
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def test_no_output_of_a_server_or_worker_contains_an_address(
    desk: dict[str, str],
    start: Start,
    relay: tuple[Quoting, int],
    url: str,
    cluster: Cluster,
    tmp_path: Path,
) -> None:
    processes = [start("server", "serve"), start("worker", "work", "--listen", "127.0.0.1:0")]
    logs = [tmp_path / "server.log", tmp_path / "worker.log"]
    until(
        lambda: all(
            "Desk" in log.read_text() or "Worker started" in log.read_text() for log in logs
        )
    )
    digest_json(desk, "issues", "send", "1")
    until(lambda: relay[0].met > 150)
    cluster.kill_backends(url)
    until(lambda: relay[0].met > 300)
    relay[0].spam = True
    until(lambda: ask(url, "SELECT state FROM issue") == {"paused"})
    for process in processes:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(60) for process in processes] == [0, 0]

    written = [log.read_text() for log in logs]
    assert [QUOTED.findall(text) for text in written] == [[], []]
    lines = [line for text in written for line in text.splitlines() if line.startswith("{")]
    logged = [json.loads(line) for line in lines]
    events = {line["event"] for line in logged}
    assert {"recorded", "denied", "outcome unknown", "worker lock lost", "paused"} <= events
    assert {"5.1.1", "4.2.1", "5.2.1", "5.7.1"} <= {line.get("enhanced") for line in logged}
    assert any(HIDDEN in line.get("reason", "") for line in logged if line["event"] == "paused")
    bounced = ask(url, "SELECT count(*) FROM suppression WHERE reason = 'bounce'")
    assert bounced != {"0"}
