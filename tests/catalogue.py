"""Comparisons for tests, written straight to the store."""

from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.tables import Comparison, Persona, Review, Tool, VerdictRevision
from digest.catalogue.verdict import verdict_of


async def add_tool(
    session: AsyncSession, name: str, percent: int | None, now: datetime, takes: int = 4
) -> Tool:
    """A tool whose panel of `takes` reviewers ships it by `percent` (None: no panel)."""
    found = (await session.exec(select(Tool).where(Tool.name == name))).first()
    if found:
        return found
    ship = None if percent is None else round(takes * percent / 100)
    tool = Tool(
        slug=name.lower().replace(" ", "-"),
        name=name,
        tagline=f"{name} does one thing well",
        category="Developer Tools",
        entry="Free",
        description=f"{name} is described here in one sentence.",
        panel_ship_percent=percent,
        ship=ship,
        skip=None if ship is None else takes - ship,
        first_seen_at=now,
        updated_at=now,
    )
    session.add(tool)
    await session.flush()
    await revise(session, tool, percent, now)
    for place in range(takes if ship is not None else 0):
        await _add_review(session, tool, place, ships=place < (ship or 0))
    return tool


async def revise(session: AsyncSession, tool: Tool, percent: int | None, as_of: datetime) -> None:
    """A new result of the tool's panel of four."""
    assert tool.id is not None
    ship = None if percent is None else round(percent * 4 / 100)
    skip = None if ship is None else 4 - ship
    tool.panel_ship_percent, tool.ship, tool.skip = percent, ship, skip
    session.add(tool)
    session.add(
        VerdictRevision(
            tool_id=tool.id,
            as_of=as_of,
            verdict=verdict_of(percent),
            percent=percent,
            ship=ship,
            skip=skip,
        )
    )


async def add_comparison(
    session: AsyncSession,
    left: str,
    right: str,
    now: datetime,
    *,
    percents: tuple[int | None, int | None] = (75, 25),
) -> Comparison:
    """Two tools side by side, first seen `now`."""
    one = await add_tool(session, left, percents[0], now)
    other = await add_tool(session, right, percents[1], now)
    assert one.id is not None
    assert other.id is not None
    comparison = Comparison(
        slug=f"{one.slug}-vs-{other.slug}",
        pair="-".join(map(str, sorted((one.id, other.id)))),
        left_id=one.id,
        right_id=other.id,
        first_seen_at=now,
    )
    session.add(comparison)
    await session.flush()
    return comparison


async def _add_review(session: AsyncSession, tool: Tool, place: int, *, ships: bool) -> None:
    names = ("Builder", "Skeptic", "Futurist", "Founder")
    persona = (await session.exec(select(Persona).where(Persona.name == names[place]))).first()
    if persona is None:
        persona = Persona(name=names[place])
        session.add(persona)
        await session.flush()
    assert tool.id is not None
    session.add(
        Review(
            tool_id=tool.id,
            persona_id=persona.id,
            position=place,
            score=80 - place if ships else 40 - place,
            verdict="ship" if ships else "skip",
            quote=f"The {names[place].lower()} looked at {tool.name} and wrote this sentence.",
        )
    )
