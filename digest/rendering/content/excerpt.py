"""Shortening a long text to what an email has room for."""

import re
import unicodedata

LIMIT = 200
ELLIPSIS = "…"

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”）]*")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[“\"'])"
    r"(?:e\.g|i\.e|etc|vs|cf|approx|vol|fig|dr|mr|mrs|ms|prof|st|jr|sr|inc|ltd|co|"
    r"(?:\w\.)+\w|\w)\.$",
    re.IGNORECASE,
)
_JOINER = "\u200d"


def excerpt(text: str, limit: int = LIMIT) -> str:
    """`text` on one line, in at most `limit` characters.

    A longer text is cut after the last sentence that fits, or if none does after a word, with
    an ellipsis. A grapheme is never split, and neither "2.0" nor "e.g." ends a sentence.
    """
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return _whole_sentences(text, limit) or _whole_words(text, limit)


def _whole_sentences(text: str, limit: int) -> str:
    cut = 0
    for match in _SENTENCE_END.finditer(text, 0, limit + 1):
        if match.end() <= limit and _ends_sentence(text, match.end()):
            cut = match.end()
    return text[:cut]


def _ends_sentence(text: str, end: int) -> bool:
    following = text[end:].lstrip()[:1]
    return not following.islower() and not _ABBREVIATION.search(text[:end])


def _whole_words(text: str, limit: int) -> str:
    room = limit - len(ELLIPSIS)
    cut = text.rfind(" ", 0, room + 1)
    if cut <= 0:
        cut = room
        while cut > 1 and not _is_boundary(text, cut):
            cut -= 1
    return text[:cut].rstrip(" ,;:–—-(“\"'") + ELLIPSIS


def _is_boundary(text: str, at: int) -> bool:
    """Whether a user-perceived character ends before `at` (the main cases of UAX #29)."""
    before, after = text[at - 1], text[at]
    if before == _JOINER or after == _JOINER or _extends(after):
        return False
    if _is_flag_letter(before) and _is_flag_letter(after):
        run = 0
        while run < at and _is_flag_letter(text[at - 1 - run]):
            run += 1
        return run % 2 == 0
    return not (_is_jamo(before) and _is_jamo(after))


def _extends(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Mn", "Me", "Mc")
        or "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= character <= "\U000e007f"  # tags of regional flags
    )


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff"
