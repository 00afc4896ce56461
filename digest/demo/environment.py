"""The environment of the demonstration: a folder, free ports, and a clock a week behind."""

import os
import shutil
import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from digest.errors import Refused
from digest.settings import SITE_NAME, Settings
from digest.uptime import Uptime

MARK = ".digest-demo"
A_WEEK = timedelta(days=7)


@dataclass
class ShiftedClock:
    """The real time minus `behind`."""

    behind: timedelta = A_WEEK

    def now(self) -> datetime:
        """The current time of the demonstration."""
        return datetime.now(UTC) - self.behind

    def uptime(self) -> Uptime:
        """An uptime that agrees with the clock, so that skipping a week is not taken for a jump."""
        return Uptime("demonstration", self.now().timestamp())


def prepare_folder(folder: Path) -> Settings:
    """Empty the folder; returns settings that send nothing beyond this machine.

    Raises `Refused` for a folder with anything but a demonstration in it.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise Refused(f"{folder} is not empty and not a demonstration; choose another with --dir")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    port = free_port(8000)
    return Settings(
        _env_file=None,
        data_dir=folder,
        database_url=None,
        smtp_url=None,
        config=Path(os.devnull),  # so that no digest.toml is read
        secret_key=None,
        public_url=f"http://127.0.0.1:{port}",
        port=port,
        desk_port=free_port(8001),
        sender=f"{SITE_NAME} <verdicts@news.example.org>",
        postal_address="The Verdict Desk, 12 Example Street, 10115 Berlin",
        editor="editor@news.example.org",
    )


def free_port(wanted: int) -> int:
    """`wanted` if it is free on loopback, else another free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Refused("no free port on this machine")
