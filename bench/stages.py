"""Single stages, each in a child process: python -m bench.stages STAGE VALUE."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import text

from bench.measurement import Measurement, Stopwatch
from digest.bootstrap import open_app
from digest.issues.content import content_of
from digest.issues.lookup import get_issue
from digest.rendering.issue import VARIANTS, compile_issue
from digest.rendering.templates.template_set import load_templates
from digest.services.actor import Actor, Channel
from digest.services.installation import metrics
from digest.services.issues import reports
from digest.services.issues.drafts import edition_of
from digest.services.issues.preview import preview_issue
from digest.services.sender_details import site_of
from digest.services.sending import start
from subscribers.exporting import csv_writer, reader_rows

ACTOR = Actor(Channel.COMMAND_LINE, "benchmark")
CARDS = 8


async def freeze(readers: int) -> Measurement:
    """Start sending issue 1: its audience becomes delivery rows in one commit."""
    async with open_app() as app:
        watch = Stopwatch()
        await start.send_issue(app, ACTOR, 1)
        return watch.measure(readers)


async def forward(left: int) -> Measurement:
    """Mark all deliveries but the last `left` as accepted, as if they had been sent."""
    async with open_app() as app, app.store.write() as session:
        watch = Stopwatch()
        connection = await session.connection()
        done = await connection.execute(
            text(
                "UPDATE delivery SET state = 'accepted', wire_date = updated_at"
                " WHERE state = 'pending' AND id <= (SELECT max(id) FROM delivery) - :left"
            ),
            {"left": left},
        )
        return watch.measure(done.rowcount)


async def report(readers: int) -> Measurement:
    """The report of issue 1, as `digest issues report` asks for it."""
    async with open_app() as app:
        watch = Stopwatch()
        found = await reports.issue_report(app, 1)
        if not found.accounting.balances or found.accounting.recipients != readers:
            raise SystemExit(f"the report does not balance: {found.accounting.equation()}")
        return watch.measure(readers)


async def measure(readers: int) -> Measurement:
    """The queries of `/metrics`."""
    async with open_app() as app:
        watch = Stopwatch()
        await metrics.read_metrics(app)
        return watch.measure(readers)


async def export(readers: int) -> Measurement:
    """Export all readers as CSV, and discard it."""
    rows = 0
    async with open_app() as app, app.store.read() as session:
        with Path("/dev/null").open("w") as nowhere:  # noqa: ASYNC230
            watch, write = Stopwatch(), csv_writer(nowhere)
            async for row in reader_rows(session):
                write(row)
                rows += 1
        if rows != readers:
            raise SystemExit(f"{rows} of {readers} readers were exported")
        return watch.measure(readers)


async def compile_all(times: int) -> Measurement:
    """Compile issue 1 in all variants, `times` times."""
    async with open_app() as app, app.store.read() as session:
        issue = await get_issue(session, 1)
        edition = await edition_of(session, issue)
        content = await content_of(session, edition, issue)
        if len(content.cards) != CARDS:
            raise SystemExit(f"the issue has {len(content.cards)} cards, not {CARDS}")
        site, templates = site_of(app.settings, edition), load_templates(edition.template)
        watch = Stopwatch()
        for _ in range(times):
            for variant in VARIANTS:
                compile_issue(content, site, templates, variant)
        return watch.measure(times)


async def write_message(file: str) -> Measurement:
    """Write the message of issue 1 as one reader gets it; the peers send it."""
    async with open_app() as app:
        watch = Stopwatch()
        preview = await preview_issue(app, 1)
        await asyncio.to_thread(Path(file).write_bytes, preview.variants[0].eml)
        return watch.measure(1)


STAGES: dict[str, Callable[[int], Awaitable[Measurement]]] = {
    "freeze": freeze,
    "forward": forward,
    "report": report,
    "metrics": measure,
    "export": export,
    "compile": compile_all,
}


async def run(stage: str, value: str) -> Measurement:
    """Run a stage; `value` counts readers, runs or messages left, or is a file."""
    return await (write_message(value) if stage == "message" else STAGES[stage](int(value)))


def main() -> None:
    """Run the stage and print its measurement."""
    asyncio.run(run(*sys.argv[1:])).print()


if __name__ == "__main__":
    main()
