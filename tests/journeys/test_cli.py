"""Every documented command: its JSON keys, its refusals, and its exit status."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from digest.cli import app
from tests.journeys.conftest import CommandLine

SIDE = {"name", "category", "entry", "panel_ship_percent", "ship", "skip", "verdict", "community"}
TOLD = SIDE | {"tagline", "description", "pricing", "best_for", "reviews"}
ISSUE = {"number", "state", "subject", "preheader", "hash", "items", "candidates"}
REPORT = {
    "state",
    "recipients",
    "accepted",
    "rejected",
    "skipped",
    "expired",
    "held",
    "open",
    "unknown",
    "deferred",
    "ever_unknown",
}
COMMANDS = {
    "": "init demo serve doctor",
    "comparisons": "import list show edit withdraw",
    "readers": "add import export list show suppress erase",
    "editions": "list show set",
    "issues": "compose edit list show preview test approve schedule send pause resume cancel "
    "report rebuild",
    "schedule": "show skip unskip run-anyway",
}
PAGE = """\
{"left": {"name": "Alpha", "category": "Agents", "panel_ship_percent": 75, "ship": 3, "skip": 1,
          "reviews": [{"persona": "Builder", "score": 88, "verdict": "ship", "quote": "Quick."}]},
 "right": {"name": "Beta", "category": "Agents", "panel_ship_percent": 25, "ship": 1, "skip": 3}}
