"""`digest readers …`."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlmodel import select
from typer.testing import CliRunner

from digest.app import App
from digest.cli import runtime
from digest.cli.readers import app as readers_app
from digest.delivery.states import DeliveryState
from digest.delivery.tables import Delivery
from digest.errors import NotFound, Refused, UsageError
from digest.settings import Settings
from digest.store import open_store
from digest.tables import metadata
from schedules.editions import EditionChange, create_default, create_edition
from schedules.errors import ScheduleError
from subscribers.errors import UnreadableFile
from subscribers.keys import Keyring

Run = Callable[..., str]


@pytest.fixture
def open_app(
    settings: Settings, keyring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """The installation of this test; commands open and close it as they would the real one."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[App]:
        store = open_store(settings.store_url)
        try:
            yield App(settings=settings, store=store, keyring=keyring, clock=lambda: now)
        finally:
            await store.close()

    async def create() -> None:
        async with opened() as app:
            async with app.store.engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
            async with app.store.write() as session:
                await create_default(session, now)

    asyncio.run(create())
    monkeypatch.setattr(runtime, "open_app", opened)
    return opened


@pytest.fixture
def run(open_app: Any) -> Run:
    """Run a command; its output, or the error that it ended with."""

    def run_command(*words: str, exit_code: int = 0) -> str:
        result: Result = CliRunner().invoke(readers_app, list(words))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return result.output

    return run_command


def deliveries(open_app: Any) -> list[Delivery]:
    async def read() -> list[Delivery]:
        async with open_app() as app, app.store.read() as session:
            return list(await session.exec(select(Delivery)))

    return asyncio.run(read())


def test_adding_a_reader_writes_a_confirmation_mail(run: Run, open_app: Any) -> None:
    assert "asked to confirm" in run("add", "ann@example.org")
    assert [row.address for row in deliveries(open_app)] == ["ann@example.org"]
    shown = json.loads(run("show", "ann@example.org", "--json"))
    assert [row["state"] for row in shown["editions"]] == ["pending"]


def test_adding_with_consent_given_elsewhere_mails_nobody(run: Run, open_app: Any) -> None:
    added = json.loads(
        run("add", "Ann@example.org", "--confirmed", "--source", "fair, 3 May", "--json")
    )
    assert added == {
        "address": "Ann@example.org",
        "edition": "weekly",
        "state": "active",
        "outcome": None,
        "waits_for": None,
    }
    assert deliveries(open_app) == []
    shown = json.loads(run("show", "ann@example.org", "--json"))
    assert [(e["kind"], e["source"]) for e in shown["consent"]] == [("imported", "fair, 3 May")]


def test_adding_says_when_the_mail_waits_and_showing_the_reader_says_so_too(run: Run) -> None:
    assert "ann@example.org is asked to confirm weekly." in run("add", "ann@example.org")
    assert "that mail's link confirms weekly too" in run("add", "ann@example.org")
    assert "when the cap on confirmation mails" in run("add", "ann+x@example.org")
    assert "the mail waits for the cap: mailbox" in run("show", "ann+x@example.org")


def test_an_invalid_address_or_an_unknown_edition_is_a_usage_error(run: Run) -> None:
    with pytest.raises(UsageError, match="has no @"):
        run("add", "ann")
    for more in ([], ["--confirmed"]):
        with pytest.raises(ScheduleError, match="no edition 'daily'"):
            run("add", "ann@example.org", "--edition", "daily", *more)


def test_a_suppressed_address_is_not_added_and_the_error_names_the_reason(
    run: Run, open_app: Any
) -> None:
    run("suppress", "ann@example.org", "--note", "asked by phone")
    with pytest.raises(Refused, match="suppressed"):
        run("add", "ann@example.org", "--confirmed")
    assert "gets no mail" in run("add", "ann@example.org")
    assert deliveries(open_app) == []


def test_an_import_prints_its_counts_and_writes_the_rejected_rows(run: Run, tmp_path: Path) -> None:
    path, rejects = tmp_path / "list.csv", tmp_path / "rejects.csv"
    path.write_text("email\nann@example.org\nbob@example.org\n=1+1\n")
    words = ["import", str(path), "--confirmed", "--rejects", str(rejects)]
    assert "Would be: 2 new, 1 rejected: row 4 has no @" in run(*words, "--dry-run")
    assert json.loads(run("list", "--json")) == []
    report = json.loads(run(*words, "--json"))
    assert (report["new"], report["rejected"], report["dry_run"]) == (2, 1, False)
    assert report["examples"] == [{"row": 4, "value": "=1+1", "reason": "has no @"}]
    with rejects.open(newline="") as file:
        assert list(csv.reader(file)) == [["row", "email", "reason"], ["4", "'=1+1", "has no @"]]
    assert [row["state"] for row in json.loads(run("list", "--json"))] == ["active", "active"]


