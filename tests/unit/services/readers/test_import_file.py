"""Importing readers from a file."""

import csv
import io
from pathlib import Path

import pytest

from digest.app import App
from digest.services.actor import Actor, Channel
from digest.services.readers.import_file import import_readers, plan_import
from digest.services.readers.list import list_readers
from digest.services.readers.show import show_reader
from subscribers.address import EmailAddress
from tests.readers import EDITOR

ANN = EmailAddress.parse("ann@example.org")


@pytest.fixture
def database() -> str:
    """The rules are tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text("email\nann@example.org\nANN@example.org\n=1+1\n", encoding="utf-8")
    return path


async def test_a_plan_reports_what_the_import_then_does(app: App, path: Path) -> None:
    planned = await plan_import(app, path, confirmed=True)
    assert await list_readers(app) == ()
    done = await import_readers(app, EDITOR, path, confirmed=True)
    assert planned.model_copy(update={"dry_run": False}) == done
    assert (planned.dry_run, done.dry_run) == (True, False)
    assert (done.rows, done.new, done.duplicates, done.rejected) == (3, 1, 1, 1)
    assert [reader.state for reader in await list_readers(app)] == ["active"]


async def test_rejected_rows_are_written_safely_for_a_spreadsheet(app: App, path: Path) -> None:
    file = io.StringIO(newline="")
    report = await import_readers(app, EDITOR, path, rejects=file)
    file.seek(0)
    assert list(csv.reader(file)) == [["row", "email", "reason"], ["4", "'=1+1", "has no @"]]
    assert report.model_dump(mode="json")["examples"] == [
        {"row": 4, "value": "=1+1", "reason": "has no @"}
    ]


@pytest.mark.parametrize(
    ("actor", "source"),
    [
        (EDITOR, "import of list.csv, test"),
        (Actor(Channel.ENGINE), "import of list.csv, engine"),
    ],
)
async def test_without_a_source_the_log_names_the_file_and_the_actor(
    app: App, path: Path, actor: Actor, source: str
) -> None:
    await import_readers(app, actor, path)
    assert [entry.source for entry in (await show_reader(app, ANN)).consent] == [source]
