"""Highlighting an element to which a frame scrolls, and finding words in a text."""

from collections.abc import Iterable
from hashlib import sha256

from previews.markup.html_page import folded, with_ids
from previews.markup.tags import insert_in_head

_HIGHLIGHT = (
    "<style>:target{outline:4px solid #d97706!important;outline-offset:2px;"
    "scroll-margin:30vh 0}</style>"
)
ANY_HIGHLIGHT = "spot-" + "[0-9a-f]" * 12  # as file names are matched


def highlight_id(spot: str) -> str:
    """The id (and URL fragment) of the element at a locator."""
    return f"spot-{sha256(spot.encode()).hexdigest()[:12]}"


def with_highlights(html: str, spots: Iterable[str]) -> str:
    """The page with an anchor at each locator, outlined when the URL fragment targets it.

    The HTML is serialised again, so it is for display only; hidden elements are shown.
    """
    return insert_in_head(with_ids(html, {spot: highlight_id(spot) for spot in spots}), _HIGHLIGHT)


def line_of(text: str, words: str) -> int | None:
    """The number of the line where the words start, even if wrapped; None if not found."""
    wanted, whole, begins = folded(words), "", []
    for number, line in enumerate(text.split("\n"), 1):
        if line := folded(line):
            begins.append((len(whole), number))
            whole += f"{line} "
    at = whole.find(wanted) if wanted else -1
    return max((number for start, number in begins if start <= at), default=None)