def test_an_import_without_a_single_good_row_fails(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email\nann\n")
    assert "1 rejected" in run("import", str(path), exit_code=1)
    with pytest.raises(UnreadableFile, match="No such file"):
        run("import", str(tmp_path / "missing.csv"))


def test_an_unconfirmed_import_says_that_nobody_is_mailed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email\nann@example.org\n")
    assert "they get nothing until they sign up" in run("import", str(path))


def test_an_export_goes_to_a_file_or_standard_output(run: Run, tmp_path: Path) -> None:
    run("add", "ann@example.org", "--confirmed")
    assert run("export").splitlines()[1].split(",")[1:4] == ["ann@example.org", "weekly", "active"]
    out = tmp_path / "readers.jsonl"
    run("export", "--format", "jsonl", "--out", str(out))
    assert json.loads(out.read_text())["address"] == "ann@example.org"
    assert run("export", "--state", "ended").splitlines()[1:] == []


def test_the_list_is_paged(run: Run) -> None:
    for name in ("ann", "bob"):
        run("add", f"{name}@example.org", "--confirmed")
    output = run("list", "--limit", "1")
    assert "ann@example.org" in output
    assert "More: digest readers list --after 1" in output
    assert "bob@example.org" in run("list", "--after", "1")
    assert "No readers here" in run("list", "--after", "2")


def test_an_editor_suppresses_and_lifts(run: Run) -> None:
    run("add", "ann@example.org", "--confirmed")
    suppressed = json.loads(run("suppress", "ann@example.org", "--json"))
    assert suppressed == {"address": "ann@example.org", "suppressed": ["manual"]}
    assert json.loads(run("list", "--json"))[0]["suppressed"] == "manual"
    assert "no longer suppressed" in run("suppress", "ann@example.org", "--lift")
    with pytest.raises(Refused, match="is not suppressed"):
        run("suppress", "ann@example.org", "--lift")


def test_erasing_asks_first_and_leaves_nothing_in_the_ledger(run: Run, open_app: Any) -> None:
    run("add", "ann@example.org")
    with pytest.raises(UsageError, match="--yes"):
        run("erase", "ann@example.org")
    assert "Reader 1 is erased" in run("erase", "ann@example.org", "--yes")
    (delivery,) = deliveries(open_app)
    assert (delivery.address, delivery.state) == ("erased-1", DeliveryState.SKIPPED)
    with pytest.raises(NotFound):
        run("erase", "ann@example.org", "--yes")
    shown = json.loads(run("show", "ann@example.org", "--json"))
    assert shown["address"] is None
    assert [row["reason"] for row in shown["suppressed"]] == ["erasure"]
    assert "erased" in run("show", "ann@example.org")
    with pytest.raises(Refused, match="own request"):
        run("suppress", "ann@example.org", "--lift")


def test_an_unknown_address_is_not_shown(run: Run) -> None:
    with pytest.raises(NotFound, match="is not a reader"):
        run("show", "eve@example.org")


def consent_sources(run: Run, address: str = "ann@example.org") -> list[str]:
    return [event["source"] for event in json.loads(run("show", address, "--json"))["consent"]]


def test_the_consent_log_names_who_acted_at_the_command_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "eve")
    (tmp_path / "list.csv").write_text("email\nann@example.org\n")
    run("import", str(tmp_path / "list.csv"), "--confirmed")
    run("suppress", "ann@example.org", "--note", "asked by phone")
    run("suppress", "ann@example.org", "--lift")
    run("erase", "ann@example.org", "--yes")
    assert consent_sources(run) == [
        "import of list.csv, eve",
        "manual: command line, eve, asked by phone",
        "manual: command line, eve",
        "command line, eve, at the reader's request",
    ]
    run("add", "bob@example.org")
    assert consent_sources(run, "bob@example.org") == ["command line, eve"]


def test_without_an_edition_the_only_active_one_is_taken(run: Run, open_app: Any) -> None:
    async def add_monthly() -> None:
        async with open_app() as app, app.store.write() as session:
            await create_edition(session, "monthly", EditionChange(), app.clock())

    assert json.loads(run("add", "ann@example.org", "--json"))["edition"] == "weekly"
    asyncio.run(add_monthly())
    with pytest.raises(UsageError, match="several editions: weekly, monthly"):
        run("add", "bob@example.org")
    added = json.loads(run("add", "bob@example.org", "--edition", "monthly", "--json"))
    assert added["edition"] == "monthly"


def test_the_keys_of_a_shown_reader_are_the_documented_ones(run: Run) -> None:
    run("add", "ann@example.org")
    run("suppress", "ann@example.org")
    shown = json.loads(run("show", "ann@example.org", "--json"))
    assert list(shown) == [
        "id",
        "address",
        "created_at",
        "erased_at",
        "editions",
        "waiting",
        "suppressed",
        "consent",
    ]
    assert list(shown["editions"][0]) == ["edition", "state", "confirmed_at", "ended_at"]
    assert list(shown["suppressed"][0]) == ["reason", "at", "source"]
    assert list(shown["consent"][0]) == ["at", "kind", "edition", "source", "wording", "ip"]
    assert shown["created_at"] == "2026-11-20T12:00:00Z"


def test_a_reader_moves_and_a_file_is_suppressed(run: Run, tmp_path: Path) -> None:
    run("add", "ann@example.org", "--confirmed")
    assert "ann@example.com now" in run("move", "ann@example.org", "ann@example.com")
    path = tmp_path / "left.csv"
    path.write_text("email\nann@example.com\n")
    words = ("suppress", "--file", str(path), "--reason", "unsubscribe")
    assert "Would be: 1 suppressed" in run(*words, "--dry-run")
    assert json.loads(run(*words, "--json"))["suppressed"] == 1
    assert json.loads(run("list", "--json"))[0]["suppressed"] == "unsubscribe"


def test_an_import_counts_by_value_and_asks_for_what_it_does_not_know(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,status\nann@example.org,gold\nbob@example.org,unsubscribed\n")
    words = ("import", str(path), "--confirmed", "--dry-run")
    with pytest.raises(UnreadableFile, match=r"'gold'.*--take"):
        run(*words)
    shown = run(*words, "--take", "gold")
    assert "1 new, 1 left there: now suppressed as unsubscribe" in shown
    assert "status: 1 gold, 1 unsubscribed" in shown
