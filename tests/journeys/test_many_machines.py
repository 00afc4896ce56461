"""One server and two workers on PostgreSQL, one killed mid-send: every reader is accounted for."""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.journeys.conftest import CONNECTIONS, READERS, Machine, Start
from tests.journeys.test_send import Sink, digest, digest_json


def ask(url: str, query: str) -> set[str]:
    """The first column of a query."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return {str(row[0]) for row in connection.execute(query)}  # type: ignore[call-overload]


def owners(url: str) -> set[str]:
    """The workers that have claimed deliveries."""
    return ask(url, "SELECT owner FROM delivery WHERE owner IS NOT NULL")


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "too long"
        time.sleep(0.02)


def test_other_workers_take_over_from_one_killed_mid_send_and_no_reader_is_lost(
    desk: dict[str, str], start: Start, relay: tuple[Sink, int], url: str, tmp_path: Path
) -> None:
    sink = relay[0]
    start("server", "serve")
    victim, other = start("first", "work"), start("second", "work")
    logs = [tmp_path / f"{name}.log" for name in ("server", "first", "second")]
    until(
        lambda: all(
            "Worker started" in log.read_text() or "Desk" in log.read_text() for log in logs
        )
    )
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
    logged = [json.loads(line) for line in lines if line.startswith("{")]
    assert not [line for line in logged if line["level"] in ("error", "critical")]


def test_work_with_an_sqlite_store_is_refused_in_one_line(
    machine: Machine,
) -> None:
    here = machine("alone")
    del here["DIGEST_DATABASE_URL"]
    assert digest(here, "init").returncode == 0
    done = digest(here, "work")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "an SQLite store has one sender" in done.stderr
