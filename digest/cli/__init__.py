"""The command line: typer commands by noun.

Exit status: 0 done, 1 it could not be done, 2 the request itself is wrong,
130 interrupted. An expected failure is one line on stderr, never a traceback.
"""

import sys
from typing import Annotated

import typer

from digest import __version__
from digest.cli import (
    comparisons,
    editions,
    installation,
    issue_checks,
    issues,
    preview,
    readers,
    relays,
    schedule,
    sending,
    serve,
    watching,
)
from digest.cli.logs import configure_logging, log_crash
from digest.errors import DigestError
from digest.services.database_errors import UNAVAILABLE, reason
from schedules.errors import ScheduleError
from subscribers.errors import SubscriberError
from subscribers.keys import BadToken

EXPECTED = (DigestError, ScheduleError, SubscriberError, BadToken)

app = typer.Typer(
    name="digest",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def digest(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Mail a recurring digest of AI-tool comparisons, and account for every reader."""


issues.app.add_typer(issue_checks.app)
issues.app.add_typer(sending.app)
issues.app.add_typer(watching.app)
for noun, commands in {
    "comparisons": comparisons.app,
    "readers": readers.app,
    "editions": editions.app,
    "issues": issues.app,
    "schedule": schedule.app,
}.items():
    app.add_typer(commands, name=noun)
for command in (
    relays.relays,
    installation.init,
    serve.serve,
    serve.work,
    preview.preview,
    installation.doctor,
    installation.migrate_store,
    installation.demo,
):
    app.command()(command)


def main() -> None:
    """The console script."""
    configure_logging()
    try:
        app()
    except EXPECTED as error:
        typer.echo(f"digest: {error}", err=True)
        sys.exit(getattr(error, "exit_code", 1))
    except OSError as error:  # a full disk or a folder without write permission: not a bug
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"digest: {where}{error.strerror or error}", err=True)
        sys.exit(1)
    except UNAVAILABLE as error:
        typer.echo(
            f"digest: the database is busy or unavailable: {reason(error)}; try again", err=True
        )
        sys.exit(1)
    except Exception as error:
        log_crash(error)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("digest: interrupted", err=True)
        sys.exit(130)
