"""Single stages, each in a child: python -m bench.stages freeze|compile|message …"""

import asyncio
import sys
from pathlib import Path

from bench.taken import Taken, Watch
from digest.bootstrap import open_app
from digest.flows import sending
from digest.flows.drafts import edition_of
from digest.flows.previewing import preview_issue
from digest.flows.sites import site_of
from digest.issues.content import content_of
from digest.issues.lookup import get_issue
from digest.rendering.issue import VARIANTS, compile_issue
from digest.rendering.templates import load_templates

CARDS = 8


async def freeze(readers: int) -> Taken:
    """Start sending issue 1: its audience becomes delivery rows in one commit."""
    async with open_app() as app:
        watch = Watch()
        await sending.send(app, 1)
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


async def write_message(file: Path) -> Taken:
    """The message of issue 1 as one reader gets it: what the peers send."""
    async with open_app() as app:
        watch = Watch()
        preview = await preview_issue(app, 1)
        await asyncio.to_thread(file.write_bytes, preview.variants[0].eml)
        return watch.taken(1)


def main() -> None:
    """Run the stage that was asked for."""
    stage, value = sys.argv[1:]
    if stage == "freeze":
        asyncio.run(freeze(int(value))).print()
    elif stage == "compile":
        asyncio.run(compile_all(int(value))).print()
    else:
        asyncio.run(write_message(Path(value))).print()


if __name__ == "__main__":
    main()
