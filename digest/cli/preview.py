"""`digest preview`: the workbench, on this machine, while templates are being written."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from digest.bootstrap import open_app
from digest.cli.runtime import console, run_loop
from digest.errors import NotFound, UsageError
from digest.issues.lookup import get_issue
from digest.rendering.templates.template_set import ROOT, SHARED
from digest.services.workbench.samples import sample_content
from digest.services.workbench.snapshot import ISSUE, SAMPLE, PreviewTarget
from digest.serving import running_workbench, until_signal_or
from previews import samples


def preview(
    issue: Annotated[
        int | None, typer.Argument(help="An issue's number; without one, a sample.", min=1)
    ] = None,
    sample: Annotated[str | None, typer.Option(help="A sample's name.")] = None,
    templates: Annotated[
        Path, typer.Option(help="Folder of the email templates.", show_default=False)
    ] = ROOT,
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.", min=0, max=65535)] = 0,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Look at an issue or a sample in every view, live, until Ctrl-C."""
    if issue and sample:
        raise UsageError("give an issue or --sample, not both")
    if not (templates / SHARED).is_dir():
        raise NotFound(f"{templates} has no folder {SHARED!r}; name the folder of template sets")
    subject = (
        PreviewTarget(ISSUE, str(issue))
        if issue
        else PreviewTarget(SAMPLE, sample or samples.FIRST)
    )

    async def work() -> None:
        async with open_app() as app:
            if subject.kind == SAMPLE:
                sample_content(subject.key)
            else:
                async with app.store.read() as session:
                    await get_issue(session, subject.number)
            async with running_workbench(app, templates, port) as address:
                console.print(f"Workbench  {address}{subject.path}")
                console.print(f"Watching   {templates}; Ctrl-C ends it")
                if open_browser:
                    typer.launch(f"{address}{subject.path}")
                await until_signal_or(asyncio.create_task(asyncio.Event().wait()))

    run_loop(work())
