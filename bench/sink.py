"""`smtp-sink` on a free loopback port."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.peers import PeerMissing, Postfix

BACKLOG = 200
START_SECONDS = 5


@contextmanager
def sink(postfix: Postfix) -> Iterator[int]:
    """Run a sink; yields its port, and stops it at the end of the block."""
    port = _free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [str(postfix.sink), *user, f"127.0.0.1:{port}", str(BACKLOG)],
        env=postfix.environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=10)


def _wait_for(port: int, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    process.terminate()
    raise PeerMissing(f"smtp-sink did not start: {process.communicate()[1].strip()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
