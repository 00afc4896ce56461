"""How texts are set in a mail: direction, headings that break well, and plain text.

All but `is_rtl` are filters that templates use, see docs/templates.md.
"""

import re
import textwrap
import unicodedata
from collections.abc import Iterable

from markupsafe import Markup, escape

COLUMNS = 72
SHORT = 16  # characters of a large heading that fit on one line of a narrow phone

_COUNT = re.compile(r"(\d+–\d+)")
# Outlook, which lays out with Word, knows the element and ignores the property; most other
# clients do the opposite.
_WHOLE = Markup('<nobr><span style="white-space:nowrap">{}</span></nobr>')


def is_rtl(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left (UAX #9, P2)."""
    for character in text:
        if (direction := unicodedata.bidirectional(character)) in ("L", "R", "AL"):
            return direction != "L"
    return False


def isolated(text: str | None, names: Iterable[str] | None = None) -> Markup:
    """`text` escaped, with each right-to-left name in an element of its own.

    Without it such a name changes the order of what stands beside it in a left-to-right line.
    `names` are the names to look for; by default the whole text is one.
    """
    escaped = escape(text or "")
    found = {escape(name) for name in ([escaped] if names is None else names) if is_rtl(name)}
    if not found:
        return escaped
    # The longest first: one name may be the beginning of another.
    pattern = "|".join(map(_with_any_space, sorted(found, key=len, reverse=True)))
    marked = re.sub(pattern, r'<span dir="rtl">\g<0></span>', str(escaped))
    return Markup(marked)  # noqa: S704  the text was escaped above


def _with_any_space(name: str) -> str:
    """A pattern of the name that also matches where `unbroken` put no-break spaces."""
    return "[ \u00a0]".join(map(re.escape, name.split(" ")))


def unbroken(text: str) -> Markup:
    """A heading, escaped: counts such as 3–1 stay on one line, and no short word ends alone."""
    before, space, last = str(text).rpartition(" ")
    if space and len(before.rpartition(" ")[2]) + len(last) < SHORT:
        text = f"{before}\u00a0{last}"
    pieces = _COUNT.split(str(text))
    return Markup("").join(
        _WHOLE.format(piece) if at % 2 else piece for at, piece in enumerate(pieces)
    )


def wrapped(text: str, columns: int = COLUMNS) -> str:
    """Plain text folded at spaces to `columns`; a longer word, such as a link, stays whole.

    A no-break space holds words together and becomes a plain space.
    """
    words = re.sub(r"[ \t\r\n]+", " ", str(text)).strip()
    folded = textwrap.fill(words, columns, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\u00a0", " ")


def underlined(text: str, character: str = "-") -> str:
    """A heading in plain text: folded, and underlined to the width of its longest line."""
    folded = wrapped(text)
    return f"{folded}\n{character[:1] * max(map(len, folded.splitlines() or ['']))}"
