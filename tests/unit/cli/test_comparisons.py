"""`digest comparisons …` as its users meet it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from structlog.testing import capture_logs
from typer.testing import CliRunner

from digest.app import App
from digest.cli import comparisons as commands
from digest.errors import NotFound, UsageError
from digest.settings import Settings
from digest.store import open_store
from digest.tables import metadata
from subscribers.keys import Keyring
from tests.unit.catalogue.building import card_a, page_a, page_b, take_b

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROWS = "\n".join(["Builder", take_b(80, "ship", "Good [red]news[/red]"), take_b(30, "skip", "Bad")])
CliCall = Callable[..., Result]


@pytest.fixture
def digest(
    tmp_path: Path, settings: Settings, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> CliCall:
    """Run a command on an installation whose schema is made and whose clock stands still."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'cli.db'}"

    async def make() -> None:
        store = open_store(url)
        async with store.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
        await store.close()

    @asynccontextmanager
    async def opened() -> AsyncIterator[App]:
        store = open_store(url)
        try:
            yield App(settings=settings, store=store, keyring=keyring, clock=lambda: NOW)
        finally:
            await store.close()

    asyncio.run(make())
    monkeypatch.setattr("digest.cli.runtime.open_app", opened)
    monkeypatch.setattr("digest.cli.runtime.console.width", 120)

    def call(*words: str | Path) -> Result:
        with capture_logs():  # as `main` does, keep them off the standard output
            return CliRunner().invoke(commands.app, [str(word) for word in words])

    return call


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.txt"
    path.write_text(page_b(rows=ROWS), encoding="utf-8")
    return path


