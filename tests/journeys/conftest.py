"""An installation made by the program itself, its commands called in this process."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from click.testing import Result
from typer.testing import CliRunner

from digest.cli import EXPECTED, app
from digest.cli.logs import configure_logging

SITE = "http://127.0.0.1:8000"
RELAYS = ("DIGEST_SMTP_URL", "DIGEST_DATABASE_URL", "DIGEST_SECRET_KEY", "DIGEST_PUBLIC_URL")


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
        """What a command prints with --json."""
        return json.loads(self(*words, "--json").stdout)

    def refusal(self, *words: str | Path) -> str:
        """Run a command that must fail as expected; its one sentence."""
        result = CliRunner().invoke(app, [str(word) for word in words])
        assert isinstance(result.exception, EXPECTED), f"{words}: {result.exception!r}"
        return str(result.exception)

    @property
    def inbox(self) -> Path:
        """Where the built-in inbox keeps what it received."""
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
