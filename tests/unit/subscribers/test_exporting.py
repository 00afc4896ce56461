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
from tests.unit.subscribers.conftest import ANN, Desk

RISKY = EmailAddress.parse("=1+1@example.org")


async def rows(desk: Desk, **filters: object) -> list[ReaderRow]:
    async with desk.store.read() as session:
        return [row async for row in reader_rows(session, **filters)]  # type: ignore[arg-type]


async def test_every_reader_is_told_with_each_edition_and_state(desk: Desk) -> None:
    await desk.join()
    await desk.unsubscribe(await desk.join(edition="monthly"), "monthly")
    await desk.suppress(SuppressionReason.MANUAL)
    monthly, weekly = await rows(desk)
    assert (monthly.edition, monthly.state, monthly.ended_at) == ("monthly", "ended", desk.now)
    assert (weekly.edition, weekly.state, weekly.suppressed) == ("weekly", "active", "manual")


async def test_rows_are_filtered_and_paged(desk: Desk) -> None:
    first = await desk.join()
    await desk.request(RISKY)
    assert [row.address for row in await rows(desk, state=SubscriptionState.PENDING)] == [
        RISKY.wire
    ]
    assert [row.id for row in await rows(desk, limit=1)] == [first]
    assert [row.address for row in await rows(desk, after=first)] == [RISKY.wire]
    assert await rows(desk, edition="monthly") == []


async def test_the_erased_are_not_exported(desk: Desk) -> None:
    await desk.join()
    await desk.erase()
    assert await rows(desk) == []


async def test_csv_holds_no_formula_and_comes_back_by_import(desk: Desk, tmp_path: Path) -> None:
    await desk.join()
    await desk.request(RISKY)
    path = tmp_path / "readers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        write = csv_writer(file)
        for row in await rows(desk):
            write(row)
    with path.open(encoding="utf-8", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert "'=1+1@example.org" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert (await desk.import_file(path, "monthly")).new == 2
    assert sorted(await desk.audience("monthly")) == sorted([ANN.wire, RISKY.wire])


async def test_json_lines_say_the_same_in_types(desk: Desk) -> None:
    await desk.join()
    file = io.StringIO()
    write = json_lines_writer(file)
    for row in await rows(desk):
        write(row)
    shown = json.loads(file.getvalue())
    assert (shown["address"], shown["suppressed"]) == (ANN.wire, None)
    assert shown["confirmed_at"] == desk.now.isoformat()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_take_for_a_formula_gets_a_quote(start: str) -> None:
    assert neutralised(f"{start}1") == f"'{start}1"
    assert neutralised("1") == "1"
