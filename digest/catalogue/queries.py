"""Reading the catalogue in a fixed number of queries, however many comparisons there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select, true
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.names import short_name_of
from digest.catalogue.panel import Panel
from digest.catalogue.tables import Comparison, Persona, Review, Tool, VerdictRevision
from digest.catalogue.views import ComparisonView, ReviewView, ToolView
from digest.errors import NotFound


async def comparisons(
    session: AsyncSession, *, include_withdrawn: bool = False
) -> list[ComparisonView]:
    """All comparisons, newest first; those first seen at one instant by slug."""
    wanted = _in_list(include_withdrawn=include_withdrawn)
    pairs = await _pairs(session, wanted)
    reviews = await _reviews(session, wanted)
    return [_comparison_view(pair, reviews) for pair in pairs]


async def comparisons_without_reviews(
    session: AsyncSession, *, include_withdrawn: bool = False, newest: int | None = None
) -> list[ComparisonView]:
    """The same for lists: at most `newest`, and no reviews, which are most of the data."""
    wanted = _in_list(include_withdrawn=include_withdrawn)
    return [_comparison_view(pair, {}) for pair in await _pairs(session, wanted, newest)]


async def comparison(session: AsyncSession, slug: str) -> ComparisonView:
    """One comparison, withdrawn or not. Raises `NotFound`, naming the most similar slug."""
    wanted = col(Comparison.slug) == slug
    pairs = await _pairs(session, wanted)
    if not pairs:
        raise await comparison_not_found(session, slug)
    return _comparison_view(pairs[0], await _reviews(session, wanted))


async def comparison_not_found(session: AsyncSession, slug: str) -> NotFound:
    """The error for an unknown slug, naming the most similar one."""
    slugs = (await session.exec(select(Comparison.slug))).all()
    if not slugs:
        return NotFound("no comparisons yet: run `digest comparisons import PATH`")
    nearest = get_close_matches(slug, slugs, n=1, cutoff=0.5)
    hint = f"did you mean {nearest[0]}?" if nearest else "see `digest comparisons list`"
    return NotFound(f"no comparison {slug!r}: {hint}")


async def verdicts_at(session: AsyncSession, instant: datetime) -> dict[str, VerdictRevision]:
    """Tool slug → the revision in force at `instant`; tools not judged by then are absent."""
    ranked = (
        select(
            col(VerdictRevision.id),
            func.row_number()
            .over(
                partition_by=col(VerdictRevision.tool_id),
                order_by=(col(VerdictRevision.as_of).desc(), col(VerdictRevision.id).desc()),
            )
            .label("age"),
        )
        .where(col(VerdictRevision.as_of) <= instant)
        .subquery()
    )
    rows = await session.exec(
        select(Tool.slug, VerdictRevision)
        .join(VerdictRevision, col(VerdictRevision.tool_id) == col(Tool.id))
        .join(ranked, ranked.c.id == col(VerdictRevision.id))
        .where(ranked.c.age == 1)
    )
    return dict(rows.all())


async def verdict_histories(
    session: AsyncSession, tools: Collection[str]
) -> dict[str, list[VerdictRevision]]:
    """Tool slug → the tool's revisions, oldest first."""
    rows = await session.exec(
        select(Tool.slug, VerdictRevision)
        .join(VerdictRevision, col(VerdictRevision.tool_id) == col(Tool.id))
        .where(col(Tool.slug).in_(tools))
        .order_by(col(VerdictRevision.as_of), col(VerdictRevision.id))
    )
    histories: dict[str, list[VerdictRevision]] = {slug: [] for slug in tools}
    for slug, revision in rows.all():
        histories[slug].append(revision)
    return histories


@dataclass(frozen=True)
class _Pair:
    comparison: Comparison
    left: Tool
    right: Tool


def _in_list(*, include_withdrawn: bool) -> ColumnElement[bool]:
    return true() if include_withdrawn else col(Comparison.withdrawn_at).is_(None)


async def _pairs(
    session: AsyncSession, wanted: ColumnElement[bool], newest: int | None = None
) -> list[_Pair]:
    left, right = aliased(Tool), aliased(Tool)
    rows = await session.exec(
        select(Comparison, left, right)
        .join(left, col(Comparison.left_id) == left.id)
        .join(right, col(Comparison.right_id) == right.id)
        .where(wanted)
        .order_by(col(Comparison.first_seen_at).desc(), col(Comparison.slug))
        .limit(newest)
    )
    return [_Pair(*row) for row in rows.all()]


async def _reviews(
    session: AsyncSession, wanted: ColumnElement[bool]
) -> Mapping[int, list[ReviewView]]:
    # Subqueries, because a list of ids could exceed the parameters that a database takes.
    tools = [select(side).where(wanted) for side in (Comparison.left_id, Comparison.right_id)]
    rows = await session.exec(
        select(Review, Persona.name)
        .join(Persona, col(Review.persona_id) == col(Persona.id), isouter=True)
        .where(or_(*(col(Review.tool_id).in_(ids) for ids in tools)))
        .order_by(col(Review.tool_id), col(Review.position), col(Review.id))
    )
    found: dict[int, list[ReviewView]] = defaultdict(list)
    for review, persona in rows.all():
        found[review.tool_id].append(_review_view(review, persona))
    return found


def _comparison_view(pair: _Pair, reviews: Mapping[int, Sequence[ReviewView]]) -> ComparisonView:
    row = pair.comparison
    return ComparisonView(
        slug=row.slug,
        title=f"{pair.left.name} vs {pair.right.name}",
        left=tool_view(pair.left, reviews.get(row.left_id, ())),
        right=tool_view(pair.right, reviews.get(row.right_id, ())),
        url=row.url,
        first_seen_at=row.first_seen_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_reason=row.withdrawn_reason,
    )


def tool_view(tool: Tool, reviews: Iterable[ReviewView]) -> ToolView:
    """A tool's row and its reviews as a detached value."""
    panel = Panel(tool.panel_ship_percent, tool.ship, tool.skip)
    return ToolView(
        **tool.model_dump(include=set(ToolView.model_fields) - {"short_name"}),
        short_name=tool.short_name or short_name_of(tool.name),
        verdict=panel.verdict,
        reviews=tuple(reviews),
    )


def _review_view(review: Review, persona: str | None) -> ReviewView:
    return ReviewView(
        persona=persona,
        score=review.score,
        verdict=review.verdict,
        quote=review.quote,
        inferred=review.inferred,
    )
