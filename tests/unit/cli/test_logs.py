"""Log lines: JSON or plain text, and never with an email address."""

import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from digest.cli.logs import HIDDEN, configure_logging, hide_addresses, log_crash

ADDRESSES = (
    "ann@example.org",
    "<ann.b+tag@example.org>",
    "söm@bücher.example",
    '"a b"@example.org',
)


def configure(default: str) -> None:
    """Configure as in a fresh process; handlers of the test runner would prevent it."""
    logging.getLogger().handlers[:] = []
    configure_logging(default)


@pytest.fixture(autouse=True)
def own_logging(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging as in a fresh process, put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.delenv("DIGEST_LOG", raising=False)
    monkeypatch.delenv("DIGEST_LOG_FORMAT", raising=False)
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_off_a_terminal_a_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure("INFO")
    structlog.get_logger("x").info("recorded", delivery=7, state="accepted")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"], line["delivery"]) == ("recorded", "info", 7)
    assert line["timestamp"].endswith("Z")


def test_on_a_terminal_a_line_is_plain_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    configure("INFO")
    structlog.get_logger("x").info("recorded", delivery=7)
    line = capsys.readouterr().err
    assert not line.startswith("{")
    assert "recorded" in line


@pytest.mark.parametrize(("wanted", "is_json"), [("json", True), ("console", False)])
def test_the_format_can_be_chosen(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    wanted: str,
    is_json: bool,
) -> None:
    monkeypatch.setenv("DIGEST_LOG_FORMAT", wanted)
    configure("INFO")
    structlog.get_logger("x").info("recorded", delivery=7)
    assert capsys.readouterr().err.startswith("{") is is_json


def test_the_level_can_be_chosen(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_LOG", "error")
    configure("INFO")
    structlog.get_logger("x").warning("below the level")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("wanted", ["json", "console"])
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_is_written_by_the_engine_or_a_library(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    wanted: str,
    address: str,
) -> None:
    monkeypatch.setenv("DIGEST_LOG_FORMAT", wanted)
    configure("DEBUG")
    log = structlog.get_logger("x")
    log.error(f"refused {address}", reason=f"550 {address} unknown", about=[address])
    logging.getLogger("some.library").warning("mail for %s failed", address)
    try:
        raise ValueError(f"cannot write to {address}")
    except ValueError:
        log.exception("broken")
        logging.getLogger("some.library").exception("broken for %s", address)
    written = capsys.readouterr().err
    assert "@" not in written
    assert "example" not in written
    assert written.count(HIDDEN) >= 6
    assert written.count("Traceback") == 2


@pytest.mark.parametrize("wanted", ["json", "console"])
def test_a_bug_ends_the_program_with_a_traceback_and_without_an_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    monkeypatch.setenv("DIGEST_LOG_FORMAT", wanted)
    configure("WARNING")
    try:
        raise RuntimeError("no name for ann@example.org")
    except RuntimeError as error:
        log_crash(error)
    written = capsys.readouterr().err
    assert f"no name for {HIDDEN}" in written
    assert "Traceback" in written
    assert "test_logs.py" in written


@given(st.text())
def test_no_at_sign_remains_in_text(text: str) -> None:
    line = hide_addresses(None, "info", {"event": text, "delivery": 7, "lost": None})
    assert "@" not in str(line["event"])
    assert (line["delivery"], line["lost"]) == (7, None)
    assert "@" in text or line["event"] == text
