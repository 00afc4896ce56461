"""How readers are shown on a terminal."""

from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from digest.cli.runtime import console
from subscribers.exporting import ReaderRow
from subscribers.importing import Report

LEFT_ALONE = ("unsubscribed", "suppressed", "erased")


def import_sentence(report: Report) -> str:
    """Like "9,812 new, 140 known, 48 rejected: row 17 has no @"; what is zero is left out."""
    names = ("new", "activated", "known", *LEFT_ALONE, "duplicates", "rejected")
    words = {
        "activated": "now confirmed",
        "unsubscribed": "unsubscribed earlier (left alone)",
        "suppressed": "suppressed (left alone)",
        "erased": "erased (left alone)",
        "duplicates": "twice in the file",
    }
    counts = [(getattr(report, name), words.get(name, name)) for name in names]
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count)
    first = f": {report.examples[0]}" if report.examples else ""
    return f"{told or 'no rows'}{first}"


def print_rows(rows: Sequence[ReaderRow]) -> None:
    """A line for each reader and edition."""
    table = Table("id", "address", "edition", "state", "suppressed", box=None, header_style="bold")
    for row in rows:
        cells = (row.address, row.edition or "—", row.state or "—", row.suppressed or "")
        table.add_row(str(row.id), *cells)
    console.print(table)


def print_reader(shown: dict[str, Any]) -> None:
    """One reader with her consent, oldest first."""
    state = f"erased {shown['erased_at']:%Y-%m-%d}" if shown["erased_at"] else ""
    console.print(Text(shown["address"] or state or "no reader", "bold"))
    for row in shown["editions"]:
        console.print(f"  {row['edition']}: {row['state']}")
    for row in shown["suppressed"]:
        console.print(f"  suppressed: {row['reason']}, {row['at']:%Y-%m-%d}, {row['source']}")
    for event in shown["consent"]:
        where = f" {event['edition']}" if event["edition"] else ""
        console.print(f"  {event['at']:%Y-%m-%d %H:%M} {event['kind']}{where}: {event['source']}")
