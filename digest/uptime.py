"""Time since boot, which does not jump when the clock is set."""

import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Uptime:
    """Seconds since `boot`; two values can be compared only if their boot is the same."""

    boot: str
    seconds: float

    def since(self, earlier: "Uptime") -> float | None:
        """Seconds between the two; None if the machine was started in between."""
        return self.seconds - earlier.seconds if self.boot == earlier.boot else None


def uptime_now() -> Uptime:
    """Since the machine started, sleep included; without Linux, since this process started."""
    return Uptime(_boot(), time.clock_gettime(_CLOCK))


@cache
def _boot() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return f"process {os.getpid()} of {time.time()}"


_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
