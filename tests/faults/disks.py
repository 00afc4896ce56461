"""A disk that can be filled: a small tmpfs where we may mount one, else a limit on file sizes."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 24
CHUNK = b"\0" * 65536


@dataclass
class SmallDisk:
    """A disk at `folder`; `kind` says how it is limited, for the record."""

    folder: Path
    kind: str

    def fill(self, pid: int) -> None:
        """Leave no free space for process `pid`."""
        if self.kind == "tmpfs":
            with self._ballast.open("wb", buffering=0) as ballast:
                for size in (len(CHUNK), 512, 1):
                    _write_until_full(ballast.fileno(), CHUNK[:size])
        else:
            longest = max(path.stat().st_size for path in self.folder.glob("digest.db*"))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (longest, resource.RLIM_INFINITY))

    def free(self, pid: int) -> None:
        """Free the space again."""
        if self.kind == "tmpfs":
            self._ballast.unlink()
        else:
            everything = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, everything)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """A disk at `folder`, which must not exist; a mounted one is removed with all that is on it."""
    folder.mkdir(parents=True)
    if not _mount(folder):
        yield SmallDisk(folder, "RLIMIT_FSIZE")
        return
    try:
        yield SmallDisk(folder, "tmpfs")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(folder: Path) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(folder)]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _write_until_full(file: int, chunk: bytes) -> None:
    try:
        while os.write(file, chunk) == len(chunk):
            pass
    except OSError:
        pass
