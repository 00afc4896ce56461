"""Exports."""

import csv
import io
import json
from pathlib import Path

import pytest

from subscribers.address import EmailAddress
from subscribers.exporting import (
    ReaderRow,
    csv_writer,
    json_lines_writer,
    neutralised,
    reader_rows,
)
from subscribers.states import SubscriptionState, SuppressionReason
from tests.unit.subscribers.conftest import ANN, ReaderActions

RISKY = EmailAddress.parse("=1+1@example.org")


async def rows(readers: ReaderActions, **filters: object) -> list[ReaderRow]:
    async with readers.store.read() as session:
        return [row async for row in reader_rows(session, **filters)]  # type: ignore[arg-type]


async def test_every_reader_is_exported_with_each_edition_and_state(readers: ReaderActions) -> None:
    await readers.join()
    await readers.unsubscribe(await readers.join(edition="monthly"), "monthly")
    await readers.suppress(SuppressionReason.MANUAL)
    monthly, weekly = await rows(readers)
    assert (monthly.edition, monthly.state, monthly.ended_at) == ("monthly", "ended", readers.now)
    assert (weekly.edition, weekly.state, weekly.suppressed) == ("weekly", "active", "manual")


async def test_rows_are_filtered_and_paged(readers: ReaderActions) -> None:
    first = await readers.join()
    await readers.request(RISKY)
    assert [row.address for row in await rows(readers, state=SubscriptionState.PENDING)] == [
        RISKY.wire
    ]
    assert [row.id for row in await rows(readers, limit=1)] == [first]
    assert [row.address for row in await rows(readers, after=first)] == [RISKY.wire]
    assert await rows(readers, edition="monthly") == []


async def test_erased_readers_are_not_exported(readers: ReaderActions) -> None:
    await readers.join()
    await readers.erase()
    assert await rows(readers) == []


async def test_csv_holds_no_formula_and_comes_back_by_import(
    readers: ReaderActions, tmp_path: Path
) -> None:
    await readers.join()
    await readers.request(RISKY)
    path = tmp_path / "readers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv_writer(file)
        for row in await rows(readers):
            write(row)
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert "'=1+1@example.org" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert (await readers.import_file(path, "monthly")).new == 2
    assert await readers.audience("monthly") == [ANN.wire]  # the other one is pending


async def test_json_lines_hold_the_same_values_with_types(readers: ReaderActions) -> None:
    await readers.join()
    file = io.StringIO()
    write = json_lines_writer(file)
    for row in await rows(readers):
        write(row)
    shown = json.loads(file.getvalue())
    assert (shown["address"], shown["suppressed"]) == (ANN.wire, None)
    assert shown["confirmed_at"] == readers.now.isoformat()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'"])
def test_a_cell_that_a_spreadsheet_would_evaluate_gets_an_apostrophe(start: str) -> None:
    assert neutralised(f"{start}1") == f"'{start}1"
    assert neutralised("1") == "1"
