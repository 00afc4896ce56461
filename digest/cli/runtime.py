"""What every command shares: opening the app, printing, and one-line errors."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console

from digest.app import App
from digest.bootstrap import open_app

T = TypeVar("T")

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys.")]

# No markup: much of what is printed is text from outside, such as a relay's reply.
# Styles come with `rich.text.Text`.
console = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)


def run(work: Callable[[App], Awaitable[T]]) -> T:
    """Open the installation, do the work, close it."""

    async def opened() -> T:
        async with open_app() as app:
            return await work(app)

    return run_loop(opened())


def run_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, on uvloop where it is installed."""
    # uvloop, because a sender spends half of its time in the event loop.
    try:
        import uvloop
    except ImportError:  # not available on every platform
        return asyncio.run(work)
    return uvloop.run(work)


def print_json(data: Any) -> None:
    """Print one JSON document; models become objects, datetimes ISO 8601 in UTC."""
    typer.echo(json.dumps(data, default=_plain, ensure_ascii=False, indent=2))


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):  # as pydantic does: UTC with a Z
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
