"""A sender in a process started from nothing, so that it can have its own environment.

Run as `python -m tests.faults.apart FILE`, where FILE holds what to send and at what pace.
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
    """The process, to be handled like those of `children`."""

    process: "subprocess.Popen[bytes]"

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    @property
    def exitcode(self) -> int | None:
        """None while it runs."""
        return self.process.poll()

    def kill(self) -> None:
        """End it the hard way."""
        self.process.kill()

    def join(self) -> None:
        """Wait for its end."""
        self.process.wait()


def start_apart(installation: Installation, pace: Pace, **environment: str) -> Apart:
    """A process that sends mailing 1 to its end, with these environment variables besides ours."""
    with NamedTemporaryFile(suffix=".pickle", delete=False) as file:
        pickle.dump((installation.values, pace), file)
    command = [sys.executable, "-m", "tests.faults.apart", file.name]
    return Apart(subprocess.Popen(command, env={**os.environ, **environment}))


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


if __name__ == "__main__":
    if "FAKETIME_TIMESTAMP_FILE" in os.environ:
        # libfaketime 0.9.10 answers Python's own with "invalid argument".
        time.sleep = _sleep  # type: ignore[assignment]
    path = Path(sys.argv[1])
    values, pace = pickle.loads(path.read_bytes())
    path.unlink()
    send_to_the_end(values, pace)
