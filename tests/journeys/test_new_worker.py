"""A second worker on PostgreSQL, started mid-send, helps at once; each has its own metrics."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.conftest import READERS, Start
from tests.journeys.test_many_machines import ask, until
from tests.journeys.test_send import Sink, digest_json

LOOK = ("--listen", "127.0.0.1:0")
SECONDS = 4.0


class Monitor:
    """Monitors one worker, at the address that it printed."""

    def __init__(self, log: Path) -> None:
        until(lambda: "/metrics" in log.read_text())
        lines = log.read_text().splitlines()
        [self._url] = [line.split()[-1] for line in lines if line.startswith("Monitors")]

    def accepted(self) -> float:
        """How many of its messages relays accepted."""
        page = httpx.get(self._url).raise_for_status().text
        families = text_string_to_metric_families(page)
        values = {one.name: one.value for family in families for one in family.samples}
        return values["digest_accepted_total"]

    def status(self, path: str) -> int | None:
        """Its answer to a probe; None when it no longer listens."""
        try:
            return httpx.get(self._url.replace("/metrics", path)).status_code
        except httpx.TransportError:
            return None


def rate(count: Callable[[], float]) -> float:
    """The growth of a count per second, over a few seconds."""
    before, began = count(), time.monotonic()
    time.sleep(SECONDS)
    return (count() - before) / (time.monotonic() - began)


def test_a_worker_started_mid_send_helps_at_once(
    desk: dict[str, str], start: Start, relay: tuple[Sink, int], url: str, tmp_path: Path
) -> None:
    # Its first message must be sent within two seconds. They are measured by how many messages
    # the other worker sends, not by the clock, since the machine may be busy with other things.
    sink = relay[0]
    sink.slow = 0.2
    workers = [start("first", "work", *LOOK)]
    first = Monitor(tmp_path / "first.log")
    digest_json(desk, "issues", "send", "1")
    until(lambda: len(sink.copies) > 50)
    alone = rate(lambda: len(sink.copies))

    workers.append(start("second", "work", *LOOK))
    second = Monitor(tmp_path / "second.log")
    before = first.accepted()
    until(lambda: second.accepted() > 0)
    assert first.accepted() - before < 2 * alone
    together = [rate(lambda: len(sink.copies))]
    while together[-1] < 1.6 * alone and len(together) < 3:
        together.append(rate(lambda: len(sink.copies)))
    assert len(sink.copies) < READERS, "too few readers to measure"
    assert max(together) > 1.6 * alone
    assert [monitor.status("/readyz") for monitor in (first, second)] == [200, 200]

    sink.slow = 0.0
    until(lambda: ask(url, "SELECT state FROM issue") == {"sent"})
    report = digest_json(desk, "issues", "report", "1")
    assert isinstance(report, dict)
    assert report["recipients"] == report["accepted"] == READERS == len(sink.copies)
    assert set(sink.copies.values()) == {1}
    shares = [first.accepted(), second.accepted()]
    assert sum(shares) == READERS
    assert min(shares) > SECONDS * alone / 2

    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(30) for worker in workers] == [0, 0]
    assert first.status("/healthz") is None
