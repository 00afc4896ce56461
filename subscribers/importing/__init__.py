"""Importing readers: the file is checked first, then all good rows are stored or none.

    with check(path, keyring, on_reject) as checked:  # reads the file, needs no database
        await plan(session, checked, ...)             # a dry run: counts what would happen
        await store(session, checked, ...)            # stores the readers

Who left, bounced or complained elsewhere, as far as the file tells, is suppressed here too
(`standing`, `survey`). An import never brings anybody back: readers who left, are suppressed or
were erased stay as they are, and are counted. Without `confirmed` new readers are pending, and
get nothing until they confirm a sign-up of their own. With it they are active: the importer
states their consent.
"""

from subscribers.importing.checking import (
    CheckedFile,
    MendableRow,
    RejectedRow,
    check,
    kept_headings,
    survey_file,
)
from subscribers.importing.merging import ImportCounts, add_confirmed, plan, store
from subscribers.importing.outcomes import ImportOutcome
from subscribers.importing.standing import standing_of
from subscribers.importing.survey import Choices, Survey

__all__ = [
    "CheckedFile",
    "Choices",
    "ImportCounts",
    "ImportOutcome",
    "MendableRow",
    "RejectedRow",
    "Survey",
    "add_confirmed",
    "check",
    "kept_headings",
    "plan",
    "standing_of",
    "store",
    "survey_file",
]
