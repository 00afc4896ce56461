"""The notation of edits on the command line."""

import pytest

from digest.catalogue.edits import FactEdit, PanelEdit, PersonaEdit
from digest.errors import UsageError


def test_the_notation_is_read() -> None:
    assert FactEdit.parse_short_name("left=A=B") == FactEdit("left", "short_name", "A=B")
    assert FactEdit.parse("Ash: A Tree:best-for=All") == FactEdit("Ash: A Tree", "best_for", "All")
    assert PersonaEdit.parse("Ash: A Tree:2=PM") == PersonaEdit("Ash: A Tree", 2, "PM")
    assert PanelEdit.parse("left = 3 / 1") == PanelEdit("left", 3, 1)


@pytest.mark.parametrize("text", ["", "left", "=x", "left:=x", ":1=x", "left:two=x", "left:²=x"])
def test_a_persona_in_the_wrong_notation_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="write TOOL:N=PERSONA"):
        PersonaEdit.parse(text)


@pytest.mark.parametrize("text", ["left=3", "left=a/b", "left=3/-1", "3/1"])
def test_a_panel_needs_two_counts(text: str) -> None:
    with pytest.raises(UsageError, match="write TOOL=SHIP/SKIP"):
        PanelEdit.parse(text)
