"""Moves the clock of a running process, with libfaketime from Debian's package."""

from dataclasses import dataclass
from pathlib import Path

LIBRARY = "libfaketimeMT.so.1"
PLACES = ("/usr/lib", "/usr/local/lib", "/usr/lib64")


class FaketimeMissing(RuntimeError):
    """libfaketime is not installed; the message says what to install."""


@dataclass(frozen=True)
class MovedClock:
    """Shifts the wall clock of processes started with its `environment`, but not their uptime."""

    file: Path
    library: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables of a process whose clock is to be moved."""
        return {
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # it makes threads wait for seconds
            "DONT_FAKE_MONOTONIC": "1",
        }

    def move(self, seconds: int) -> None:
        """Set the distance of the clock from the true time."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.file)


def find_library() -> Path:
    """Where libfaketime is; raises `FaketimeMissing`."""
    for place in PLACES:
        for folder in (Path(place), *Path(place).glob("*-linux-*")):
            for found in (folder / "faketime" / LIBRARY, folder / LIBRARY):
                if found.exists():
                    return found
    raise FaketimeMissing("libfaketime is not installed: apt-get install libfaketime")


def moved_clock(folder: Path) -> MovedClock:
    """A clock that shows the true time at first."""
    clock = MovedClock(folder / "faketime", find_library())
    clock.move(0)
    return clock
