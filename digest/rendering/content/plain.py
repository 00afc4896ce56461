"""Laying out plain text: 72 columns, white space that no relay would change."""

import re
import textwrap

COLUMNS = 72


def wrapped(text: str, columns: int = COLUMNS) -> str:
    """`text` folded at words to `columns`; a longer word stays whole.

    A no-break space holds words together and becomes a plain space.
    """
    words = re.sub(r"[ \t\r\n]+", " ", str(text)).strip()
    folded = textwrap.fill(words, columns, break_long_words=False, break_on_hyphens=False)
    return folded.replace("\u00a0", " ")


def underlined(text: str, character: str = "-") -> str:
    """A heading: `text` folded to 72 columns, with a line as long as its longest line."""
    folded = wrapped(text)
    return f"{folded}\n{character[:1] * max(map(len, folded.splitlines() or ['']))}"
