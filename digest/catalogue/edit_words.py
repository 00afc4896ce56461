"""The short notation of edits on the command line: TOOL=…, TOOL:FACT=…, TOOL:N=…

A tool's name may hold colons, so the last one before the equals sign counts.
"""

import re

from digest.catalogue.editing import FactEdit, PanelEdit, PersonaEdit
from digest.errors import UsageError

_PANEL = re.compile(r"(\d{1,6})\s*/\s*(\d{1,6})")


def parse_fact(text: str, fact: str | None = None) -> FactEdit:
    """'left:entry=Free', or 'left=Claude' where the `fact` is given. Raises `UsageError`."""
    if fact:
        tool, value = _split(text, "TOOL=VALUE")
        return FactEdit(tool, fact, value)
    tool, fact, value = _split_twice(text, "TOOL:FACT=VALUE, such as left:entry=Free")
    return FactEdit(tool, fact.strip().replace("-", "_"), value)


def parse_persona(text: str) -> PersonaEdit:
    """'right:2=Skeptic'. Raises `UsageError`."""
    form = "TOOL:N=PERSONA, such as right:2=Skeptic"
    tool, number, persona = _split_twice(text, form)
    if not number.strip().isascii() or not number.strip().isdigit():
        raise UsageError(f"cannot read {text!r}: write {form}")
    return PersonaEdit(tool, int(number), persona)


def parse_panel(text: str) -> PanelEdit:
    """'left=3/1'. Raises `UsageError`."""
    tool, counts = _split(text, "TOOL=SHIP/SKIP, such as left=3/1")
    match = _PANEL.fullmatch(counts.strip())
    if match is None:
        raise UsageError(f"cannot read {text!r}: write TOOL=SHIP/SKIP, such as left=3/1")
    return PanelEdit(tool, int(match[1]), int(match[2]))


def _split(text: str, form: str) -> tuple[str, str]:
    tool, equals, value = text.partition("=")
    if not equals or not tool.strip():
        raise UsageError(f"cannot read {text!r}: write {form}")
    return tool.strip(), value


def _split_twice(text: str, form: str) -> tuple[str, str, str]:
    left, value = _split(text, form)
    tool, colon, inner = left.rpartition(":")
    if not colon or not tool.strip():
        raise UsageError(f"cannot read {text!r}: write {form}")
    return tool.strip(), inner, value
