"""The kinds of refusals. `docs/delivery.md` says what follows from each."""

from enum import StrEnum


class Stage(StrEnum):
    """The command that a reply answers; `DOT` is the end of the message."""

    RCPT = "RCPT"
    DATA = "DATA"
    DOT = "the dot"


class ReplyKind(StrEnum):
    """What a refusal is about. Stored with the delivery, so the values must stay.

    | kind      | about   | means                                                          |
    |-----------|---------|----------------------------------------------------------------|
    | `hard`    | reader  | no such mailbox or domain: no mail will ever arrive            |
    | `full`    | reader  | the mailbox is full                                            |
    | `closed`  | reader  | the mailbox takes no such mail: disabled, restricted, or its   |
    |           |         | address needs an extension that the relay does not have        |
    | `setup`   | relay   | login, HELO, TLS or syntax: our settings do not suit the relay |
    | `blocked` | relay   | not permitted, by policy or by reputation                      |
    | `limit`   | relay   | a quota or a rate is used up                                   |
    | `content` | message | its size or its content                                        |
    | `unknown` | unknown | not understood, or its code and its words contradict each other |
    """

    HARD = "hard"
    FULL = "full"
    CLOSED = "closed"
    SETUP = "setup"
    BLOCKED = "blocked"
    LIMIT = "limit"
    CONTENT = "content"
    UNKNOWN = "unknown"


ABOUT_RELAY = frozenset({ReplyKind.SETUP, ReplyKind.BLOCKED, ReplyKind.LIMIT})

# No reader is to be lost by these.
NOT_THE_READERS = ABOUT_RELAY | {ReplyKind.CONTENT, ReplyKind.UNKNOWN}
