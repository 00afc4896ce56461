"""The command line: typer commands by noun.

Exit status: 0 done, 1 it could not be done, 2 the request itself is wrong,
130 interrupted. An expected failure is one line on stderr, never a traceback.
"""

import sys

import typer

from digest.cli import (
    checking,
    comparisons,
    editions,
    issues,
    readers,
    relays,
    schedule,
    sending,
    system,
    watching,
)
from digest.cli.logs import configure_logging, log_crash
from digest.errors import DigestError
from digest.store import BUSY, reason
from schedules.errors import ScheduleError
from subscribers.errors import SubscriberError
from subscribers.keys import BadToken

EXPECTED = (DigestError, ScheduleError, SubscriberError, BadToken)

app = typer.Typer(
    name="digest",
    help="A weekly digest of AI-tool comparisons that never loses or doubles a mail.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(comparisons.app, name="comparisons")
app.add_typer(readers.app, name="readers")
app.add_typer(editions.app, name="editions")
issues.app.add_typer(checking.app)
issues.app.add_typer(sending.app)
issues.app.add_typer(watching.app)
app.add_typer(issues.app, name="issues")
app.add_typer(schedule.app, name="schedule")
app.command()(relays.relays)
system.register(app)


def main() -> None:
    """The console script."""
    configure_logging()
    try:
        app()
    except EXPECTED as error:
        typer.echo(f"digest: {error}", err=True)
        sys.exit(getattr(error, "exit_code", 1))
    except OSError as error:  # a full disk, a folder that may not be written: no bug of ours
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"digest: {where}{error.strerror or error}", err=True)
        sys.exit(1)
    except BUSY as error:
        typer.echo(f"digest: the database is busy or gone: {reason(error)}; try again", err=True)
        sys.exit(1)
    except Exception as error:
        log_crash(error)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("digest: interrupted", err=True)
        sys.exit(130)
