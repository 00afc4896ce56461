"""A transport that writes each message to a folder, for a relay that picks files up.

A message appears under its final name only once it is whole and on disk. The
name is the delivery's id, so a second copy of the same delivery replaces the
first instead of standing beside it.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from digest.delivery.ports import Interrupted, Outgoing, RelayUnavailable, Reply


@dataclass(frozen=True)
class FolderTransport:
    """Writes `<delivery id>.eml` with the envelope in two leading X- headers."""

    folder: Path

    async def connect(self) -> "FolderConnection":
        """Make the folder if need be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RelayUnavailable(f"cannot write to {self.folder}: {error.strerror}") from None
        return FolderConnection(self.folder)


@dataclass
class FolderConnection:
    """Holds at most one staged file."""

    folder: Path
    staged: Path | None = None
    usable: bool = True

    async def stage(self, message: Outgoing) -> None:
        """Write the message to a hidden file and flush it to the disk."""
        path = self.folder / f".{message.delivery_id}.part"
        envelope = (
            f"X-Envelope-From: {message.return_path}\r\nX-Envelope-To: {message.recipient}\r\n"
        )
        try:
            await asyncio.to_thread(_write, path, envelope.encode() + message.data)
        except OSError as error:
            raise RelayUnavailable(f"cannot write {path.name}: {error.strerror}") from None
        self.staged = path

    async def finish(self, then: Outgoing | None = None) -> Reply:
        """Give the file its final name."""
        assert self.staged is not None
        final = self.folder / f"{self.staged.stem.lstrip('.')}.eml"
        try:
            self.staged.replace(final)
        except OSError as error:
            raise Interrupted(f"cannot write {final.name}: {error.strerror}") from None
        self.staged = None
        return Reply(250, f"2.0.0 {final.name}")

    async def abandon(self) -> None:
        """Remove the hidden file."""
        if self.staged:
            self.staged.unlink(missing_ok=True)
            self.staged = None

    async def close(self) -> None:
        """Remove what was staged and never finished."""
        await self.abandon()


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
