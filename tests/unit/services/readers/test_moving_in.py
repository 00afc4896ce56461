"""Readers who move from another installation, and rejected rows that were mended."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from digest.app import App
from digest.services.readers.add import add_reader
from digest.services.readers.export_file import ExportFormat, export_readers
from digest.services.readers.import_file import import_readers
from digest.services.readers.list import list_readers
from digest.services.readers.suppress import EditorReason, suppress_address
from digest.store import open_store
from digest.tables import metadata
from schedules.editions import create_default
from subscribers.address import EmailAddress
from subscribers.keys import Keyring
from tests.readers import EDITOR, sign_up


@pytest.fixture
def database() -> str:
    """The rules are tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


@pytest.fixture
async def other_app(app: App, tmp_path: Path) -> AsyncIterator[App]:
    """Another installation, with a key of its own."""
    store = open_store(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    async with store.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    other = replace(app, store=store, keyring=Keyring("another key for the tests only"))
    async with store.write() as session:
        await create_default(session, app.clock(), name="Other")
    yield other
    await store.close()


async def exported(app: App, path: Path, form: ExportFormat) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        await export_readers(app, file, form)
    return path


async def states(app: App) -> dict[str, tuple[str | None, str | None, str]]:
    return {
        row.address: (row.edition, row.state, row.suppressed or "")
        for row in await list_readers(app)
    }


@pytest.mark.parametrize("form", list(ExportFormat))
async def test_an_export_comes_back_as_it_went_out(
    app: App, other_app: App, tmp_path: Path, form: ExportFormat
) -> None:
    for text in ("ann", "left", "bounced", "cross", "manual", "'quoted", "'+odd", "=1+1", "many"):
        address = EmailAddress.parse(f"{text}@example.org")
        await add_reader(app, EDITOR, address, confirmed=True)
    for text, reason in {
        "left": EditorReason.UNSUBSCRIBE,
        "bounced": EditorReason.BOUNCE,
        "cross": EditorReason.COMPLAINT,
        "manual": EditorReason.MANUAL,
        "many": EditorReason.BOUNCE,
    }.items():
        await suppress_address(app, EDITOR, EmailAddress.parse(f"{text}@example.org"), reason)
    await suppress_address(app, EDITOR, EmailAddress.parse("many@example.org"), EditorReason.MANUAL)
    await sign_up(app, "pending@example.org")
    path = await exported(app, tmp_path / "readers", form)
    await import_readers(other_app, EDITOR, path, confirmed=True)
    before, after = await states(app), await states(other_app)
    assert {key: (*value[:2], set(value[2].split(","))) for key, value in after.items()} == {
        key: (*value[:2], set(value[2].split(","))) for key, value in before.items()
    }
    again = await import_readers(other_app, EDITOR, path, confirmed=True)
    assert (again.new, again.left, again.bounced, again.ended) == (0, 0, 0, 0)


async def test_rejected_rows_that_were_mended_keep_what_the_file_said(
    app: App, tmp_path: Path
) -> None:
    path, rejects = tmp_path / "list.csv", io.StringIO(newline="")
    path.write_text("email,status\nann,active\nbob,unsubscribed\n")
    await import_readers(app, EDITOR, path, confirmed=True, rejects=rejects)
    mended = rejects.getvalue().replace("ann", "ann@example.org").replace("bob", "bob@example.org")
    path.write_text(mended)
    report = await import_readers(app, EDITOR, path, confirmed=True)
    assert (report.new, report.left, report.rejected) == (1, 1, 0)
