"""Two workers on a PostgreSQL server of the bench, with durable commits."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from bench.installation import BenchInstallation, prepare
from bench.measurement import Measurement, read_measurement
from bench.peers import PeerMissing
from tests.postgres import Cluster, PostgresMissing, database_of, start_cluster

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
WORKERS = 2
POLL_SECONDS = 0.02
LONGEST_SECONDS = 120


@contextmanager
def postgresql() -> Iterator[Cluster]:
    """A server with durable commits, for the block. Raises `PeerMissing`."""
    try:
        cluster = start_cluster(DURABLE)
    except PostgresMissing as reason:
        raise PeerMissing(str(reason)) from None
    with cluster:
        yield cluster


def prepare_on_postgresql(
    cluster: Cluster, folder: Path, relay_port: int, readers: int
) -> tuple[BenchInstallation, Measurement]:
    """An issue frozen for `readers` on PostgreSQL, and what freezing took."""
    url = cluster.new_database()
    made, _ = prepare(folder, relay_port, readers, database_url=url)
    return made, made.measure("bench.stages", "freeze", str(readers))


@dataclass(frozen=True)
class WorkerGroup:
    """Workers that share the sending to a copy of a frozen audience."""

    cluster: Cluster
    frozen: BenchInstallation

    def send(self, messages: int) -> Measurement:
        """Measure from the start of the workers until `messages` are accepted."""
        assert self.frozen.database_url
        url = self.cluster.new_database(template=database_of(self.frozen.database_url))
        try:
            return _send(replace(self.frozen, database_url=url), messages)
        finally:
            self.cluster.drop_database(url)


def _send(fresh: BenchInstallation, messages: int) -> Measurement:
    workers = [_start(fresh) for _ in range(WORKERS)]
    try:
        for worker in workers:
            assert worker.stdout
            if worker.stdout.readline() != "ready\n":
                raise SystemExit(f"a worker did not start:\n{worker.communicate()[1][-2000:]}")
        started = time.perf_counter()
        for worker in workers:
            assert worker.stdin
            worker.stdin.write("go\n")
            worker.stdin.flush()
        accepted = _wait_for(fresh, messages)
        seconds = time.perf_counter() - started
        parts = [read_measurement(worker.communicate(timeout=60)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    return Measurement(
        accepted,
        seconds,
        sum(part.cpu for part in parts),
        max(part.peak_mb or 0 for part in parts),
    )


def _start(fresh: BenchInstallation) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bench.senders.postgresql_worker"],
        env=fresh.environment,
        cwd=fresh.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for(fresh: BenchInstallation, messages: int) -> int:
    """Wait until `messages` are accepted; returns how many are by then."""
    assert fresh.database_url
    deadline = time.monotonic() + LONGEST_SECONDS
    with psycopg.connect(fresh.database_url.replace("+psycopg", ""), autocommit=True) as ledger:
        while time.monotonic() < deadline:
            row = ledger.execute(
                "SELECT count(*) FROM delivery WHERE state = 'accepted'"
            ).fetchone()
            if row and row[0] >= messages:
                return int(row[0])
            time.sleep(POLL_SECONDS)
    raise SystemExit(f"two workers did not send {messages} messages in {LONGEST_SECONDS} s")
