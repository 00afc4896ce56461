"""How text is compared, and how names become short names and slugs."""

import re
import unicodedata
from collections.abc import Container

from anyascii import anyascii

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Two of them, "-vs-" and a number fit into the 200 characters that an import accepts.
LONGEST_SLUG = 90
NO_VALUE = frozenset({"", "—", "No community votes yet", "No panel take"})


def fold(text: str) -> str:
    """The text with single spaces for white space; quotes and facts are compared in this form."""
    return " ".join(text.split())


def value_or_none(text: str | None) -> str | None:
    """The text without outer white space, or None if it is a placeholder for no value."""
    stripped = (text or "").strip()
    return None if stripped in NO_VALUE else stripped


def short_name_of(name: str) -> str:
    """The default short name of a tool: its name up to a colon."""
    return name.partition(":")[0].strip() or name


def slugify(name: str) -> str:
    """'SmolAgents 2.0' → 'smolagents-2-0'; 'Яндекс' → 'yandeks'; '🚀' → 'rocket'; '★' → 'tool'."""
    # NFC first: macOS writes a Korean syllable as its parts, each of which would be spelled out.
    composed = unicodedata.normalize("NFC", name)
    # Emoji have names too, but beside words they are decoration.
    slug = _hyphenated("".join(map(_spelled, composed))) or _hyphenated(anyascii(composed))
    return slug[:LONGEST_SLUG].rstrip("-") or "tool"


def _spelled(character: str) -> str:
    """A letter, digit or vowel sign in Latin letters; of anything else only what is ASCII."""
    is_accent = "\u0300" <= character <= "\u036f"  # what is left of it by NFC is ornament
    is_vowel_sign = unicodedata.category(character).startswith("M") and not is_accent
    if character.isalnum() or is_vowel_sign:
        return anyascii(character)
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()


def _hyphenated(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def free_slug(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or `wanted-2` and so on if it is taken."""
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug
