"""An editor's corrections of facts, personas and panels; withdrawing and restoring a comparison.

Facts and reviews belong to a tool, so an edit shows in every comparison of that tool. A later
import overwrites an edit that contradicts the page. URLs, short names and personas survive the
import of text pages, which do not carry them.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.edits import Edits, PanelEdit, PersonaEdit
from digest.catalogue.names import fold, value_or_none
from digest.catalogue.pages.page import FACTS, why_invalid
from digest.catalogue.panel import Panel, panel_from_counts
from digest.catalogue.queries import comparison_not_found
from digest.catalogue.tables import Comparison, Persona, Review, Tool, VerdictRevision
from digest.catalogue.views import FactChange
from digest.errors import NotFound, Refused, UsageError


async def edit_comparison(
    session: AsyncSession, slug: str, edits: Edits, *, now: datetime
) -> list[FactChange]:
    """Make the edits and return what changed. Raises `NotFound`, `UsageError` or `Refused`."""
    comparison = await find_comparison(session, slug)
    tools = await _tools_of(session, comparison)
    changes: list[FactChange] = []
    if edits.url is not None:
        changes += _set_fact(comparison, slug, "url", edits.url)
    for edit in edits.facts:
        tool = _find_tool(tools, edit.tool)
        if edit.fact not in FACTS:
            raise UsageError(f"no fact {edit.fact!r}; the facts are {', '.join(FACTS)}")
        changes += _touched(tool, _set_fact(tool, tool.name, edit.fact, edit.value), now)
    for panel in edits.panels:
        changes += _set_panel(session, _find_tool(tools, panel.tool), panel, now)
    for persona in edits.personas:
        tool = _find_tool(tools, persona.tool)
        changes += _touched(tool, await _set_persona(session, tool, persona), now)
    session.add_all([comparison, *tools])
    return changes


async def withdraw(session: AsyncSession, slug: str, *, reason: str, now: datetime) -> None:
    """Keep a comparison out of later issues. Raises `NotFound`, `Refused` or `UsageError`."""
    comparison = await find_comparison(session, slug)
    if comparison.withdrawn_at:
        raise Refused(f"{slug} was already withdrawn on {comparison.withdrawn_at:%Y-%m-%d}")
    if not reason.strip():
        raise UsageError("withdrawing needs a reason: --reason TEXT")
    comparison.withdrawn_at, comparison.withdrawn_reason = now, fold(reason)
    session.add(comparison)


async def restore(session: AsyncSession, slug: str) -> None:
    """Undo a withdrawal. Raises `NotFound` or `Refused`."""
    comparison = await find_comparison(session, slug)
    if not comparison.withdrawn_at:
        raise Refused(f"{slug} is not withdrawn")
    comparison.withdrawn_at, comparison.withdrawn_reason = None, None
    session.add(comparison)


async def find_comparison(session: AsyncSession, slug: str) -> Comparison:
    """The row with this slug. Raises `NotFound`, naming the most similar slug."""
    row = (await session.exec(select(Comparison).where(Comparison.slug == slug))).one_or_none()
    if row is None:
        raise await comparison_not_found(session, slug)
    return row


async def _tools_of(session: AsyncSession, comparison: Comparison) -> tuple[Tool, Tool]:
    left = await session.get_one(Tool, comparison.left_id)
    right = await session.get_one(Tool, comparison.right_id)
    return left, right


def _find_tool(tools: tuple[Tool, Tool], wanted: str) -> Tool:
    key = fold(wanted).casefold()
    if key in ("left", "right"):
        return tools[key == "right"]
    for tool in tools:
        if key in (tool.slug, tool.name.casefold(), (tool.short_name or "").casefold()):
            return tool
    slugs = " or ".join(tool.slug for tool in tools)
    raise NotFound(f"no tool {wanted!r} in this comparison: use left, right, {slugs}")


def _set_fact(row: Tool | Comparison, subject: str, fact: str, value: str) -> list[FactChange]:
    after = value_or_none(value)
    if after and (wrong := why_invalid(fact, after)):
        raise UsageError(f"{subject}: {wrong}")
    before = getattr(row, fact)
    if before == after:
        return []
    setattr(row, fact, after)
    return [FactChange(subject=subject, field=fact, before=before, after=after)]


def _touched(tool: Tool, changes: list[FactChange], now: datetime) -> list[FactChange]:
    if changes:
        tool.updated_at = now
    return changes


def _set_panel(
    session: AsyncSession, tool: Tool, edit: PanelEdit, now: datetime
) -> list[FactChange]:
    before = Panel(tool.panel_ship_percent, tool.ship, tool.skip)
    after = panel_from_counts(edit.ship, edit.skip)
    if before == after or tool.id is None:
        return []
    tool.panel_ship_percent, tool.ship, tool.skip = after.percent, after.ship, after.skip
    revision = VerdictRevision(
        tool_id=tool.id,
        as_of=now,
        verdict=after.verdict,
        percent=after.percent,
        ship=after.ship,
        skip=after.skip,
    )
    session.add(revision)
    change = FactChange(subject=tool.name, field="panel", before=str(before), after=str(after))
    return _touched(tool, [change], now)


async def _set_persona(session: AsyncSession, tool: Tool, edit: PersonaEdit) -> list[FactChange]:
    reviews = await _reviews(session, tool)
    if not 1 <= edit.number <= len(reviews):
        raise NotFound(f"{tool.name} has {len(reviews)} reviews; there is no review {edit.number}")
    review, before = reviews[edit.number - 1]
    after = value_or_none(fold(edit.persona))
    if after and (wrong := why_invalid("persona", after)):
        raise UsageError(wrong)
    if before == after:
        return []
    if after and any(name == after for _, name in reviews):
        raise Refused(f"{tool.name} already has a review by {after}; clear that persona first")
    if after is None and review.quote is None:
        raise Refused("a review without a quote needs its persona")
    review.persona_id = await _persona_id(session, after) if after else None
    review.inferred = False if after else review.inferred
    session.add(review)
    await session.flush()  # the next edit reads the personas again
    field_name = f"review {edit.number}: persona"
    return [FactChange(subject=tool.name, field=field_name, before=before, after=after)]


async def _reviews(session: AsyncSession, tool: Tool) -> Sequence[tuple[Review, str | None]]:
    rows = await session.exec(
        select(Review, Persona.name)
        .join(Persona, col(Review.persona_id) == col(Persona.id), isouter=True)
        .where(Review.tool_id == tool.id)
        .order_by(col(Review.position), col(Review.id))
    )
    return [(review, name) for review, name in rows.all()]


async def _persona_id(session: AsyncSession, name: str) -> int | None:
    row = (await session.exec(select(Persona).where(Persona.name == name))).one_or_none()
    if row is None:
        row = Persona(name=name)
        session.add(row)
        await session.flush()
    return row.id
