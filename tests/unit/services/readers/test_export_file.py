"""Exporting readers to a file."""

import io
import json

import pytest

from digest.app import App
from digest.services.readers.export_file import ExportFormat, export_readers
from tests.readers import sign_up


@pytest.fixture
def database() -> str:
    """The query is tested on both databases in `tests/unit/subscribers`."""
    return "sqlite"


async def test_csv_has_headings_and_a_line_for_each_reader(app: App) -> None:
    await sign_up(app, "ann@example.org")
    file = io.StringIO(newline="")
    assert (await export_readers(app, file)).rows == 1
    headings, ann = file.getvalue().splitlines()
    assert headings == "id,address,edition,state,suppressed,created_at,confirmed_at,ended_at"
    assert ann.startswith("1,ann@example.org,weekly,pending,,")


async def test_json_lines_have_the_documented_keys(app: App) -> None:
    await sign_up(app, "ann@example.org")
    file = io.StringIO()
    await export_readers(app, file, ExportFormat.JSON_LINES)
    assert list(json.loads(file.getvalue())) == [
        "id",
        "address",
        "edition",
        "state",
        "suppressed",
        "created_at",
        "confirmed_at",
        "ended_at",
    ]


async def test_an_edition_without_readers_exports_the_headings_alone(app: App) -> None:
    await sign_up(app, "ann@example.org")
    file = io.StringIO(newline="")
    assert (await export_readers(app, file, edition="monthly")).rows == 0
    assert len(file.getvalue().splitlines()) == 1
