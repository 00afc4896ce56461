"""An installation whose commands run in this process; several machines on PostgreSQL."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiosmtpd.controller import Controller
from click.testing import Result
from typer.testing import CliRunner

from digest.cli import EXPECTED, app
from digest.cli.logs import configure_logging
from digest.demo.environment import free_port
from tests.journeys.test_send import Sink, digest_json
from tests.journeys.test_send import digest as run_digest
from tests.postgres import Cluster

SITE = "http://127.0.0.1:8000"
RELAYS = ("DIGEST_SMTP_URL", "DIGEST_DATABASE_URL", "DIGEST_SECRET_KEY", "DIGEST_PUBLIC_URL")

READERS = 1_000
CONNECTIONS = 4

Machine = Callable[[str], dict[str, str]]
Start = Callable[..., "subprocess.Popen[str]"]


@dataclass(frozen=True)
class CommandLine:
    """The `digest` command on one installation in a folder of its own."""

    folder: Path

    def __call__(self, *words: str | Path) -> Result:
        """Run a command that succeeds."""
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert result.exit_code == 0, f"{words}: {result.output} {result.exception!r}"
        return result

    def json(self, *words: str | Path) -> Any:
        """The parsed output of a command with --json."""
        return json.loads(self(*words, "--json").stdout)

    def refusal(self, *words: str | Path) -> str:
        """Run a command that must fail as expected; returns its one sentence."""
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert isinstance(result.exception, EXPECTED), f"{words}: {result.exception!r}"
        return str(result.exception)

    @property
    def inbox(self) -> Path:
        """The folder of the built-in inbox."""
        return self.folder / "var" / "inbox"


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CommandLine]:
    configure_logging()
    for name in RELAYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("DIGEST_SENDER", "Weekly Verdicts <verdicts@news.example.org>")
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Test Street, 10115 Berlin")
    made = CommandLine(tmp_path)
    made("init")
    yield made
    structlog.reset_defaults()


@pytest.fixture
def relay() -> Iterator[tuple[Sink, int]]:
    handler = Sink()
    handler.slow = 0.1
    port = free_port(0)
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def url(cluster: Cluster) -> Iterator[str]:
    made = cluster.new_database()
    yield made
    cluster.drop_database(made)


@pytest.fixture
def machine(tmp_path: Path, url: str, relay: tuple[Sink, int]) -> Machine:
    """The environment of a host: what all hosts share, and its own folder."""

    def machine(name: str) -> dict[str, str]:
        (tmp_path / name).mkdir(exist_ok=True)
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")},
            "DIGEST_DATA_DIR": str(tmp_path / name),
            "DIGEST_DATABASE_URL": url,
            "DIGEST_SECRET_KEY": "a key that all machines of this newsletter share",
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{relay[1]}",
            "DIGEST_CONNECTIONS": str(CONNECTIONS),
            "DIGEST_PUBLIC_URL": "https://digest.example.org",
            "DIGEST_PORT": "0",
            "DIGEST_DESK_PORT": "0",
            "DIGEST_SENDER": "Weekly Verdicts <verdicts@news.example.org>",
            "DIGEST_POSTAL_ADDRESS": "1 Test Street, 10115 Berlin",
            "DIGEST_LOG_FORMAT": "json",
        }

    return machine


@pytest.fixture
def start(machine: Machine, tmp_path: Path) -> Iterator[Start]:
    """Start a command on a host; all processes are killed at the end."""
    running: list[subprocess.Popen[str]] = []

    def start(name: str, *words: str) -> "subprocess.Popen[str]":
        with (tmp_path / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "digest", *words],
                env=machine(name),
                stdout=log,
                stderr=log,
                text=True,
            )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


@pytest.fixture
def desk(machine: Machine, tmp_path: Path) -> dict[str, str]:
    """An approved issue 1 and its readers, set up on one of the hosts."""
    here = machine("desk")
    readers = tmp_path / "readers.csv"
    lines = [f"reader{number}@example{number % 50}.org" for number in range(READERS)]
    readers.write_text("email\n" + "\n".join(lines))
    assert run_digest(here, "init").returncode == 0
    digest_json(here, "editions", "set", "weekly", "--on-unknown", "hold")
    digest_json(here, "readers", "import", str(readers), "--confirmed")
    page = str(files("digest.demo") / "content" / "week-1.json")
    digest_json(here, "comparisons", "import", page)
    digest_json(here, "issues", "compose", "--extra")
    digest_json(here, "issues", "approve", "1")
    return here
