"""One server and two workers on PostgreSQL, one killed in mid-send: all is accounted for."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.controller import Controller

from digest.demo.stage import free_port
from tests.journeys.test_send import Sink, digest, digest_json
from tests.postgres import Cluster

READERS = 1_000
CONNECTIONS = 4

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def relay() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    handler.slow = 0.1
    port = free_port(0)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    made = cluster.new_database()
    yield made
    cluster.drop_database(made)


@pytest.fixture
def machine(tmp_path: Path, url: str, relay: tuple[Sink, int]) -> Callable[[str], dict[str, str]]:
    """The environment of a host: what all share, and a folder of its own."""

    def machine(name: str) -> dict[str, str]:
        (tmp_path / name).mkdir(exist_ok=True)
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")},
            "DIGEST_DATA_DIR": str(tmp_path / name),
            "DIGEST_DATABASE_URL": url,
            "DIGEST_SECRET_KEY": "a key that all machines of this newsletter share",
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{relay[1]}",
            "DIGEST_CONNECTIONS": str(CONNECTIONS),
            "DIGEST_PUBLIC_URL": "https://digest.example.org",
            "DIGEST_PORT": "0",
            "DIGEST_DESK_PORT": "0",
            "DIGEST_SENDER": "Weekly Verdicts <verdicts@news.example.org>",
            "DIGEST_POSTAL_ADDRESS": "1 Test Street, 10115 Berlin",
            "DIGEST_LOG_FORMAT": "json",
        }

    return machine


@pytest.fixture
def start(machine: Callable[[str], dict[str, str]], tmp_path: Path) -> Iterator[Start]:
    """Start a command on a host; all are killed at the end."""
    running: list[subprocess.Popen[str]] = []

    def start(name: str, command: str) -> "subprocess.Popen[str]":
        with (tmp_path / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "digest", command],
                env=machine(name),
                stdout=log,
                stderr=log,
                text=True,
            )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def desk(machine: Callable[[str], dict[str, str]], tmp_path: Path) -> dict[str, str]:
    """An approved issue 1 and its readers, set up from one of the hosts."""
    here = machine("desk")
    readers = tmp_path / "readers.csv"
    lines = [f"reader{number}@example{number % 50}.org" for number in range(READERS)]
    readers.write_text("email\n" + "\n".join(lines))
    assert digest(here, "init").returncode == 0
    digest_json(here, "editions", "set", "weekly", "--on-unknown", "hold")
    digest_json(here, "readers", "import", str(readers), "--confirmed")
    page = str(files("digest.demo") / "content" / "week-1.json")
    digest_json(here, "comparisons", "import", page)
    digest_json(here, "issues", "compose", "--extra")
    digest_json(here, "issues", "approve", "1")
    return here


def ask(url: str, query: str) -> set[str]:
    """The first column of what the database answers."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return {str(row[0]) for row in connection.execute(query)}  # type: ignore[call-overload]


def owners(url: str) -> set[str]:
    """Who has deliveries in hand."""
    return ask(url, "SELECT owner FROM delivery WHERE owner IS NOT NULL")


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "too long"
        time.sleep(0.02)


def test_a_worker_killed_in_mid_send_is_made_good_and_nobody_is_lost(
    desk: dict[str, str], start: Start, relay: tuple[Sink, int], url: str, tmp_path: Path
) -> None:
    sink = relay[0]
    start("server", "serve")
    victim, other = start("first", "work"), start("second", "work")
    logs = [tmp_path / f"{name}.log" for name in ("server", "first", "second")]
    until(lambda: all("At work" in log.read_text() or "Desk" in log.read_text() for log in logs))
    digest_json(desk, "issues", "send", "1")
    sharing: Counter[str] = Counter()
    until(lambda: sharing.update(owners(url)) or len(sharing) == 3)
    assert len(sink.copies) < READERS
    victim.kill()
    sink.slow = 0.0
    until(lambda: ask(url, "SELECT state FROM issue") == {"sent"})

    report = digest_json(desk, "issues", "report", "1")
    assert isinstance(report, dict)
    assert report["recipients"] == READERS == report["accepted"] + report["held"]
    assert report["held"] <= CONNECTIONS
    assert len(sink.copies) >= report["accepted"]
    assert set(sink.copies.values()) == {1}
    other.send_signal(signal.SIGTERM)
    assert other.wait(30) == 0
    lines = (tmp_path / "second.log").read_text().splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")]
    assert not [line for line in said if line["level"] in ("error", "critical")]


def test_work_beside_an_embedded_store_is_refused_in_one_line(
    machine: Callable[[str], dict[str, str]],
) -> None:
    here = machine("alone")
    del here["DIGEST_DATABASE_URL"]
    assert digest(here, "init").returncode == 0
    done = digest(here, "work")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "an SQLite store has one sender" in done.stderr
