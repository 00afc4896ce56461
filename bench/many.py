"""Two workers on a PostgreSQL of the bench's own, which waits for the disk as it should."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from bench.installation import Installation, prepare
from bench.peers import Missing
from bench.taken import Taken, read_taken
from tests.postgres import Cluster, PostgresMissing, database_of, start_cluster

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
WORKERS = 2
LOOK_SECONDS = 0.02
LONGEST_SECONDS = 120


@contextmanager
def postgresql() -> Iterator[Cluster]:
    """A server as it comes, until the end of the block. Raises `Missing`."""
    try:
        cluster = start_cluster(DURABLE)
    except PostgresMissing as reason:
        raise Missing(str(reason)) from None
    with cluster:
        yield cluster


def prepare_on(
    cluster: Cluster, folder: Path, relay_port: int, readers: int
) -> tuple[Installation, Taken]:
    """An issue frozen for so many readers on PostgreSQL; and what freezing them took."""
    url = cluster.new_database()
    made, _ = prepare(folder, relay_port, readers, database_url=url)
    return made, made.measure("bench.stages", "freeze", str(readers))


@dataclass(frozen=True)
class Workers:
    """Sends copies of a frozen audience, the workers sharing in it."""

    cluster: Cluster
    frozen: Installation

    def send(self, messages: int) -> Taken:
        """From the start of all workers until so many messages are accepted; the workers' CPU."""
        assert self.frozen.database_url
        url = self.cluster.new_database(template=database_of(self.frozen.database_url))
        try:
            return _send(replace(self.frozen, database_url=url), messages)
        finally:
            self.cluster.drop_database(url)


def _send(fresh: Installation, messages: int) -> Taken:
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
        parts = [read_taken(worker.communicate(timeout=60)[0]) for worker in workers]
    finally:
        for worker in workers:
            worker.kill()
    return Taken(
        accepted,
        seconds,
        sum(part.cpu for part in parts),
        max(part.peak_mb or 0 for part in parts),
    )


def _start(fresh: Installation) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "bench.senders.postgresql_worker"],
        env=fresh.environment,
        cwd=fresh.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for(fresh: Installation, messages: int) -> int:
    """Until so many are accepted; how many there were by then."""
    assert fresh.database_url
    deadline = time.monotonic() + LONGEST_SECONDS
    with psycopg.connect(fresh.database_url.replace("+psycopg", ""), autocommit=True) as ledger:
        while time.monotonic() < deadline:
            row = ledger.execute(
                "SELECT count(*) FROM delivery WHERE state = 'accepted'"
            ).fetchone()
            if row and row[0] >= messages:
                return int(row[0])
            time.sleep(LOOK_SECONDS)
    raise SystemExit(f"two workers did not send {messages} messages in {LONGEST_SECONDS} s")
