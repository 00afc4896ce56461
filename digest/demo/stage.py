"""Where the demonstration plays: a folder, free ports, and a clock that can be a week behind."""

import os
import shutil
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.errors import Refused
from digest.keyfile import make_key_file
from digest.settings import SITE_NAME, Settings
from digest.uptime import Uptime

MARK = ".digest-demo"
A_WEEK = timedelta(days=7)


@dataclass
class Calendar:
    """The real time, less what the demonstration is behind."""

    behind: timedelta = A_WEEK

    def now(self) -> datetime:
        """The instant the demonstration plays at."""
        return datetime.now(UTC) - self.behind

    def uptime(self) -> Uptime:
        """Time passes here as the clock says, also when a week is left out."""
        return Uptime("demonstration", self.now().timestamp())


def set_up(folder: Path) -> Settings:
    """An empty folder of our own, and settings that reach nobody outside this machine.

    Raises `Refused` rather than empty a folder that holds anything else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise Refused(f"{folder} is not empty and not a demonstration; choose another with --dir")
    shutil.rmtree(folder, ignore_errors=True)
    make_key_file(folder)
    (folder / MARK).touch()
    port = free_port(8000)
    return Settings(
        _env_file=None,
        data_dir=folder,
        database_url=None,
        smtp_url=None,
        config=Path(os.devnull),  # no relays, whatever digest.toml says here
        secret_key=None,
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        desk_port=free_port(8001),
        sender=f"{SITE_NAME} <verdicts@news.example.org>",
        postal_address="The Verdict Desk, 12 Example Street, 10115 Berlin",
        editor="editor@news.example.org",
    )


def free_port(wanted: int) -> int:
    """The wanted port if it is free on loopback, else one that is."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Refused("no free port on this machine")
