"""What is stored about the tools of an import, loaded in a few queries."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.importing.takes import ReviewDraft, folded_quotes
from digest.catalogue.pages.page import SourceLocation, Take
from digest.catalogue.tables import Comparison, Persona, Review, Tool, VerdictRevision

CHUNK = 1_000  # names or ids in one query: databases limit its parameters
T = TypeVar("T")


@dataclass
class StoredCatalogue:
    """Tools, takes and latest verdict dates by tool name; comparisons by pair; slugs in use."""

    tools: dict[str, Tool] = field(default_factory=dict)
    takes: dict[str, list[ReviewDraft]] = field(default_factory=lambda: defaultdict(list))
    judged_at: dict[str, datetime] = field(default_factory=dict)
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    tool_slugs: set[str] = field(default_factory=set)
    comparison_slugs: set[str] = field(default_factory=set)

    def quotes(self) -> dict[str, set[str]]:
        """Tool name → the folded quotes of its takes."""
        return {
            name: folded_quotes(draft.take for draft in drafts)
            for name, drafts in self.takes.items()
        }

    def comparison_of(self, left: str, right: str) -> Comparison | None:
        """The comparison of these two tools, in either order."""
        tools = [self.tools.get(name) for name in (left, right)]
        if None in tools:
            return None
        return self.comparisons.get(pair_key(*(tool.id for tool in tools if tool)))


def pair_key(*ids: int | None) -> str:
    """The unordered pair of two tool ids: '3-7'."""
    low, high = sorted(number for number in ids if number is not None)
    return f"{low}-{high}"


async def load_stored(session: AsyncSession, names: Sequence[str]) -> StoredCatalogue:
    """Everything that an import of tools with these names can change."""
    stored = StoredCatalogue()
    for some in _chunks(names):
        for tool in (await session.exec(select(Tool).where(col(Tool.name).in_(some)))).all():
            stored.tools[tool.name] = tool
    names_by_id = {tool.id: tool.name for tool in stored.tools.values() if tool.id is not None}
    for ids in _chunks(list(names_by_id)):
        await _load_takes(session, stored, names_by_id, ids)
        await _load_dates(session, stored, names_by_id, ids)
        rows = select(Comparison).where(col(Comparison.left_id).in_(ids))
        for row in (await session.exec(rows)).all():
            stored.comparisons[row.pair] = row
    stored.tool_slugs = set((await session.exec(select(Tool.slug))).all())
    stored.comparison_slugs = set((await session.exec(select(Comparison.slug))).all())
    return stored


async def _load_takes(
    session: AsyncSession, stored: StoredCatalogue, names: dict[int, str], ids: Sequence[int]
) -> None:
    rows = await session.exec(
        select(Review, Persona.name)
        .join(Persona, col(Review.persona_id) == col(Persona.id), isouter=True)
        .where(col(Review.tool_id).in_(ids))
        .order_by(col(Review.position), col(Review.id))
    )
    for review, persona in rows.all():
        take = Take(
            location=SourceLocation("the store", 0),
            quote=review.quote,
            persona=persona,
            score=review.score,
            verdict=review.verdict,
            inferred=review.inferred,
        )
        stored.takes[names[review.tool_id]].append(ReviewDraft(take, review))


async def _load_dates(
    session: AsyncSession, stored: StoredCatalogue, names: dict[int, str], ids: Sequence[int]
) -> None:
    rows = await session.exec(
        select(VerdictRevision.tool_id, func.max(VerdictRevision.as_of))
        .where(col(VerdictRevision.tool_id).in_(ids))
        .group_by(col(VerdictRevision.tool_id))
    )
    stored.judged_at = stored.judged_at | {names[tool]: at for tool, at in rows.all()}


def _chunks(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]
