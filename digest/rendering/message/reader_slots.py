"""The values in a message that differ from reader to reader, each declared once in `READER_SLOTS`.

A slot is a place in a compiled message that is left open for one of them. A new one, such as
a link to vote, needs an entry here and the source of its value: for a link that is
`reader_links` in `digest/services/reader_values.py`. Templates can then print it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

ADDRESS = "address"
UNSUBSCRIBE = "unsubscribe_url"


@dataclass(frozen=True)
class ReaderSlot:
    """One value that differs from reader to reader.

    Templates print it as `{{ reader.NAME }}` if it is `in_body`, in the text part as it is
    and in the HTML part escaped, both in quoted-printable. `header` names a field of list
    mail that carries it as a URI in angle brackets. `preview` is what previews and tests
    show, where `{public_url}` stands for the address of the installation. `room` is how
    many bytes the check of the HTML part's size counts for it.
    """

    name: str
    preview: str
    room: int = 0
    in_body: bool = True
    header: str | None = None


# The names are stored in every compiled message, so one that was released stays.
READER_SLOTS = (
    ReaderSlot(UNSUBSCRIBE, preview="{public_url}/unsubscribe/preview", room=200),
    ReaderSlot("preferences_url", preview="{public_url}/preferences/preview", room=200),
    ReaderSlot(ADDRESS, preview="reader@example.org", room=320),
    ReaderSlot(
        "one_click_url",
        preview="{public_url}/unsubscribe/preview",
        in_body=False,
        header="List-Unsubscribe",
    ),
)
BODY_SLOTS = tuple(slot.name for slot in READER_SLOTS if slot.in_body)
HEADER_SLOTS = tuple((slot.header, slot.name) for slot in READER_SLOTS if slot.header)
ROOM = {slot.name: slot.room for slot in READER_SLOTS}


class ReaderValues(NamedTuple):
    """What one reader's copy of a message is completed with.

    `message_id` is `local@domain`, with or without angle brackets. `slots` maps the names of
    `READER_SLOTS` to values; the address is always among them, the links only where the message
    uses them. The address is the envelope's: ASCII, with an IDN domain in A-labels, unless
    the relay offers SMTPUTF8 and `needs_smtputf8` says that the address needs it.
    """

    message_id: str
    date: datetime
    slots: Mapping[str, str]
    needs_smtputf8: bool = False

    @property
    def address(self) -> str:
        """The recipient, as it stands in To and in the envelope."""
        return self.slots[ADDRESS]

    def with_slots(self, **values: str) -> "ReaderValues":
        """The same reader with other values in some slots."""
        return self._replace(slots={**self.slots, **values})


def preview_slots(public_url: str) -> dict[str, str]:
    """What every slot shows in a preview or a test: it looks right, and its links do nothing."""
    return {slot.name: slot.preview.format(public_url=public_url) for slot in READER_SLOTS}
