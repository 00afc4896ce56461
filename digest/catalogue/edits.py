"""What an editor may change in a comparison, and the notation in which they write it.

In the notation (`TOOL=…`, `TOOL:FACT=…`, `TOOL:N=…`) a tool is `left`, `right`, a slug or a
name. A name may hold colons, so the last colon before the first equals sign counts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.errors import UsageError

_COUNTS = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})")


@dataclass(frozen=True)
class FactEdit:
    """Set a fact of a tool; an empty value clears it."""

    tool: str
    fact: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "FactEdit":
        """Read `left:entry=Free`. Raises `UsageError`."""
        tool, fact, value = _split_twice(text, "TOOL:FACT=VALUE, such as left:entry=Free")
        return cls(tool, fact.strip().replace("-", "_"), value)

    @classmethod
    def parse_short_name(cls, text: str) -> "FactEdit":
        """Read `left=Claude`. Raises `UsageError`."""
        tool, value = _split(text, "TOOL=VALUE")
        return cls(tool, "short_name", value)


@dataclass(frozen=True)
class PersonaEdit:
    """Name the persona of a tool's review, numbered from 1; an empty persona clears it."""

    tool: str
    number: int
    persona: str

    @classmethod
    def parse(cls, text: str) -> "PersonaEdit":
        """Read `right:2=Skeptic`. Raises `UsageError`."""
        form = "TOOL:N=PERSONA, such as right:2=Skeptic"
        tool, number, persona = _split_twice(text, form)
        # `isdigit` alone also accepts superscripts, which `int` does not read.
        if not number.strip().isascii() or not number.strip().isdigit():
            raise _unreadable(text, form)
        return cls(tool, int(number), persona)


@dataclass(frozen=True)
class PanelEdit:
    """Correct the counts of a tool's panel; this adds a verdict revision."""

    tool: str
    ship: int
    skip: int

    @classmethod
    def parse(cls, text: str) -> "PanelEdit":
        """Read `left=3/1`. Raises `UsageError`."""
        form = "TOOL=SHIP/SKIP, such as left=3/1"
        tool, counts = _split(text, form)
        match = _COUNTS.fullmatch(counts.strip())
        if match is None:
            raise _unreadable(text, form)
        return cls(tool, int(match[1]), int(match[2]))


@dataclass(frozen=True)
class Edits:
    """The edits of one comparison and its tools, made together. `url` is the comparison's."""

    url: str | None = None
    facts: Sequence[FactEdit] = ()
    personas: Sequence[PersonaEdit] = ()
    panels: Sequence[PanelEdit] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to edit."""
        return self.url is not None or bool(self.facts or self.personas or self.panels)


def _split(text: str, form: str) -> tuple[str, str]:
    tool, equals, value = text.partition("=")
    if not equals or not tool.strip():
        raise _unreadable(text, form)
    return tool.strip(), value


def _split_twice(text: str, form: str) -> tuple[str, str, str]:
    left, value = _split(text, form)
    tool, colon, inner = left.rpartition(":")
    if not colon or not tool.strip():
        raise _unreadable(text, form)
    return tool.strip(), inner, value


def _unreadable(text: str, form: str) -> UsageError:
    return UsageError(f"cannot read {text!r}: write {form}")
