"""Single stages, each in a child: python -m bench.stages STAGE VALUE; the stages are below."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from sqlalchemy import text

from bench.taken import Taken, Watch
from digest.bootstrap import open_app
from digest.issues.content import content_of
from digest.issues.lookup import get_issue
from digest.rendering.issue import VARIANTS, compile_issue
from digest.rendering.templates.template_set import load_templates
from digest.services.installation import metrics
from digest.services.issues import reports
from digest.services.issues.drafts import edition_of
from digest.services.issues.preview import preview_issue
from digest.services.sending import start
from digest.services.site import site_of
from subscribers.exporting import csv_writer, reader_rows

CARDS = 8


async def freeze(readers: int) -> Taken:
    """Start sending issue 1: its audience becomes delivery rows in one commit."""
    async with open_app() as app:
        watch = Watch()
        await start.send(app, 1)
        return watch.taken(readers)


async def forward(left: int) -> Taken:
    """Call all accepted but the last few, as though the others had been sent."""
    async with open_app() as app, app.store.write() as session:
        watch = Watch()
        connection = await session.connection()
        done = await connection.execute(
            text(
                "UPDATE delivery SET state = 'accepted', wire_date = updated_at"
                " WHERE state = 'pending' AND id <= (SELECT max(id) FROM delivery) - :left"
            ),
            {"left": left},
        )
        return watch.taken(done.rowcount)


async def report(readers: int) -> Taken:
    """The report of issue 1, as `digest issues report` asks for it."""
    async with open_app() as app:
        watch = Watch()
        found = await reports.issue_report(app, 1)
        if not found.accounting.balances or found.accounting.recipients != readers:
            raise SystemExit(f"the report does not balance: {found.accounting.equation()}")
        return watch.taken(readers)


async def measure(readers: int) -> Taken:
    """What `/metrics` asks of the database."""
    async with open_app() as app:
        watch = Watch()
        await metrics.read_metrics(app)
        return watch.taken(readers)


async def export(readers: int) -> Taken:
    """All readers as CSV, thrown away."""
    rows = 0
    async with open_app() as app, app.store.read() as session:
        with Path("/dev/null").open("w") as nowhere:  # noqa: ASYNC230
            watch, write = Watch(), csv_writer(nowhere)
            async for row in reader_rows(session):
                write(row)
                rows += 1
        if rows != readers:
            raise SystemExit(f"{rows} of {readers} readers were exported")
        return watch.taken(readers)


async def compile_all(times: int) -> Taken:
    """Compile issue 1 in all variants, so many times."""
    async with open_app() as app, app.store.read() as session:
        issue = await get_issue(session, 1)
        edition = await edition_of(session, issue)
        content = await content_of(session, edition, issue)
        if len(content.cards) != CARDS:
            raise SystemExit(f"the issue has {len(content.cards)} cards, not {CARDS}")
        site, templates = site_of(app.settings, edition), load_templates(edition.template)
        watch = Watch()
        for _ in range(times):
            for variant in VARIANTS:
                compile_issue(content, site, templates, variant)
        return watch.taken(times)


async def write_message(file: str) -> Taken:
    """The message of issue 1 as one reader gets it: what the peers send."""
    async with open_app() as app:
        watch = Watch()
        preview = await preview_issue(app, 1)
        await asyncio.to_thread(Path(file).write_bytes, preview.variants[0].eml)
        return watch.taken(1)


COUNTED: dict[str, Callable[[int], Awaitable[Taken]]] = {
    "freeze": freeze,
    "forward": forward,
    "report": report,
    "metrics": measure,
    "export": export,
    "compile": compile_all,
}


async def run(stage: str, value: str) -> Taken:
    """The stage that was asked for; `value` counts readers, runs or messages left, or is a file."""
    return await (write_message(value) if stage == "message" else COUNTED[stage](int(value)))


def main() -> None:
    """Run it, and say what it took."""
    asyncio.run(run(*sys.argv[1:])).print()


if __name__ == "__main__":
    main()
