"""Exporting readers to a file, however many they are."""

from enum import StrEnum
from typing import TextIO

from digest.app import App
from digest.services.result import Result
from subscribers.exporting import csv_writer, json_lines_writer, reader_rows
from subscribers.states import SubscriptionState


class ExportFormat(StrEnum):
    """The format of an export: CSV with headings, or one JSON object a line."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class ReaderExport(Result):
    """How many rows were written, one for each reader and edition."""

    rows: int


async def export_readers(
    app: App,
    file: TextIO,
    form: ExportFormat = ExportFormat.CSV,
    *,
    edition: str | None = None,
    state: SubscriptionState | None = None,
) -> ReaderExport:
    """Write the readers of an edition or a state, or all, in order of id, in flat memory."""
    write = csv_writer(file) if form is ExportFormat.CSV else json_lines_writer(file)
    rows = 0
    async with app.store.read() as session:
        async for row in reader_rows(session, edition=edition, state=state):
            write(row)
            rows += 1
    return ReaderExport(rows=rows)
