"""How text is compared and how slugs are made."""

import re
import unicodedata
from collections.abc import Container

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
NO_VALUE = frozenset({"", "—", "No community votes yet", "No panel take"})


def fold(text: str) -> str:
    """Text with every run of white space as one space: how quotes and facts are compared."""
    return " ".join(text.split())


def value_or_none(text: str | None) -> str | None:
    """The text without outer white space, or None where it only says that there is none."""
    stripped = (text or "").strip()
    return None if stripped in NO_VALUE else stripped


def short_name_of(name: str) -> str:
    """What a tool is called where room is short, unless an editor says: up to a colon."""
    return name.partition(":")[0].strip() or name


def slugify(name: str) -> str:
    """'SmolAgents 2.0' → 'smolagents-2-0'; a name without Latin letters or digits → 'tool'."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "tool"


def free_slug(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or with the first number behind it that makes it free."""
    slug, number = wanted, 2
    while slug in taken:
        slug, number = f"{wanted}-{number}", number + 1
    return slug