"""
SLUG = "alpha-vs-beta"


@pytest.fixture
def filled(digest: CommandLine, tmp_path: Path) -> CommandLine:
    """One comparison and two readers, one of whom must still confirm."""
    (tmp_path / "page.json").write_text(PAGE)
    digest("comparisons", "import", tmp_path / "page.json")
    digest("readers", "add", "ann@example.org", "--confirmed", "--source", "a list on paper")
    digest("readers", "add", "bob@example.org")
    return digest


@pytest.fixture
def draft(filled: CommandLine) -> CommandLine:
    """Issue 1, for the next slot."""
    filled("issues", "compose")
    return filled


@pytest.mark.parametrize("noun", COMMANDS)
def test_every_promised_command_exists(noun: str) -> None:
    for command in COMMANDS[noun].split():
        words = [*noun.split(), command, "--help"]
        assert CliRunner().invoke(app, words).exit_code == 0, words


class TestJson:
    def test_comparisons(self, filled: CommandLine) -> None:
        [listed] = filled.json("comparisons", "list")
        assert {"slug", "left", "right"} <= listed.keys()
        assert listed["left"].keys() >= SIDE
        assert (listed["left"]["verdict"], listed["right"]["verdict"]) == ("ship", "skip")
        assert listed["left"]["community"] is None
        shown = filled.json("comparisons", "show", SLUG)
        assert shown["left"].keys() >= TOLD
        [review] = shown["left"]["reviews"]
        assert review.keys() >= {"persona", "score", "verdict", "quote"}
        assert shown["right"]["reviews"] == []
        assert filled.json("comparisons", "edit", SLUG, "--url", "https://example.org/a")["changes"]
        taken_back = filled.json("comparisons", "withdraw", SLUG, "--reason", "a wrong figure")
        assert taken_back["withdrawn_reason"] == "a wrong figure"

    def test_readers(self, filled: CommandLine) -> None:
        states = {row["address"]: row["state"] for row in filled.json("readers", "list")}
        assert states == {"ann@example.org": "active", "bob@example.org": "pending"}
        [consent] = filled.json("readers", "show", "ann@example.org")["consent"]
        assert consent["source"] == "a list on paper"
        kept = filled.json("readers", "suppress", "ann@example.org")
        assert kept["suppressed"] == ["manual"]
        filled.json("readers", "erase", "bob@example.org", "--yes")
        assert len(filled("readers", "export", "--format", "csv").stdout.splitlines()) == 2

    def test_an_import_does_not_revive_readers(self, filled: CommandLine, tmp_path: Path) -> None:
        filled("readers", "suppress", "ann@example.org")
        filled("readers", "erase", "bob@example.org", "--yes")
        people = tmp_path / "people.csv"
        people.write_text("email\nann@example.org\nbob@example.org\nnobody\nnew@example.org\n")
        words = ("readers", "import", people, "--confirmed", "--source", "an old list")
        dry = filled.json(*words, "--dry-run")
        done = filled.json(*words)
        assert {**dry, "dry_run": False} == done
        counted = (done["new"], done["suppressed"], done["erased"], done["rejected"])
        assert counted == (1, 1, 1, 1)
        [row] = [r for r in filled.json("readers", "list") if r["suppressed"]]
        assert row["address"] == "ann@example.org"
        assert not [r for r in filled.json("readers", "list") if r["address"] == "bob@example.org"]

    def test_editions_and_schedule(self, draft: CommandLine) -> None:
        [edition] = draft.json("editions", "list")
        assert (edition["slug"], edition["max_items"], edition["min_items"]) == ("weekly", 8, 1)
        assert (edition["grace_hours"], edition["max_age_days"]) == (12, 60)
        changed = draft.json("editions", "set", "weekly", "--zone", "Europe/Berlin")
        assert changed["zone"] == draft.json("editions", "show", "weekly")["zone"]
        first, second, *_ = draft.json("schedule", "show")
        states = (first["state"], first["issue"], second["state"])
        assert states == ("needs approval", 1, "planned")
        assert "1 reader, in " in second["words"] or "1 readers, in " in second["words"]
        day = second["date"]
        assert draft.json("schedule", "skip", day)["state"] == "skipped"
        assert draft.json("schedule", "run-anyway", day)["state"] == "planned"
        assert draft.json("schedule", "skip", day)["state"] == "skipped"
        assert draft.json("schedule", "unskip", day)["state"] == "planned"

    def test_an_issue_from_draft_to_report(self, draft: CommandLine, tmp_path: Path) -> None:
        shown = draft.json("issues", "show", "1")
        assert shown.keys() >= ISSUE
        assert shown["items"] == [SLUG]
        [candidate] = shown["candidates"]
        assert candidate == {"slug": SLUG, "included": True, "reason": "included as 1st"}
        edited = draft.json("issues", "edit", "1", "--sentence", "A quiet week.")
        assert edited["hash"] != shown["hash"]
        out = tmp_path / "preview"
        draft("issues", "preview", "1", "--out", out, "--no-pictures")
        assert {"all.html", "all.txt", "all.eml"} <= {path.name for path in out.iterdir()}
        approved = draft.json("issues", "approve", "1", "--hash", edited["hash"])
        assert (approved["state"], approved["hash"]) == ("scheduled", edited["hash"])
        moved = draft.json("issues", "schedule", "1", "--at", "2099-01-01T09:00")
        assert moved["send_at"].startswith("2099-01-01T09:00")
        draft("issues", "test", "1", "--to", "me@example.org", "--to-inbox")
        assert draft.json("issues", "report", "1")["recipients"] == 0
        sent = draft.json("issues", "send", "1", "--to-inbox", "--wait")
        assert sent.keys() >= REPORT
        assert (sent["state"], sent["recipients"], sent["accepted"]) == ("sent", 1, 1)
        assert draft.json("issues", "rebuild", "1", "--verify")["same"] is True
        [row] = draft.json("issues", "list")
        assert (row["number"], row["state"]) == (1, "sent")

    def test_pause_resume_and_cancel_report_what_was_sent(self, draft: CommandLine) -> None:
        draft("issues", "approve", "1")
        draft("issues", "send", "1", "--to-inbox")
        for command, state in (("pause", "paused"), ("resume", "sending"), ("cancel", "cancelled")):
            steered = draft.json("issues", command, "1")
            assert (steered["state"], steered["accepted"]) == (state, 0)
        report = draft.json("issues", "report", "1")
        assert (report["state"], report["recipients"], report["open"]) == ("cancelled", 1, 0)

    def test_a_sending_that_nobody_goes_on_with_says_so_and_is_gone_on_with(
        self, draft: CommandLine
    ) -> None:
        nobody = "nothing is running that sends mail; start `digest serve`"
        assert draft.json("issues", "approve", "1")["not_running"] == nobody
        assert draft.json("issues", "send", "1", "--to-inbox")["not_running"] == nobody
        assert f"already sending, but {nobody}" in draft.refusal("issues", "send", "1")
        sent = draft.json("issues", "send", "1", "--wait")
        assert (sent["state"], sent["accepted"], sent["not_running"]) == ("sent", 1, None)

    def test_init_and_doctor(self, digest: CommandLine) -> None:
        assert digest.json("init")["database"] == "up to date"
        assert {check["name"] for check in digest.json("doctor")} >= {"database", "relay"}


class TestRefusals:
    def test_sending_needs_approval_relay_and_postal_address(
        self, draft: CommandLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert "approve it first" in draft.refusal("issues", "send", "1", "--to-inbox")
        draft("issues", "approve", "1")
        assert "DIGEST_SMTP_URL" in draft.refusal("issues", "send", "1")
        monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "")
        assert "DIGEST_POSTAL_ADDRESS" in draft.refusal("issues", "send", "1", "--to-inbox")
        assert draft.json("issues", "report", "1")["recipients"] == 0

    def test_a_comparison_that_was_sent_is_not_sent_again(self, draft: CommandLine) -> None:
        draft("issues", "compose", "--extra")
        draft("issues", "approve", "1")
        assert f"{SLUG} is approved in #1" in draft.refusal("issues", "approve", "2")
        draft("issues", "send", "1", "--to-inbox", "--wait")
        [candidate] = draft.json("issues", "edit", "2", "--reopen")["candidates"]
        assert candidate == {"slug": SLUG, "included": False, "reason": "sent in #1"}

    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("comparisons show nope", "digest comparisons list"),
            ("readers show nobody@example.org", "is not a reader"),
            ("readers add nobody", "no @"),
            ("issues show 7", "digest issues list"),
            ("issues compose --slot someday", "YYYY-MM-DD"),
            ("issues compose --slot 2026-01-01 --extra", "exclude each other"),
            ("issues test 1 --to ,", "--to"),
            ("issues schedule 1 --at 2020-01-01T09:00", "in the past"),
            ("issues preview 1 --no-pictures --out /proc/nowhere", "cannot write to"),
            ("schedule skip 2020-01-01", "digest schedule show"),
            ("editions set weekly --zone Mars/Phobos", "IANA"),
        ],
    )
    def test_a_refusal_is_one_sentence_with_the_next_step(
        self, draft: CommandLine, words: str, expected: str
    ) -> None:
        assert expected in draft.refusal(*words.split())


class TestTheProcess:
    """Behaviour that only a separate process can show."""

    @pytest.fixture
    def environment(self, filled: CommandLine) -> dict[str, str]:
        return {**os.environ, "DIGEST_PORT": "0", "DIGEST_DESK_PORT": "0"}

    def start(self, environment: dict[str, str], *words: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "digest", *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def test_a_pipe_closed_early_causes_no_traceback(self, environment: dict[str, str]) -> None:
        child = self.start(environment, "comparisons", "list", "--json")
        assert child.stdout is not None
        child.stdout.close()
        assert child.stderr is not None
        assert "Traceback" not in child.stderr.read()
        assert child.wait(30) is not None
        child.stderr.close()

    @pytest.mark.parametrize(
        ("words", "changes", "status"),
        [
            ("issues show --nope", {}, 2),
            ("issues list", {"DIGEST_DATA_DIR": "/proc/nowhere"}, 1),
            (
                "issues list",
                {"DIGEST_SMTP_URL": "smtp://u:hushhush@h:99999", "DIGEST_PORT": "x"},
                1,
            ),
        ],
    )
    def test_failures_end_in_one_line(
        self, environment: dict[str, str], words: str, changes: dict[str, str], status: int
    ) -> None:
        child = self.start({**environment, **changes}, *words.split())
        out, err = child.communicate(timeout=30)
        assert child.returncode == status
        assert (out, "Traceback" in err, "hushhush" in err) == ("", False, False)

    def test_a_file_that_is_not_a_database_is_named(
        self, environment: dict[str, str], filled: CommandLine
    ) -> None:
        (filled.folder / "var" / "digest.db").write_bytes(b"no database " * 1000)
        _, err = (child := self.start(environment, "issues", "list")).communicate(timeout=30)
        assert child.returncode == 1
        assert err.startswith("digest: cannot open the database")
        assert len(err.splitlines()) == 1

    def test_two_servers_on_one_database_send_once_and_stop_on_a_signal(
        self, environment: dict[str, str], filled: CommandLine
    ) -> None:
        number = str(filled.json("issues", "compose", "--extra")["number"])
        filled("issues", "approve", number)
        servers = [self.start(environment, "serve") for _ in range(2)]
        for server in servers:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("Pages")
        report: dict[str, Any] = filled.json("issues", "send", number, "--to-inbox", "--wait")
        assert (report["accepted"], report["open"], report["ever_unknown"]) == (1, 0, 0)
        for server, number_ in zip(servers, (signal.SIGINT, signal.SIGTERM), strict=True):
            server.send_signal(number_)
            _, err = server.communicate(timeout=40)
            assert (server.returncode, "Traceback" in err) == (0, False)
        copies = [path.read_bytes() for path in filled.inbox.glob("*.eml")]
        assert sum(b"\r\nTo: ann@" in copy or copy.startswith(b"To: ann@") for copy in copies) == 1
