"""The differences between what is stored and what an import brings, fact by fact."""

from collections.abc import Iterator, Mapping, Sequence

from digest.catalogue.importing.takes import PARTS, ReviewDraft
from digest.catalogue.panel import Panel
from digest.catalogue.tables import Tool
from digest.catalogue.views import FactChange


def fact_changes(tool: Tool, facts: Mapping[str, str]) -> Iterator[FactChange]:
    """The facts of a tool that get a new value."""
    for name, value in facts.items():
        yield FactChange(subject=tool.name, field=name, before=getattr(tool, name), after=value)


def panel_changes(subject: str, before: Panel, after: Panel) -> Iterator[FactChange]:
    """The parts of a panel that differ."""
    for name, old, new in (
        ("panel_ship_percent", before.percent, after.percent),
        ("ship", before.ship, after.ship),
        ("skip", before.skip, after.skip),
        ("verdict", before.verdict.value, after.verdict.value),
    ):
        if old != new:
            yield FactChange(subject=subject, field=name, before=old, after=new)


def take_changes(
    subject: str,
    before: Sequence[ReviewDraft],
    after: Sequence[ReviewDraft],
    dropped: Sequence[ReviewDraft],
) -> Iterator[FactChange]:
    """Takes that are added, changed, or dropped because another take replaces them."""
    stored = {id(draft.row): draft.take for draft in before}
    for draft in after:
        who = f"take by {draft.take.persona}" if draft.take.persona else "take"
        if draft.row is None:
            yield FactChange(subject=subject, field=who, before=None, after=draft.take.quote)
            continue
        for part in (*PARTS, "inferred"):
            old, new = getattr(stored[id(draft.row)], part), getattr(draft.take, part)
            if old != new:
                yield FactChange(subject=subject, field=f"{who}: {part}", before=old, after=new)
    for draft in dropped:
        if draft.row is not None:
            yield FactChange(subject=subject, field="take", before=draft.take.quote, after=None)
