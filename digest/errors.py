"""What a person is told when something cannot be done.

Every expected failure is a `DigestError`: one sentence about what is wrong and,
where there is one, the next step. The command line prints it on one line and
exits with `exit_code`; the web layer maps it to a page. Anything else that
reaches the top is a bug.

    DigestError
    ├── UsageError        the request itself is wrong (exit 2)
    ├── NotFound          no such comparison, issue, reader, edition …
    ├── Refused           allowed in principle, not in this state
    └── Misconfigured     a setting is missing or wrong
"""


class DigestError(Exception):
    """Base of all expected failures; `str()` of it is what the person reads."""

    exit_code = 1


class UsageError(DigestError):
    """The request is malformed: an unknown value, a date that cannot be read."""

    exit_code = 2


class NotFound(DigestError):
    """The thing named does not exist."""


class Refused(DigestError):
    """The thing exists but its state forbids the request."""


class Misconfigured(DigestError):
    """A setting is missing or wrong."""
