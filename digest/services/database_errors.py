"""Errors of the database, for those who may not know the database: command line and pages."""

from sqlalchemy.exc import DataError

from digest.store import BUSY, reason

__all__ = ["UNAVAILABLE", "UNSTORABLE", "reason"]

# The database is locked, out of disk or connections, or gone. Trying again may help.
UNAVAILABLE: tuple[type[Exception], ...] = BUSY

# A query asked for a value that no column can hold, such as text with a NUL character
# or a number beyond 64 bits. Nothing stored has such a value.
UNSTORABLE: tuple[type[Exception], ...] = (DataError, OverflowError)
