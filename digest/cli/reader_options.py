"""Options that the reader commands share."""

import getpass
from typing import Annotated

import typer

EditionSlug = Annotated[str, typer.Option("--edition", help="The edition's slug.")]
Confirmed = Annotated[
    bool, typer.Option("--confirmed", help="Consent was given elsewhere: mail from now on.")
]
Source = Annotated[
    str | None,
    typer.Option("--source", help="Where and when consent was given, for the consent log."),
]


def operator() -> str:
    """Who is at the command line, for the log."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in some containers
        return "unknown user"
