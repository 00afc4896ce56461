"""From the catalogue to the `IssueContent` of a draft, as of now."""

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.queries import comparisons
from digest.catalogue.views import ComparisonView, ToolView
from digest.errors import Refused
from digest.issues.flips import flips_from, verdict_changes_since
from digest.issues.lookup import candidates_of, previous_sending
from digest.issues.tables import Issue
from digest.rendering.content.headline import (
    headline_for,
    minutes_to_read,
    preheader_for,
    sentence_for,
    subject_for,
)
from digest.rendering.content.issue_content import Card, Flip, Glance, IssueContent, Side
from digest.rendering.content.quotes import choose_quotes
from schedules.tables import Edition


async def content_of(session: AsyncSession, edition: Edition, issue: Issue) -> IssueContent:
    """The content that a draft would be frozen with now. Raises `Refused` for an empty one."""
    assert issue.id is not None
    by_slug = {view.slug: view for view in await comparisons(session, include_withdrawn=True)}
    items = [
        by_slug[slug] for found, slug in await candidates_of(session, issue.id) if found.included
    ]
    if not items:
        raise Refused(f"issue {issue.number} has no comparisons")
    flips = await _flips(session, edition, issue, by_slug.values())
    return _content(edition, issue, items, flips)


async def flips_of(session: AsyncSession, edition: Edition, issue: Issue) -> list[Flip]:
    """The flips that an issue must report, by the verdicts in the store now."""
    views = await comparisons(session, include_withdrawn=True)
    return await _flips(session, edition, issue, views)


async def _flips(
    session: AsyncSession, edition: Edition, issue: Issue, views: Iterable[ComparisonView]
) -> list[Flip]:
    assert edition.id is not None
    since = await previous_sending(session, edition.id, before=issue.number)
    changes = await verdict_changes_since(session, since, issue.composed_at)
    names = {t.slug: t.short_name for view in views for t in (view.left, view.right)}
    return flips_from(changes, names, ZoneInfo(edition.zone))


def _content(
    edition: Edition, issue: Issue, items: Sequence[ComparisonView], flips: Sequence[Flip]
) -> IssueContent:
    subject = issue.subject or subject_for(items, flips)
    cards = make_cards(items)
    return IssueContent(
        number=issue.number,
        edition=edition.slug,
        edition_name=edition.name,
        date=issue.issue_date,
        subject=subject,
        preheader=issue.preheader or preheader_for(items, subject, flips),
        headline=headline_for(items, flips),
        sentence=issue.sentence or sentence_for(items, flips),
        minutes=minutes_to_read(cards),
        glance=tuple(make_glance(items)),
        cards=cards,
        flips=tuple(flips),
    )


def make_cards(items: Sequence[ComparisonView]) -> tuple[Card, ...]:
    """One card per comparison; a tool is shown in full on its first card only."""
    seen: set[str] = set()
    cards = []
    for place, item in enumerate(items):
        neighbours = [*items[max(place - 1, 0) : place], *items[place + 1 : place + 2]]
        cards.append(
            Card(
                slug=item.slug,
                title=f"{item.left.short_name} vs {item.right.short_name}",
                category=item.left.category or item.right.category,
                left=_side(item.left, seen),
                right=_side(item.right, seen),
                group=_shared_tool(item, neighbours),
            )
        )
        seen |= {item.left.slug, item.right.slug}
    return tuple(cards)


def make_glance(items: Sequence[ComparisonView]) -> list[Glance]:
    """One line per tool, in the order of the cards."""
    lines: dict[str, Glance] = {}
    for item in items:
        for tool in (item.left, item.right):
            line = Glance(
                name=tool.short_name,
                verdict=tool.verdict,
                percent=tool.panel_ship_percent,
                ship=tool.ship,
                skip=tool.skip,
                card=item.slug,
            )
            lines.setdefault(tool.slug, line)
    return list(lines.values())


def _side(tool: ToolView, seen: set[str]) -> Side:
    above = tool.slug in seen
    return Side(tool=tool, quotes=() if above else choose_quotes(tool), seen_above=above)


def _shared_tool(item: ComparisonView, neighbours: Sequence[ComparisonView]) -> str | None:
    tools = [item.left.slug, item.right.slug]
    around = {side.slug for other in neighbours for side in (other.left, other.right)}
    return next((slug for slug in tools if slug in around), None)
