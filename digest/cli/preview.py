"""`digest preview`: the workbench on this machine, for writing templates."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from digest.bootstrap import open_app
from digest.cli.runtime import console, run_loop
from digest.errors import NotFound, UsageError
from digest.rendering.templates.template_set import ROOT, SHARED
from digest.services.workbench.targets import find_target
from digest.serving import running_workbench, until_signal_or


def preview(
    issue: Annotated[
        int | None, typer.Argument(help="An issue's number; without one, a sample.", min=1)
    ] = None,
    sample: Annotated[str | None, typer.Option(help="A sample's name.")] = None,
    templates: Annotated[
        Path, typer.Option(help="Folder of the email templates.", show_default=False)
    ] = ROOT,
    port: Annotated[int, typer.Option(help="Port; 0 picks a free one.", min=0, max=65535)] = 0,
    open_browser: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Preview an issue or a sample in every view, with live updates, until Ctrl-C."""
    if issue and sample:
        raise UsageError("give an issue or --sample, not both")
    if not (templates / SHARED).is_dir():
        raise NotFound(f"{templates} has no folder {SHARED!r}; name the folder of template sets")

    async def work() -> None:
        async with open_app() as app:
            target = await find_target(app, issue=issue, sample=sample)
            async with running_workbench(app, templates, port) as address:
                console.print(f"Workbench  {address}{target.path}")
                console.print(f"Watching   {templates}; Ctrl-C stops it")
                if open_browser:
                    typer.launch(f"{address}{target.path}")
                await until_signal_or(asyncio.create_task(asyncio.Event().wait()))

    run_loop(work())
