"""What a piece of work took: a child process prints it as JSON, and the parent reads it."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measurement:
    """`seconds` by the clock, `cpu` seconds of all threads, `peak_mb` resident since the start.

    `work` is the number of pieces done: messages, readers, compilations.
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
        """Print it for the parent."""
        print(json.dumps(asdict(self)), flush=True)


def read_measurement(output: str) -> Measurement:
    """The measurement in the last line of a child's output."""
    return Measurement(**json.loads(output.splitlines()[-1]))


class Stopwatch:
    """Measures clock and CPU of this process from now on, without imports and start-up."""

    def __init__(self) -> None:
        self._started, self._cpu = time.perf_counter(), time.process_time()

    def measure(self, work: int) -> Measurement:
        """What `work` pieces took until now."""
        return Measurement(
            work,
            time.perf_counter() - self._started,
            time.process_time() - self._cpu,
            peak_mb(),
        )


def peak_mb() -> float | None:
    """The most memory that this process held, in MB; None without /proc."""
    # Not `ru_maxrss`: after a fork it starts with the peak of the parent.
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
