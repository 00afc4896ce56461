"""What can go wrong with readers; `str()` of each is one sentence for a person.

SubscriberError
├── InvalidAddress   not an email address that mail can be sent to
├── InvalidMailbox   not `Name <address>`, or several where one is allowed
├── BadToken         a signed link was cut, altered, or made for another purpose
├── LinkInvalid      a confirmation link was never issued, or no longer works
├── LinkExpired      a confirmation link is too old; a new one can be requested
└── UnreadableFile   a file to import cannot be read at all
"""


class SubscriberError(Exception):
    """Base of this package's expected failures."""


class InvalidAddress(SubscriberError):
    """Not an address that mail can be sent to.

    `reason` completes the sentence "row 17 …" or "the address …": "has no @".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"That doesn't look like an email address. It {reason}.")
        self.reason = reason


class InvalidMailbox(SubscriberError):
    """Not `Name <address>`; `str()` says what is wrong and what to write instead."""


class BadToken(SubscriberError):
    """The token was cut, altered, or made for another purpose."""


class LinkInvalid(SubscriberError):
    """The confirmation link was never issued, or no longer works."""


class LinkExpired(SubscriberError):
    """The confirmation link is too old; a new one would be for `address` and `edition`."""

    def __init__(self, address: str, edition: str) -> None:
        super().__init__("This link has expired; send a new one.")
        self.address = address
        self.edition = edition


class UnreadableFile(SubscriberError):
    """A file to import cannot be read; nothing of it was stored."""
