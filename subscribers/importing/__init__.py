"""Importing readers: the file is checked first, then all of it is stored or none.

    with check(path, keyring, on_reject) as checked:  # reads the file, needs no database
        await plan(session, checked, ...)             # what would happen: the dry run
        await store(session, checked, ...)            # the same, done

An import never revives anybody: readers who left, are suppressed or were erased
stay as they are, and are counted. Without `confirmed` new readers are pending,
and get nothing until they confirm a sign-up of their own; with it they are
active, on the word of whoever imports them.
"""

from subscribers.importing.checking import Checked, Reject, check
from subscribers.importing.fates import Fate
from subscribers.importing.merging import Report, add_confirmed, plan, store

__all__ = ["Checked", "Fate", "Reject", "Report", "add_confirmed", "check", "plan", "store"]
