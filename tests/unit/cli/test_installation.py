"""`digest init` and `digest doctor` in an incomplete installation."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from digest.cli import app
from digest.errors import Misconfigured
from digest.keyfile import KEY_FILE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIGEST_DATA_DIR", str(tmp_path / "var"))
    return tmp_path / "var"


def run(*words: str) -> str:
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    return done.output


def test_init_creates_a_key_readable_only_by_its_owner_and_keeps_it(folder: Path) -> None:
    first = json.loads(run("init", "--json"))
    assert (first["database"], first["secret_key_created"]) == ("created", True)
    key = (folder / KEY_FILE).read_text()
    assert (folder / KEY_FILE).stat().st_mode & 0o077 == 0
    again = json.loads(run("init", "--json"))
    assert (again["database"], again["secret_key_created"]) == ("up to date", False)
    assert (folder / KEY_FILE).read_text() == key


def test_a_database_without_its_key_gets_no_new_key(folder: Path) -> None:
    run("init")
    (folder / KEY_FILE).unlink()
    with pytest.raises(Misconfigured, match="restore the key"):
        run("init")
    assert not (folder / KEY_FILE).exists()


def test_the_doctor_names_what_is_missing(folder: Path) -> None:
    found = {check["name"]: check["level"] for check in json.loads(run("doctor", "--json"))}
    assert found["secret key"] == found["database"] == found["folder"] == "error"
    run("init")
    found = {check["name"]: check["level"] for check in json.loads(run("doctor", "--json"))}
    assert found["secret key"] == found["database"] == found["folder"] == "ok"
    assert found["relay"] == "warning"


def test_the_doctor_reports_a_relay_error_without_the_password(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init")
    monkeypatch.setenv("DIGEST_SMTP_URL", "smtp://me:hunter2@127.0.0.1:1")
    output = run("doctor")
    assert "Check host and port" in output
    assert "hunter2" not in output
