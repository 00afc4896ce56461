"""Headings in HTML, without the line breaks that nobody would make by hand."""

import re

from markupsafe import Markup

SHORT = 16  # of a large heading's letters, what one line of a narrow phone holds

_COUNT = re.compile(r"(\d+–\d+)")
# Word knows the element and not the property; of most others it is the other way about.
_WHOLE = Markup('<nobr><span style="white-space:nowrap">{}</span></nobr>')


def unbroken(text: str) -> Markup:
    """`text` escaped, its counts such as 3–1 whole, and its last line not one short word."""
    before, space, last = str(text).rpartition(" ")
    if space and len(before.rpartition(" ")[2]) + len(last) < SHORT:
        text = f"{before}\u00a0{last}"
    pieces = _COUNT.split(str(text))
    return Markup("").join(
        _WHOLE.format(piece) if at % 2 else piece for at, piece in enumerate(pieces)
    )
