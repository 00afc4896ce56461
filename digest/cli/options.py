"""What commands of several nouns share: their common options, and the person who runs them."""

import getpass
from typing import Annotated

import typer

from digest.services.actor import Actor, Channel

# Without a name the services choose, see `digest.services.editions.default`.
EditionSlug = Annotated[
    str | None, typer.Option("--edition", help="The edition's slug; default: the only active one.")
]
Confirmed = Annotated[
    bool, typer.Option("--confirmed", help="Consent was given elsewhere: start mailing now.")
]
Source = Annotated[
    str | None,
    typer.Option("--source", help="Where and when consent was given, for the consent log."),
]


# How a file of readers is read where it cannot be told from the file.
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="The file's encoding; default: found out.")
]
Column = Annotated[
    str | None,
    typer.Option("--column", help="The column of the addresses: its heading or number."),
]


def command_line_actor(name: str | None = None) -> Actor:
    """The person at the command line: `name`, else that of their account on this machine."""
    return Actor(Channel.COMMAND_LINE, name or _account())


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no name for this user id, as in some containers
        return "unknown user"
