"""How the column, or key, with the address is called in files from elsewhere."""

from collections.abc import Iterable

from subscribers.errors import UnreadableFile

# The second group is looked at only where nothing of the first is there: beside
# an "email", an "address" is a street.
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


def fold(heading: str) -> str:
    """`E-Mail Address` and `email_address` are the same heading."""
    return "".join(filter(str.isalnum, heading.casefold()))


def address_heading(headings: Iterable[str]) -> int | None:
    """The position of the heading that means the address; None without one.

    Raises `UnreadableFile` where two could be meant.
    """
    folded = [fold(heading) for heading in headings]
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
