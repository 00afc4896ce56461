"""Brings the peers: Postfix's test programs, unpacked and never installed, and nodemailer."""

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
        """Takes mail and throws it away."""
        return self.root / "usr/sbin/smtp-sink"

    @property
    def source(self) -> Path:
        """Sends mail as fast as it can."""
        return self.root / "usr/sbin/smtp-source"

    @property
    def environment(self) -> dict[str, str]:
        """With Postfix's own libraries to be found where they were unpacked."""
        return {**os.environ, "LD_LIBRARY_PATH": str(self.root / "usr/lib/postfix")}


class Missing(Exception):
    """A peer that could not be brought, and why."""


def bring_postfix(folder: Path) -> Postfix:
    """Debian's package, unpacked into `folder`; no server is installed or started."""
    postfix = Postfix(folder / "postfix")
    if not postfix.sink.exists():
        packages = folder / "packages"
        shutil.rmtree(packages, ignore_errors=True)
        packages.mkdir(parents=True)
        _do(["apt-get", "download", "postfix"], packages)
        for package in packages.glob("postfix_*.deb"):
            _do(["dpkg", "-x", package.name, str(postfix.root)], packages)
    linked = subprocess.run(
        ["ldd", str(postfix.sink)],
        env=postfix.environment,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    lacking = [line.split()[0] for line in linked.splitlines() if "not found" in line]
    if lacking:
        raise Missing(f"postfix: no {', '.join(lacking)}; install them with apt-get")
    return postfix


def bring_nodemailer(folder: Path) -> Path:
    """nodemailer from npm; the folder to name in `NODE_PATH`."""
    modules = folder / "node" / "node_modules"
    if not (modules / "nodemailer").exists():
        modules.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", "."]
        _do([*command, NODEMAILER], modules.parent)
    return modules


def _do(command: list[str], folder: Path) -> None:
    try:
        subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=120)
    except FileNotFoundError:
        raise Missing(f"{command[0]} is not on this machine") from None
    except subprocess.TimeoutExpired:
        raise Missing(f"{' '.join(command[:2])}: no end within two minutes") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["failed"])[-1]
        raise Missing(f"{' '.join(command[:2])}: {last}") from None
