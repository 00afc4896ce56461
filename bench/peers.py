"""Fetches the peers: Postfix's test programs, unpacked but not installed, and nodemailer."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

NODEMAILER = "nodemailer@10.6.0"


@dataclass(frozen=True)
class Postfix:
    """Where `smtp-sink` and `smtp-source` are."""

    root: Path

    @property
    def sink(self) -> Path:
        """Receives mail and discards it."""
        return self.root / "usr/sbin/smtp-sink"

    @property
    def source(self) -> Path:
        """Sends mail as fast as it can."""
        return self.root / "usr/sbin/smtp-source"

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which the programs find Postfix's unpacked libraries."""
        return {**os.environ, "LD_LIBRARY_PATH": str(self.root / "usr/lib/postfix")}


class PeerMissing(Exception):
    """A peer could not be fetched; the text says why."""


def fetch_postfix(folder: Path) -> Postfix:
    """Unpack Debian's package into `folder`; no server is installed or started."""
    postfix = Postfix(folder / "postfix")
    if not postfix.sink.exists():
        packages = folder / "packages"
        shutil.rmtree(packages, ignore_errors=True)
        packages.mkdir(parents=True)
        _run(["apt-get", "download", "postfix"], packages)
        for package in packages.glob("postfix_*.deb"):
            _run(["dpkg", "-x", package.name, str(postfix.root)], packages)
    linked = subprocess.run(
        ["ldd", str(postfix.sink)],
        env=postfix.environment,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    missing_libraries = [line.split()[0] for line in linked.splitlines() if "not found" in line]
    if missing_libraries:
        raise PeerMissing(f"postfix: no {', '.join(missing_libraries)}; install them with apt-get")
    return postfix


def fetch_nodemailer(folder: Path) -> Path:
    """Install nodemailer from npm; returns the folder for `NODE_PATH`."""
    modules = folder / "node" / "node_modules"
    if not (modules / "nodemailer").exists():
        modules.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."]
        _run([*command, NODEMAILER], modules.parent)
    return modules


def _run(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        raise PeerMissing(f"{command[0]} is not on this machine") from None
    except subprocess.TimeoutExpired:
        raise PeerMissing(f"{' '.join(command[:2])}: did not end within two minutes") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["failed"])[-1]
        raise PeerMissing(f"{' '.join(command[:2])}: {last}") from None
