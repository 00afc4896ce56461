"""A sender in a newly started process, so that it can have its own environment.

Run as `python -m tests.faults.apart FILE`, where FILE holds the installation and the pace.
"""

import os
import pickle
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from tests.faults.children import send_to_the_end
from tests.faults.installation import Installation
from tests.faults.pace import Pace


@dataclass(frozen=True)
class Apart:
    """The process; scenarios use it like those of `children`."""

    process: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        """The process ID."""
        return self.process.pid

    @property
    def exitcode(self) -> int | None:
        """The exit status; None while it runs."""
        return self.process.poll()

    def kill(self) -> None:
        """Kill it with SIGKILL."""
        self.process.kill()

    def join(self) -> None:
        """Wait until it has ended."""
        self.process.wait()


def start_apart(installation: Installation, pace: Pace, **environment: str) -> Apart:
    """A process that sends mailing 1 to its end, with these environment variables added."""
    with NamedTemporaryFile(suffix=".pickle", delete=False) as file:
        pickle.dump((installation.values, pace), file)
    command = [sys.executable, "-m", "tests.faults.apart", file.name]
    return Apart(subprocess.Popen(command, env={**os.environ, **environment}))


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


if __name__ == "__main__":
    if "FAKETIME_TIMESTAMP_FILE" in os.environ:
        # With libfaketime 0.9.10 Python's own sleep fails with "invalid argument".
        time.sleep = _sleep  # type: ignore[assignment]
    path = Path(sys.argv[1])
    values, pace = pickle.loads(path.read_bytes())
    path.unlink()
    send_to_the_end(values, pace)
