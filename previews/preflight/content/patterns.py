"""Patterns of text that reveal a mistake: template remnants, placeholders, broken characters."""

import re

# Jinja, its cousins, the merge tags of other systems, our own slots, and uncompiled MJML.
REMNANT = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{#|%7B%7B|\*\|[A-Z_:]+\|\*|\$\{|<%|</?mj-"
    r"|\bslot-[0-9a-f]{24}-\d|%%[A-Za-z_]+%%|\[%[^%]*%\]",
    re.IGNORECASE,
)
# Where a value is expected: alone, after a colon or separator, before a unit.
UNSET = re.compile(
    r"(?:^|[:·(]\s*)(?:None|null|undefined|NaN|\[object Object\])"
    r"(?:\s*(?:%|/100|·|\)|ship\b|of\b)|$)"
)
PLACEHOLDER = re.compile(
    r"\bTK(?:TK)*\b|(?i:\blorem ipsum\b|\bdolor sit amet\b|\bTODO\b|\bFIXME\b|\bTBD\b|\bXXX+\b"
    r"|\[(?:insert|add|your|placeholder|link|name|date)\b[^\]]{0,80}\]|\binsert \w+ here\b"
    r"|\byour (?:text|headline|title|copy) here\b|\bplaceholder text\b)"
)
# UTF-8 read as Windows-1252: "â€™", "Ã©"; and the replacement character.
MOJIBAKE = re.compile(r"â€.|Ã[\u0080-\u00bf©¨¶¼±]|Â[\u00a0·°»«]|\ufffd")
DOUBLE_ESCAPED = re.compile(
    r"&(?:amp|lt|gt|quot|nbsp|zwnj|#\d{2,5}|#x[0-9a-f]{2,5});", re.IGNORECASE
)
HTML_TAG = re.compile(
    r"</?(?:p|br|div|span|table|tr|td|b|i|em|strong|a|h[1-6]|ul|li|img)\b[^<>]*>", re.IGNORECASE
)


def first(pattern: re.Pattern[str], text: str, around: int = 24) -> str | None:
    """The first match with some text around it, for an excerpt; None without a match."""
    match = pattern.search(text)
    if match is None:
        return None
    start, end = max(0, match.start() - around), match.end() + around
    return " ".join(text[start:end].split())
