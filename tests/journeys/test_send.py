"""A thousand readers, a real SMTP server, and processes that die: every reader gets one copy."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.bootstrap import open_app
from digest.demo.environment import free_port
from digest.settings import load_settings
from subscribers.states import SubscriptionState
from subscribers.tables import Subscriber, Subscription
from tests.catalogue import add_comparison

READERS = 1_000


class Sink:
    """An aiosmtpd server that counts copies per reader."""

    denies = False

    def __init__(self) -> None:
        self.copies: Counter[str] = Counter()
        self.message_ids: dict[str, set[str]] = {}
        self.slow = 0.0

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.denies:
            return f"554 5.7.1 <{address}>: Relay access denied"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.slow)
        [recipient] = envelope.rcpt_tos
        self.copies[recipient] += 1
        head = (envelope.original_content or b"").split(b"\r\n\r\n", 1)[0].decode()
        [line] = [line for line in head.split("\r\n") if line.lower().startswith("message-id:")]
        self.message_ids.setdefault(recipient, set()).add(line.split()[-1])
        return "250 2.0.0 taken"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, int]]:
    handler, port = Sink(), free_port(0)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def environment(tmp_path: Path, sink: tuple[Sink, int]) -> dict[str, str]:
    return {
        **{key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")},
        "DIGEST_DATA_DIR": str(tmp_path / "var"),
        "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{sink[1]}",
        "DIGEST_SENDER": "Weekly Verdicts <verdicts@news.example.org>",
        "DIGEST_PUBLIC_URL": "https://digest.example.org",
        "DIGEST_POSTAL_ADDRESS": "1 Test Street, 10115 Berlin",
    }


def digest(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "digest", *words],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def digest_json(environment: dict[str, str], *words: str) -> object:
    done = digest(environment, *words, "--json")
    assert done.returncode == 0, done.stdout
    return json.loads(done.stdout)


@pytest.fixture
async def approved(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An approved issue 1, and a thousand confirmed readers."""
    assert digest(environment, "init").returncode == 0
    for key, value in environment.items():
        if key.startswith("DIGEST_"):
            monkeypatch.setenv(key, value)
    async with open_app(load_settings()) as app:
        now = app.clock()
        async with app.store.write() as session:
            await add_comparison(session, "Alpha", "Beta", now)
            for number in range(1, READERS + 1):
                address = f"reader{number}@example.org"
                session.add(
                    Subscriber(
                        id=number,
                        address=address,
                        normalised=address,
                        address_hash=app.keyring.address_hash(address),
                        created_at=now,
                    )
                )
            await session.flush()
            session.add_all(
                Subscription(
                    subscriber_id=number,
                    edition="weekly",
                    state=SubscriptionState.ACTIVE,
                    confirmed_at=now,
                )
                for number in range(1, READERS + 1)
            )
    digest_json(environment, "issues", "compose")
    digest_json(environment, "issues", "approve", "1")


@pytest.mark.usefixtures("approved")
def test_a_thousand_readers_get_exactly_one_message_each(
    environment: dict[str, str], sink: tuple[Sink, int]
) -> None:
    report = digest_json(environment, "issues", "send", "1", "--wait")
    assert isinstance(report, dict)
    assert (report["state"], report["accepted"], report["open"]) == ("sent", READERS, 0)
    assert len(sink[0].copies) == READERS
    assert set(sink[0].copies.values()) == {1}


@pytest.mark.usefixtures("approved")
def test_after_a_kill_mid_send_no_reader_is_missed_and_copies_stay_within_the_promise(
    environment: dict[str, str], sink: tuple[Sink, int]
) -> None:
    handler, connections = sink[0], 4
    handler.slow = 0.002
    child = subprocess.Popen(
        [sys.executable, "-m", "digest", "issues", "send", "1", "--wait", "--json"],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    wait_until(lambda: handler.copies.total() >= 200)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    at_the_kill = handler.copies.total()
    assert at_the_kill < READERS
    report = resume(environment)
    assert report["open"] == 0
    assert report["accepted"] + report["held"] == READERS
    assert len(handler.copies) == READERS, "somebody was missed"
    doubled = [reader for reader, copies in handler.copies.items() if copies > 1]
    assert len(doubled) <= report["ever_unknown"] <= connections
    assert all(handler.copies[reader] == 2 for reader in doubled)
    assert all(len(ids) == 1 for ids in handler.message_ids.values())


@pytest.mark.usefixtures("approved")
def test_a_signal_mid_send_leaves_nothing_unknown_and_the_output_says_how_to_continue(
    environment: dict[str, str], sink: tuple[Sink, int]
) -> None:
    handler = sink[0]
    handler.slow = 0.002
    child = subprocess.Popen(
        [sys.executable, "-m", "digest", "issues", "send", "1", "--wait"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: handler.copies.total() >= 100)
    child.send_signal(signal.SIGTERM)
    _, errors = child.communicate(timeout=40)
    assert child.returncode == 1
    assert "`digest serve` continues with what is open" in errors
    assert "Traceback" not in errors
    report = digest_json(environment, "issues", "report", "1")
    assert isinstance(report, dict)
    assert report["ever_unknown"] == report["in_flight"] == 0
    assert report["accepted"] == handler.copies.total() < READERS


def resume(environment: dict[str, str]) -> dict[str, int]:
    """A restart: `serve` takes over what the dead process left."""
    environment = {**environment, "DIGEST_PORT": "0", "DIGEST_DESK_PORT": "0"}
    server = subprocess.Popen(
        [sys.executable, "-m", "digest", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        report: dict[str, int] = {}

        def done() -> bool:
            found = digest_json(environment, "issues", "report", "1")
            assert isinstance(found, dict)
            report.update(found)
            return report["open"] == 0

        wait_until(done, seconds=90)
        return report
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=40) == 0


def wait_until(holds: "object", seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.02)


def test_a_relay_that_denies_relaying_loses_nobody_and_the_command_says_so(
    approved: None, environment: dict[str, str], sink: tuple[Sink, int]
) -> None:
    sink[0].denies = True
    done = digest(environment, "issues", "send", "1", "--wait")
    assert done.returncode == 1
    assert "Issue 1 is paused" in done.stdout
    assert "Relay access denied" in done.stdout
    assert "rejected" not in done.stdout
    sink[0].denies = False
    assert digest(environment, "issues", "resume", "1").returncode == 0
    report = digest_json(environment, "issues", "send", "1", "--wait")
    assert isinstance(report, dict)
    assert (report["state"], report["accepted"]) == ("sent", READERS)
    assert set(sink[0].copies.values()) == {1}
