"""Texts that run from right to left, in a mail that runs from left to right."""

import re
import unicodedata
from collections.abc import Iterable

from markupsafe import Markup, escape


def is_rtl(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left (UAX #9, P2)."""
    for character in text:
        if (direction := unicodedata.bidirectional(character)) in ("L", "R", "AL"):
            return direction != "L"
    return False


def isolated(text: str | None, names: Iterable[str] | None = None) -> Markup:
    """`text` escaped; what runs from right to left keeps its own order in a line that does not.

    That is the whole of it, or the `names` that are told of in it.
    """
    told = escape(text or "")
    wanted = {escape(name) for name in ([told] if names is None else names) if is_rtl(name)}
    if not wanted:
        return told
    pattern = "|".join(map(_however_spaced, sorted(wanted, key=len, reverse=True)))
    apart = re.sub(pattern, r'<span dir="rtl">\g<0></span>', str(told))
    return Markup(apart)  # noqa: S704  it was escaped


def _however_spaced(name: str) -> str:
    return "[ \u00a0]".join(map(re.escape, name.split(" ")))
