"""The number of an issue as an address has it: digits, and no more than a row can hold."""

import re
from typing import Annotated

from fastapi import Path
from pydantic import BeforeValidator

HIGHEST = 2**31 - 1
_DIGITS = re.compile("[0-9]{1,10}")


def number_of(text: str) -> int:
    """Raises `ValueError`; Python itself refuses to read more than 4,300 digits."""
    if not _DIGITS.fullmatch(text) or int(text) > HIGHEST:
        raise ValueError("no issue has such a number")
    return int(text)


# An address with another number is an address that does not exist.
IssueNumber = Annotated[int, BeforeValidator(number_of), Path()]
