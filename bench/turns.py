"""The senders in turns against one sink: A B C, A B C, …, so that noise falls on all alike."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.installation import CONNECTIONS, ROOT, Installation
from bench.peers import Postfix
from bench.taken import Taken, read_taken

THREADS = 2
SENDERS = ROOT / "bench" / "senders"


@dataclass(frozen=True)
class Sender:
    """A named way to send; `run` sends and says what it took."""

    name: str
    run: Callable[[], Taken]


def take_turns(senders: list[Sender], rounds: int) -> Iterator[tuple[str, Taken]]:
    """What each sender took in each round, in the order of time."""
    for _ in range(rounds):
        for sender in senders:
            yield sender.name, sender.run()


def smtp_source(postfix: Postfix, port: int, messages: int, size: int) -> Taken:
    """Postfix's generator; timed from outside, its start is a millisecond."""
    command = [str(postfix.source), "-d", "-s", str(CONNECTIONS), "-m", str(messages)]
    envelope = ["-l", str(size), "-f", "bounces@example.org", "-t", "reader@example.org"]
    started = time.perf_counter()
    process = subprocess.Popen([*command, *envelope, f"127.0.0.1:{port}"], env=postfix.environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"smtp-source ended with {process.returncode}")
    seconds = time.perf_counter() - started
    return Taken(messages, seconds, usage.ru_utime + usage.ru_stime)


def digest_worker(frozen: Installation, messages: int, dkim_key: Path | None = None) -> Taken:
    """Our dispatch, on a fresh copy of a frozen audience."""
    fresh = frozen.copy_to(frozen.folder.with_name("turn"), dkim_key=dkim_key)
    return fresh.measure("bench.senders.digest_worker", str(messages))


def send_on(frozen: Installation, messages: int) -> Taken:
    """Our dispatch, going on where it stopped."""
    return frozen.measure("bench.senders.digest_worker", str(messages))


def python_peer(name: str, port: int, messages: int, file: Path, lanes: int) -> Taken:
    """A peer written in Python."""
    arguments = [str(port), str(messages), str(file), str(lanes)]
    return _child([sys.executable, "-m", f"bench.senders.{name}", *arguments])


def nodemailer(modules: Path, port: int, messages: int, file: Path) -> Taken:
    """nodemailer's pool."""
    arguments = [str(port), str(messages), str(file), str(CONNECTIONS)]
    script = str(SENDERS / "nodemailer_pool.cjs")
    return _child(["node", script, *arguments], NODE_PATH=str(modules))


def _child(command: list[str], **variables: str) -> Taken:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:3])} failed:\n{done.stderr[-2000:]}")
    return read_taken(done.stdout)
