"""Verdict flips: what changed since the edition's previous issue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from digest.catalogue.queries import verdicts_at
from digest.catalogue.tables import VerdictRevision
from digest.catalogue.verdict import Verdict
from digest.rendering.content.issue_content import Flip


@dataclass(frozen=True)
class VerdictChange:
    """A tool's verdict then and now."""

    before: VerdictRevision
    after: VerdictRevision


async def verdict_changes_since(
    session: AsyncSession, since: datetime | None, until: datetime
) -> dict[str, VerdictChange]:
    """slug → then and now, of each tool whose verdict changed; none before a first issue.

    A first verdict on a tool, or on one that had no panel before, is news but no flip.
    """
    if since is None:
        return {}
    before, after = await verdicts_at(session, since), await verdicts_at(session, until)
    return {
        slug: VerdictChange(before[slug], revision)
        for slug, revision in after.items()
        if slug in before
        and revision.verdict != before[slug].verdict
        and Verdict.NO_TAKE not in (revision.verdict, before[slug].verdict)
    }


def flips_from(
    turns: Mapping[str, VerdictChange], names: Mapping[str, str], zone: ZoneInfo
) -> list[Flip]:
    """The flips as an issue tells them, by name; `names` maps slugs to short names."""
    flips = [
        Flip(
            name=names[slug],
            before=Verdict(turn.before.verdict),
            after=Verdict(turn.after.verdict),
            on=turn.after.as_of.astimezone(zone).date(),
            why=f"{_panel(turn.before)}, now {_panel(turn.after)}",
        )
        for slug, turn in turns.items()
        if slug in names
    ]
    return sorted(flips, key=lambda flip: flip.name)


def _panel(revision: VerdictRevision) -> str:
    if revision.ship is not None and revision.skip is not None:
        return f"{revision.ship} of {revision.ship + revision.skip} ship"
    return f"{revision.percent}% ship"
