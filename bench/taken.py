"""What a piece of work took: printed as JSON by the child that did it, read by the parent."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Taken:
    """`seconds` by the clock, `cpu` of all threads in seconds, `peak_mb` resident since the start.

    `work` is how many were done: messages, readers, compilations.
    """

    work: int
    seconds: float
    cpu: float
    peak_mb: float | None = None

    @property
    def rate(self) -> float:
        """Pieces of work a second."""
        return self.work / self.seconds

    @property
    def cpu_per_thousand(self) -> float:
        """CPU seconds for 1,000 pieces of work."""
        return self.cpu / self.work * 1000

    def print(self) -> None:
        """Say it to the parent."""
        print(json.dumps(asdict(self)), flush=True)


def read_taken(output: str) -> Taken:
    """The last line of a child's output."""
    return Taken(**json.loads(output.splitlines()[-1]))


class Watch:
    """Clock and CPU of this process from now on; imports and start-up are not counted."""

    def __init__(self) -> None:
        self._started, self._cpu = time.perf_counter(), time.process_time()

    def taken(self, work: int) -> Taken:
        """What `work` took until now."""
        return Taken(
            work,
            time.perf_counter() - self._started,
            time.process_time() - self._cpu,
            peak_mb(),
        )


def peak_mb() -> float | None:
    """The most memory this process held, in MB; `ru_maxrss` would include the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