def printed(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_import_reports_what_is_new_and_then_that_nothing_changed(
    digest: CliCall, page: Path
) -> None:
    first = digest("import", page)
    assert first.exit_code == 0
    assert "new  ash-vs-birch" in first.output
    assert "1 comparison and 2 tools new" in first.output
    again = digest("import", page)
    assert "0 comparisons and 0 tools new, 0 facts changed, 1 comparison unchanged" in again.output


def test_a_failing_import_exits_with_1_and_stores_nothing(
    digest: CliCall, page: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_text("AI tool comparison\nA vs B\n", encoding="utf-8")
    result = digest("import", page, bad)
    assert result.exit_code == 1
    assert f"error: {bad}:2: the page ends without the line 'Panel ship'" in result.output
    assert "read: title" in result.output
    assert "not read: left card, right card, scorecard, closing lines" in result.output
    assert "Nothing was stored: 1 error." in result.output
    assert printed(digest("list", "--json")) == []


def test_a_failing_import_prints_one_json_document_too(digest: CliCall, tmp_path: Path) -> None:
    result = digest("import", tmp_path / "gone.txt", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["stored"] is False
    assert report["problems"][0]["message"] == "cannot be read: No such file or directory"


def test_a_dry_run_shows_before_and_after_and_stores_nothing(digest: CliCall, page: Path) -> None:
    digest("import", page, "--as-of", "2026-11-01")
    page.write_text(page_b(rows=ROWS).replace("A lot", "A little"), encoding="utf-8")
    result = digest("import", page, "--dry-run")
    assert result.exit_code == 0
    for word in ("Dry run, nothing was stored", "pricing", "A lot", "A little"):
        assert word in result.output
    assert printed(digest("show", "ash-vs-birch", "--json"))["right"]["pricing"] == "A lot"


def test_as_of_dates_the_verdicts(digest: CliCall, page: Path) -> None:
    digest("import", page, "--as-of", "2026-11-01")
    view = printed(digest("show", "ash-vs-birch", "--json"))
    assert view["first_seen_at"] == "2026-11-01T00:00:00Z"
    [revision] = view["left"]["history"]
    assert revision == {
        "as_of": "2026-11-01T00:00:00Z",
        "verdict": "ship",
        "percent": 75,
        "ship": 3,
        "skip": 1,
    }


@pytest.mark.parametrize("date", ["tomorrow", "2026-13-01", "2026-11-21"])
def test_as_of_must_be_a_date_and_not_in_the_future(digest: CliCall, page: Path, date: str) -> None:
    assert isinstance(digest("import", page, "--as-of", date).exception, UsageError)


def test_list_has_the_documented_keys(digest: CliCall, page: Path) -> None:
    digest("import", page)
    [view] = printed(digest("list", "--json"))
    assert view["slug"] == "ash-vs-birch"
    assert view["left"] == {
        "name": "Ash",
        "category": "Testing",
        "entry": "Free",
        "panel_ship_percent": 75,
        "ship": 3,
        "skip": 1,
        "verdict": "ship",
        "community": None,
    }
    assert view["right"]["verdict"] == "split"
    assert "ash-vs-birch" in digest("list").output


def test_show_has_the_documented_keys_and_omits_empty_takes(
    digest: CliCall, tmp_path: Path
) -> None:
    path = tmp_path / "page.txt"
    path.write_text(page_b(rows=ROWS + "\nPM\nNo panel take\nNo panel take"), encoding="utf-8")
    digest("import", path)
    left = printed(digest("show", "ash-vs-birch", "--json"))["left"]
    assert left["tagline"] == "What Ash does"
    assert left["description"] == "More about Ash."
    assert left["pricing"] == "Free for ever"
    assert left["best_for"] == "What Ash does"
    [review] = left["reviews"]
    assert review == {
        "persona": "Builder",
        "score": 80,
        "verdict": "ship",
        "quote": "Good [red]news[/red]",
        "inferred": False,
    }


def test_show_prints_text_from_pages_as_it_is(digest: CliCall, page: Path) -> None:
    digest("import", page)
    result = digest("show", "ash-vs-birch")
    assert result.exit_code == 0
    assert "Good [red]news[/red]" in result.output
    assert "3 ship / 1 skip" in result.output


def test_unnamed_takes_have_null_fields(digest: CliCall, tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text(page_a(card_a("Ash", "50%"), card_a("Birch"), ["a", "b"]), encoding="utf-8")
    digest("import", path)
    [review] = printed(digest("show", "ash-vs-birch", "--json"))["left"]["reviews"]
    assert (review["persona"], review["score"], review["verdict"]) == (None, None, None)
    assert "by alternation" in digest("show", "ash-vs-birch").output


def test_an_unknown_slug_is_not_found(digest: CliCall, page: Path) -> None:
    digest("import", page)
    for command in (
        ["show"],
        ["edit", "--url", "https://x.example"],
        ["withdraw", "--reason", "x"],
    ):
        error = digest(command[0], "ash-vs-brich", *command[1:]).exception
        assert isinstance(error, NotFound)
        assert "did you mean ash-vs-birch?" in str(error)


def test_edit_changes_url_short_name_persona_panel_and_facts(digest: CliCall, page: Path) -> None:
    digest("import", page)
    result = digest(
        "edit", "ash-vs-birch",
        "--url", "https://x.example/",
        "--short-name", "left=A",
        "--persona", "right:1=Skeptic",
        "--panel", "birch=1/3",
        "--set", "Birch:entry=Paid",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "https://x.example/" in result.output
    view = printed(digest("show", "ash-vs-birch", "--json"))
    assert view["url"] == "https://x.example/"
    assert view["left"]["short_name"] == "A"
    right = view["right"]
    assert right["reviews"][0]["persona"] == "Skeptic"
    assert (right["verdict"], right["panel_ship_percent"]) == ("skip", 25)
    assert [step["verdict"] for step in right["history"]] == ["split", "skip"]
    assert right["entry"] == "Paid"


def test_edit_without_an_option_is_a_usage_error(digest: CliCall) -> None:
    assert isinstance(digest("edit", "ash-vs-birch").exception, UsageError)


def test_withdraw_and_restore(digest: CliCall, page: Path) -> None:
    digest("import", page)
    assert "Withdrawn: Ash vs Birch" in digest("withdraw", "ash-vs-birch", "--reason", "no").output
    assert printed(digest("list", "--json")) == []
    [view] = printed(digest("list", "--withdrawn", "--json"))
    assert view["withdrawn_at"] == "2026-11-20T12:00:00Z"
    assert "withdrawn: no" in digest("list", "--withdrawn").output
    assert printed(digest("restore", "ash-vs-birch", "--json"))["withdrawn_at"] is None
    assert len(printed(digest("list", "--json"))) == 1


def test_importing_an_export_changes_nothing(digest: CliCall, page: Path, tmp_path: Path) -> None:
    digest("import", page)
    exported = tmp_path / "all.json"
    exported.write_text(digest("export").stdout, encoding="utf-8")
    report = printed(digest("import", exported, "--json"))
    assert report["unchanged"] == ["ash-vs-birch"]
    assert report["problems"] == []


def test_schema_prints_the_json_schema(digest: CliCall) -> None:
    assert printed(digest("schema"))["title"] == "Digest comparisons"


def test_the_five_real_pages_are_listed(digest: CliCall, pages: Path) -> None:
    assert digest("import", pages).exit_code == 0
    assert len(printed(digest("list", "--json"))) == 5
