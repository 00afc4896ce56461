"""Writing the plan of an import."""

from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.importing.plan import ImportPlan, PairPlan, ToolPlan
from digest.catalogue.importing.stored_catalogue import pair_key
from digest.catalogue.pages.page import Take
from digest.catalogue.panel import Panel
from digest.catalogue.tables import Comparison, Persona, Review, Tool, VerdictRevision


async def write_plan(session: AsyncSession, plan: ImportPlan, as_of: datetime) -> None:
    """Write a plan that was made in this transaction."""
    rows = {tool.name: _tool_row(session, tool, as_of) for tool in plan.tools}
    personas = await _personas(session, plan)
    await session.flush()  # gives new tools their ids
    for tool in plan.tools:
        tool_id = rows[tool.name].id
        assert tool_id is not None
        if tool.panel is not None:
            session.add(_revision(tool_id, tool.panel, as_of))
        await _write_takes(session, tool, tool_id, personas)
    _write_pairs(session, plan, rows, as_of)
    await session.flush()


def _write_pairs(
    session: AsyncSession, plan: ImportPlan, rows: dict[str, Tool], as_of: datetime
) -> None:
    for pair in plan.pairs:
        row = pair.comparison or _comparison_row(pair, rows, as_of)
        if pair.pair.url:
            row.url = pair.pair.url.value
        session.add(row)


def _comparison_row(plan: PairPlan, rows: dict[str, Tool], as_of: datetime) -> Comparison:
    left, right = rows[plan.pair.left].id, rows[plan.pair.right].id
    assert left is not None
    assert right is not None
    return Comparison(
        slug=plan.slug,
        pair=pair_key(left, right),
        left_id=left,
        right_id=right,
        first_seen_at=as_of,
    )


def _tool_row(session: AsyncSession, plan: ToolPlan, as_of: datetime) -> Tool:
    row = plan.tool
    if row is None:
        row = Tool(name=plan.name, slug=plan.slug, first_seen_at=as_of, updated_at=as_of)
    elif not plan.changes:
        return row
    for name, value in plan.facts.items():
        setattr(row, name, value)
    if plan.panel is not None:
        row.panel_ship_percent, row.ship, row.skip = (
            plan.panel.percent,
            plan.panel.ship,
            plan.panel.skip,
        )
    row.updated_at = as_of
    session.add(row)
    return row


def _revision(tool_id: int, panel: Panel, as_of: datetime) -> VerdictRevision:
    return VerdictRevision(
        tool_id=tool_id,
        as_of=as_of,
        verdict=panel.verdict,
        percent=panel.percent,
        ship=panel.ship,
        skip=panel.skip,
    )


async def _personas(session: AsyncSession, plan: ImportPlan) -> dict[str, int]:
    """Persona → id; new personas get a row."""
    known = {row.name: row for row in (await session.exec(select(Persona))).all()}
    for tool in plan.tools:
        for draft in tool.takes:
            name = draft.take.persona
            if name and name not in known:
                known[name] = Persona(name=name)
                session.add(known[name])
    await session.flush()
    return {name: row.id for name, row in known.items() if row.id is not None}


async def _write_takes(
    session: AsyncSession, plan: ToolPlan, tool_id: int, personas: dict[str, int]
) -> None:
    for row in plan.dropped:
        await session.delete(row)
    for position, draft in enumerate(plan.takes):
        row = draft.row or Review(tool_id=tool_id, position=position)
        row.position = position
        _fill_review(row, draft.take, personas)
        session.add(row)


def _fill_review(row: Review, take: Take, personas: dict[str, int]) -> None:
    row.persona_id = personas[take.persona] if take.persona else None
    row.score, row.verdict = take.score, take.verdict
    row.quote, row.inferred = take.quote, take.inferred
