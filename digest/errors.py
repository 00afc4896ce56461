"""Expected failures. Their text is one sentence for a person, with the next step if there is one.

The command line prints the text on one line and exits with `exit_code`; the web layer maps
the class to a page. Any other exception that reaches the top is a bug.

    DigestError
    ├── UsageError           the request itself is wrong (exit 2)
    ├── NotFound             no such comparison, issue, reader, edition …
    ├── Refused              allowed in principle, not in this state
    ├── Misconfigured        a setting is missing or wrong
    └── DatabaseUnavailable  the database does not answer now
"""


class DigestError(Exception):
    """Base of all expected failures; `str()` of it is for the person who asked."""

    exit_code = 1


class UsageError(DigestError):
    """The request is malformed: an unknown value, an invalid date."""

    exit_code = 2


class NotFound(DigestError):
    """What the request names does not exist."""


class Refused(DigestError):
    """It exists, but its state does not allow the request."""


class Misconfigured(DigestError):
    """A setting is missing or wrong."""


class DatabaseUnavailable(DigestError):
    """The database does not answer. Trying again may help."""
