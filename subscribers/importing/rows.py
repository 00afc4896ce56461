"""A row of an imported file, and which column or key of it holds the address."""

from collections.abc import Iterable
from typing import NamedTuple

from subscribers.errors import UnreadableFile

# The second group counts only where none of the first is there: beside an "email", an
# "address" is a street.
ADDRESS_HEADINGS = (
    frozenset(
        {
            "email",
            "emailaddress",
            "emailadresse",
            "emailadress",
            "mailaddress",
            "mailadresse",
            "adresseemail",
            "adressemail",
            "courriel",
            "correo",
            "correoelectronico",
            "primaryemail",
            "subscriberemail",
            "contactemail",
            "useremail",
        }
    ),
    frozenset({"mail", "address", "adresse", "reader", "subscriber"}),
)


class ImportedRow(NamedTuple):
    """The line number of a row and its address as written.

    `problem` is set if the row could not be read; it completes "row 17 …".
    """

    row: int
    value: str
    problem: str | None = None


def address_heading(headings: Iterable[str]) -> int | None:
    """The position of the heading that means the address; None if there is none.

    `E-Mail Address` and `email_address` are the same heading. Raises `UnreadableFile`
    where two could be meant.
    """
    folded = ["".join(filter(str.isalnum, heading.casefold())) for heading in headings]
    for group in ADDRESS_HEADINGS:
        positions = [index for index, heading in enumerate(folded) if heading in group]
        if len(positions) > 1:
            first, second = positions[0] + 1, positions[1] + 1
            raise UnreadableFile(
                f"columns {first} and {second} both look like the address; "
                "keep one, or rename the other"
            )
        if positions:
            return positions[0]
    return None
