"""Installations to measure on, made with the commands of an operator."""

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.measurement import Measurement, read_measurement

ROOT = Path(__file__).parents[1]
CONTENT = ROOT / "digest" / "demo" / "content"
# Five real comparison pages make a message of 49 kB. The pages of the demonstration are
# longer: four of them make 51 kB; both weeks together are eight cards and 87 kB.
REAL_SIZE = ("week-1.json",)
EIGHT_CARDS = ("week-1.json", "week-2.json")
CONNECTIONS = 10


@dataclass(frozen=True)
class BenchInstallation:
    """A data folder of its own, and the loopback port on which its relay listens."""

    folder: Path
    relay_port: int
    dkim_key: Path | None = None
    database_url: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Only these settings, none of the caller's."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith("DIGEST_") or key == "DIGEST_LOG"
        }
        return {
            **kept,
            "PYTHONPATH": str(ROOT),
            "DIGEST_DATA_DIR": str(self.folder),
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{self.relay_port}?tls=none",
            "DIGEST_SENDER": "Weekly AI Tool Verdicts <verdicts@news.example.org>",
            "DIGEST_POSTAL_ADDRESS": "The Verdict Desk, 12 Example Street, 10115 Berlin",
            "DIGEST_PUBLIC_URL": "https://digest.example.org",
            "DIGEST_CONNECTIONS": str(CONNECTIONS),
            **({"DIGEST_DKIM_KEYS": f"bench:{self.dkim_key}"} if self.dkim_key else {}),
            **({"DIGEST_DATABASE_URL": self.database_url} if self.database_url else {}),
        }

    def copy_to(self, folder: Path, *, dkim_key: Path | None = None) -> "BenchInstallation":
        """A copy of the installation in `folder`, whose content is replaced."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder, dkim_key=dkim_key)

    def digest(self, *words: str) -> Any:
        """Run a `digest` command with --json; returns its parsed output."""
        return json.loads(self._run("-m", "digest", *words, "--json"))

    def measure(self, module: str, *words: str) -> Measurement:
        """Run a measuring module in a process of its own."""
        return read_measurement(self._run("-m", module, *words))

    def _run(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            env=self.environment,
            cwd=self.folder,  # so that no `.env` of the caller is read
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)} failed:\n{(done.stderr or done.stdout)[-2000:]}")
        return done.stdout


def prepare(
    folder: Path,
    relay_port: int,
    readers: int,
    weeks: Sequence[str] = REAL_SIZE,
    database_url: str | None = None,
) -> tuple[BenchInstallation, Measurement]:
    """An approved issue of `weeks` with `readers`, and what importing the readers took."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    made = BenchInstallation(folder, relay_port, database_url=database_url)
    made.digest("init")
    for week in weeks:
        made.digest("comparisons", "import", str(CONTENT / week))
    imported = _import_readers(made, readers)
    made.digest("issues", "compose", "--extra")
    made.digest("issues", "approve", "1")
    return made, imported


def _import_readers(made: BenchInstallation, readers: int) -> Measurement:
    """`digest readers import`, timed from outside: start-up and file reading included."""
    file = made.folder / "readers.csv"
    with file.open("w") as rows:
        rows.write("email\n")
        rows.writelines(f"reader{number}@example.org\n" for number in range(1, readers + 1))
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    report = made.digest("readers", "import", str(file), "--confirmed")
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    file.unlink()
    if report["new"] != readers:
        raise SystemExit(f"the import took {report['new']} of {readers} readers")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measurement(readers, seconds, cpu)
