"""The senders, and running them in turns (A B C, A B C, …) so that noise affects all alike."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.installation import CONNECTIONS, ROOT, BenchInstallation
from bench.measurement import Measurement, read_measurement
from bench.peers import Postfix

THREADS = 2
SENDERS = ROOT / "bench" / "senders"


@dataclass(frozen=True)
class Contender:
    """A named way to send; `run` sends and returns what it took."""

    name: str
    run: Callable[[], Measurement]


def run_in_turns(contenders: list[Contender], rounds: int) -> Iterator[tuple[str, Measurement]]:
    """Name and measurement of each run, in the order of time."""
    for _ in range(rounds):
        for contender in contenders:
            yield contender.name, contender.run()


def smtp_source(postfix: Postfix, port: int, messages: int, size: int) -> Measurement:
    """Postfix's load generator; timed from outside, since it starts in a millisecond."""
    command = [str(postfix.source), "-d", "-s", str(CONNECTIONS), "-m", str(messages)]
    envelope = ["-l", str(size), "-f", "bounces@example.org", "-t", "reader@example.org"]
    started = time.perf_counter()
    process = subprocess.Popen([*command, *envelope, f"127.0.0.1:{port}"], env=postfix.environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"smtp-source ended with {process.returncode}")
    seconds = time.perf_counter() - started
    return Measurement(messages, seconds, usage.ru_utime + usage.ru_stime)


def digest_worker(
    frozen: BenchInstallation, messages: int, dkim_key: Path | None = None
) -> Measurement:
    """A worker of the engine, on a fresh copy of a frozen audience."""
    fresh = frozen.copy_to(frozen.folder.with_name("turn"), dkim_key=dkim_key)
    return fresh.measure("bench.senders.digest_worker", str(messages))


def continue_digest_worker(frozen: BenchInstallation, messages: int) -> Measurement:
    """A worker of the engine, continuing where the last one stopped."""
    return frozen.measure("bench.senders.digest_worker", str(messages))


def python_peer(name: str, port: int, messages: int, file: Path, lanes: int) -> Measurement:
    """A peer written in Python."""
    arguments = [str(port), str(messages), str(file), str(lanes)]
    return _child([sys.executable, "-m", f"bench.senders.{name}", *arguments])


def nodemailer(modules: Path, port: int, messages: int, file: Path) -> Measurement:
    """nodemailer's pool."""
    arguments = [str(port), str(messages), str(file), str(CONNECTIONS)]
    script = str(SENDERS / "nodemailer_pool.cjs")
    return _child(["node", script, *arguments], NODE_PATH=str(modules))


def _child(command: list[str], **variables: str) -> Measurement:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stderr[-2000:]}")
    return read_measurement(done.stdout)
